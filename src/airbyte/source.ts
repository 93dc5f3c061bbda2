import { PassThrough } from 'node:stream';
import type { AirbyteConfig, AirbyteConfiguredCatalog, AirbyteMessage } from 'faros-airbyte-cdk';
import { type Clock, systemClock } from '../timing';
import {
  AirbyteCatalogMessage,
  AirbyteConnectionStatus,
  AirbyteConnectionStatusMessage,
  AirbyteSourceBase,
} from './cdk';
import { parseStates } from './inputs';
import { MessageOutput } from './output';
import type { Progress } from './progress';
import { readStreams } from './read-loop';
import { Redactor } from './redact';
import { type ProtocolStream, type StreamState, SyncError } from './stream';

/** What one read gives the source to work with. */
export interface SessionRequest {
  /** The names of the streams that are read. */
  readonly selected: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly progress?: Progress | undefined;
  /** To be called with every signed URL before it is used: its query is then cut from everything that is printed. */
  readonly concealUrl: (url: string) => void;
}

/** What a source's own command is run with. */
export interface CommandRequest {
  /** The names of the flags that were given, without dashes. */
  readonly flags: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Prints a line for the person at the terminal, on stderr. */
  readonly say: (line: string) => void;
}

/** A command beside the protocol's. It takes `--config` and flags, and prints one JSON document of its own. */
export interface SourceCommand {
  readonly name: string;
  readonly description: string;
  /** What follows the executable's name in an example. */
  readonly example: string;
  /** Descriptions of its flags, by name: one word, without dashes. */
  readonly flags: Readonly<Record<string, string>>;
  /**
   * Resolves with the document, after `signal` fired too: then with what there is. Throws a SyncError where there is
   * none.
   */
  run(raw: unknown, request: CommandRequest): Promise<unknown>;
}

/** Where a read's messages go. */
export interface ReadTarget extends Omit<SessionRequest, 'selected' | 'concealUrl'> {
  readonly output: MessageOutput;
}

/**
 * A source as today's Airbyte expects it, on top of the CDK's: streams push into one output, side by side, with STREAM
 * states, statuses, and errors that say who can fix them. A subclass defines what its configuration means (`verify`,
 * `streams`, `session`), and throws SyncErrors for what is wrong with it.
 */
export abstract class ProtocolSource extends AirbyteSourceBase<AirbyteConfig> {
  protected readonly clock: Clock = systemClock;
  protected readonly heartbeatMs: number | undefined = undefined;

  /** What the executable can do beside the protocol's commands. */
  readonly commands: readonly SourceCommand[] = [];

  /** The texts of a raw configuration that must never be printed. Takes anything, valid or not. */
  abstract secretsIn(raw: unknown): string[];

  /** Proves that the configuration works. Throws what `check` is to report. */
  abstract verify(raw: unknown): Promise<void>;

  /** The streams of one read. Throws a config error. */
  abstract session(raw: unknown, request: SessionRequest): ProtocolStream[];

  abstract override streams(raw: AirbyteConfig): ProtocolStream[];

  override async checkConnection(raw: AirbyteConfig): Promise<[boolean, undefined]> {
    await this.verify(raw);
    return [true, undefined];
  }

  /** SUCCEEDED, or FAILED with one sentence; never throws. */
  override async check(raw: AirbyteConfig): Promise<AirbyteConnectionStatusMessage> {
    try {
      await this.verify(raw);
      return new AirbyteConnectionStatusMessage({ status: AirbyteConnectionStatus.SUCCEEDED });
    } catch (error) {
      const message = error instanceof SyncError ? error.message : `The check failed unexpectedly: ${String(error)}`;
      return new AirbyteConnectionStatusMessage({ status: AirbyteConnectionStatus.FAILED, message });
    }
  }

  override async discover(raw: AirbyteConfig): Promise<AirbyteCatalogMessage> {
    return new AirbyteCatalogMessage({ streams: this.streams(raw).map((stream) => stream.asAirbyteStream()) });
  }

  /**
   * Reads into `target.output`; resolves with whether every stream completed. Throws a SyncError for a bad
   * configuration, before any request.
   */
  async readTo(
    raw: unknown,
    catalog: AirbyteConfiguredCatalog,
    states: ReadonlyMap<string, StreamState>,
    { output, signal, progress }: ReadTarget,
  ): Promise<boolean> {
    const selected = new Set(catalog.streams.map(({ stream }) => stream.name));
    const concealUrl = (url: string) => output.redactor.addUrl(url);
    const streams = this.session(raw, { selected, signal, progress, concealUrl });
    let records = 0;
    return readStreams({
      catalog,
      states,
      streams,
      output,
      signal,
      clock: this.clock,
      log: this.logger,
      heartbeatMs: this.heartbeatMs,
      onRecords: (count) => {
        records += count;
        progress?.update({ records });
      },
    });
  }

  /**
   * The CDK's way to read, for programs: the same messages, one by one. `state` is an array of STREAM states. Throws a
   * SyncError at the end when a stream did not complete. A caller that stops early ends the sync: running jobs are
   * cancelled before the generator returns.
   */
  override async *read(
    raw: AirbyteConfig,
    catalog: AirbyteConfiguredCatalog,
    state?: unknown,
  ): AsyncGenerator<AirbyteMessage> {
    const left = new AbortController();
    // In object mode each batch stays as it was written: whole lines.
    const batches = new PassThrough({ objectMode: true, highWaterMark: 1 });
    const redactor = new Redactor();
    for (const secret of this.secretsIn(raw)) redactor.add(secret);
    const output = new MessageOutput(batches, redactor, this.clock, { onClosed: () => left.abort() });
    const reading = this.readTo(raw, catalog, parseStates(state ?? [], 'that was given'), {
      output,
      signal: left.signal,
    }).finally(() => batches.end());
    reading.catch(() => undefined); // it is awaited below, once its messages are out
    try {
      for await (const batch of batches.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        // Not by readline, which takes U+2028 for the end of a line.
        for (const line of batch.toString('utf8').split('\n'))
          if (line !== '') yield JSON.parse(line) as AirbyteMessage;
      }
      if (!(await reading))
        throw new SyncError('Not every stream completed; the messages say which and why.', {
          failureType: 'transient_error',
        });
    } finally {
      left.abort();
      batches.resume(); // what is still written goes nowhere
      await reading.catch(() => undefined); // a failure has been thrown above, unless the caller stopped early
    }
  }
}
