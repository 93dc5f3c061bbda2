// Shared by the tests with real clients in this folder; what the demo also needs is in scripts/lib.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dayBefore } from '../scripts/lib/periods.mjs';

export * from '../scripts/lib/checks.mjs';
export * from '../scripts/lib/messages.mjs';
export * from '../scripts/lib/periods.mjs';
export * from '../scripts/lib/programs.mjs';

/** A folder that is removed when the program ends. */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `source-clari-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  return folder;
}

/**
 * A time of that day at which nothing happens in the simulated Clari: no week, day or event begins between two looks at
 * the truth.
 */
export const quietMoment = (days) => `${dayBefore(days)}T10:30:00Z`;

/** Which forecasts and quarters were exported, sorted. */
export const forecastExportsOf = (jobs) =>
  jobs.flatMap(({ kind, forecastId, period }) => (kind === 'forecast' ? [`${forecastId} ${period}`] : [])).sort();
