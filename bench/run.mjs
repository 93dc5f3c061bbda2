// Measures the connector's speed and memory as whole processes, next to simpler programs and the low-code manifest
// someone would write without it, and prints one table. docs/benchmarks.md says what each line means.
import { existsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './measure.mjs';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
if (!existsSync(join(root, 'dist')) || !existsSync(join(root, 'build')))
  throw new Error('Run `npm ci` first: it builds.');

const sections = {
  overlap: async (options) => (await import('./overlap.mjs')).overlap(options),
  throughput: async (options) => (await import('./throughput.mjs')).throughput(options),
  startup: async (options) => (await import('./startup.mjs')).startup(options),
  truncated: async (options) => (await import('./low-code.mjs')).truncated(options),
};
const wanted = flags.only === undefined ? Object.keys(sections) : [flags.only];
const unknown = wanted.find((name) => sections[name] === undefined);
if (unknown !== undefined) throw new Error(`--only is one of ${Object.keys(sections).join(', ')}, not ${unknown}`);

/** Progress for whoever is waiting; stdout gets only the table. */
const say = (text) => process.stderr.write(`${text}\n`);
const rows = [];
for (const name of wanted) {
  say(`${name} …`);
  rows.push(...(await sections[name]({ quick: flags.quick, say })));
}

const { model } = cpus()[0];
process.stdout.write(`
${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GB

| what | seconds | peak MB | beside it |
| --- | ---: | ---: | --- |
${rows.map(line).join('\n')}

The size of a built image: docker image inspect --format '{{.Size}}' source-clari:0.1.0
`);
process.exitCode = rows.some(({ failure, expected }) => failure !== undefined && !expected) ? 1 : 0;

function line({ what, seconds, peakMB, failure, beside = '' }) {
  if (failure !== undefined) return `| ${what} | fails | | ${failure} |`;
  return `| ${what} | ${seconds?.toFixed(2) ?? ''} | ${peakMB?.toFixed(0) ?? ''} | ${beside} |`;
}
