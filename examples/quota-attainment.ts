// Exports the current quarter of a forecast, and prints how much of their quota everybody has closed. In TypeScript.
//
//   npm install source-clari && npm install --save-dev typescript @types/node
//   npx tsc --strict --module node16 --types node quota-attainment.ts
//   CLARI_API_KEY=… node quota-attainment.js FORECAST_ID      such as: net_new
// Set CLARI_BASE_URL to use another Clari, such as the simulator.
import { ClariClient, ClariError, type ForecastEntry } from 'source-clari';

interface Attainment {
  readonly name: string;
  /** Null if Clari doesn't say. */
  quota: number | null;
  closed: number | null;
}

async function main(): Promise<void> {
  const [forecastId] = process.argv.slice(2);
  const { CLARI_API_KEY: apiKey = '', CLARI_BASE_URL: baseUrl } = process.env;
  if (forecastId === undefined) throw new Error('Usage: CLARI_API_KEY=… node quota-attainment.js FORECAST_ID');
  const client = new ClariClient({ apiKey, baseUrl });
  const { entries } = await client.exportAndDownload(forecastId, null, { typesToExport: ['quota', 'crm_closed'] });
  process.stdout.write(`${entries.length} entries\n`);
  const owners = attainments(entries);
  for (const { name, quota, closed } of owners) process.stdout.write(`${name}: ${describe(quota, closed)}\n`);
  if (owners.every(({ closed }) => closed === null)) {
    process.stdout.write('Clari sent no closed amounts for this forecast, so attainment is not known.\n');
  }
}

function describe(quota: number | null, closed: number | null): string {
  if (quota === null || quota === 0) return 'no quota';
  const of = `quota of ${quota.toLocaleString('en-US')}`;
  return closed === null ? of : `${Math.round((100 * closed) / quota)} % of a ${of}`;
}

/** One for each owner. An owner is a person in a role, so a person may appear twice. */
function attainments(entries: readonly ForecastEntry[]): Attainment[] {
  const owners = new Map<string, Attainment>();
  for (const { ownerId, ownerName, quotaAmount, crmClosed } of entries) {
    const owner = owners.get(ownerId) ?? { name: ownerName ?? ownerId, quota: null, closed: null };
    // Both belong to the owner, not to one field: several fields repeat the same amount.
    owner.quota ??= quotaAmount;
    owner.closed ??= crmClosed;
    owners.set(ownerId, owner);
  }
  return [...owners.values()];
}

main().catch((error: unknown) => {
  process.stderr.write(error instanceof ClariError ? `${error.kind}: ${error.message}\n` : `${String(error)}\n`);
  process.exitCode = 1;
});
