import { isUtf8 } from 'node:buffer';
import { parseJson } from '../json';
import { JsonScanner, NONE } from './json-scanner';

/** Batches are cut at the first comma after this many bytes: small enough that the objects made from one die young. */
const BATCH_BYTES = 64 * 1024;

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** A document that isn't what it should be. `message` is detail for a developer and never quotes the document. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  constructor(
    /** `truncated`: it ended early. `malformed`: it isn't a JSON object, or isn't UTF-8. */
    readonly kind: 'truncated' | 'malformed',
    problem: string,
    /** Bytes from the document's beginning. */
    readonly position: number,
  ) {
    super(`${problem} (at byte ${position})`);
  }
}

/** A run of an array's elements, as byte offsets into the document; `end` is exclusive. */
export interface Batch {
  readonly start: number;
  readonly end: number;
  /** Whether it may hold a number that a double can't represent. */
  readonly hasLongNumbers: boolean;
}

/** A top-level member: the batches of an array, or the value of anything else. */
export type Member = { readonly batches: readonly Batch[] } | { readonly value: unknown };

/** What comes next, in the document or in one of its top-level arrays. */
type Next = 'document' | 'first member' | 'member' | 'first element' | 'element' | 'array ended' | 'nothing';

/**
 * Finds the batches of a JSON object's arrays in one pass over its bytes, and proves along the way that the document is
 * whole and well-formed. Refuses what `JSON.parse` refuses, and duplicate top-level members; skips a byte order mark.
 *
 * It walks from one element, or member, to the next. An incomplete one waits for more bytes.
 */
export class DocumentIndexer {
  private readonly members = new Map<string, Member>();
  private readonly scanner = new JsonScanner();
  private next: Next = 'document';
  /** Of the current array. */
  private batches: Batch[] = [];
  /** Where its current batch begins, as a byte offset into the document. */
  private batchStart = 0;
  /** The bytes received but not walked over yet, and where they begin in the document. */
  private window = Buffer.allocUnsafe(2 * BATCH_BYTES);
  private filled = 0;
  private windowStart = 0;
  /**
   * How many bytes must be there before the next try, so that a very long value isn't walked over again for every
   * chunk.
   */
  private enough = 0;

  /** Takes the next bytes. Throws a DocumentError as soon as the document turns out not to be well-formed. */
  write(chunk: Buffer): void {
    const needed = this.filled + chunk.length;
    if (needed > this.window.length) {
      const larger = Buffer.allocUnsafe(2 * needed);
      this.window.copy(larger, 0, 0, this.filled);
      this.window = larger;
    }
    chunk.copy(this.window, this.filled);
    this.filled = needed;
    if (needed >= this.enough) this.walk();
  }

  /** The members, once all bytes are in. Throws a DocumentError when the document isn't whole. */
  end(): ReadonlyMap<string, Member> {
    this.walk();
    if (this.next !== 'nothing' || this.filled > 0)
      throw new DocumentError(
        'truncated',
        this.windowStart + this.filled === 0 ? 'the document is empty' : 'the document ends too early',
        this.windowStart + this.filled,
      );
    return this.members;
  }

  /** Walks over everything that is complete, and keeps the rest. */
  private walk(): void {
    const { scanner } = this;
    scanner.bytes = this.window.subarray(0, this.filled);
    let walked = scanner.afterBlanks(0);
    while (walked < this.filled) {
      const after = this.step(walked);
      if (after === NONE) break;
      walked = scanner.afterBlanks(after);
    }
    if (walked < this.filled && scanner.stoppedAt < this.filled) throw this.malformed(scanner.stoppedAt);
    if (!isUtf8(this.window.subarray(0, walked))) throw this.malformed(0, 'the text is not UTF-8');
    this.window.copyWithin(0, walked, this.filled);
    this.filled -= walked;
    this.windowStart += walked;
    this.enough = 2 * this.filled;
  }

  /** Takes what comes next, starting at `from` in the window. Returns where it ends, or NONE as the scanner does. */
  private step(from: number): number {
    switch (this.next) {
      case 'document':
        return this.beginDocument(from);
      case 'first member':
        return this.byteAt(from) === CLOSE_BRACE ? this.endDocument(from) : this.member(from);
      case 'member':
        return this.member(from);
      case 'first element':
        return this.byteAt(from) === CLOSE_BRACKET ? this.endArray(from) : this.element(from);
      case 'element':
        return this.element(from);
      case 'array ended':
        return this.endMember(from);
      case 'nothing':
        throw this.malformed(from, 'there is something after the end of the document');
    }
  }

  private beginDocument(from: number): number {
    const { scanner } = this;
    const hasMark = this.windowStart === 0 && from === 0 && this.byteAt(0) === BYTE_ORDER_MARK[0];
    if (hasMark && this.filled < BYTE_ORDER_MARK.length) {
      scanner.stoppedAt = this.filled;
      return NONE;
    }
    const start = hasMark && BYTE_ORDER_MARK.equals(this.window.subarray(0, 3)) ? 3 : from;
    const after = scanner.afterByte(OPEN_BRACE, start);
    if (after !== NONE) this.next = 'first member';
    else if (scanner.stoppedAt < this.filled)
      throw this.malformed(scanner.stoppedAt, "the document isn't a JSON object");
    return after;
  }

  private endDocument(from: number): number {
    this.next = 'nothing';
    return from + 1;
  }

  /** Name, colon, and an array's opening bracket, or any other value with what follows it. */
  private member(from: number): number {
    const { scanner } = this;
    const nameEnd = scanner.afterString(from);
    if (nameEnd === NONE) return NONE;
    const colonEnd = scanner.afterByte(COLON, nameEnd);
    if (colonEnd === NONE) return NONE;
    const value = scanner.afterBlanks(colonEnd);
    const isArray = this.byteAt(value) === OPEN_BRACKET;
    const valueEnd = isArray ? value + 1 : scanner.afterValue(value, 1);
    if (valueEnd === NONE) return NONE;
    const after = isArray ? valueEnd : this.endMember(valueEnd);
    if (after === NONE) return NONE;
    const name = this.valueOf(from, nameEnd) as string;
    if (this.members.has(name)) throw this.malformed(from, "a top-level member has another one's name");
    if (isArray) {
      this.batches = [];
      this.batchStart = this.windowStart + after;
      this.next = 'first element';
    }
    this.members.set(name, isArray ? { batches: this.batches } : { value: this.valueOf(value, valueEnd) });
    return after;
  }

  /** What follows a member. */
  private endMember(from: number): number {
    const at = this.scanner.afterBlanks(from);
    if (this.byteAt(at) === CLOSE_BRACE) return this.endDocument(at);
    const after = this.scanner.afterByte(COMMA, at);
    if (after !== NONE) this.next = 'member';
    return after;
  }

  /** An element and what follows it. */
  private element(from: number): number {
    const { scanner } = this;
    const valueEnd = scanner.afterValue(from, 2);
    if (valueEnd === NONE) return NONE;
    const at = scanner.afterBlanks(valueEnd);
    if (this.byteAt(at) === CLOSE_BRACKET) {
      this.endBatch(at);
      return this.endArray(at);
    }
    const after = scanner.afterByte(COMMA, at);
    if (after === NONE) return NONE;
    if (this.windowStart + at - this.batchStart >= BATCH_BYTES) this.endBatch(at);
    this.next = 'element';
    return after;
  }

  /** `at`: the position of the comma or bracket after the batch. */
  private endBatch(at: number): void {
    const { scanner } = this;
    const end = this.windowStart + at;
    this.batches.push({ start: this.batchStart, end, hasLongNumbers: scanner.metLongNumber });
    scanner.metLongNumber = false;
    this.batchStart = end + 1;
  }

  private endArray(from: number): number {
    this.next = 'array ended';
    return from + 1;
  }

  private byteAt(at: number): number | undefined {
    return at < this.filled ? this.window[at] : undefined;
  }

  private valueOf(from: number, to: number): unknown {
    return parseJson(this.window.toString('utf8', from, to));
  }

  /** `at`: position in the window. The problem never quotes the document, which may hold anything. */
  private malformed(
    at: number,
    problem = this.scanner.isTooDeep ? 'the document is nested too deeply' : 'the text is not JSON',
  ): DocumentError {
    return new DocumentError('malformed', problem, this.windowStart + at);
  }
}
