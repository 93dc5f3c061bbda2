import { AirbyteLogger, type AirbyteMessage } from 'faros-airbyte-cdk';
import { ProtocolStream, type StreamReadRequest } from '../../src/airbyte/stream';
import { FastClock } from './clock';

/** Keeps log lines for the test instead of printing them. */
export class QuietLogger extends AirbyteLogger {
  readonly lines: string[] = [];

  override write(message: AirbyteMessage): void {
    this.lines.push((message as unknown as { log: { message: string } }).log.message);
  }
}

/** Time moves only by `advance`, which runs everything that is due by then. */
export class ManualClock extends FastClock {
  private waiting: { at: number; wake: () => void }[] = [];
  private moved = 0;

  override now(): number {
    return super.now() + this.moved;
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.push({ at: this.now() + ms, wake });
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  async advance(ms: number): Promise<void> {
    const end = this.now() + ms;
    for (;;) {
      await settled();
      const next = this.waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.waiting = this.waiting.filter((sleeper) => sleeper !== next);
      this.moved += Math.max(0, next.at - this.now());
      next.wake();
    }
    this.moved += end - this.now();
  }
}

/** Lets everything happen that takes no time. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A stream that reads what the test says. */
export class TestStream extends ProtocolStream {
  constructor(
    private readonly streamName: string,
    private readonly cursor: string | undefined,
    private readonly act: (request: StreamReadRequest) => Promise<void>,
    private readonly keys?: readonly string[],
  ) {
    super(new QuietLogger());
  }
  override get name(): string {
    return this.streamName;
  }
  override get primaryKey(): undefined {
    return undefined;
  }
  override get cursorField(): string | string[] {
    return this.cursor ?? [];
  }
  override get stateKeys(): readonly string[] | undefined {
    return this.keys;
  }
  override getJsonSchema(): Record<string, unknown> {
    return {};
  }
  override readRecords(): AsyncGenerator<Record<string, unknown>> {
    throw new Error('not used');
  }
  override read(request: StreamReadRequest): Promise<void> {
    return this.act(request);
  }
}
