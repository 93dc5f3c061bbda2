import { addDays, type Day } from '../../days';
import { addQuarters, earlierQuarter, laterQuarter, mayBeCurrent, type Quarter, quarterRange } from '../../period';
import type { ForecastProgress } from './state';

/** What the verdict on a quarter depends on. */
export interface Answer {
  /** The quarter the answer is used for. */
  readonly quarter: Quarter;
  /** The quarters the answer names. */
  readonly answered: ReadonlySet<Quarter>;
  /** Clari's current quarter; undefined if unknown. */
  readonly current: Quarter | undefined;
  /** The newest cursor of the streams that want the quarter: everything before it is over. */
  readonly cursor?: Quarter | undefined;
  /** The quarter's last day according to the answer; undefined if it doesn't say. */
  readonly lastDay: Day | undefined;
  /** When it was exported; for a job an earlier sync left behind, when that was requested. */
  readonly exportedOn: Day;
  readonly settlingDays: number;
  /** An earlier sync, when a different quarter may have been current, left its job behind. */
  readonly wasLeftBehind: boolean;
}

/**
 * What an answer means for a quarter:
 * `final`: its values won't change anymore. `open`: they may still change. `never`: Clari has no such quarter, and it
 * is past. `not_yet`: Clari has no such quarter, but may have it later.
 */
export type Verdict = 'final' | 'open' | 'never' | 'not_yet';

/** The only rule for when a quarter is done. */
export function verdict(answer: Answer): Verdict {
  const { quarter, answered, current, cursor = '', lastDay, exportedOn, settlingDays, wasLeftBehind } = answer;
  const wasSurelyPast = mayBeCurrent(quarter, exportedOn) === 'past';
  const isPast = current === undefined ? wasSurelyPast || quarter < cursor : quarter < current;
  // For a quarter it doesn't have, Clari answers with the current one.
  if (answered.size > 0 && !answered.has(quarter)) return isPast ? 'never' : 'not_yet';
  // In America a quarter lasts some hours longer than its last day does in UTC.
  if (quarter === current) return 'open';
  const wasMaybeCurrent = current === undefined || wasLeftBehind;
  if (lastDay !== undefined)
    return exportedOn > addDays(lastDay, Math.max(settlingDays, wasMaybeCurrent ? 1 : 0)) ? 'final' : 'open';
  return (wasLeftBehind ? wasSurelyPast : isPast) ? 'final' : 'open';
}

/** Whether nothing more is expected for the quarter. */
export const isDone = (said: Verdict): boolean => said === 'final' || said === 'never';

/** What decides which of a forecast's quarters a stream still wants. */
export interface PlanInput {
  /** The stream's progress; undefined in full refresh, which starts from the beginning. */
  readonly progress: ForecastProgress | undefined;
  readonly first: Quarter;
  /** The newest quarter in range. */
  readonly last: Quarter;
  /** Clari's current quarter: those before it are closed. Undefined if unknown. */
  readonly current?: Quarter | undefined;
  /** How many closed quarters are wanted again, settled or not. */
  readonly lookback: number;
}

/** The quarters a stream wants, oldest first: those it is owed, those after its cursor, and the lookback. */
export function planQuarters({ progress, first, last, current, lookback }: PlanInput): Quarter[] {
  if (progress === undefined) return quarterRange(first, last);
  const { since, timePeriod: cursor, missing } = progress;
  const lastClosed = current === undefined ? last : earlierQuarter(last, addQuarters(current, -1));
  const again =
    lookback === 0 ? [] : quarterRange(laterQuarter(since, addQuarters(lastClosed, 1 - lookback)), lastClosed);
  const owed = missing.filter((quarter) => quarter <= last);
  // A quarter Clari still calls current is never done for good.
  if (cursor === current && cursor >= since && cursor <= last) owed.push(cursor);
  const next = quarterRange(laterQuarter(since, addQuarters(cursor, 1)), last);
  return [...new Set([...owed, ...again, ...next])].sort();
}

/** The newest quarter that can't be current on `day` in any fiscal calendar. */
export function newestPast(day: Day): Quarter {
  let quarter = `${day.slice(0, 4)}_Q4`;
  while (mayBeCurrent(quarter, day) !== 'past') quarter = addQuarters(quarter, -1);
  return quarter;
}
