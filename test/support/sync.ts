import { expect } from 'vitest';
import type { Simulator } from '../../simulator';
import { catalogOf, configFor, type RunOptions, type RunResult, runConnector } from './connector';
import { type Json, Messages } from './messages';

export const FOREVER = Number.POSITIVE_INFINITY;
export const ENTRIES = catalogOf({ forecast_entries: 'incremental' });

export interface SyncResult extends RunResult {
  readonly messages: Messages;
  readonly entries: Json[];
}

/**
 * A read of the real executable. Whatever happens, neither the key nor a signed query may be printed, at any log level.
 */
export async function sync(
  simulator: Simulator,
  { config = {}, ...options }: Omit<RunOptions, 'config'> & { config?: Record<string, unknown> } = {},
): Promise<SyncResult> {
  const run = await runConnector('read', {
    catalog: ENTRIES,
    config: configFor(simulator, config),
    ...options,
    env: { LOG_LEVEL: 'TRACE', ...options.env },
  });
  expect(run.stdout + run.stderr, 'the API key').not.toContain(simulator.apiKey);
  expect(run.stdout + run.stderr, 'a signature').not.toMatch(/[?&]sig=(?!\*)/);
  const messages = new Messages(run.lines);
  return { ...run, messages, entries: messages.records('forecast_entries') };
}

/** The part of each row that is the same in every export, by key. */
export function valuesByKey(rows: readonly Json[]): Map<string, string> {
  return new Map(
    rows.map(({ jobId: _job, exportedAt: _at, ...row }) => [
      ['forecastId', 'timePeriodId', 'timeFrameId', 'ownerId', 'fieldId'].map((column) => row[column]).join('|'),
      JSON.stringify(row),
    ]),
  );
}

/** The progress that the last state of forecast_entries shows. */
export const progressOf = ({ messages }: SyncResult): Json =>
  (messages.states('forecast_entries').at(-1)?.['forecasts'] ?? {}) as Json;

export const quartersOf = (rows: readonly Json[]): string[] => [
  ...new Set(rows.map(({ timePeriod }) => String(timePeriod))),
];
