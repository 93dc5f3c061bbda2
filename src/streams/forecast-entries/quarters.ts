import { addQuarters, earlierQuarter, laterQuarter, type Quarter, quarterRange } from '../../period';
import type { ForecastProgress } from './state';

/** What decides which quarters of a forecast are exported. */
export interface PlanInput {
  readonly progress: ForecastProgress;
  readonly incremental: boolean;
  /** The last quarter: `end_period`, or the current one as Clari named it. */
  readonly last: Quarter;
  /** `last` was asked for by name, not learned as the current quarter. */
  readonly lastIsGiven: boolean;
  readonly startPeriod: Quarter | undefined;
  readonly lookbackPeriods: number;
}

/**
 * The quarters to export, oldest first. Without a cursor: `startPeriod` (else `lookbackPeriods` before the last) to the last. With one:
 * what is owed, and from the quarter after the cursor, or the lookback if that reaches further back. None when the cursor is in the future.
 */
export function planQuarters({
  progress,
  incremental,
  last,
  lastIsGiven,
  startPeriod,
  lookbackPeriods,
}: PlanInput): Quarter[] {
  const lookback = addQuarters(last, -lookbackPeriods);
  const { timePeriod: cursor, missing } = progress;
  if (!incremental || cursor === null) return quarterRange(startPeriod ?? lookback, last);
  // A current quarter can't have closed yet; a given last one can.
  if (lastIsGiven ? cursor > last : cursor >= last) return [];
  const next = addQuarters(cursor, 1);
  const from = laterQuarter(startPeriod ?? '', earlierQuarter(next, lookback));
  const owed = missing.filter((quarter) => quarter < from && quarter <= last);
  return [...owed, ...quarterRange(from, last)];
}
