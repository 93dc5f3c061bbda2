// Exports one quarter of a forecast, and prints what everybody forecasts. An ES module.
//
//   npm install source-clari
//   CLARI_API_KEY=… node export-forecast.mjs FORECAST_ID [QUARTER]      such as: net_new 2027_Q4
// Set CLARI_BASE_URL to use another Clari, such as the simulator.
import { ClariClient, ClariError } from 'source-clari';

const [forecastId, quarter] = process.argv.slice(2);
if (forecastId === undefined) {
  process.stderr.write('Usage: CLARI_API_KEY=… node export-forecast.mjs FORECAST_ID [QUARTER]\n');
  process.exit(2);
}

try {
  const { CLARI_API_KEY: apiKey = '', CLARI_BASE_URL: baseUrl } = process.env;
  const client = new ClariClient({ apiKey, baseUrl });
  // Without a quarter, the current one is exported. Each call costs one export of the organization's monthly quota.
  const { entries } = await client.exportAndDownload(forecastId, quarter);
  process.stdout.write(`${entries.length} entries of ${forecastId} ${entries[0]?.timePeriod ?? ''}\n`);
  for (const { ownerName, hierarchyName, fieldName, forecastAmount, currencyCode } of entries) {
    // Quotas and adjustments are entries too. Only the published contract has roles, fields and currencies.
    if (forecastAmount === null) continue;
    const role = hierarchyName === null ? '' : ` (${hierarchyName})`;
    const amount = `${forecastAmount.toLocaleString('en-US')} ${currencyCode ?? ''}`.trim();
    process.stdout.write(`${ownerName}${role}: ${fieldName ?? 'Forecast'} ${amount}\n`);
  }
} catch (error) {
  // Anything that goes wrong at Clari is a ClariError: a sentence for people, and a kind for programs.
  if (!(error instanceof ClariError)) throw error;
  process.stderr.write(`${error.kind}: ${error.message}\n`);
  process.exitCode = 1;
}
