import { join } from 'node:path';
import { withStaticClari, writeExport } from './exports.mjs';
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
    rows.push(...(await withFolder((folder) => oneSize({ entries, runs, entriesFirst, folder }))));
  }
  return rows;
}

async function oneSize({ entries, runs, entriesFirst, folder }) {
  const file = join(folder, 'results.json');
  await writeExport(file, entries, entriesFirst);
  return withStaticClari(file, folder, async (read) => {
    const programs = [
      ['source-clari', read, entries],
      ...(entriesFirst
        ? [
            ['(a) simplest program in memory', [program('in-memory'), file], entries],
            ['(b) `JSON.parse` alone', [program('parse-only'), file], 0],
            ["(c) the CDK's stock output", [program('stock-cdk'), file, ...read.slice(1)], entries],
          ]
        : []),
    ];
    const results = [];
    for (const [name, command, lines] of programs) {
      const result = await median(runs, () => measure(command));
      // The connector and the CDK print a few other messages too.
      if (result.failure === undefined && result.lines < lines) result.failure = `only ${result.lines} lines`;
      results.push({ name, ...result });
    }
    const [, simplest] = results;
    return results.map(({ name, seconds, peakMB, failure }, index) => ({
      what: `${count(entries)} entries${entriesFirst ? '' : ', entries last'}: ${name}`,
      seconds,
      peakMB,
      failure,
      // A string can't be as long as the largest of these documents.
      expected: index > 0 && entries > 500_000,
      beside: [
        `${count(Math.round(entries / seconds / 1000) * 1000)} entries/s`,
        ...(index === 0 && simplest?.failure === undefined && simplest
          ? [`${(seconds / simplest.seconds).toFixed(2)} × (a)`]
          : []),
      ].join('; '),
    }));
  });
}

const count = (number) => number.toLocaleString('en-US');
