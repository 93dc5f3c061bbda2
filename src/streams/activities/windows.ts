import { type Day, nextMonth } from '../../days';

/** A span of whole days (UTC), both inclusive. Clari looks only at a bound's date and zone. */
export type DayWindow = {
  readonly startDate: Day;
  readonly endDate: Day;
};

/**
 * The windows from `from` to `to`, oldest first, none longer than a calendar month; empty when `from` is after `to`.
 * Clari doesn't document whether the last day is included, so windows overlap by a day and the caller drops duplicates.
 */
export function windows(from: Day, to: Day): DayWindow[] {
  const result: DayWindow[] = [];
  for (let startDate = from; startDate <= to; ) {
    const monthEnd = nextMonth(startDate);
    const endDate = monthEnd < to ? monthEnd : to;
    result.push({ startDate, endDate });
    if (endDate === to) break;
    startDate = endDate;
  }
  return result;
}

/** Whether an export of `window` covers all of `wanted`. */
export const covers = (window: DayWindow, wanted: DayWindow): boolean =>
  window.startDate <= wanted.startDate && window.endDate >= wanted.endDate;
