// The dbt package on real databases: PyAirbyte syncs a simulated Clari into DuckDB and PostgreSQL, deduplicated and
// appended, twice each: somebody left in between. Then a project that installed the package builds it, and each
// number is compared with what the simulator knows.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { startPostgres } from './postgres.mjs';

const here = join(root, 'e2e', 'dbt');
const MODES = { auto: 'clari', append: 'clari_append' };
const DAYS = [8, 1];

const checks = new Checks('e2e:dbt');
const folder = temporaryFolder('dbt');
const python = await findPython();
const [pyairbyte, dbt] = await Promise.all([
  install('pyairbyte', [pinnedPyAirbyte()]),
  install('dbt', ['-r', join(here, 'requirements.txt')]),
]);
const postgres = await startPostgres('clari');
if (postgres === undefined) say('e2e:dbt: PostgreSQL is missing (apt-get install postgresql): only DuckDB is tried.');
try {
  const targets = [duckdb('auto'), duckdb('append')];
  if (postgres !== undefined) targets.push(inPostgres('auto'), inPostgres('append'));
  const published = await syncPublished(targets);
  await newProject(targets);
  for (const target of targets) {
    await build(target, { clari_closed_fields: ['fc_closed'] });
    await compare(target, expectedAnswers(published.loads, { ...published, append: target.strategy === 'append' }));
    await countOthers(target, published.others);
    await runDocumented(target);
  }
  await listedContract();
  for (const dialect of ['snowflake', 'bigquery']) await compile(dialect);
} finally {
  await postgres?.stop();
}
checks.end();

/** The first Python that both PyAirbyte and dbt run on. */
async function findPython() {
  for (const name of ['python3', 'python3.12', 'python3.11', 'python3.10']) {
    const probe = 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 13))';
    if ((await run(name, ['-c', probe])).exitCode === 0) return name;
  }
  return checks.skip('there is no Python 3.10 to 3.12 with venv here');
}

/** The version that the test of PyAirbyte itself pins. */
function pinnedPyAirbyte() {
  const files = ['python', 'pyairbyte'].map((name) => join(root, 'e2e', name, 'requirements.txt'));
  return readFileSync(files.find(existsSync), 'utf8').match(/^airbyte==.*$/m)[0];
}

/** A virtual environment with these requirements; resolves with where its programs are. */
async function install(name, requirements) {
  const venv = join(folder, `venv-${name}`);
  await output(python, ['-m', 'venv', venv]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--disable-pip-version-check', ...requirements];
  const { exitCode, stderr } = await run(join(venv, 'bin', 'python'), pip);
  if (stderr.includes('from versions: none')) checks.skip('the Python package index cannot be reached');
  if (exitCode !== 0) throw new Error(`pip could not install ${requirements.join(' ')}:\n${stderr.slice(-2000)}`);
  return join(venv, 'bin');
}

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
  const { port } = postgres;
  const [host, user, password, name] = ['127.0.0.1', 'clari', 'clari', 'clari'];
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

/** Two syncs into each target, a week apart. Resolves with what the tables must hold. */
async function syncPublished(targets) {
  const loads = [];
  const state = { port: 0 };
  for (const [index, days] of DAYS.entries()) {
    const owners = index === 0 ? OWNERS_BEFORE : OWNERS_NOW;
    const simulator = await startSimulator({ now: quietMoment(days), port: state.port, forecasts: TABS(owners) });
    try {
      state.port = Number(new URL(simulator.url).port);
      const current = simulator.currentPeriod();
      const startDate = dayBefore(30);
      await sync(simulator, targets, {
        forecast_ids: TABS(owners).map(({ forecastId }) => forecastId),
        start_period: quarterBefore(simulator.currentPeriod(), 2),
        start_date: startDate,
        include_historical: true,
      });
      const { truth } = simulator;
      const slices = new Set(
        simulator.jobs.flatMap(({ forecastId, period }) => (forecastId ? [`${forecastId} ${period}`] : [])),
      );
      loads.push({
        day: dayBefore(days),
        slices: [...slices].map((slice) => {
          const [forecastId, quarter] = slice.split(' ');
          return {
            forecastId,
            quarter,
            results: truth.forecastResults(forecastId, quarter, { includeHistorical: true }),
          };
        }),
      });
      const since = `${startDate}T00:00:00Z`;
      state.current = current;
      state.others = {
        stg_clari__activities: truth.activities(since, Date.now()).length,
        stg_clari__audit_events: truth.auditEvents(since, Date.now()).length,
        stg_clari__forecasts: TABS(owners).length,
      };
      say(`  synced, day ${dayBefore(days)}: ${[...slices].sort().join(', ')}`);
    } finally {
      await simulator.close();
    }
  }
  return { loads, currentQuarter: state.current, closedField: 'fc_closed', others: state.others };
}

async function sync(simulator, targets, config) {
  const request = join(folder, 'sync.json');
  const full = { api_key: simulator.apiKey, base_url: simulator.url, poll_interval_seconds: 1, ...config };
  writeFileSync(request, JSON.stringify({ executable, config: full, caches: targets.map(({ cache }) => cache) }));
  await output(join(pyairbyte, 'python'), [join(here, 'sync.py'), request], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TMPDIR: folder,
      AIRBYTE_OFFLINE_MODE: '1',
      DO_NOT_TRACK: '1',
      AIRBYTE_LOGGING_ROOT: join(folder, 'logs'),
    },
  });
}

/** A dbt project that has installed the package from this repository, as a user's would. */
async function newProject(targets) {
  const project = join(folder, 'project');
  mkdirSync(project, { recursive: true });
  const outputs = Object.fromEntries(targets.map(({ name, profile }) => [name, profile]));
  // Nobody listens there: models are compiled without a connection.
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

/** `dbt build`: models, data tests and unit tests. */
async function build({ name, schema }, variables) {
  const vars = { clari_schema: schema, clari_column_case: 'lower', ...variables };
  const { exitCode, stdout } = await inProject(['build', '--target', name, '--vars', JSON.stringify(vars)]);
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

/** Each answer's rows against the truth. */
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

/** The queries that docs/answers.md shows, each of which must have an answer. */
async function runDocumented(target) {
  const text = readFileSync(join(root, 'docs', 'answers.md'), 'utf8');
  const documented = [...text.matchAll(/^## (.*)$|^```sql\n([^`]*)^```$/gm)];
  const queries = {};
  let question = '';
  for (const [, heading, sql] of documented) {
    question = heading ?? question;
    if (sql !== undefined) queries[question] = sql;
  }
  const rows = await rowsOf(target, queries);
  const unanswered = Object.keys(queries).filter((each) => rows[each].length === 0);
  checks.equal(`${target.name}, documented questions without an answer`, unanswered, []);
}

/** The contract without weeks, fields and hierarchy, its parts from the entries; attainment by crmClosed. */
async function listedContract() {
  const target = { ...duckdb('auto'), name: 'duckdb_listed' };
  target.database = { path: join(folder, 'listed.duckdb') };
  target.cache = { ...target.cache, arguments: { db_path: target.database.path } };
  target.profile = { ...target.profile, path: target.database.path };
  const simulator = await startSimulator({ now: quietMoment(1), contract: 'listed' });
  try {
    const quarter = simulator.currentPeriod();
    await sync(simulator, [target], { start_period: quarterBefore(quarter) });
    await newProject([target]);
    await build(target, { clari_parts_from_entries: true });
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

/** Compiles for a database that isn't there, and reads the SQL as that database would. */
async function compile(dialect) {
  const offline = ['--no-introspect', '--no-populate-cache'];
  const { exitCode, stdout } = await inProject(['compile', '--target', dialect, '--target-path', dialect, ...offline]);
  checks.equal(`${dialect}, dbt compile`, exitCode, 0);
  if (exitCode !== 0) return say(stdout.slice(-4000));
  const compiled = join(folder, 'project', dialect, 'compiled', 'clari', 'models');
  const { stdout: queries, stderr } = await run(join(dbt, 'python'), [join(here, 'parse.py'), dialect, compiled]);
  checks.equal(`${dialect}, compiled SQL`, stderr, '');
  say(`  ${dialect}: ${queries.trim()} models and tests compiled`);
}
