import { isUtf8 } from 'node:buffer';
import { parseJson } from '../json';
import { areJsonValues } from './json-proof';

/**
 * A batch of an array's elements is cut at the first comma after so many bytes: few enough for what is made of them to
 * die young.
 */
const BATCH_BYTES = 64 * 1024;

/**
 * Deeper nesting is refused. `JSON.stringify` overflows the stack at some 4,000 levels, and Jackson, with which
 * Airbyte's platform reads messages, refuses more than 1,000.
 */
const MAX_DEPTH = 900;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** The bytes that say nothing of a document's structure, outside strings. */
const MEANS_NOTHING = new Uint8Array(256).fill(1);
for (const byte of Buffer.from('"{}[],')) MEANS_NOTHING[byte] = 0;
const BOM = [0xef, 0xbb, 0xbf];

/**
 * A document that isn't what it should be. `message` is a developer's detail: it holds nothing of the document itself.
 */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  constructor(
    /** `truncated`: it ended early. `malformed`: it is no JSON object, or not UTF-8. */
    readonly kind: 'truncated' | 'malformed',
    problem: string,
    /** Bytes from the document's beginning. */
    readonly position: number,
  ) {
    super(`${problem} (at byte ${position})`);
  }
}

/** Bytes from the document's beginning; `end` is not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A top-level member: an array, as the spans of its batches, or anything else, as its value. */
export type Member = { readonly batches: readonly Span[] } | { readonly value: unknown };

/**
 * Finds, in one pass over its bytes, where the batches of a JSON object's arrays lie, and proves on the way that the
 * document is whole and well-formed: the structure at the top by walking it, every piece below by `areJsonValues` or
 * `JSON.parse`. Refuses what `JSON.parse` refuses, and duplicate top-level members; skips a byte order mark. Strings,
 * escapes and depth are tracked on bytes, so that it is no matter where chunks begin.
 */
export class DocumentIndexer {
  private readonly members = new Map<string, Member>();
  private position = 0;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private ended = false;
  /** Of a byte order mark: none, or all. */
  private markBytes = 0;
  /** The array at the top level that is being walked through. */
  private array: { name: string; batches: Span[] } | undefined;
  /** Where the current piece begins: a member at depth 1, a batch inside an array. */
  private pieceStart = 0;
  /** Its bytes of earlier chunks. One buffer for all pieces: as garbage, theirs would pile up. */
  private earlier = Buffer.allocUnsafe(2 * BATCH_BYTES);
  private earlierBytes = 0;

  /** Takes the next bytes. Throws a DocumentError as soon as the document can't be well-formed any more. */
  write(chunk: Buffer): void {
    const offset = this.position;
    // Locals, because this loop sees every byte.
    let { depth, inString, escaped } = this;
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (inString) {
        if (escaped) {
          escaped = false;
          continue;
        }
        i = quoteFrom(chunk, i);
        inString = i >= chunk.length;
        escaped = i > chunk.length;
        continue;
      }
      const byte = chunk[i] as number;
      if (MEANS_NOTHING[byte] === 1 && depth > 0) continue;
      if (depth === 0) {
        if (this.isBlank(byte, offset + i)) continue;
        if (this.ended)
          throw new DocumentError('malformed', 'there is something after the end of the document', offset + i);
        if (byte !== OPEN_BRACE || this.markBytes % BOM.length !== 0)
          throw new DocumentError('malformed', 'the document is no JSON object', offset + i);
        depth = 1;
        start = i + 1;
        this.pieceStart = offset + start;
      } else if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (depth === 1 && byte === OPEN_BRACKET) {
          this.beginArray(this.piece(chunk, start, i), offset + i);
          start = i + 1;
        }
        depth++;
        if (depth > MAX_DEPTH) throw new DocumentError('malformed', 'the document is nested too deeply', offset + i);
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth--;
        if (depth === 1 && this.array !== undefined) {
          if (byte !== CLOSE_BRACKET)
            throw new DocumentError('malformed', 'an array ends with the wrong bracket', offset + i);
          this.endBatch(this.piece(chunk, start, i), offset + i, true);
          this.members.set(this.array.name, { batches: this.array.batches });
          start = i + 1;
          this.pieceStart = offset + start;
        } else if (depth === 0) {
          if (byte !== CLOSE_BRACE)
            throw new DocumentError('malformed', 'the document ends with the wrong bracket', offset + i);
          this.endMember(this.piece(chunk, start, i), offset + i, true);
          this.ended = true;
        }
      } else if (byte === COMMA) {
        if (depth === 1) {
          this.endMember(this.piece(chunk, start, i), offset + i, false);
          start = i + 1;
          this.pieceStart = offset + start;
        } else if (depth === 2 && this.array !== undefined && offset + i - this.pieceStart >= BATCH_BYTES) {
          this.endBatch(this.piece(chunk, start, i), offset + i, false);
          start = i + 1;
        }
      }
    }
    if (depth > 0 && start < chunk.length) this.keep(chunk.subarray(start));
    this.position += chunk.length;
    this.depth = depth;
    this.inString = inString;
    this.escaped = escaped;
  }

  /** The members, once all bytes are in. Throws a DocumentError when the document isn't whole. */
  end(): ReadonlyMap<string, Member> {
    if (!this.ended)
      throw new DocumentError(
        'truncated',
        this.position === 0 ? 'the document is empty' : 'the document ends too early',
        this.position,
      );
    return this.members;
  }

  /** White space, and the bytes of a byte order mark at the very beginning. */
  private isBlank(byte: number, position: number): boolean {
    if (position === this.markBytes && byte === BOM[position]) {
      this.markBytes++;
      return true;
    }
    return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
  }

  /** The bytes of the current piece, which ends before `end`; they are good until the next piece. */
  private piece(chunk: Buffer, start: number, end: number): Buffer {
    const last = chunk.subarray(start, end);
    if (this.earlierBytes === 0) return last;
    this.keep(last);
    const whole = this.earlier.subarray(0, this.earlierBytes);
    this.earlierBytes = 0;
    return whole;
  }

  private keep(bytes: Buffer): void {
    const needed = this.earlierBytes + bytes.length;
    if (needed > this.earlier.length) {
      const larger = Buffer.allocUnsafe(2 * needed);
      this.earlier.copy(larger, 0, 0, this.earlierBytes);
      this.earlier = larger;
    }
    bytes.copy(this.earlier, this.earlierBytes);
    this.earlierBytes = needed;
  }

  /** `prefix` is what stands between a member's beginning and the bracket: its name and a colon. */
  private beginArray(prefix: Buffer, position: number): void {
    const name = Object.keys(this.parse(`{${this.text(prefix)}null}`) as object)[0];
    this.array = { name: this.unique(name, position), batches: [] };
    this.pieceStart = position + 1;
  }

  private endBatch(elements: Buffer, position: number, last: boolean): void {
    const batches = this.array?.batches ?? [];
    if (isAllBlank(elements)) {
      // Between two brackets that is an empty array; beside a comma it is an element too few.
      if (!last || batches.length > 0) throw new DocumentError('malformed', 'a comma without an element', position);
    } else {
      this.checkText(elements);
      if (!areJsonValues(elements)) throw this.notJson();
      batches.push({ start: this.pieceStart, end: position });
    }
    this.pieceStart = position + 1;
  }

  private endMember(member: Buffer, position: number, last: boolean): void {
    if (this.array !== undefined) {
      if (!isAllBlank(member))
        throw new DocumentError('malformed', 'something stands between an array and the next member', position);
      this.array = undefined;
      return;
    }
    if (isAllBlank(member)) {
      if (last && this.members.size === 0) return;
      throw new DocumentError('malformed', 'a comma without a member', position);
    }
    const entry = Object.entries(this.parse(`{${this.text(member)}}`) as object)[0];
    this.members.set(this.unique(entry?.[0], position), { value: entry?.[1] });
  }

  private unique(name: string | undefined, position: number): string {
    if (name === undefined || this.members.has(name))
      throw new DocumentError('malformed', "a top-level member has no name, or another one's", position);
    return name;
  }

  private text(bytes: Buffer): string {
    this.checkText(bytes);
    return bytes.toString('utf8');
  }

  private checkText(bytes: Buffer): void {
    if (!isUtf8(bytes)) throw new DocumentError('malformed', 'the text is not UTF-8', this.pieceStart);
  }

  private parse(json: string): unknown {
    try {
      return parseJson(json);
    } catch {
      // The parser's own message quotes the document, which may hold anything.
      throw this.notJson();
    }
  }

  private notJson(): DocumentError {
    return new DocumentError('malformed', 'the text is not JSON', this.pieceStart);
  }
}

/**
 * Where the string that `from` is in ends; the chunk's length when it doesn't end there, one more after a backslash.
 */
function quoteFrom(chunk: Buffer, from: number): number {
  let at = from;
  for (; at < chunk.length; at++) {
    const byte = chunk[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return at;
}

function isAllBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}
