import { type AirbyteConfiguredCatalog, type AirbyteLogger, SyncMode } from 'faros-airbyte-cdk';
import type { Clock } from '../timing';
import { errorMessage, NO_CURSOR_STATE, type StreamStatus, stateMessage, statusMessage } from './messages';
import type { MessageOutput } from './output';
import type { ProtocolStream, RecordData, StreamOutput, StreamState } from './stream';
import { SyncError } from './stream';

/** Airbyte takes a source that sends neither record nor state for dead after a while; a state goes out at least this often. */
export const HEARTBEAT_MS = 4 * 60_000;

export interface ReadOptions {
  readonly catalog: AirbyteConfiguredCatalog;
  readonly states: ReadonlyMap<string, StreamState>;
  readonly streams: readonly ProtocolStream[];
  readonly output: MessageOutput;
  readonly clock: Clock;
  readonly log: AirbyteLogger;
  /** Ends the read: streams are told, last states go out. */
  readonly signal: AbortSignal;
  readonly heartbeatMs?: number | undefined;
  readonly onRecords?: ((count: number) => void) | undefined;
}

/** Reads all configured streams side by side; resolves with whether every one completed. Messages, statuses and states are in the order that Airbyte wants. */
export async function readStreams(options: ReadOptions): Promise<boolean> {
  const { catalog, streams, output, clock, signal } = options;
  const ending = new AbortController();
  const ended = new AbortController();
  const endingSignal = AbortSignal.any([signal, ending.signal]);
  const runs: StreamRun[] = [];
  let complete = true;
  for (const { stream: configured, sync_mode: mode } of catalog.streams) {
    const stream = streams.find(({ name }) => name === configured.name);
    if (stream === undefined) {
      complete = false;
      output.message(errorMessage(unknownStream(configured.name, streams), clock.now(), configured.name));
    } else {
      runs.push(new StreamRun(stream, mode, options, endingSignal, () => ending.abort()));
    }
  }
  const beats = heartbeat(runs, clock, options.heartbeatMs ?? HEARTBEAT_MS, ended.signal);
  const results = await Promise.all(runs.map((run) => run.read()));
  ended.abort();
  await beats;
  await output.flush();
  return complete && results.every(Boolean);
}

async function heartbeat(runs: readonly StreamRun[], clock: Clock, everyMs: number, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await clock.sleep(everyMs / 4, ended);
    if (!ended.aborted) await Promise.all(runs.map((run) => run.beat(everyMs)));
  }
}

/** One stream's part of a read: keeps its messages in order and counts its records. */
class StreamRun implements StreamOutput {
  private readonly name: string;
  private readonly incoming: StreamState | undefined;
  private readonly mode: SyncMode;
  /** Records since the last STATE. */
  private readonly since = { count: 0 };
  private total = 0;
  private last: StreamState | undefined;
  private lastSentAt: number;
  private running = false;
  private waiting = false;
  private failed = false;
  private over = false;

  constructor(
    private readonly stream: ProtocolStream,
    mode: SyncMode,
    private readonly options: ReadOptions,
    private readonly signal: AbortSignal,
    private readonly endOthers: () => void,
  ) {
    this.name = stream.name;
    this.incoming = options.states.get(this.name);
    // Some platforms ask for incremental of every stream, cursor or not.
    this.mode = stream.supportsIncremental ? mode : SyncMode.FULL_REFRESH;
    this.lastSentAt = options.clock.now();
  }

  /** Reads the stream to its end; true when it completed. Never rejects. */
  async read(): Promise<boolean> {
    const { log, output } = this.options;
    this.status('STARTED');
    log.info(`Reading ${this.name} (${this.mode})`);
    try {
      await this.stream.read({ syncMode: this.mode, state: this.incoming, output: this, signal: this.signal });
    } catch (error) {
      this.failure(error);
    }
    this.over = true;
    if (!this.running || this.waiting) this.status('RUNNING');
    await this.lastState();
    this.status(this.failed ? 'INCOMPLETE' : 'COMPLETE');
    log.info(`${this.failed ? 'Did not complete' : 'Completed'} ${this.name}: ${this.total} records`);
    await output.flush();
    return !this.failed;
  }

  async records(records: Iterable<RecordData>): Promise<void> {
    if (!this.running) this.status('RUNNING');
    const { output, clock, onRecords } = this.options;
    const counter = new SharedCounter(this.since);
    await output.records(this.name, records, counter);
    if (counter.own === 0) return;
    this.waiting = false;
    this.total += counter.own;
    this.lastSentAt = clock.now();
    onRecords?.(counter.own);
  }

  async state(state: StreamState): Promise<void> {
    // What becomes of a job after its stream has ended is for the next sync to find out.
    if (this.over) return;
    // A snapshot: what becomes of the stream's own object later is not what was said.
    this.last = JSON.parse(JSON.stringify(state));
    await this.send(this.last as StreamState);
  }

  failure(error: unknown): void {
    this.failed = true;
    // What fails once the sync is ending fails because of that; the cause has been told.
    if (this.signal.aborted) {
      this.options.log.info(
        `Reading ${this.name} was interrupted: ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
    const message = errorMessage(error, this.options.clock.now(), this.name);
    this.options.output.message(message);
    if (error instanceof SyncError && error.endsSync) this.endOthers();
  }

  rateLimited(until: number | null): void {
    if (this.over) return;
    if (until === null) {
      if (this.waiting) this.status('RUNNING');
      return;
    }
    this.running = true;
    this.waiting = true;
    this.options.output.message(statusMessage(this.name, 'RUNNING', this.options.clock.now(), until));
  }

  /** Says again where the stream stands when it has said nothing for that long. */
  async beat(everyMs: number): Promise<void> {
    const silentMs = this.options.clock.now() - this.lastSentAt;
    // With records since the last state it would claim that they are covered by it.
    if (!this.over && this.since.count === 0 && silentMs >= everyMs * 0.75)
      await this.send(this.last ?? this.incoming ?? {});
  }

  private async lastState(): Promise<void> {
    if (!this.failed && this.mode === SyncMode.FULL_REFRESH) await this.send(NO_CURSOR_STATE);
    else if (this.last === undefined || this.since.count > 0) await this.send(this.last ?? this.incoming ?? {});
  }

  private async send(state: StreamState): Promise<void> {
    const { output, clock } = this.options;
    // An empty state is no valid one; the marker is read back as none.
    const said = Object.keys(state).length > 0 ? state : NO_CURSOR_STATE;
    output.data(stateMessage(this.name, said, this.since.count));
    this.since.count = 0;
    this.lastSentAt = clock.now();
    await output.flush();
  }

  private status(status: StreamStatus): void {
    if (status === 'RUNNING') {
      this.running = true;
      this.waiting = false;
    }
    this.options.output.message(statusMessage(this.name, status, this.options.clock.now()));
  }
}

/** Counts into the stream's count and, beside it, what one call brought. */
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

const unknownStream = (name: string, streams: readonly ProtocolStream[]): SyncError =>
  new SyncError(
    `The catalog asks for a stream "${name}", which this connector doesn't have; it has ${streams.map((stream) => stream.name).join(', ')}.`,
    {
      failureType: 'config_error',
    },
  );
