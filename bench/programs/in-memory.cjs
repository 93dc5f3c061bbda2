// (a) The simplest program: JSON.parse of the whole file, a join by Map, JSON.stringify per line, written in batches.
const { once } = require('node:events');
const { rowsOf } = require('./rows.cjs');

async function main() {
  const emittedAt = Date.now();
  let lines = '';
  for (const data of rowsOf(process.argv[2])) {
    lines += `${JSON.stringify({ type: 'RECORD', record: { stream: 'forecast_entries', emitted_at: emittedAt, data } })}\n`;
    if (lines.length < 64 * 1024) continue;
    if (!process.stdout.write(lines)) await once(process.stdout, 'drain');
    lines = '';
  }
  process.stdout.write(lines);
}
void main();
