// The connector's main job, seen from a fresh clone: installs and builds, starts a simulated Clari, runs the real
// executable (check, catalog, read, read with the state, read by the direct call), loads the records into DuckDB, and
// shows on the terminal and on a page what a sales leader asks. Every number is compared with what the simulated Clari
// knows; one that differs fails the demo.
import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Checks } from '../scripts/lib/checks.mjs';
import { countsOf, messagesOf, statesOf } from '../scripts/lib/messages.mjs';
import { dayBefore, quarterBefore, quarters } from '../scripts/lib/periods.mjs';
import { executable, inputFlags, output, root, say, startSimulator } from '../scripts/lib/programs.mjs';
import { printAnswers } from './answers.mjs';
import { expectedAttainment, expectedReport, rounded } from './expected.mjs';
import { forecasts, listedForecasts } from './organization.mjs';
import { printReport } from './print-report.mjs';
import { attainmentOf, knowsClosedAmounts, reportOf, tableCounts } from './report.mjs';
import { setUp } from './setup.mjs';
import { money, printTable, spanOf } from './terminal.mjs';

setUp();
const { Warehouse } = await import('./warehouse.mjs');
const { writePage } = await import('./page.mjs');

const out = join(root, 'demo', 'out');
const shown = (path) => relative(process.cwd(), path);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

// A fiscal year that ends with this month, so the current quarter is always in its last month.
const fiscalYearStartMonth = ((new Date().getUTCMonth() + 1) % 12) + 1;
const simulated = { jobDurationMs: 250, amounts: 'plausible', fiscalYearStartMonth };
const checks = new Checks('Demo');
const published = await startSimulator({ ...simulated, forecasts });
const listed = await startSimulator({ ...simulated, forecasts: listedForecasts, contract: 'listed' });
const warehouse = await Warehouse.create(join(out, 'clari.duckdb'));
try {
  const current = published.currentPeriod();
  const first = quarterBefore(current, 3);
  const forecastIds = forecasts.map(({ forecastId }) => forecastId);
  const everyQuarter = quarters(first, current);
  const startDate = dayBefore(30);
  const config = {
    api_key: published.apiKey,
    base_url: published.url,
    forecast_ids: forecastIds,
    start_period: first,
    start_date: startDate,
    include_historical: true,
    poll_interval_seconds: 1,
  };
  say(`\n1. A simulated Clari listens on ${published.url}. Its current quarter is ${current}.`);

  const checkMessages = messagesOf(await connector('check', { config }));
  const { connectionStatus } = checkMessages.find(({ type }) => type === 'CONNECTION_STATUS');
  say(`\n2. source-clari check: ${connectionStatus.status}. It started no export (${published.jobs.length} jobs).`);
  checks.equal('check', [connectionStatus.status, published.jobs.length], ['SUCCEEDED', 0]);

  const catalog = JSON.parse(await connector('catalog', { config }));
  say(`\n3. source-clari catalog: ${catalog.streams.map(({ stream }) => stream.name).join(', ')}.`);
  await warehouse.createTables(catalog, 'main');

  const { truth } = published;
  const startedAt = Date.now();
  const firstSync = await sync('first', config);
  say(`\n4. source-clari read, from ${first} on, into ${shown(warehouse.path)}:\n   ${listOf(firstSync.counts)}.`);
  checkRows('first sync', firstSync.counts);
  const secondSync = await sync('second, with the state', config, firstSync.states);
  const direct = { ...config, read_method: 'direct' };
  const firstDirect = await sync('third, read_method: direct', direct, secondSync.states);
  const secondDirect = await sync('fourth, direct again', direct, firstDirect.states);
  const syncs = [firstSync, secondSync, firstDirect, secondDirect];
  say('\n5. What each sync cost. Exports count against a monthly quota; direct calls do not, as far as is known:');
  printTable(syncs, [
    ['sync', ({ name }) => name],
    ['forecast exports', ({ forecastExports }) => forecastExports.length],
    ['activity exports', ({ activityExports }) => activityExports],
    ['direct calls', ({ directCalls }) => directCalls],
    ['forecast records', ({ forecastRecords }) => money(forecastRecords)],
    ['quarters exported', ({ quarters: exported }) => spanOf(exported)],
  ]);
  say('   The first direct sync still exports the quarter once, for its earlier weeks.');
  const each = (periods) => forecastIds.flatMap((id) => periods.map((period) => `${id} ${period}`)).sort();
  const costs = syncs.map(({ forecastExports, directCalls, forecastRecords }) => ({
    forecastExports,
    directCalls,
    forecastRecords,
  }));
  checks.equal('exports', costs, [
    { forecastExports: each(everyQuarter), directCalls: 0, forecastRecords: recordsIn(everyQuarter) },
    { forecastExports: each([current]), directCalls: 0, forecastRecords: recordsIn([current]) },
    // The direct call answers with only the newest week: an export fetches the earlier ones, once.
    { forecastExports: each([current]), directCalls: forecastIds.length, forecastRecords: recordsIn([current]) },
    { forecastExports: [], directCalls: forecastIds.length, forecastRecords: recordsIn([current], false) },
  ]);
  const tables = await tableCounts(warehouse, catalog);
  say(`   The tables now: ${listOf(tables)}.`);
  checkRows('tables', tables);

  await syncListed();
  await warehouse.runFile(join(root, 'demo', 'views.sql'));
  const reports = [];
  for (const timePeriod of [current, quarterBefore(current)]) {
    const report = await reportOf(warehouse, 'net_new', timePeriod);
    const expected = rounded(expectedReport(truth, 'net_new', timePeriod, startedAt));
    for (const [part, value] of Object.entries(rounded(report))) {
      checks.equal(`net_new ${timePeriod}, ${part}`, value, expected[part]);
    }
    reports.push(report);
  }
  const attainment = await attainmentOf(warehouse, 'net_new', current);
  const expectedOnes = expectedAttainment(listed.truth, 'net_new', current, startedAt);
  checks.equal('attainment', rounded(attainment), rounded(expectedOnes));
  // What the terminal and the page say about the published contract.
  checks.equal('closed amounts known', await knowsClosedAmounts(warehouse), false);

  const [report] = reports;
  printReport(report, attainment);
  if (checks.failed === 0) {
    const page = writePage(out, { reports, attainment, syncs, tables });
    say(`\n7. The same with charts: open ${shown(page)} in a browser. It needs no network.`);
  }

  async function sync(name, configuration, state) {
    const jobsBefore = published.jobs.length;
    const callsBefore = published.directCalls.length;
    const messages = messagesOf(
      await connector('read', { config: configuration, catalog, ...(state === undefined ? {} : { state }) }),
    );
    await warehouse.load(catalog, messages, 'main');
    const counts = countsOf(messages);
    const jobs = published.jobs.slice(jobsBefore);
    const forecastJobs = jobs.filter(({ kind }) => kind === 'forecast');
    return {
      name,
      states: statesOf(messages),
      forecastExports: forecastJobs.map(({ forecastId, period }) => `${forecastId} ${period}`).sort(),
      quarters: [...new Set(forecastJobs.map(({ period }) => period))].sort(),
      activityExports: jobs.length - forecastJobs.length,
      directCalls: published.directCalls.length - callsBefore,
      counts,
      forecastRecords: Object.entries(counts)
        .filter(([stream]) => stream.startsWith('forecast_'))
        .reduce((sum, [, count]) => sum + count, 0),
    };
  }

  /** The listed contract sends closed amounts: one short sync of it, into a separate schema. */
  async function syncListed() {
    const folder = join(out, 'listed');
    mkdirSync(folder);
    const settings = { api_key: listed.apiKey, base_url: listed.url, poll_interval_seconds: 1 };
    const everything = JSON.parse(await connector('catalog', { config: settings }, folder));
    const streams = everything.streams.filter(({ stream }) => stream.name === 'forecast_entries');
    const messages = messagesOf(await connector('read', { config: settings, catalog: { streams } }, folder));
    await warehouse.createTables({ streams }, 'listed');
    await warehouse.load({ streams }, messages, 'listed');
  }

  /** What the truth has for these quarters: every week, or only the newest. */
  function answersOf(periods, includeHistorical = true) {
    const asked = forecastIds.flatMap((id) => periods.map((period) => [id, period]));
    return asked.map(([id, period]) => truth.forecastResults(id, period, { includeHistorical, at: startedAt }));
  }

  /** How many records that makes in all forecast streams together. */
  function recordsIn(periods, includeHistorical) {
    const arrays = answersOf(periods, includeHistorical).flatMap((answer) => Object.values(answer));
    return arrays.reduce((sum, array) => sum + array.length, 0);
  }

  /** Compares row counts with the truth. */
  function checkRows(what, counts) {
    const answers = answersOf(everyQuarter);
    const total = (name) => answers.reduce((sum, answer) => sum + answer[name].length, 0);
    // Events may have been added since the demo began: either number is right.
    const since = `${startDate}T00:00:00Z`;
    const live = (at) => {
      const activities = truth.activities(since, at, at);
      const opportunities = activities.flatMap((activity) => activity.opportunities.map((each) => each.opportunityId));
      return {
        activities: activities.length,
        audit_events: truth.auditEvents(since, at, at).length,
        opportunities: new Set(opportunities).size,
      };
    };
    const [least, most] = [live(startedAt), live(Date.now())];
    const oneOf = (name) => Math.min(Math.max(counts[name], least[name]), most[name]);
    checks.equal(`rows, ${what}`, counts, {
      forecasts: forecastIds.length,
      forecast_entries: total('entries'),
      forecast_users: total('users'),
      forecast_fields: total('fields'),
      forecast_time_frames: total('timeFrames'),
      forecast_time_periods: total('timePeriods'),
      activities: oneOf('activities'),
      audit_events: oneOf('audit_events'),
      opportunities: oneOf('opportunities'),
    });
  }
} finally {
  warehouse.close();
  await Promise.all([published.close(), listed.close()]);
}
if (checks.failed === 0) await printAnswers();

say('\nWhat next');
for (const [what, why] of [
  [
    'node demo/query.mjs "FROM demo.roll_up WHERE isHead"',
    `asks ${shown(warehouse.path)} anything; so does the DuckDB CLI`,
  ],
  ['demo/views.sql', 'the SQL behind every number above'],
  ['docs/data-model.md', 'what each table and column means, and the pitfalls'],
  ['dbt/', 'the same and more for your own warehouse, as a dbt package'],
  ['README.md', 'how to add the connector to Airbyte and sync your own Clari'],
]) {
  say(`   ${what.padEnd(56)}${why}`);
}
say();
checks.end();

/** Runs the executable; resolves with what it printed if it succeeded. */
function connector(command, files, folder = out) {
  return output(executable, [command, ...inputFlags(folder, files)]);
}

function listOf(counts) {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${money(count)}`)
    .join(', ');
}
