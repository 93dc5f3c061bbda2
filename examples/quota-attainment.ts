// Exports the current quarter of a forecast, and prints who is how far from the quota. In TypeScript.
//
//   npm install source-clari && npm install --save-dev typescript @types/node
//   npx tsc --strict --module node16 --types node --skipLibCheck quota-attainment.ts
//   CLARI_API_KEY=… node quota-attainment.js FORECAST_ID      such as: net_new
//
// CLARI_BASE_URL leads to another Clari, such as the simulator's.
import { ClariClient, type ForecastEntry } from 'source-clari';

interface Attainment {
  readonly name: string;
  commit: number;
  quota: number;
}

async function main(): Promise<void> {
  const [forecastId] = process.argv.slice(2);
  const { CLARI_API_KEY: apiKey, CLARI_BASE_URL: baseUrl } = process.env;
  if (apiKey === undefined || forecastId === undefined) {
    throw new Error('Usage: CLARI_API_KEY=… node quota-attainment.js FORECAST_ID');
  }
  const client = new ClariClient({ apiKey, baseUrl });
  const { entries } = await client.exportAndDownload(forecastId, null, { typesToExport: ['forecast', 'quota'] });
  process.stdout.write(`${entries.length} entries\n`);
  for (const { name, commit, quota } of attainments(entries)) {
    const share = quota === 0 ? 'no quota' : `${Math.round((100 * commit) / quota)} %`;
    process.stdout.write(`${name}: ${share}\n`);
  }
}

/** One for each owner. An owner is a person in a role, so a person may be there twice. */
function attainments(entries: readonly ForecastEntry[]): Iterable<Attainment> {
  const owners = new Map<string, Attainment>();
  for (const { ownerId, ownerName, fieldName, forecastAmount, quotaAmount } of entries) {
    const owner = owners.get(ownerId) ?? { name: ownerName ?? ownerId, commit: 0, quota: 0 };
    if (fieldName === 'Commit') owner.commit += forecastAmount ?? 0;
    owner.quota += quotaAmount ?? 0;
    owners.set(ownerId, owner);
  }
  return owners.values();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
