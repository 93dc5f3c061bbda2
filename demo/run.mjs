// The connector's main job, seen from a fresh clone: installs what it needs, starts a simulated Clari, runs the real executable
// (check, catalog, read, read again with the state), loads the records into DuckDB and shows what a sales leader would look at.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  countsOf,
  executable,
  inputFlags,
  messagesOf,
  output,
  quarterBefore,
  root,
  say,
  startSimulator,
  statesOf,
} from '../e2e/support.mjs';

const out = join(root, 'demo', 'out');

if (
  !existsSync(join(root, 'node_modules', '@duckdb')) ||
  !existsSync(join(root, 'dist', 'main.js')) ||
  !existsSync(join(root, 'build'))
) {
  say('Installing and building (once) …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
const { Warehouse } = await import('./warehouse.mjs');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

/** Runs the executable; resolves with what it printed once it has ended well. */
const connector = (command, files) =>
  output(executable, [command, ...inputFlags(out, files)], { stdio: ['ignore', 'pipe', 'inherit'] });
const counted = (messages) =>
  Object.entries(countsOf(messages))
    .map(([stream, count]) => `${stream} ${count}`)
    .join(', ');

const simulator = await startSimulator({ jobDurationMs: 400 });
try {
  const config = {
    api_key: simulator.apiKey,
    base_url: simulator.url,
    forecast_ids: ['net_new', 'renewals_emea'],
    include_historical: true,
    lookback_periods: 2,
    poll_interval_seconds: 1,
  };
  say(`\n1. A simulated Clari listens on ${simulator.url}; its current quarter is ${simulator.currentPeriod()}.`);

  const [status] = messagesOf(await connector('check', { config }));
  say(
    `\n2. source-clari check: ${status.connectionStatus.status}. No export was spent (${simulator.jobs.length} jobs).`,
  );

  const catalog = JSON.parse(await connector('catalog', { config }));
  say(
    `\n3. source-clari catalog: ${catalog.streams.map(({ stream, sync_mode }) => `${stream.name} (${sync_mode})`).join(', ')}.`,
  );

  const first = messagesOf(await connector('read', { config, catalog }));
  const firstJobs = simulator.jobs.length;
  say(`\n4. source-clari read: ${counted(first)}.`);
  say(`   ${firstJobs} exports: ${describe(simulator.jobs)}.`);

  const second = messagesOf(
    await connector('read', { config: { ...config, lookback_periods: 1 }, catalog, state: statesOf(first) }),
  );
  say(`\n5. The same again with the state, looking back one quarter: ${counted(second)}.`);
  say(`   ${simulator.jobs.length - firstJobs} exports: ${describe(simulator.jobs.slice(firstJobs))}.`);

  const warehouse = await Warehouse.create(join(out, 'clari.duckdb'), catalog);
  await warehouse.load(first);
  await warehouse.load(second);
  say('\n6. Loaded into demo/out/clari.duckdb by the schemas of the catalog, one row per key.');

  say(`\nForecast, quota and attainment by owner, ${simulator.currentPeriod()}, latest week, net_new`);
  await warehouse.print(`
    WITH latest AS (
      SELECT * FROM forecast_entries
      WHERE forecastId = 'net_new' AND timePeriod = '${simulator.currentPeriod()}'
      QUALIFY timeFrameStartDate = max(timeFrameStartDate) OVER ())
    SELECT ownerName AS owner, hierarchyName AS role,
      round(max(forecastAmount) FILTER (fieldName = 'Commit')) AS "commit",
      round(max(forecastAmount) FILTER (fieldName = 'Best Case')) AS "best case",
      max(quotaAmount) AS quota,
      round(100 * max(forecastAmount) FILTER (fieldName = 'Commit') / nullif(max(quotaAmount), 0), 1) AS "attainment %"
    FROM latest GROUP BY ALL ORDER BY owner, role`);

  say('\nWeek by week, all owners, net_new: the commit and how it moved');
  await warehouse.print(`
    WITH weeks AS (
      SELECT timePeriod, timeFrameStartDate, sum(forecastAmount) AS total, count(*) FILTER (isUpdated) AS updates
      FROM forecast_entries
      WHERE forecastId = 'net_new' AND fieldName = 'Commit' AND timePeriod >= '${quarterBefore(simulator.currentPeriod())}'
      GROUP BY timePeriod, timeFrameStartDate)
    SELECT timePeriod AS quarter, timeFrameStartDate AS "week from", round(total) AS "commit",
      round(total - lag(total) OVER (PARTITION BY timePeriod ORDER BY timeFrameStartDate)) AS "change", updates
    FROM weeks ORDER BY quarter, "week from"`);
  warehouse.close();
} finally {
  await simulator.close();
}

function describe(jobs) {
  const names = jobs.map(({ kind, forecastId, timePeriod }) =>
    kind === 'forecast' ? `${forecastId} ${timePeriod ?? 'current'}` : 'activities',
  );
  return names.sort().join(', ');
}
