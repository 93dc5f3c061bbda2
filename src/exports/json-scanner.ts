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
/** What may follow a backslash, besides `u` and four hex digits. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const HEX_DIGITS = new Set(Buffer.from('0123456789abcdefABCDEF'));

/**
 * Deeper nesting is refused. `JSON.stringify` overflows the stack at some 4,000 levels, and Jackson, which Airbyte's
 * platform reads messages with, refuses more than 1,000.
 */
const MAX_DEPTH = 900;

/** Returned when the bytes don't hold what the method looks for. */
export const NONE = -1;

/**
 * Walks over JSON bytes without creating values, which is where `JSON.parse` spends its time and memory. It accepts
 * exactly what `JSON.parse` accepts, up to a limit on nesting; it doesn't check that strings are UTF-8.
 *
 * Each `after…` method returns where the thing that begins at `from` ends, or NONE; `stoppedAt` is then where it broke
 * off. If that is the end of the bytes, the thing may still be completed by more of them.
 */
export class JsonScanner {
  bytes: Buffer = Buffer.alloc(0);
  stoppedAt = 0;
  isTooDeep = false;
  /** Whether it has met a number whose digits a double may not hold. Only ever set here; the caller resets it. */
  metLongNumber = false;

  /** Zero or more blanks. */
  afterBlanks(from: number): number {
    const { bytes } = this;
    let at = from;
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (byte > SPACE) break;
      if (byte !== SPACE && byte !== NEWLINE && byte !== RETURN && byte !== TAB) break;
      at++;
    }
    return at;
  }

  /** One given byte, and any blanks before it. */
  afterByte(byte: number, from: number): number {
    const at = this.afterBlanks(from);
    return this.bytes[at] === byte ? at + 1 : this.stop(at);
  }

  /** A value; `depth` is how many brackets are open around it. */
  afterValue(from: number, depth: number): number {
    switch (this.bytes[from]) {
      case QUOTE:
        return this.afterString(from);
      case OPEN_BRACE:
        return this.afterObject(from, depth + 1);
      case OPEN_BRACKET:
        return this.afterArray(from, depth + 1);
      case TRUE[0]:
        return this.afterWord(from, TRUE);
      case FALSE[0]:
        return this.afterWord(from, FALSE);
      case NULL[0]:
        return this.afterWord(from, NULL);
      default:
        return this.afterNumber(from);
    }
  }

  afterString(from: number): number {
    const { bytes } = this;
    const end = bytes.length;
    if (bytes[from] !== QUOTE) return this.stop(from);
    for (let at = from + 1; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) return at + 1;
      if (byte < SPACE) return this.stop(at);
      if (byte !== BACKSLASH) continue;
      at++;
      if (ESCAPES.has(bytes[at] as number)) continue;
      if (bytes[at] !== LOWER_U) return this.stop(at);
      for (const last = at + 4; at < last; ) if (!HEX_DIGITS.has(bytes[++at] as number)) return this.stop(at);
    }
    return this.stop(end);
  }

  private afterObject(from: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.stopTooDeep(from);
    let at = this.afterBlanks(from + 1);
    if (this.bytes[at] === CLOSE_BRACE) return at + 1;
    for (; ; at = this.afterBlanks(at + 1)) {
      at = this.afterString(at);
      if (at === NONE) return NONE;
      at = this.afterByte(COLON, at);
      if (at === NONE) return NONE;
      at = this.afterValue(this.afterBlanks(at), depth);
      if (at === NONE) return NONE;
      at = this.afterBlanks(at);
      if (this.bytes[at] !== COMMA) return this.bytes[at] === CLOSE_BRACE ? at + 1 : this.stop(at);
    }
  }

  private afterArray(from: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.stopTooDeep(from);
    let at = this.afterBlanks(from + 1);
    if (this.bytes[at] === CLOSE_BRACKET) return at + 1;
    for (; ; at = this.afterBlanks(at + 1)) {
      at = this.afterValue(at, depth);
      if (at === NONE) return NONE;
      at = this.afterBlanks(at);
      if (this.bytes[at] !== COMMA) return this.bytes[at] === CLOSE_BRACKET ? at + 1 : this.stop(at);
    }
  }

  private afterNumber(from: number): number {
    const { bytes } = this;
    const first = bytes[from] === MINUS ? from + 1 : from;
    let at = bytes[first] === ZERO ? first + 1 : this.afterDigits(first);
    if (at === NONE) return NONE;
    if (bytes[at] === POINT) {
      at = this.afterDigits(at + 1);
      if (at === NONE) return NONE;
    }
    // The same test as in `parseJson`: 16 digits, or an exponent of three.
    if (at - first >= 16) this.metLongNumber = true;
    if (bytes[at] !== LOWER_E && bytes[at] !== UPPER_E) return at;
    const sign = bytes[at + 1];
    const exponent = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
    at = this.afterDigits(exponent);
    if (at - exponent >= 3) this.metLongNumber = true;
    return at;
  }

  /** At least one digit. */
  private afterDigits(from: number): number {
    const { bytes } = this;
    let at = from;
    while (at < bytes.length && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at++;
    return at === from ? this.stop(at) : at;
  }

  private afterWord(from: number, word: Buffer): number {
    for (let i = 1; i < word.length; i++) if (this.bytes[from + i] !== word[i]) return this.stop(from + i);
    return from + word.length;
  }

  private stop(at: number): number {
    this.stoppedAt = at;
    return NONE;
  }

  private stopTooDeep(at: number): number {
    this.isTooDeep = true;
    return this.stop(at);
  }
}
