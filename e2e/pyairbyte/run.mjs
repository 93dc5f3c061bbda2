// source-clari as PyAirbyte runs it: installs PyAirbyte into a throwaway virtual environment, reads every stream of a simulated Clari twice
// into its DuckDB cache, and compares the tables, and what was exported, with what the simulator knows.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Checks,
  dayBefore,
  executable,
  forecastExportsOf,
  output,
  quarterBefore,
  quarters,
  quietMoment,
  root,
  run,
  say,
  startSimulator,
  temporaryFolder,
} from '../support.mjs';
import { byName, expectedTables, inCents, newestEvents, QUERIES, STREAMS } from './tables.mjs';

const FORECASTS = ['net_new', 'renewals_emea'];
const here = join(root, 'e2e', 'pyairbyte');
const requirement = readFileSync(join(here, 'requirements.txt'), 'utf8').trim().split('\n').at(-1);

const checks = new Checks('e2e:pyairbyte');
const folder = temporaryFolder('pyairbyte');
const python = await install();
const simulator = await startSimulator({ now: quietMoment(1) });
try {
  const current = simulator.currentPeriod();
  say(`e2e:pyairbyte: ${requirement}, current quarter ${current}`);
  const startPeriod = quarterBefore(current, 3);
  const startDate = dayBefore(40);
  const config = {
    api_key: simulator.apiKey,
    base_url: simulator.url,
    forecast_ids: FORECASTS,
    start_period: startPeriod,
    start_date: startDate,
    include_historical: true,
    lookback_periods: 1,
    poll_interval_seconds: 1,
  };
  const slicesSince = (quarter) => FORECASTS.flatMap((id) => quarters(quarter, current).map((each) => `${id} ${each}`));

  const all = slicesSince(startPeriod);
  const expected = expectedTables(simulator, all, startDate);
  compare('first read', await sync(config), all, expected);

  const lookback = slicesSince(quarterBefore(current));
  const second = await sync(config);
  const twice = newestEvents(simulator, startDate);
  expected.counts.audit_events.n += twice;
  compare('second read', second, lookback, expected);
  // What was exported again took the place of the old rows: the new jobs' ids are in the table, and no more jobs than slices.
  const again = new Set(second.exported.map(({ jobId }) => jobId));
  const inTable = second.rows.jobs.map(({ id }) => id);
  checks.equal('second read, new jobs in the table', inTable.filter((id) => again.has(id)).length, lookback.length);
  checks.equal('second read, jobs in the table', inTable.length, all.length);
} finally {
  await simulator.close();
}
checks.end();

/** Installs PyAirbyte; resolves with the Python that has it. */
async function install() {
  await output(await findPython(), ['-m', 'venv', join(folder, 'venv')]);
  const installed = join(folder, 'venv', 'bin', 'python');
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--disable-pip-version-check'];
  const { exitCode, stderr } = await run(installed, [...pip, '-r', join(here, 'requirements.txt')]);
  // Without a package index pip finds no version at all; that only the wanted one is gone from it is a failure.
  if (stderr.includes('from versions: none')) checks.skip('the Python package index cannot be reached');
  if (exitCode !== 0) throw new Error(`pip could not install ${requirement}:\n${stderr.slice(-2000)}`);
  return installed;
}

/** The first Python that PyAirbyte runs on. */
async function findPython() {
  for (const name of ['python3', 'python3.12', 'python3.11', 'python3.10']) {
    const probe = 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 13))';
    if ((await run(name, ['-c', probe])).exitCode === 0) return name;
  }
  return checks.skip('there is no Python 3.10 to 3.12 with venv here');
}

/** One sync, in a process of its own: what lasts is in the cache. Resolves with the streams, the queries' rows and the jobs of that sync. */
async function sync(config) {
  const before = simulator.jobs.length;
  const [request, answer] = ['request.json', 'answer.json'].map((name) => join(folder, name));
  const database = join(folder, 'cache.duckdb');
  writeFileSync(request, JSON.stringify({ executable, config, database, queries: QUERIES }));
  await output(python, [join(here, 'sync.py'), request, answer], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TMPDIR: folder,
      // No telemetry, and no look at Airbyte's registry of connectors: this needs no internet.
      AIRBYTE_OFFLINE_MODE: '1',
      DO_NOT_TRACK: '1',
      AIRBYTE_LOGGING_ROOT: join(folder, 'logs'),
    },
  });
  return { ...JSON.parse(readFileSync(answer, 'utf8')), exported: simulator.jobs.slice(before) };
}

function compare(which, { streams, rows, exported }, slices, { counts, sums }) {
  const exports = forecastExportsOf(exported);
  const found = byName(rows.counts);
  checks.equal(`${which}, streams`, streams.toSorted(), STREAMS);
  checks.equal(`${which}, exports`, exports, slices.toSorted());
  checks.equal(`${which}, rows and keys`, found, counts);
  checks.equal(`${which}, sums in cents`, inCents(byName(rows.sums)), inCents(sums));
  const rowsOf = STREAMS.map((stream) => `${stream} ${found[stream]?.n}`);
  say(`  ${which}: ${rowsOf.join(', ')}`);
  say(`    exports: ${exports.join(', ')}`);
}
