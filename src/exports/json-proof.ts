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

/**
 * Whether bytes are JSON values with commas between them, at least one: what `JSON.parse` takes between two brackets.
 * It makes no values, which is what costs `JSON.parse` its time and memory. Whether strings are UTF-8 is not its
 * business. The caller bounds the nesting.
 */
export function areJsonValues(bytes: Buffer): boolean {
  const walk = new Walk(bytes);
  return walk.values() && walk.at === bytes.length;
}

/** A walk over JSON text. Each method passes what it is named for and says whether it was there. */
class Walk {
  at = 0;
  private readonly end: number;

  constructor(private readonly bytes: Buffer) {
    this.end = bytes.length;
  }

  /** The elements of an array. */
  values(): boolean {
    do {
      this.blanks();
      if (!this.value()) return false;
      this.blanks();
    } while (this.passed(COMMA));
    return true;
  }

  private members(): boolean {
    do {
      this.blanks();
      if (!this.passed(QUOTE) || !this.restOfString()) return false;
      this.blanks();
      if (!this.passed(COLON)) return false;
      this.blanks();
      if (!this.value()) return false;
      this.blanks();
    } while (this.passed(COMMA));
    return true;
  }

  private value(): boolean {
    if (this.passed(QUOTE)) return this.restOfString();
    if (this.passed(OPEN_BRACE)) {
      this.blanks();
      return this.passed(CLOSE_BRACE) || (this.members() && this.passed(CLOSE_BRACE));
    }
    if (this.passed(OPEN_BRACKET)) {
      this.blanks();
      return this.passed(CLOSE_BRACKET) || (this.values() && this.passed(CLOSE_BRACKET));
    }
    const start = this.at;
    if (this.number()) return true;
    // A number that is none is not the beginning of a word either.
    return this.at === start && (this.word(NULL) || this.word(TRUE) || this.word(FALSE));
  }

  private restOfString(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at] as number;
      at++;
      if (byte === QUOTE) {
        this.at = at;
        return true;
      }
      if (byte < SPACE) return false;
      if (byte !== BACKSLASH) continue;
      const escaped = bytes[at] as number;
      if (escaped === LOWER_U) {
        if (!/^[\da-f]{4}$/i.test(bytes.toString('latin1', at + 1, at + 5))) return false;
        at += 5;
      } else if (ESCAPES.has(escaped)) at++;
      else return false;
    }
    return false;
  }

  private number(): boolean {
    this.passed(MINUS);
    if (!this.passed(ZERO) && !this.digits()) return false;
    if (this.passed(POINT) && !this.digits()) return false;
    if (!this.passed(LOWER_E) && !this.passed(UPPER_E)) return true;
    if (!this.passed(PLUS)) this.passed(MINUS);
    return this.digits();
  }

  private digits(): boolean {
    const { bytes, end, at: start } = this;
    let at = start;
    while (at < end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at++;
    this.at = at;
    return at > start;
  }

  private word(word: Buffer): boolean {
    for (let i = 0; i < word.length; i++) if (this.bytes[this.at + i] !== word[i]) return false;
    this.at += word.length;
    return true;
  }

  private blanks(): void {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte !== SPACE && byte !== NEWLINE && byte !== RETURN && byte !== TAB) break;
      at++;
    }
    this.at = at;
  }

  private passed(byte: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }
}
