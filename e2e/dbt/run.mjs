// The dbt package on real databases: PyAirbyte syncs a simulated Clari into DuckDB and PostgreSQL, deduplicated and
// appended, three times each: somebody leaves after the first, and the third uses the direct call, which has only the
// latest week. Then a project that installed the package builds it, and each number is compared with what the simulator
// knows.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documentedQueries } from '../../scripts/lib/documented-queries.mjs';
import { findPostgres, startPostgres } from '../pyairbyte/postgres.mjs';
import { DBT_REQUIREMENTS, findPython, pythonEnv } from '../python/environment.mjs';
import {
  Checks,
  dayBefore,
  executable,
  output,
  quarterBefore,
  quietMoment,
  root,
  run,
  say,
  startSimulator,
  temporaryFolder,
} from '../support.mjs';
import { expectedAnswers, found } from './expected.mjs';
import { OWNERS_BEFORE, OWNERS_NOW, TABS } from './organization.mjs';

const here = join(root, 'e2e', 'dbt');
const MODES = { auto: 'clari', append: 'clari_append' };
/** The third is later on the same day as the second, so day-to-day changes stay the same. */
const LOADS = [
  { now: quietMoment(8), day: dayBefore(8), owners: OWNERS_BEFORE },
  { now: quietMoment(1), day: dayBefore(1), owners: OWNERS_NOW },
  { now: `${dayBefore(1)}T11:30:00Z`, day: dayBefore(1), owners: OWNERS_NOW, method: 'direct' },
];

/** The streams that no answer needs, so that the package leaves them out unless it is told. */
const OTHERS = { clari_using_activities: true, clari_using_audit_events: true, clari_using_opportunities: true };

const WITHOUT_ANSWER = `
  select table_name from information_schema.tables
  where table_name in ('stg_clari__activities', 'stg_clari__audit_events', 'stg_clari__opportunities')`;

const simulated = { amounts: 'plausible', jobDurationMs: 10 };

const checks = new Checks('e2e:dbt');
/** The databases whose unit tests have run. */
const unitTested = new Set();
// dbt is installed while the syncs run.
const dbtPython = findPython(checks, DBT_REQUIREMENTS);
const pyairbyte = await findPython(checks);
const folder = temporaryFolder('dbt');
chmodSync(folder, 0o755);
const hasPostgres = (await findPostgres()) !== undefined;
if (!hasPostgres) say('e2e:dbt: PostgreSQL is not installed here: only DuckDB is tried.');
const postgres = hasPostgres ? await startPostgres(checks, folder) : undefined;
const targets = [duckdb('auto'), duckdb('append')];
if (postgres !== undefined) targets.push(inPostgres('auto'), inPostgres('append'));
const published = await syncPublished();
const dbt = dirname(await dbtPython);
await newProject(targets);
for (const target of targets) {
  await build(target, { ...OTHERS, clari_closed_fields: ['fc_closed'] });
  await compare(target, expectedAnswers(published.loads, { ...published, append: target.strategy === 'append' }));
  await countOthers(target, published.others);
  await runDocumented(target);
}
await listedContract();
for (const dialect of ['snowflake', 'bigquery']) await compile(dialect);
checks.end();
// The PostgreSQL child would keep the program alive.
process.exit();

function duckdb(strategy) {
  const path = join(folder, `${strategy}.duckdb`);
  return {
    name: `duckdb_${strategy}`,
    strategy,
    schema: 'main',
    cache: { kind: 'duckdb', strategy, arguments: { db_path: path } },
    profile: { type: 'duckdb', path, schema: 'answers', threads: 1 },
    database: { path },
  };
}

function inPostgres(strategy) {
  const [host, port, user, password, name] = ['127.0.0.1', postgres, 'postgres', 'not-asked-for', 'postgres'];
  const schema = MODES[strategy];
  return {
    name: `postgres_${strategy}`,
    strategy,
    schema,
    cache: {
      kind: 'postgres',
      strategy,
      arguments: { host, port, username: user, password, database: name, schema_name: schema },
    },
    profile: { type: 'postgres', host, port, user, password, dbname: name, schema: `answers_${strategy}`, threads: 2 },
    database: { host, port, user, password, dbname: name },
  };
}

/** Syncs each load into each target. Resolves with what the tables must hold. */
async function syncPublished() {
  const loads = [];
  const state = { port: 0 };
  for (const { now, day, owners, method = 'export' } of LOADS) {
    const simulator = await startSimulator({ ...simulated, now, port: state.port, forecasts: TABS(owners) });
    try {
      state.port = Number(new URL(simulator.url).port);
      state.current = simulator.currentPeriod();
      const startDate = dayBefore(30);
      await sync(simulator, targets, {
        forecast_ids: TABS(owners).map(({ forecastId }) => forecastId),
        start_period: quarterBefore(state.current, 2),
        start_date: startDate,
        include_historical: true,
        read_method: method,
      });
      const { truth } = simulator;
      const read = slicesOf(simulator);
      loads.push({
        day,
        slices: read.map(({ forecastId, quarter, includeHistorical }) => {
          const results = truth.forecastResults(forecastId, quarter, { includeHistorical });
          return { forecastId, quarter, results };
        }),
      });
      const since = `${startDate}T00:00:00Z`;
      state.others = {
        stg_clari__activities: truth.activities(since, Date.now()).length,
        stg_clari__audit_events: truth.auditEvents(since, Date.now()).length,
        stg_clari__forecasts: TABS(owners).length,
      };
      const shown = read.map(({ forecastId, quarter }) => `${forecastId} ${quarter}`).join(', ');
      say(`  synced, ${method}, day ${day}: ${shown}`);
      checks.equal(`load ${loads.length}, direct calls`, simulator.directCalls.length > 0, method === 'direct');
    } finally {
      await simulator.close();
    }
  }
  return { loads, currentQuarter: state.current, closedField: 'fc_closed', others: state.others };
}

/** What was read for each forecast and quarter: every week by exports, the latest by direct calls. */
function slicesOf(simulator) {
  const slices = new Map();
  const add = (forecastId, quarter, includeHistorical) =>
    slices.set(`${forecastId} ${quarter}`, { forecastId, quarter, includeHistorical });
  for (const { forecastId, period } of simulator.jobs) if (forecastId) add(forecastId, period, true);
  for (const { path } of simulator.directCalls) {
    const { pathname, searchParams } = new URL(path, simulator.url);
    const quarter = searchParams.get('timePeriod') ?? simulator.currentPeriod();
    add(decodeURIComponent(pathname.split('/').at(-1)), quarter, false);
  }
  return [...slices.keys()].sort().map((slice) => slices.get(slice));
}

async function sync(simulator, targets, config) {
  const request = join(folder, 'sync.json');
  const full = { api_key: simulator.apiKey, base_url: simulator.url, poll_interval_seconds: 1, ...config };
  writeFileSync(request, JSON.stringify({ executable, config: full, caches: targets.map(({ cache }) => cache) }));
  await output(pyairbyte, [join(here, 'sync.py'), request], { cwd: folder, env: pythonEnv(folder) });
}

/** A dbt project with the package installed from this repository, as a user's would be. */
async function newProject(targets) {
  const project = join(folder, 'project');
  mkdirSync(project, { recursive: true });
  const outputs = Object.fromEntries(targets.map(({ name, profile }) => [name, profile]));
  // Nothing listens there: models are compiled without a connection.
  const nowhere = { account: 'none', user: 'none', password: 'none', warehouse: 'none', token: 'none' };
  outputs.snowflake = { type: 'snowflake', database: 'analytics', schema: 'answers', ...nowhere };
  outputs.bigquery = {
    type: 'bigquery',
    method: 'oauth-secrets',
    token: 'none',
    project: 'analytics',
    dataset: 'answers',
  };
  const files = {
    'dbt_project.yml': { name: 'answers', version: '1.0.0', profile: 'answers' },
    'packages.yml': { packages: [{ local: join(root, 'dbt') }] },
    'profiles.yml': { answers: { target: targets[0].name, outputs } },
  };
  // JSON is YAML.
  for (const [name, content] of Object.entries(files)) writeFileSync(join(project, name), JSON.stringify(content));
  rmSync(join(project, 'dbt_packages'), { recursive: true, force: true });
  await inProject(['deps']);
}

function inProject(args) {
  return run(join(dbt, 'dbt'), ['--no-use-colors', ...args], {
    cwd: join(folder, 'project'),
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TZ: 'UTC',
      DBT_PROFILES_DIR: join(folder, 'project'),
      DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    },
  });
}

/** `dbt build`: models and data tests, and once per database the unit tests, which have their own rows. */
async function build({ name, schema, profile }, variables) {
  const vars = { clari_schema: schema, clari_column_case: 'lower', ...variables };
  const once = unitTested.has(profile.type) ? ['--exclude-resource-type', 'unit_test'] : [];
  unitTested.add(profile.type);
  const { exitCode, stdout } = await inProject(['build', '--target', name, '--vars', JSON.stringify(vars), ...once]);
  const summary = stdout.match(/Finished running (.*) in 0 hours/)?.[1];
  checks.equal(`${name}, dbt build`, exitCode, 0);
  if (exitCode !== 0) say(stdout.slice(-6000));
  say(`  ${name}: ${summary}`);
}

async function rowsOf(target, queries) {
  const request = join(folder, 'answers.json');
  writeFileSync(request, JSON.stringify({ database: target.database, schema: target.profile.schema, queries }));
  return JSON.parse(await output(join(dbt, 'python'), [join(here, 'answers.py'), request]));
}

/** Compares each answer's rows with the truth. */
async function compare(target, expected) {
  const names = Object.keys(expected);
  const sql = (name) => `select * from clari__${name}`;
  const rows = await rowsOf(target, Object.fromEntries(names.map((name) => [name, sql(name)])));
  for (const name of names) checks.equal(`${target.name}, ${name}`, found(name, rows[name]), expected[name]);
  say(`    ${names.map((name) => `${name} ${rows[name].length}`).join(', ')}`);
}

async function countOthers(target, others) {
  const sql = (model) => `select count(*) as n from ${model}`;
  const queries = Object.fromEntries(Object.keys(others).map((model) => [model, sql(model)]));
  const rows = await rowsOf(target, queries);
  const counts = Object.fromEntries(Object.entries(rows).map(([model, [{ n }]]) => [model, n]));
  checks.equal(`${target.name}, rows of other streams`, counts, others);
}

/** The queries in docs/answers.md, each of which must have an answer. */
async function runDocumented(target) {
  const queries = documentedQueries();
  const rows = await rowsOf(target, queries);
  const unanswered = Object.keys(queries).filter((each) => rows[each].length === 0);
  checks.equal(`${target.name}, documented questions without an answer`, unanswered, []);
  if (process.argv.includes('--show')) for (const each of Object.keys(rows)) say(tableOf(each, rows[each]));
}

/** A question's answer, in the form of docs/answers.md. */
function tableOf(question, rows) {
  const cells = (values) =>
    `| ${values.map((value) => value?.toLocaleString('en-US', { maximumFractionDigits: 0 }) ?? '').join(' | ')} |`;
  return [`\n${question}`, cells(Object.keys(rows[0])), ...rows.map((row) => cells(Object.values(row)))].join('\n');
}

/** The listed contract, without weeks, fields and hierarchy: parts come from the entries, attainment from crmClosed. */
async function listedContract() {
  const target = { ...duckdb('auto'), name: 'duckdb_listed' };
  target.database = { path: join(folder, 'listed.duckdb') };
  target.cache = { ...target.cache, arguments: { db_path: target.database.path } };
  target.profile = { ...target.profile, path: target.database.path };
  const simulator = await startSimulator({ ...simulated, now: quietMoment(1), contract: 'listed' });
  try {
    const quarter = simulator.currentPeriod();
    await sync(simulator, [target], { start_period: quarterBefore(quarter) });
    await newProject([target]);
    await build(target, { clari_parts_from_entries: true });
    const { others } = await rowsOf(target, { others: WITHOUT_ANSWER });
    checks.equal('duckdb_listed, models of streams nobody asked for', others, []);
    const [calls, attainment] = [{}, {}];
    for (const forecastId of ['net_new', 'renewals_emea']) {
      for (const each of [quarterBefore(quarter), quarter]) {
        for (const entry of simulator.truth.listedEntries(forecastId, each)) {
          const { ownerEmail, forecastAmount, quotaAmount, adjustmentAmount, crmTotal, crmClosed } = entry;
          const id = `${forecastId} ${each} ${ownerEmail}`;
          const share = (amount) => Math.round((amount / quotaAmount) * 1e6 + 0.001);
          const inCents = (amount) => Math.round(amount * 100);
          attainment[id] = [
            ...[inCents(quotaAmount), inCents(crmClosed), share(crmClosed)],
            ...[inCents(quotaAmount - crmClosed), inCents(crmTotal), share(crmTotal)],
          ];
          if (each !== quarter) continue;
          const amounts = [forecastAmount, adjustmentAmount, quotaAmount, crmClosed];
          calls[`${id} all`] = [...amounts.map(inCents), null];
        }
      }
    }
    await compare(target, { current_forecast: calls, quota_attainment: attainment });
  } finally {
    await simulator.close();
  }
}

/** Compiles for a database that isn't there, and parses the SQL as that database would. */
async function compile(dialect) {
  const offline = ['--no-introspect', '--no-populate-cache'];
  const args = ['--target', dialect, '--target-path', dialect, '--vars', JSON.stringify(OTHERS)];
  const { exitCode, stdout } = await inProject(['compile', ...args, ...offline]);
  checks.equal(`${dialect}, dbt compile`, exitCode, 0);
  if (exitCode !== 0) return say(stdout.slice(-4000));
  const compiled = join(folder, 'project', dialect, 'compiled', 'clari', 'models');
  const { stdout: queries, stderr } = await run(join(dbt, 'python'), [join(here, 'parse.py'), dialect, compiled]);
  checks.equal(`${dialect}, compiled SQL`, stderr, '');
  say(`  ${dialect}: ${queries.trim()} models and tests compiled`);
}
