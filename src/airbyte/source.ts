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

/** What a read passes to the source. */
export interface SessionRequest {
  /** The names of the streams to read. */
  readonly selected: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly progress?: Progress | undefined;
  /** Call it with every signed URL before using it: its query is then cut from everything printed. */
  readonly concealUrl: (url: string) => void;
}

/** What a command defined by the source is run with. */
export interface CommandRequest {
  /** The names of the given flags, without dashes. */
  readonly flags: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Prints a line for the person at the terminal, on stderr. */
  readonly say: (line: string) => void;
}

/** A command in addition to the protocol's. It takes `--config` and flags, and prints one JSON document. */
export interface SourceCommand {
  readonly name: string;
  readonly description: string;
  /** An example, without the executable's name. */
  readonly example: string;
  /** Descriptions of its flags, by name: one word, without dashes. */
  readonly flags: Readonly<Record<string, string>>;
  /**
   * Resolves with the document; after `signal` fires, with what there is so far. Throws a SyncError when there is
   * nothing.
   */
  run(raw: unknown, request: CommandRequest): Promise<unknown>;
}

/** Where a read's messages go. */
export interface ReadTarget extends Omit<SessionRequest, 'selected' | 'concealUrl'> {
  readonly output: MessageOutput;
}

/**
 * A source as today's Airbyte expects it, built on the CDK's: streams push into one output concurrently, with STREAM
 * states, statuses, and errors that say who can fix them. A subclass defines what its configuration means (`verify`,
 * `streams`, `session`) and throws SyncErrors for what is wrong with it.
 */
export abstract class ProtocolSource extends AirbyteSourceBase<AirbyteConfig> {
  protected readonly clock: Clock = systemClock;
  protected readonly heartbeatMs: number | undefined = undefined;

  /** Commands the executable has in addition to the protocol's. */
  readonly commands: readonly SourceCommand[] = [];

  /** The texts in a raw configuration that must never be printed. Takes anything, valid or not. */
  abstract secretsIn(raw: unknown): string[];

  /** Proves that the configuration works. Throws what `check` should report. */
  abstract verify(raw: unknown): Promise<void>;

  /** The streams of one read. Throws a config error. */
  abstract session(raw: unknown, request: SessionRequest): ProtocolStream[];

  abstract override streams(raw: AirbyteConfig): ProtocolStream[];

  override async checkConnection(raw: AirbyteConfig): Promise<[boolean, undefined]> {
    await this.verify(raw);
    return [true, undefined];
  }

  /** SUCCEEDED, or FAILED with what to do; never throws. */
  override async check(raw: AirbyteConfig): Promise<AirbyteConnectionStatusMessage> {
    try {
      await this.verify(raw);
      return new AirbyteConnectionStatusMessage({ status: AirbyteConnectionStatus.SUCCEEDED });
    } catch (error) {
      const message =
        error instanceof SyncError
          ? error.message
          : `The check hit an unexpected error. Please report it: ${String(error)}`;
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
   * The CDK's read interface, for programs: the same messages, one by one. `state` is an array of STREAM states. Throws
   * a SyncError at the end if a stream did not complete. A caller that stops early ends the sync: running jobs are
   * cancelled before the generator returns.
   */
  override async *read(
    raw: AirbyteConfig,
    catalog: AirbyteConfiguredCatalog,
    state?: unknown,
  ): AsyncGenerator<AirbyteMessage> {
    const left = new AbortController();
    // In object mode each batch stays as it was written, in whole lines.
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
        // Not readline, which treats U+2028 as a line break.
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
      await reading.catch(() => undefined); // any failure was thrown above, unless the caller stopped early
    }
  }
}
