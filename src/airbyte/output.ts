import type { Writable } from 'node:stream';
import type { AirbyteMessage } from 'faros-airbyte-cdk';
import type { Clock } from '../timing';
import { RecordJson } from './record-json';
import type { Redactor } from './redact';

/** Lines are handed to stdout in batches of about so many bytes: one write per line is slow, and memory grows without bound when nobody waits for it. */
const BATCH_BYTES = 64 * 1024;
/** Room for the line that makes a batch full; for a longer one it grows. */
const CAPACITY_BYTES = BATCH_BYTES + 16 * 1024;
/** UTF-8 needs at most three bytes per UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * Writes protocol messages to stdout, in the order they come, each on a line. What is written waits for its reader (back-pressure) and is redacted.
 * A reader that went away is told once, by `onClosed`; what is written from then on goes nowhere.
 */
export class MessageOutput {
  private batch = Buffer.allocUnsafe(CAPACITY_BYTES);
  private filled = 0;
  private written: Promise<void> = Promise.resolve();
  private closed = false;
  private leaving = false;

  constructor(
    private readonly stdout: Writable,
    private readonly redactor: Redactor,
    private readonly clock: Clock,
    private readonly onClosed: () => void = () => undefined,
  ) {
    stdout.on('error', () => this.close());
  }

  /** Emits records of a stream; resolves when there is room for more. `counter` counts each one as it takes its place in the output. */
  async records(stream: string, records: Iterable<object>, counter: { count: number }): Promise<void> {
    const prefix = `{"type":"RECORD","record":{"stream":${JSON.stringify(stream)},"emitted_at":${this.clock.now()},"data":`;
    for (const record of records) {
      if (record instanceof RecordJson) this.append(`${prefix}${record.text}${metaOf(record)}}}\n`);
      else this.append(`${prefix}${JSON.stringify(record)}}}\n`);
      counter.count++;
      if (this.filled >= BATCH_BYTES) await this.send();
    }
  }

  /** Emits a message for people (a log line, a status, an error); it leaves soon, even when nothing follows it. */
  message(message: AirbyteMessage | Readonly<Record<string, unknown>>): void {
    this.append(`${JSON.stringify(this.redactor.message(message))}\n`);
    if (this.leaving) return;
    this.leaving = true;
    setImmediate(() => {
      this.leaving = false;
      void this.send();
    });
  }

  /** Emits a message as it is, but for long secrets: for data, and for texts of the connector's own such as its specification. */
  data(message: AirbyteMessage | Readonly<Record<string, unknown>>): void {
    this.append(`${JSON.stringify(message)}\n`);
  }

  /** Resolves when everything has been handed to stdout's file descriptor, or the reader is gone. */
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

  /** Hands the batch to stdout; resolves when stdout has taken the one before. */
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
      this.stdout.write(lines, (error) => {
        if (error) this.close();
        resolve();
      });
    });
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClosed();
  }
}

/**
 * What a record's message says beside its data, with a comma before it: the columns whose value didn't fit. Airbyte
 * shows them in `_airbyte_meta`.
 */
function metaOf({ nulled }: RecordJson): string {
  if (nulled.length === 0) return '';
  const changes = nulled.map((field) => ({ field, change: 'NULLED', reason: 'SOURCE_SERIALIZATION_ERROR' }));
  return `,"meta":${JSON.stringify({ changes })}`;
}
