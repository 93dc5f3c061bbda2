const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const UPPER_E = 0x45;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
/** What may follow a backslash, beside `u` and four hex digits. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

/** What the functions below return where the text isn't what they are named for. */
const NONE = -1;

/**
 * Whether bytes are JSON values with commas between them, at least one: what `JSON.parse` takes between two brackets.
 * It makes no values, which is what costs `JSON.parse` its time and memory. Whether strings are UTF-8 is not its
 * business. The caller bounds the nesting.
 */
export const areJsonValues = (bytes: Buffer): boolean => afterValues(bytes, 0) === bytes.length;

// Each function returns where the thing that begins at `from` ends.

/** The elements of an array, with the blanks around them. */
function afterValues(bytes: Buffer, from: number): number {
  for (let at = from; ; at++) {
    at = afterValue(bytes, afterBlanks(bytes, at));
    if (at === NONE) return NONE;
    at = afterBlanks(bytes, at);
    if (bytes[at] !== COMMA) return at;
  }
}

/** The members of an object, with the blanks around them. */
function afterMembers(bytes: Buffer, from: number): number {
  for (let at = from; ; at++) {
    at = afterBlanks(bytes, at);
    if (bytes[at] !== QUOTE) return NONE;
    at = afterString(bytes, at);
    if (at === NONE) return NONE;
    at = afterBlanks(bytes, at);
    if (bytes[at] !== COLON) return NONE;
    at = afterValue(bytes, afterBlanks(bytes, at + 1));
    if (at === NONE) return NONE;
    at = afterBlanks(bytes, at);
    if (bytes[at] !== COMMA) return at;
  }
}

function afterValue(bytes: Buffer, from: number): number {
  switch (bytes[from]) {
    case QUOTE:
      return afterString(bytes, from);
    case OPEN_BRACE: {
      const first = afterBlanks(bytes, from + 1);
      if (bytes[first] === CLOSE_BRACE) return first + 1;
      const end = afterMembers(bytes, first);
      return end !== NONE && bytes[end] === CLOSE_BRACE ? end + 1 : NONE;
    }
    case OPEN_BRACKET: {
      const first = afterBlanks(bytes, from + 1);
      if (bytes[first] === CLOSE_BRACKET) return first + 1;
      const end = afterValues(bytes, first);
      return end !== NONE && bytes[end] === CLOSE_BRACKET ? end + 1 : NONE;
    }
    case TRUE[0]:
      return afterWord(bytes, from, TRUE);
    case FALSE[0]:
      return afterWord(bytes, from, FALSE);
    case NULL[0]:
      return afterWord(bytes, from, NULL);
    default:
      return afterNumber(bytes, from);
  }
}

function afterString(bytes: Buffer, from: number): number {
  const end = bytes.length;
  for (let at = from + 1; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE) return NONE;
    if (byte !== BACKSLASH) continue;
    at++;
    if (ESCAPES.has(bytes[at] as number)) continue;
    if (bytes[at] !== LOWER_U || !/^[\da-f]{4}$/i.test(bytes.toString('latin1', at + 1, at + 5))) return NONE;
    at += 4;
  }
  return NONE;
}

function afterNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  at = bytes[at] === ZERO ? at + 1 : afterDigits(bytes, at);
  if (at === NONE) return NONE;
  if (bytes[at] === POINT) {
    at = afterDigits(bytes, at + 1);
    if (at === NONE) return NONE;
  }
  if (bytes[at] !== LOWER_E && bytes[at] !== UPPER_E) return at;
  at++;
  return afterDigits(bytes, bytes[at] === PLUS || bytes[at] === MINUS ? at + 1 : at);
}

/** At least one. */
function afterDigits(bytes: Buffer, from: number): number {
  const end = bytes.length;
  let at = from;
  while (at < end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at++;
  return at === from ? NONE : at;
}

function afterWord(bytes: Buffer, from: number, word: Buffer): number {
  for (let i = 1; i < word.length; i++) if (bytes[from + i] !== word[i]) return NONE;
  return from + word.length;
}

/** No blank at all is fine. */
function afterBlanks(bytes: Buffer, from: number): number {
  const end = bytes.length;
  let at = from;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte > SPACE) break;
    if (byte !== SPACE && byte !== NEWLINE && byte !== RETURN && byte !== TAB) break;
    at++;
  }
  return at;
}
