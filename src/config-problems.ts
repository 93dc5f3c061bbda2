import { baseUrlProblem } from './clari/http/base-url';
import { dayOf, yearsBefore } from './days';
import { isQuarter } from './period';
import { loadSpec } from './resources';

/**
 * Checks of a configuration that a schema can't express. Each problem is a `path: what is wrong`; none holds a secret.
 */

export interface UnknownKey {
  readonly name: string;
  /** The key it seems to stand for. */
  readonly meant: string | undefined;
}

export const notKnown = ({ meant }: UnknownKey): string =>
  `is not known and has no effect (${meant === undefined ? 'is it misspelled?' : `did you mean "${meant}"?`})`;

/** Other names people use for the API key. */
const NAMES_OF_THE_KEY = ['token', 'apitoken', 'accesstoken', 'key', 'clariapikey'];
/** At most this many unknown keys are named. */
const MAX_UNKNOWN_KEYS = 20;
const MAX_SHOWN_LENGTH = 60;

export function unknownKeys(names: readonly string[]): UnknownKey[] {
  const known = Object.keys(loadSpec().connectionSpecification.properties);
  return names
    .filter((name) => !known.includes(name) && !name.startsWith('_'))
    .slice(0, MAX_UNKNOWN_KEYS)
    .map((name) => ({ name: name.slice(0, MAX_SHOWN_LENGTH), meant: similar(name, known) }));
}

/** The known key a misspelled one stands for: the same except for case and punctuation, or at most two edits away. */
function similar(name: string, known: readonly string[]): string | undefined {
  const bare = bareName(name);
  if (NAMES_OF_THE_KEY.includes(bare)) return 'api_key';
  const distances = known.map((key) => ({ key, distance: editDistance(bare, bareName(key)) }));
  const [nearest] = distances.sort((a, b) => a.distance - b.distance);
  // Two edits can turn a short word into almost any other.
  return nearest !== undefined && nearest.distance <= Math.min(2, bare.length / 4) ? nearest.key : undefined;
}

const bareName = (name: string): string =>
  name
    .slice(0, MAX_SHOWN_LENGTH)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

/** How many letters to insert, remove or replace to get from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  [...a].forEach((letter, i) => {
    const next = [i + 1];
    row.slice(1).forEach((above, j) => {
      const replaced = (row[j] ?? 0) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(above + 1, (next[j] ?? 0) + 1, replaced));
    });
    row = next;
  });
  return row.at(-1) ?? 0;
}

/** What is wrong with a key that the schema accepts. Reveals nothing of its value except a variable's name. */
export function keyProblems(key: unknown): string[] {
  if (typeof key !== 'string') return [];
  const variable = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(key)?.[1];
  if (variable !== undefined) {
    return [`api_key: looks like the name of an environment variable; write it with braces, as \${${variable}}`];
  }
  if (/^(bearer|basic|token|apikey)\s/i.test(key)) {
    return ['api_key: must be the token alone, without the word before it ("Bearer" or the like)'];
  }
  // Such a key can't be sent in a header.
  if (/[^\x21-\x7e]/.test(key)) {
    return ['api_key: must consist of visible ASCII characters without blanks; copy it from Clari again'];
  }
  return [];
}

/** Other problems a schema can't express. Checks only values of the right type: the others are already reported. */
export function furtherProblems({ forecast_ids: ids, base_url: baseUrl }: Record<string, unknown>): string[] {
  const problems: string[] = [];
  if (Array.isArray(ids)) {
    ids.forEach((id: unknown, index) => {
      if (typeof id === 'string' && /^https?:\/\//i.test(id))
        problems.push(`forecast_ids[${index}]: is a URL; give only the part of it that names the forecast`);
    });
  }
  if (typeof baseUrl === 'string') {
    const problem = baseUrlProblem(baseUrl);
    if (problem !== undefined) problems.push(`base_url: ${problem}`);
  }
  return problems;
}

/** Anything further back is a typo, and each of its quarters would cost an export. */
const MAX_YEARS_BACK = 15;
/** A fiscal year may be named after the calendar year it ends in, and a backfill may end with the next one. */
const MAX_YEARS_AHEAD = 2;

/** Periods that can't be meant, reported before anything is paid for them. */
export function periodProblems(config: Record<string, unknown>, now: number): string[] {
  const problems: string[] = [];
  const today = dayOf(now);
  const year = Number(today.slice(0, 4));
  const { start_period: start, end_period: end, start_date: date } = config;
  for (const [key, quarter] of Object.entries({ start_period: start, end_period: end })) {
    if (typeof quarter !== 'string' || !isQuarter(quarter)) continue;
    const named = Number(quarter.slice(0, 4));
    if (named < year - MAX_YEARS_BACK)
      problems.push(
        `${key}: must be no more than ${MAX_YEARS_BACK} years in the past (${quarter}; each quarter costs an export)`,
      );
    if (named > year + MAX_YEARS_AHEAD)
      problems.push(`${key}: must be no more than ${MAX_YEARS_AHEAD} years ahead (${quarter}; today is ${today})`);
  }
  if (typeof start === 'string' && typeof end === 'string' && isQuarter(start) && isQuarter(end) && end < start) {
    problems.push(`end_period: must not be before start_period (${end} is before ${start})`);
  }
  if (typeof date === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(date)) {
    if (date > today) problems.push(`start_date: must not be in the future (${date}; today is ${today}, UTC)`);
    if (date < yearsBefore(today, MAX_YEARS_BACK))
      problems.push(
        `start_date: must be no more than ${MAX_YEARS_BACK} years in the past (${date}; each month costs an export)`,
      );
  }
  return problems;
}
