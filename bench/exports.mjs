import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { executable, here } from './measure.mjs';

const require = createRequire(import.meta.url);
const { startSimulator } = require('../build/simulator/index.js');
const { ClariClient } = require('../dist/index.js');

const OWNERS = 2_500;
const FIELDS = 10;

/**
 * Writes the results of an export of `entries` entries (a multiple of 25,000) to `file`, as the simulator makes them.
 */
export async function writeExport(file, entries, entriesFirst) {
  const forecasts = [
    { forecastId: 'bench', forecastName: 'Bench', owners: OWNERS, fields: FIELDS, weeks: entries / OWNERS / FIELDS },
  ];
  const simulator = await startSimulator({ forecasts, entriesFirst, jobDurationMs: 0, now: '2026-11-23T12:00:00Z' });
  try {
    const client = new ClariClient({ apiKey: simulator.apiKey, baseUrl: simulator.url });
    const { jobId } = await client.exportForecast('bench', null, { includeHistorical: true });
    await pipeline(await client.openResults(await client.waitForJob(jobId)), createWriteStream(file));
  } finally {
    await simulator.close();
  }
}

/**
 * Serves `file` as an export's results from a separate process while `use` runs. `use` gets the read command that syncs
 * it, a function that returns when its download began (epoch ms), and the server's address.
 */
export async function withStaticClari(file, folder, use) {
  const server = fork(join(here, 'static-clari.mjs'), [file]);
  const told = {};
  try {
    await new Promise((resolve, reject) => {
      server.on('message', (message) => resolve(Object.assign(told, message)));
      server.once('error', reject);
    });
    // Only one quarter: by default the one before would be exported and downloaded too.
    // As random as a real key: how fast records are searched for it depends on its characters.
    const api_key = randomBytes(24).toString('base64url');
    const read = readCommand(folder, { api_key, base_url: told.url, forecast_ids: ['bench'], start_period: '2027_Q4' });
    return await use(read, () => told.downloadAt, told.url);
  } finally {
    server.kill();
  }
}

/** Writes the files for a `read` of forecast_entries, and returns its command line. */
export function readCommand(folder, config, streams = [FORECAST_ENTRIES]) {
  const paths = { config: join(folder, 'config.json'), catalog: join(folder, 'catalog.json') };
  writeFileSync(paths.config, JSON.stringify({ api_key: 'simulator-key-not-a-secret', ...config }));
  writeFileSync(paths.catalog, JSON.stringify({ streams }));
  return [executable, 'read', '--config', paths.config, '--catalog', paths.catalog];
}

export const FORECAST_ENTRIES = {
  stream: { name: 'forecast_entries', json_schema: {}, supported_sync_modes: ['full_refresh', 'incremental'] },
  sync_mode: 'incremental',
  destination_sync_mode: 'append',
};
