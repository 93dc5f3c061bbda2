import type { AirbyteLogger } from 'faros-airbyte-cdk';
import type { Clock } from '../timing';
import { SyncMode } from './cdk';
import { errorMessage, NO_CURSOR_STATE, type StreamStatus, stateMessage, statusMessage } from './messages';
import type { MessageOutput } from './output';
import type { ProtocolStream, RecordData, StreamOutput, StreamState } from './stream';
import { SyncError } from './stream';

export interface StreamRunOptions {
  readonly output: MessageOutput;
  readonly clock: Clock;
  readonly log: AirbyteLogger;
  /** The stream's state as it came in. */
  readonly incoming: StreamState | undefined;
  readonly mode: SyncMode;
  /** Fires when the stream must end, whatever the cause. */
  readonly signal: AbortSignal;
  /** Fires when the process must end: from then on nothing waits for stdout, whose reader may have stopped reading. */
  readonly interruption: AbortSignal;
  /** Called when the stream hits a failure that no other stream can escape. */
  readonly onEndsSync: () => void;
  readonly onRecords?: ((count: number) => void) | undefined;
}

/**
 * `started`: only STARTED was sent. `waiting`: for the vendor (RATE_LIMITED). `ended`: only its last messages are left
 * to send.
 */
type Phase = 'started' | 'running' | 'waiting' | 'ended';

/**
 * One stream's part of a read. Keeps its messages in the order Airbyte expects and counts its records. Once the stream
 * has ended, it emits nothing more, even if some of its work is still running.
 */
export class StreamRun implements StreamOutput {
  private readonly name: string;
  private readonly mode: SyncMode;
  private phase: Phase = 'started';
  private failures = 0;
  private total = 0;
  private readonly sinceLastState = { count: 0 };
  private latest: StreamState | undefined;
  /** The last STATE sent, as JSON. */
  private lastSent: string | undefined;
  private lastSentAt: number;

  constructor(
    private readonly stream: ProtocolStream,
    private readonly options: StreamRunOptions,
  ) {
    this.name = stream.name;
    // Some platforms ask for incremental even if a stream has no cursor.
    this.mode = stream.supportsIncremental ? options.mode : SyncMode.FULL_REFRESH;
    this.lastSentAt = options.clock.now();
  }

  /** Reads the stream to its end; resolves with whether it completed. Never rejects. */
  async read(): Promise<boolean> {
    const { log, output, incoming, signal } = this.options;
    this.status('STARTED');
    log.info(`Reading ${this.name} (${this.mode})`);
    try {
      requireOwnState(this.stream, incoming);
      await this.stream.read({ syncMode: this.mode, state: incoming, output: this, signal });
    } catch (error) {
      this.failure(error);
    } finally {
      this.stream.leave();
    }
    if (this.phase !== 'running') this.status('RUNNING');
    this.phase = 'ended';
    await this.lastState();
    const complete = this.failures === 0;
    this.status(complete ? 'COMPLETE' : 'INCOMPLETE');
    const records = this.total === 1 ? '1 record' : `${this.total} records`;
    log.info(`${complete ? 'Completed' : 'Did not complete'} ${this.name}: ${records}`);
    await output.flush();
    return complete;
  }

  async records(records: Iterable<RecordData>): Promise<void> {
    if (this.phase === 'started') this.run();
    const { output, onRecords } = this.options;
    const counter = new SharedCounter(this.sinceLastState);
    await output.records(this.name, this.untilEnded(records), counter);
    if (counter.own === 0) return;
    // A record in itself shows that the wait is over.
    if (this.phase === 'waiting') this.phase = 'running';
    this.total += counter.own;
    onRecords?.(counter.own);
  }

  async state(state: StreamState): Promise<void> {
    if (this.phase === 'ended') return;
    const json = JSON.stringify(state);
    // A snapshot: the stream may change its object before this one is sent again.
    this.latest = JSON.parse(json) as StreamState;
    if (this.sinceLastState.count === 0 && json === this.lastSent) await this.flush();
    else await this.send(this.latest);
  }

  failure(error: unknown): void {
    const { log, output, clock, signal, onEndsSync } = this.options;
    const text = error instanceof Error ? error.message : String(error);
    if (this.phase === 'ended') {
      log.warn(`A part of ${this.name} failed after the stream had ended: ${text}`);
      return;
    }
    this.failures++;
    // Once the sync is ending, things fail because of that, and its cause has been reported.
    if (signal.aborted) {
      log.info(`Reading ${this.name} was interrupted: ${text}`);
      return;
    }
    output.message(errorMessage(error, clock.now(), this.name));
    if (error instanceof SyncError && error.endsSync) onEndsSync();
  }

  rateLimited(until: number | null): void {
    if (this.phase === 'ended') return;
    if (until !== null) {
      this.phase = 'waiting';
      this.status('RUNNING', until);
    } else if (this.phase === 'waiting') this.run();
  }

  /**
   * Resends the last STATE if none has been sent for `everyMs`. Between records it claims nothing new, only that we are
   * alive.
   */
  async beat(everyMs: number): Promise<void> {
    if (this.phase === 'ended' || this.options.clock.now() - this.lastSentAt < everyMs) return;
    await this.send(this.latest ?? this.options.incoming ?? {});
  }

  private run(): void {
    this.phase = 'running';
    this.status('RUNNING');
  }

  private *untilEnded(records: Iterable<RecordData>): Iterable<RecordData> {
    for (const record of records) {
      if (this.phase === 'ended') return;
      yield record;
    }
  }

  private async lastState(): Promise<void> {
    if (this.failures === 0 && this.mode === SyncMode.FULL_REFRESH) await this.send(NO_CURSOR_STATE);
    else if (this.latest === undefined || this.sinceLastState.count > 0)
      await this.send(this.latest ?? this.options.incoming ?? {});
  }

  private async send(state: StreamState): Promise<void> {
    const { output, clock } = this.options;
    // An empty state is not valid; the marker is read back as no state.
    output.data(stateMessage(this.name, isEmpty(state) ? NO_CURSOR_STATE : state, this.sinceLastState.count));
    this.sinceLastState.count = 0;
    this.lastSent = JSON.stringify(state);
    this.lastSentAt = clock.now();
    await this.flush();
  }

  /**
   * Waits for stdout, but not past an interruption: if the pipe is full, a job whose STATE can't be written must still
   * be cancelled.
   */
  private async flush(): Promise<void> {
    const { output, interruption } = this.options;
    if (interruption.aborted) return void output.flush();
    const left = new AbortController();
    const interrupted = new Promise<void>((resolve) =>
      interruption.addEventListener('abort', () => resolve(), { once: true, signal: left.signal }),
    );
    await Promise.race([output.flush(), interrupted]);
    left.abort();
  }

  private status(status: StreamStatus, rateLimitedUntil?: number): void {
    const { output, clock } = this.options;
    output.message(statusMessage(this.name, status, clock.now(), rateLimitedUntil));
  }
}

/** Adds to the stream's count, and separately counts the records of one call. */
class SharedCounter {
  own = 0;
  constructor(private readonly shared: { count: number }) {}
  get count(): number {
    return this.shared.count;
  }
  set count(count: number) {
    this.own += count - this.shared.count;
    this.shared.count = count;
  }
}

/** Otherwise a state written by another connector, or by a version with another shape, would pass for no state. */
function requireOwnState({ name, stateKeys }: ProtocolStream, state: StreamState | undefined): void {
  if (state === undefined || stateKeys === undefined || isEmpty(state)) return;
  if (stateKeys.some((key) => key in state)) return;
  const found = Object.keys(state).slice(0, 5).join(', ');
  throw new SyncError(
    `The state of the stream ${name} was not written by this connector (it holds ${found}). Clear the stream, or pass the state that this connector printed.`,
    {
      failureType: 'config_error',
      internalMessage: `a state of ${name} has at least one of ${stateKeys.join(', ')}`,
    },
  );
}

const isEmpty = (state: object): boolean => Object.keys(state).length === 0;
