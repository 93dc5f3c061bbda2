import type { Writable } from 'node:stream';
import type { AirbyteMessage } from 'faros-airbyte-cdk';
import type { Clock } from '../timing';
import { RecordJson } from './record-json';
import type { Redactor } from './redact';

/**
 * Lines go to stdout in batches of about this size: one write per line is slow, and without waiting for the reader,
 * memory would grow without bound.
 */
const BATCH_BYTES = 64 * 1024;
/** Leaves room for the line that fills a batch; the buffer grows for a longer one. */
const CAPACITY_BYTES = BATCH_BYTES + 16 * 1024;
/** UTF-8 needs at most three bytes per UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;

export interface OutputEvents {
  /** Called once when nothing more can be written: the reader is gone (EPIPE), or the disk is full. */
  readonly onClosed?: (error: NodeJS.ErrnoException) => void;
  /** Called with every message for people, redacted. */
  readonly onMessage?: (message: Readonly<Record<string, unknown>>) => void;
  /** Called right before and right after bytes go to stdout, which may be the same terminal as stderr. */
  readonly beforeWrite?: () => void;
  readonly afterWrite?: () => void;
}

/**
 * Writes protocol messages to stdout, in order, one per line. Waits for the reader (back-pressure) and redacts. Once
 * stdout is closed, everything written is dropped.
 */
export class MessageOutput {
  private batch = Buffer.allocUnsafe(CAPACITY_BYTES);
  private filled = 0;
  private written: Promise<void> = Promise.resolve();
  private closed = false;
  private leaving = false;

  constructor(
    private readonly stdout: Writable,
    readonly redactor: Redactor,
    private readonly clock: Clock,
    private readonly events: OutputEvents = {},
  ) {
    stdout.on('error', (error) => this.close(error));
  }

  /**
   * Emits records of a stream; resolves when there is room for more. `counter` counts each one as it is appended to the
   * output.
   */
  async records(stream: string, records: Iterable<object>, counter: { count: number }): Promise<void> {
    const prefix = `{"type":"RECORD","record":{"stream":${JSON.stringify(stream)},"emitted_at":${this.clock.now()},"data":`;
    for (const record of records) {
      if (record instanceof RecordJson) this.append(`${prefix}${record.text}${metaOf(record)}}}\n`);
      else this.append(`${prefix}${JSON.stringify(record)}}}\n`);
      counter.count++;
      if (this.filled >= BATCH_BYTES) await this.send();
    }
  }

  /**
   * Emits a message for people (a log line, a status, an error). It is written promptly, even if nothing follows it.
   */
  message(message: AirbyteMessage | Readonly<Record<string, unknown>>): void {
    const redacted = this.redactor.message(message) as Readonly<Record<string, unknown>>;
    this.append(`${JSON.stringify(redacted)}\n`);
    this.events.onMessage?.(redacted);
    if (this.leaving) return;
    this.leaving = true;
    setImmediate(() => {
      this.leaving = false;
      void this.send();
    });
  }

  /** Emits a message unredacted: a state, or the connector's own text such as its specification. */
  data(message: AirbyteMessage | Readonly<Record<string, unknown>>): void {
    this.append(`${JSON.stringify(message)}\n`);
  }

  /** Emits a JSON document that isn't a protocol message, indented for people and with secrets cut out. */
  document(document: unknown): void {
    this.append(`${JSON.stringify(this.redactor.document(document), null, 2)}\n`);
  }

  /** Resolves when everything has been handed to stdout's file descriptor, or stdout is closed. */
  async flush(): Promise<void> {
    await this.send();
    await this.written;
  }

  private append(line: string): void {
    const needed = this.filled + line.length * MAX_BYTES_PER_UNIT;
    if (needed > this.batch.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.batch.length * 2));
      this.batch.copy(larger, 0, 0, this.filled);
      this.batch = larger;
    }
    this.filled += this.batch.write(line, this.filled);
  }

  /** Hands the batch to stdout; resolves when stdout has taken the previous one. */
  private async send(): Promise<void> {
    if (this.filled === 0) return;
    const lines = this.redactor.data(this.batch.subarray(0, this.filled));
    this.batch = Buffer.allocUnsafe(CAPACITY_BYTES);
    this.filled = 0;
    const before = this.written;
    this.written = before.then(() => this.write(lines));
    await before;
  }

  private async write(lines: Buffer): Promise<void> {
    if (this.closed) return;
    await new Promise<void>((resolve) => {
      this.events.beforeWrite?.();
      this.stdout.write(lines, (error) => {
        if (error) this.close(error);
        else this.events.afterWrite?.();
        resolve();
      });
    });
  }

  private close(error: NodeJS.ErrnoException): void {
    if (this.closed) return;
    this.closed = true;
    this.events.onClosed?.(error);
  }
}

/**
 * What follows the data in a record's message, leading comma included: the columns whose value didn't fit. Airbyte
 * shows them in `_airbyte_meta`.
 */
function metaOf({ nulled }: RecordJson): string {
  if (nulled.length === 0) return '';
  const changes = nulled.map((field) => ({ field, change: 'NULLED', reason: 'SOURCE_SERIALIZATION_ERROR' }));
  return `,"meta":${JSON.stringify({ changes })}`;
}
