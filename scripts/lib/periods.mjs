// Days, and quarters in any fiscal calendar.

/** The day `days` days ago, `YYYY-MM-DD` (UTC). */
export const dayBefore = (days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

/** The quarter `count` quarters before `quarter`. */
export function quarterBefore(quarter, count = 1) {
  const [year, n] = quarter.split('_Q').map(Number);
  const index = year * 4 + n - 1 - count;
  return `${Math.floor(index / 4)}_Q${(index % 4) + 1}`;
}

/** Every quarter from `from` to `to`, inclusive. */
export function quarters(from, to) {
  return from > to ? [] : [...quarters(from, quarterBefore(to)), to];
}
