import { DAY_MS } from './days';
import { isExact } from './json';

/**
 * Converts values from Clari for typed columns. Nothing here throws or loses a digit: a value that doesn't fit becomes
 * null.
 */

/** Text as it is, a number as text (an id may be either); null for anything else. */
export function asText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : null;
}

/** A number, or a text that converts to one without losing anything; otherwise null. */
export function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) && isExact(value)
    ? Number(value)
    : null;
}

export const asBoolean = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);

/** A day that exists, `YYYY-MM-DD`; otherwise null. */
export function asDate(value: unknown): string | null {
  const match = typeof value === 'string' ? /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) : null;
  return match !== null && isDay(Number(match[1]), Number(match[2]), Number(match[3])) ? (match[0] as string) : null;
}

/**
 * An ISO 8601 date-time in UTC. From epoch milliseconds or seconds, as a number or in quotes, or from ISO text: with or
 * without an offset (without, it is UTC), only a date (its midnight), with or without separators. Null for anything
 * else, and for anything outside the years 1 to 9999.
 */
export function asDateTime(value: unknown): string | null {
  if (typeof value === 'string') {
    const match = ISO.exec(value);
    if (match !== null) return fromIso(value, match);
  }
  const epoch = asNumber(value);
  return epoch === null || epoch < EARLIEST_EPOCH ? null : fromEpoch(epoch);
}

function fromEpoch(epoch: number): string | null {
  const inSeconds = epoch < FIRST_MILLISECONDS;
  const whole = Math.floor(epoch);
  const utc = isoOf(inSeconds ? whole * 1000 : whole);
  if (whole === epoch || utc === null) return utc;
  // Date would cut off a fraction of a millisecond.
  const fraction = String(epoch).split('.')[1];
  return `${inSeconds ? `${utc.slice(0, 19)}.` : utc.slice(0, 23)}${fraction}Z`;
}

/** A smaller number isn't a point in time: many systems write "none" as 0 or -1. In seconds, this is 1973. */
const EARLIEST_EPOCH = 1e8;
/** From here on epoch numbers are milliseconds (from 1973), below it seconds (until the year 5138). */
const FIRST_MILLISECONDS = 1e11;

const ISO =
  /^(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?(?: ?(Z|UTC|GMT|[+-]\d\d(?::?[0-5]\d)?))?)?$/i;
/** What needs no change. */
const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function fromIso(text: string, match: RegExpExecArray): string | null {
  const [, years, , months, days, hours = '0', minutes = '0', seconds = '0', fraction = '', zone = 'Z'] = match;
  const [year, month, day, hour, minute, second] = [years, months, days, hours, minutes, seconds].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const isTime = hour < 24 && minute < 60 && second < 60;
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  const offsetMinutes = offset === null ? 0 : Number(offset[2]) * 60 + Number(offset[3] ?? 0);
  if (!isDay(year, month, day) || !isTime || offsetMinutes >= 24 * 60) return null;
  if (CANONICAL.test(text)) return text;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  const utc = isoOf(local.getTime() - (offset?.[1] === '-' ? -1 : 1) * offsetMinutes * 60_000);
  // A fraction is the same in every time zone; Date would cut it to milliseconds.
  return fraction === '' || utc === null ? utc : `${utc.slice(0, 19)}.${fraction}Z`;
}

/** Whether that day exists. Not in the year 0, which databases don't support. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && date.getUTCDate() === day;
}

const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const END_MS = Date.parse('+010000-01-01T00:00:00Z');

/** The last day converted, in days since the epoch and as YYYY-MM-DD: most rows come from few days. */
let lastDay = Number.NaN;
let lastDate = '';

/** What `Date.toISOString` returns, in a third of the time: every row has two of them. `epochMs` is a whole number. */
function isoOf(epochMs: number): string | null {
  if (!(epochMs >= FIRST_MS && epochMs < END_MS)) return null;
  const day = Math.floor(epochMs / DAY_MS);
  if (day !== lastDay) {
    lastDay = day;
    lastDate = new Date(epochMs).toISOString().slice(0, 10);
  }
  const ms = epochMs - day * DAY_MS;
  const [hour, minute, second] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return `${lastDate}T${TWO_DIGITS[hour]}:${TWO_DIGITS[minute]}:${TWO_DIGITS[second]}.${String(ms % 1000).padStart(3, '0')}Z`;
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
