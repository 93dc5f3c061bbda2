/** Days in UTC. */

/** A day, YYYY-MM-DD (UTC). Its text order is its order in time. */
export type Day = string;

export const DAY_MS = 86_400_000;

/** The same day `years` years earlier; for February 29, perhaps a day that doesn't exist. */
export const yearsBefore = (day: Day, years: number): Day =>
  `${String(Number(day.slice(0, 4)) - years).padStart(4, '0')}${day.slice(4)}`;

export const dayOf = (epochMs: number): Day => new Date(epochMs).toISOString().slice(0, 10);

export const addDays = (day: Day, by: number): Day => dayOf(Date.parse(startOfDay(day)) + by * DAY_MS);

export const startOfDay = (day: Day): string => `${day}T00:00:00Z`;

/** The first day of the month after `day`'s. */
export function nextMonth(day: Day): Day {
  const date = new Date(startOfDay(day));
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
}

/** An instant in whole seconds, as stored in states: `2026-11-24T10:00:00Z`. */
export const toSeconds = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
