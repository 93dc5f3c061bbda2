/** Days and windows in UTC, which is how Clari is asked for activities: it looks at the date and the zone of a bound only. */

/** A day, YYYY-MM-DD (UTC). Its text order is its order in time. */
export type Day = string;

const DAY_MS = 86_400_000;

/** A span of whole days, both included. */
export interface DayWindow {
  readonly startDate: Day;
  readonly endDate: Day;
}

export const dayOf = (epochMs: number): Day => new Date(epochMs).toISOString().slice(0, 10);

export const addDays = (day: Day, by: number): Day => dayOf(Date.parse(`${day}T00:00:00Z`) + by * DAY_MS);

export const startOfDay = (day: Day): string => `${day}T00:00:00Z`;

/** The first day of the month after `day`'s. */
function nextMonth(day: Day): Day {
  const date = new Date(`${day}T00:00:00Z`);
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
}

/**
 * The windows from `from` to `to`, oldest first, none longer than a calendar month; none when `from` lies after `to`. A window ends on the day
 * that the next one begins: nobody documents whether Clari counts the last day in. What comes twice so is the reader's to leave out. `ends`
 * holds, by first day, the ends of windows that are exported already (jobs of an earlier sync): these are kept as they are.
 */
export function windows(from: Day, to: Day, ends: ReadonlyMap<Day, Day> = new Map()): DayWindow[] {
  const result: DayWindow[] = [];
  for (let startDate = from; startDate <= to; ) {
    const kept = ends.get(startDate);
    const monthEnd = nextMonth(startDate);
    let endDate = monthEnd < to ? monthEnd : to;
    if (kept !== undefined && kept >= startDate && kept <= to) endDate = kept;
    result.push({ startDate, endDate });
    if (endDate === to) break;
    startDate = endDate > startDate ? endDate : addDays(startDate, 1);
  }
  return result;
}
