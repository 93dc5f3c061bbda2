import { type Day, startOfDay } from './days';

/**
 * Fiscal quarters as Clari spells them (`YYYY_Qn`, the fiscal year first) and the arithmetic on them. Nothing here
 * knows when a quarter begins: Clari's calendar is learned from its answers, never guessed.
 */

/** A fiscal quarter, `YYYY_Qn`. Its text order is its order in time. */
export type Quarter = string;

const QUARTER = /^(\d{4})_Q([1-4])$/;
const MONTH = /^(\d{4})_M(\d{1,2})$/;

export const isQuarter = (text: string): text is Quarter => QUARTER.test(text);

const LAST_INDEX = 9999 * 4 + 3;

/**
 * The quarter `by` quarters after (or, negative, before) `quarter`: `2026_Q1` − 1 = `2025_Q4`. Stays within the years
 * 0000 to 9999, outside of which text order isn't chronological. Throws a RangeError for anything but a quarter.
 */
export function addQuarters(quarter: Quarter, by: number): Quarter {
  const match = QUARTER.exec(quarter);
  if (match === null) throw new RangeError(`not a fiscal quarter: ${quarter}`);
  const index = Math.min(Math.max(Number(match[1]) * 4 + Number(match[2]) - 1 + by, 0), LAST_INDEX);
  return `${String(Math.floor(index / 4)).padStart(4, '0')}_Q${(index % 4) + 1}`;
}

/** Every quarter from `first` to `last`, inclusive; none if `first` is after `last`. */
export function quarterRange(first: Quarter, last: Quarter): Quarter[] {
  const quarters: Quarter[] = [];
  for (let quarter = first; quarter <= last; ) {
    quarters.push(quarter);
    const next = addQuarters(quarter, 1);
    if (next === quarter) break;
    quarter = next;
  }
  return quarters;
}

export const laterQuarter = (a: Quarter, b: Quarter): Quarter => (a > b ? a : b);
export const earlierQuarter = (a: Quarter, b: Quarter): Quarter => (a < b ? a : b);

/**
 * The quarter a time period belongs to: itself, or for a month of a monthly tab (`2026_M10`) quarter ⌈month / 3⌉ of
 * that fiscal year. Undefined for anything else (a year, an unknown word).
 */
export function quarterOf(timePeriodId: string): Quarter | undefined {
  if (isQuarter(timePeriodId)) return timePeriodId;
  const match = MONTH.exec(timePeriodId);
  const month = Number(match?.[2]);
  return month >= 1 && month <= 12 ? `${match?.[1]}_Q${Math.ceil(month / 3)}` : undefined;
}

/**
 * Whether a quarter can be the current one on `day` in any fiscal calendar. Fiscal year Y may begin anywhere from
 * January of the year before to the end of Y itself, since some organizations name it after the year it begins in and
 * some after the year it ends in.
 */
export function mayBeCurrent(quarter: Quarter, day: Day): 'past' | 'maybe' | 'ahead' {
  const match = QUARTER.exec(quarter);
  if (match === null) return 'maybe';
  const year = Number(match[1]);
  const months = Number(match[2]) * 3;
  // Compared as numbers, since as text a day in the year 10000 would come first.
  const at = Date.parse(startOfDay(day));
  if (at > Date.UTC(year + 1, months, 0)) return 'past';
  return at < Date.UTC(year - 1, months - 3, 1) ? 'ahead' : 'maybe';
}

/** The newest quarter; undefined when there are none. */
export const newestOf = (quarters: Iterable<Quarter>): Quarter | undefined => [...quarters].sort().at(-1);
