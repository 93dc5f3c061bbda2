// Prints who did what in Clari in the last days, oldest or newest first as Clari sends it. In TypeScript. Costs no export.
//
//   npm install source-clari && npm install --save-dev typescript @types/node
//   npx tsc --strict --module node16 --types node --skipLibCheck audit-events.ts
//   CLARI_API_KEY=… node audit-events.js [DAYS]
//
// CLARI_BASE_URL leads to another Clari, such as the simulator's.
import { ClariClient, ClariError } from 'source-clari';

async function main(): Promise<void> {
  const [days = '7'] = process.argv.slice(2);
  const { CLARI_API_KEY: apiKey, CLARI_BASE_URL: baseUrl } = process.env;
  if (apiKey === undefined) throw new Error('Usage: CLARI_API_KEY=… node audit-events.js [DAYS]');

  const client = new ClariClient({ apiKey, baseUrl });
  const dateFrom = new Date(Date.now() - Number(days) * 86_400_000).toISOString();
  let count = 0;
  // Page by page, so that a long history needs no memory.
  for await (const { items, actors } of client.auditEvents({ dateFrom })) {
    const names = new Map(actors.map(({ actorId, name }) => [actorId, name]));
    for (const item of items) {
      // Events are passed on as Clari sends them, which nobody promises anything about.
      const { eventTimestamp, event, actorId } = item as Record<string, unknown>;
      process.stdout.write(`${eventTimestamp} ${event} by ${names.get(String(actorId)) ?? actorId}\n`);
      count++;
    }
  }
  process.stdout.write(`${count} events\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(error instanceof ClariError ? `${error.kind}: ${error.message}\n` : `${String(error)}\n`);
  process.exitCode = 1;
});
