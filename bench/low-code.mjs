import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findPython } from '../e2e/python/environment.mjs';
import { FORECAST_ENTRIES, readCommand } from './exports.mjs';
import { here, median, run, withFolder } from './measure.mjs';

const require = createRequire(import.meta.url);
const { startSimulator } = require('../build/simulator/index.js');
const PROGRAM = join(here, 'low-code', 'run.py');
const KEY = 'simulator-key-not-a-secret';

let python;
/** The low-code manifest's interpreter, with arguments; undefined if there is none, which it reports once. */
export async function lowCode(say) {
  if (python === undefined) {
    try {
      python = await findPython({
        skip: (reason) => {
          throw new Error(reason);
        },
      });
    } catch (error) {
      say(`Without the low-code manifest: ${error.message}`);
      python = null;
    }
  }
  return python === null ? undefined : [python, PROGRAM];
}

/** Writes the files for a `read` by the manifest, and returns its arguments. */
export function lowCodeRead(folder, { base_url, forecast_ids, time_periods }) {
  const [config, catalog] = ['low-code-config', 'low-code-catalog'].map((name) => join(folder, `${name}.json`));
  writeFileSync(config, JSON.stringify({ api_key: KEY, base_url, forecast_ids, time_periods }));
  writeFileSync(catalog, JSON.stringify({ streams: [{ ...FORECAST_ENTRIES, sync_mode: 'full_refresh' }] }));
  return ['read', '--config', config, '--catalog', catalog];
}

/** Start-up: how long the manifest takes to print its specification and to check a configuration. */
export async function lowCodeStartup({ say, runs }) {
  const command = await lowCode(say);
  if (command === undefined) return [];
  const simulator = await startSimulator();
  try {
    return await withFolder(async (folder) => {
      const [, ...files] = lowCodeRead(folder, {
        ...{ base_url: simulator.url, forecast_ids: ['net_new'], time_periods: [simulator.currentPeriod()] },
      });
      const rows = [];
      for (const [what, args, beside] of [
        ['low-code manifest: `spec`', ['spec'], ''],
        ['low-code manifest: `check`', ['check', ...files.slice(0, 2)], 'it starts an export to check'],
      ]) {
        const { seconds, failure } = await median(runs, async () => {
          const started = performance.now();
          const { exitCode, stdout, stderr } = await run(command[0], [...command.slice(1), ...args]);
          const seconds = (performance.now() - started) / 1000;
          return { seconds, failure: exitCode === 0 ? undefined : (stdout + stderr).slice(-300) };
        });
        rows.push({ what, seconds, failure, beside });
      }
      return rows;
    });
  } finally {
    await simulator.close();
  }
}

/** One download that ends too early, as if that were all of it: what comes out, and whether anything reports it. */
export async function truncated({ say }) {
  const command = await lowCode(say);
  const programs = [
    ['source-clari', (folder, url) => [process.execPath, readCommand(folder, { ...ours(url) })]],
    ...(command === undefined
      ? []
      : [
          [
            'low-code manifest',
            (folder, url) => [command[0], [...command.slice(1), ...lowCodeRead(folder, theirs(url))]],
          ],
        ]),
  ];
  const rows = [];
  for (const [name, commandFor] of programs) {
    const simulator = await startSimulator({ now: '2026-11-23T12:00:00Z' });
    try {
      simulator.faults.add({ path: '/results', action: { type: 'shortBody', bytes: 5_000 } });
      await withFolder(async (folder) => {
        const [program, args] = commandFor(folder, simulator.url);
        const { exitCode, stdout } = await run(program, args);
        const records = stdout.split('\n').filter((line) => line.startsWith('{"type":"RECORD"')).length;
        const expected = PERIODS.reduce(
          (sum, period) => sum + simulator.truth.entryCount('net_new', period, { includeHistorical: true }),
          0,
        );
        if (simulator.faults.unused().length > 0) throw new Error('No download was cut short.');
        rows.push({
          what: `one of ${PERIODS.length} downloads ends too early: ${name}`,
          beside: `${records} of ${expected} records, exit code ${exitCode}`,
        });
      });
    } finally {
      await simulator.close();
    }
  }
  return rows;
}

const PERIODS = ['2027_Q2', '2027_Q3'];
const ours = (base_url) => ({
  ...{ base_url, forecast_ids: ['net_new'], include_historical: true, lookback_periods: 0 },
  ...{ start_period: PERIODS[0], end_period: PERIODS.at(-1) },
});
const theirs = (base_url) => ({ base_url, forecast_ids: ['net_new'], time_periods: PERIODS });
