// source-clari as real clients run it: PyAirbyte into DuckDB, into PostgreSQL, with the image, and dlt over PyAirbyte.
// Each reads a simulated Clari several times; the tables and the exports are compared with what the simulator knows.
//
//   node e2e/pyairbyte/run.mjs duckdb|postgres|image|dlt
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEngine } from '../container/engine.mjs';
import { findPython, pythonEnv, requirementOf } from '../python/environment.mjs';
import {
  Checks,
  executable,
  forecastExportsOf,
  inputFlags,
  messagesOf,
  output,
  quarterBefore,
  quarters,
  quietMoment,
  root,
  say,
  startSimulator,
  temporaryFolder,
} from '../support.mjs';
import { startPostgres } from './postgres.mjs';
import {
  byName,
  comparable,
  expectedTables,
  inCents,
  namesOfNumbers,
  queriesFor,
  TYPES_OF_ENTRIES,
} from './tables.mjs';

const here = join(root, 'e2e', 'pyairbyte');
const CLOCK = join(root, 'test', 'acceptance', 'support', 'pinned-clock.cjs');
const FORECASTS = ['net_new', 'renewals_emea'];
/**
 * What dlt reads: it reads each stream separately and in full, so every forecast stream would cost its exports again.
 */
const DLT_STREAMS = ['forecasts', 'forecast_entries', 'audit_events'];
const snakeCase = (name) => name.replace(/ID\b/, 'Id').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const kind = process.argv[2] ?? 'duckdb';
if (!['duckdb', 'postgres', 'image', 'dlt'].includes(kind))
  throw new Error(`duckdb, postgres, image or dlt, not ${kind}`);
const checks = new Checks(`e2e:${kind}`);
const python = await findPython(checks);
const folder = temporaryFolder(`e2e-${kind}`);
chmodSync(folder, 0o755);
const engine = kind === 'image' ? await findEngine() : undefined;
if (kind === 'image' && engine === undefined) checks.skip('neither docker nor podman works here');
const connector =
  engine === undefined
    ? { local_executable: executable }
    : { docker_image: await engine.build(), use_host_network: true };
const database = kind === 'postgres' ? await startPostgres(checks, folder) : join(folder, 'tables.duckdb');

// The simulator's and the connector's clocks are moved together, but nothing can move a container's clock.
let aheadMs = Date.parse(kind === 'image' ? quietMoment(1) : '2026-11-23T10:30:00Z') - Date.now();
const now = () => Date.now() + aheadMs;
const simulator = await startSimulator({ now, jobDurationMs: 10 });
try {
  const current = simulator.currentPeriod();
  const startPeriod = quarterBefore(current, kind === 'dlt' ? 1 : 3);
  const startDate = new Date(now() - 40 * 86_400_000).toISOString().slice(0, 10);
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
  const slices = (from, to) => FORECASTS.flatMap((id) => quarters(from, to).map((each) => `${id} ${each}`)).sort();
  const discovered = await discover(config);
  const streams = discovered.filter(({ name }) => kind !== 'dlt' || DLT_STREAMS.includes(name));
  const queries = queriesFor(streams, kind === 'dlt' ? snakeCase : undefined);
  // dlt would guess them from the first rows, possibly whole numbers, and put fractions elsewhere.
  if (kind === 'dlt') queries.types = TYPES_OF_ENTRIES;
  const numberColumns = namesOfNumbers(streams.find((stream) => stream.name === 'forecast_entries')).map(snakeCase);
  const name = requirementOf(kind === 'dlt' ? 'dlt' : 'airbyte');
  say(`${checks.name}: ${name}, current quarter ${current}`);

  /**
   * One sync; afterwards the tables must hold everything from the first quarter on. Resolves with the ids of its jobs,
   * and of those in the table.
   */
  const syncAndCompare = async (which, exported, last) => {
    const { found, exports } = await sync({ config, queries, streams: streams.map((stream) => stream.name) });
    const expected = expectedTables(simulator, streams, slices(startPeriod, last), startDate, now());
    const counts = byName(found.rows.counts);
    checks.equal(`${which}, streams`, found.streams.toSorted(), discovered.map((stream) => stream.name).sort());
    checks.equal(`${which}, exports`, forecastExportsOf(exports), exported);
    checks.equal(`${which}, rows and keys`, comparable(counts, expected.counts), expected.counts);
    checks.equal(`${which}, sums in cents`, inCents(byName(found.rows.sums)), inCents(expected.sums));
    const ids = new Set(exports.filter((job) => job.kind === 'forecast').map(({ jobId }) => jobId));
    const inTable = found.rows.jobs.map(({ id }) => id);
    // What was exported again replaced the old rows.
    checks.equal(`${which}, its jobs in the table`, inTable.filter((id) => ids.has(id)).length, exported.length);
    checks.equal(`${which}, jobs in the table`, inTable.length, slices(startPeriod, last).length);
    if (kind === 'dlt') {
      const types = Object.fromEntries(found.rows.types.map(({ name, type }) => [name, type]));
      checks.equal(
        `${which}, types of numbers`,
        numberColumns.filter((column) => types[column] !== 'DOUBLE'),
        [],
      );
    }
    say(`  ${which}: ${streams.map((stream) => `${stream.name} ${counts[stream.name]?.n}`).join(', ')}`);
    say(`    exports: ${exported.join(', ')}`);
  };

  const all = slices(startPeriod, current);
  await syncAndCompare('first read', all, current);
  if (kind !== 'dlt') await syncAndCompare('second read', slices(quarterBefore(current), current), current);
  if (kind !== 'image') {
    aheadMs += 89 * 86_400_000;
    const next = simulator.currentPeriod();
    checks.equal('89 days later, quarter before', quarterBefore(next), current);
    // dlt keeps no state: it reads everything again.
    const exported = slices(kind === 'dlt' ? startPeriod : current, next);
    await syncAndCompare('after the rollover', exported, next);
  }
} finally {
  await simulator.close();
}
checks.end();
// The PostgreSQL child would keep the program alive.
process.exit();

async function discover(config) {
  const flags = inputFlags(folder, { config });
  const messages = messagesOf(await output(executable, ['discover', ...flags]));
  return messages.flatMap(({ catalog }) => catalog?.streams ?? []);
}

/** One sync, in a separate process: only the database lasts. */
async function sync(request) {
  const before = simulator.jobs.length;
  const [requestFile, answer] = ['request.json', 'answer.json'].map((name) => join(folder, name));
  writeFileSync(requestFile, JSON.stringify({ connector, by: kind, database, ...request }));
  await output(python, [join(here, 'sync.py'), requestFile, answer], {
    cwd: folder,
    env: {
      ...pythonEnv(folder),
      ...(engine === undefined
        ? { NODE_OPTIONS: `--require ${CLOCK}`, CLOCK_AHEAD_MS: String(aheadMs) }
        : { PATH: engine.asDocker(folder) }),
    },
  });
  return { found: JSON.parse(readFileSync(answer, 'utf8')), exports: simulator.jobs.slice(before) };
}
