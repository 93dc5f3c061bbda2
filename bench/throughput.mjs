import { join } from 'node:path';
import { withStaticClari, writeExport } from './exports.mjs';
import { lowCode, lowCodeRead } from './low-code.mjs';
import { here, measure, median, withFolder } from './measure.mjs';

const program = (name) => join(here, 'programs', `${name}.cjs`);

/** Exports of three sizes, through the executable and through simpler programs. */
export async function throughput({ quick, say }) {
  const rows = [];
  for (const [entries, runs, entriesFirst] of [
    [50_000, quick ? 3 : 5, true],
    [500_000, quick ? 3 : 5, true],
    ...(quick
      ? []
      : [
          [3_000_000, 3, true],
          [3_000_000, 3, false],
        ]),
  ]) {
    say(`${count(entries)} entries, ${entriesFirst ? 'first' : 'last'} …`);
    rows.push(...(await withFolder((folder) => oneSize({ entries, runs, entriesFirst, folder, say }))));
  }
  return rows;
}

async function oneSize({ entries, runs, entriesFirst, folder, say }) {
  const file = join(folder, 'results.json');
  await writeExport(file, entries, entriesFirst);
  const size = `${count(entries)} entries${entriesFirst ? '' : ', entries last'}`;
  return withStaticClari(file, folder, async (read, downloadAt, base_url) => {
    const connector = await medianOf(runs, read, entries, downloadAt);
    const rows = [rowOf(`${size}: source-clari`, entries, connector)];
    const notes = [`${connector.beforeDownload?.toFixed(2)} s of it before the download`];
    if (!entriesFirst) return withNotes(rows, notes);
    for (const [name, command, lines] of [
      ['(a) simplest program in memory', [program('in-memory'), file], entries],
      ['(b) `JSON.parse` alone', [program('parse-only'), file], 0],
      ["(c) the CDK's stock output", [program('stock-cdk'), file, ...read.slice(1)], entries],
    ]) {
      // The largest of these documents doesn't fit in a string.
      rows.push({
        ...rowOf(`${size}: ${name}`, entries, await medianOf(runs, command, lines)),
        expected: entries > 500_000,
      });
    }
    const manifest = entries > 500_000 ? undefined : await lowCode(say);
    if (manifest !== undefined) {
      const args = lowCodeRead(folder, { base_url, forecast_ids: ['bench'], time_periods: ['2027_Q4'] });
      // Minutes at 500,000 entries: one run after the warm-up is enough for a comparison.
      const result = await medianOf(entries > 50_000 ? 1 : 3, args, entries, undefined, manifest);
      rows.push(rowOf(`${size}: low-code manifest`, entries, result));
      notes.unshift(`the low-code manifest takes ${(result.seconds / connector.seconds).toFixed(1)} × as long`);
    }
    const [, simplest] = rows;
    if (simplest.failure === undefined) notes.unshift(`${(connector.seconds / simplest.seconds).toFixed(2)} × (a)`);
    return withNotes(rows, notes);
  });
}

/** At least `lines` have to come out; the connector and the CDK print a few messages in addition to the records. */
function medianOf(runs, command, lines, downloadAt, interpreter) {
  return median(runs, async () => {
    const startedAt = Date.now();
    const result = await measure(command, interpreter);
    if (result.failure === undefined && result.lines < lines) result.failure = `only ${result.lines} lines`;
    return downloadAt === undefined ? result : { ...result, beforeDownload: (downloadAt() - startedAt) / 1000 };
  });
}

const rowOf = (what, entries, { seconds, peakMB, failure }) => ({
  what,
  seconds,
  peakMB,
  failure,
  beside: `${count(Math.round(entries / seconds / 1000) * 1000)} entries/s`,
});

const withNotes = ([first, ...others], notes) => [{ ...first, beside: [first.beside, ...notes].join('; ') }, ...others];

const count = (number) => number.toLocaleString('en-US');
