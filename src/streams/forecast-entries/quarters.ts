import { addDays, type Day } from '../../days';
import { addQuarters, earlierQuarter, laterQuarter, mayBeCurrent, type Quarter, quarterRange } from '../../period';
import type { ForecastProgress } from './state';

/** What decides what an answer says about a quarter. */
export interface Answer {
  /** The quarter that the answer is taken for. */
  readonly quarter: Quarter;
  /** The quarters that the answer names; empty where it names none. */
  readonly answered: ReadonlySet<Quarter>;
  /** Clari's current quarter; undefined where it isn't known. */
  readonly current: Quarter | undefined;
  /** The newest cursor of the streams that want it: what lies before has been over at some time. */
  readonly cursor?: Quarter | undefined;
  /** The quarter's last day, as the answer has it; undefined where it doesn't say. */
  readonly lastDay: Day | undefined;
  /** When it was exported; of a job that was left behind, when that was asked for. */
  readonly exportedOn: Day;
  readonly settlingDays: number;
  /** Its job was left behind by an earlier sync, in which another quarter may have been current. */
  readonly wasLeftBehind: boolean;
}

/**
 * What an answer makes of a quarter:
 * `final`: these are its values for ever. `open`: they may still change. `never`: Clari has no such quarter, and it is
 * past. `not_yet`: Clari has no such quarter, and it may come.
 */
export type Verdict = 'final' | 'open' | 'never' | 'not_yet';

/** The one rule on when a quarter is done. */
export function verdict(answer: Answer): Verdict {
  const { quarter, answered, current, cursor = '', lastDay, exportedOn, settlingDays, wasLeftBehind } = answer;
  const wasSurelyPast = mayBeCurrent(quarter, exportedOn) === 'past';
  const isPast = current === undefined ? wasSurelyPast || quarter < cursor : quarter < current;
  // Clari answers a quarter that it doesn't have with the current one.
  if (answered.size > 0 && !answered.has(quarter)) return isPast ? 'never' : 'not_yet';
  // In America a quarter lasts some hours longer than its last day does in UTC.
  if (quarter === current) return 'open';
  const wasMaybeCurrent = current === undefined || wasLeftBehind;
  if (lastDay !== undefined)
    return exportedOn > addDays(lastDay, Math.max(settlingDays, wasMaybeCurrent ? 1 : 0)) ? 'final' : 'open';
  return (wasLeftBehind ? wasSurelyPast : isPast) ? 'final' : 'open';
}

/** Whether nothing more is to be expected of the quarter. */
export const isDone = (said: Verdict): boolean => said === 'final' || said === 'never';

/** What decides which quarters of a forecast a stream still wants. */
export interface PlanInput {
  /** How far the stream has come; undefined in full refresh, which starts from the beginning. */
  readonly progress: ForecastProgress | undefined;
  readonly first: Quarter;
  /** The newest quarter in range. */
  readonly last: Quarter;
  /** Clari's current quarter: those before it are closed. Undefined where it isn't known. */
  readonly current?: Quarter | undefined;
  /** How many closed quarters are wanted again, settled or not. */
  readonly lookback: number;
}

/** The quarters that a stream wants, oldest first: what it is owed, what comes after its cursor, and the lookback. */
export function planQuarters({ progress, first, last, current, lookback }: PlanInput): Quarter[] {
  if (progress === undefined) return quarterRange(first, last);
  const { since, timePeriod: cursor, missing } = progress;
  const lastClosed = current === undefined ? last : earlierQuarter(last, addQuarters(current, -1));
  const again =
    lookback === 0 ? [] : quarterRange(laterQuarter(since, addQuarters(lastClosed, 1 - lookback)), lastClosed);
  const owed = missing.filter((quarter) => quarter <= last);
  // What Clari still calls current is never done for good.
  if (cursor === current && cursor >= since && cursor <= last) owed.push(cursor);
  const next = quarterRange(laterQuarter(since, addQuarters(cursor, 1)), last);
  return [...new Set([...owed, ...again, ...next])].sort();
}

/** The newest quarter that no fiscal calendar can still call current on `day`. */
export function newestPast(day: Day): Quarter {
  let quarter = `${day.slice(0, 4)}_Q4`;
  while (mayBeCurrent(quarter, day) !== 'past') quarter = addQuarters(quarter, -1);
  return quarter;
}
