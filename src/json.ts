/** A JSON object as `JSON.parse` returns it. */
export type JsonObject = Record<string, unknown>;

/** Whether a parsed value is a JSON object: neither an array nor null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Like `JSON.parse`, except that a number JavaScript can't represent arrives as text, exactly as it was sent: `1e400`,
 * an integer beyond 2^53, more digits than a double has. If an object has a key twice, the last value counts, as with
 * `JSON.parse`. Throws its SyntaxError.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return mayHoldInexact(text) ? JSON.parse(withInexactQuoted(text)) : value;
}

/**
 * Whether a double represents the number: JavaScript prints it, in full or rounded to as many digits, with the same
 * digits. The limit for integers is 2^53.
 */
export function isExact(number: string): boolean {
  const value = Number(number);
  if (/^-?\d+$/.test(number)) return Number.isSafeInteger(value);
  if (String(value) === number) return true;
  if (!Number.isFinite(value)) return false;
  const digits = significantDigits(number);
  if (digits === '') return true;
  if (digits.length > MAX_DIGITS) return false;
  return [String(value), value.toPrecision(digits.length)].some((written) => significantDigits(written) === digits);
}

/** This many significant digits distinguish every double from its neighbors. */
const MAX_DIGITS = 17;

/** The digits of a number without sign, point, exponent, leading and trailing zeros. */
const significantDigits = (number: string): string =>
  number
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '')
    .replace(/0+$/, '');

/**
 * A number that may be inexact has 16 digits or more, or an exponent of three. The test is fast, since every byte of
 * every export goes through it. Text inside strings may be mistaken for such a number, which costs time but changes
 * nothing.
 */
const CANDIDATE = /(?:^|[:,[\s])-?\d(?:[\d.]{15}|[\d.]*[eE][+-]?\d{3})/;
const CANDIDATES = /(?:^|[:,[\s])(-?\d(?:[\d.]{15,}|[\d.]*(?=[eE][+-]?\d{3}))(?:[eE][+-]?\d+)?)/g;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function mayHoldInexact(json: string): boolean {
  if (!CANDIDATE.test(json)) return false;
  for (const [, number = ''] of json.matchAll(CANDIDATES)) if (!isExact(number)) return true;
  return false;
}

/** The same JSON with quotes around every inexact number. `json` must be valid. */
function withInexactQuoted(json: string): string {
  let quoted = '';
  for (let at = 0; at < json.length; ) {
    const quote = json.indexOf('"', at);
    const stringStart = quote === -1 ? json.length : quote;
    quoted += json.slice(at, stringStart).replace(NUMBER, (number) => (isExact(number) ? number : `"${number}"`));
    at = quote === -1 ? json.length : endOfString(json, quote);
    quoted += json.slice(stringStart, at);
  }
  return quoted;
}

/** The index after the string that begins with the quote at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; ; ) {
    const quote = json.indexOf('"', at);
    if (quote === -1) return json.length;
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/**
 * Why an object can't be results: `name` must be present and an array or null, and so must any `companions` that are
 * present. Undefined when all is well. `members` says for each member whether it is an array or null.
 */
export function missingArray(
  members: ReadonlyMap<string, boolean>,
  name: string,
  companions: readonly string[] = [],
): string | undefined {
  for (const known of [name, ...companions]) {
    if (members.get(known) === false) return `the member ${known} isn't an array`;
  }
  return members.has(name) ? undefined : `the member ${name} is missing`;
}
