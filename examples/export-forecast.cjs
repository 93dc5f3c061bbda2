// Exports one quarter of a forecast to a file of JSON lines, within a time limit. A CommonJS program.
//
//   npm install source-clari
//   CLARI_API_KEY=… node export-forecast.cjs FORECAST_ID FILE [QUARTER]      such as: net_new entries.jsonl 2027_Q4
// Set CLARI_BASE_URL to use another Clari, such as the simulator.
const { writeFileSync } = require('node:fs');
const { ClariClient } = require('source-clari');

const LIMIT_MS = 15 * 60_000;

async function main() {
  const [forecastId, file, quarter] = process.argv.slice(2);
  const { CLARI_API_KEY: apiKey = '', CLARI_BASE_URL: baseUrl } = process.env;
  if (forecastId === undefined || file === undefined) {
    throw new Error('Usage: CLARI_API_KEY=… node export-forecast.cjs FORECAST_ID FILE [QUARTER]');
  }
  // A large export takes Clari minutes: check at most every 15 s, as often as fits into the limit.
  const client = new ClariClient({ apiKey, baseUrl, pollIntervalMs: 15_000, maxPollAttempts: 1_000 });
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { entries } = await client.exportAndDownload(forecastId, quarter, { includeHistorical: true, signal });
  writeFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  process.stdout.write(`${entries.length} entries written to ${file}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
