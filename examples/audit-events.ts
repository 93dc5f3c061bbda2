// Prints who did what in Clari in the last days, in the order Clari sends it. In TypeScript. Costs no export.
//
//   npm install source-clari && npm install --save-dev typescript @types/node
//   npx tsc --strict --module node16 --types node audit-events.ts
//   CLARI_API_KEY=… node audit-events.js [DAYS]
// Set CLARI_BASE_URL to use another Clari, such as the simulator.
import { ClariClient, ClariError } from 'source-clari';

async function main(): Promise<void> {
  const [days = '7'] = process.argv.slice(2);
  const { CLARI_API_KEY: apiKey = '', CLARI_BASE_URL: baseUrl } = process.env;
  const client = new ClariClient({ apiKey, baseUrl });
  // By Clari's clock once it has answered; before that, by this machine's.
  const dateFrom = new Date(client.now() - Number(days) * 86_400_000).toISOString();
  let count = 0;
  // Page by page, so that a long history doesn't fill memory.
  for await (const { items, actors } of client.auditEvents({ dateFrom })) {
    // Clari names only people: a job or the system has no entry.
    const names = new Map(actors.map(({ actorId, name }) => [actorId, name]));
    for (const { eventTimestamp, event, actorId = '?' } of items) {
      process.stdout.write(`${eventTimestamp} ${event} by ${names.get(actorId) ?? actorId}\n`);
      count++;
    }
  }
  process.stdout.write(`${count} events\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(error instanceof ClariError ? `${error.kind}: ${error.message}\n` : `${String(error)}\n`);
  process.exitCode = 1;
});
