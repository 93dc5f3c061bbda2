// A deliberately broken connector: runs the real one, and changes what it prints.
import { spawnSync } from 'node:child_process';

const [, , mutation, executable, ...args] = process.argv;
const { stdout, status } = spawnSync(executable, args, { maxBuffer: 2 ** 30, encoding: 'utf8' });
const RECORD = /^.*"stream":"forecast_entries".*"forecastAmount":.*$/m;
const MUTATIONS = {
  amounts: (text) => text.replaceAll(/("forecastAmount":)(-?[\d.]+)/g, '$1"$2"'),
  cut: (text) => text.replace(RECORD, (line) => line.slice(0, -2)),
};
const mutated = MUTATIONS[mutation](stdout);
process.stdout.write(mutated);
process.exitCode = status ?? 1;
