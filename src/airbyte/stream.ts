import type { AirbyteStream, SyncMode } from 'faros-airbyte-cdk';
import { AirbyteStreamBase } from './cdk';

/**
 * Who can fix a failure: the user (config), time (transient), or a developer (system). Airbyte decides on retries by
 * it.
 */
export type FailureType = 'config_error' | 'transient_error' | 'system_error';

/**
 * A failure as Airbyte shows it: `message` is one sentence for the user, `internalMessage` the detail for a developer.
 * `endsSync`: nothing else can succeed either (a refused key), so every other stream ends too.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly failureType: FailureType;
  readonly internalMessage: string;
  readonly endsSync: boolean;

  constructor(
    message: string,
    options: {
      failureType: FailureType;
      internalMessage?: string | undefined;
      endsSync?: boolean | undefined;
      cause?: unknown;
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failureType = options.failureType;
    this.internalMessage = options.internalMessage ?? message;
    this.endsSync = options.endsSync ?? false;
  }
}

/** An error that nobody has foreseen. `prefix`: what it stopped, before the sentence. */
export const unforeseen = (error: unknown, prefix = ''): SyncError =>
  new SyncError(`${prefix}The connector met something it doesn't expect; please report it with the sync's log.`, {
    failureType: 'system_error',
    internalMessage: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    cause: error,
  });

/** A record's columns by name. */
export type RecordData = object;
/** A stream's state, as JSON. */
export type StreamState = Readonly<Record<string, unknown>>;

/**
 * Where a stream puts what it has read. One per stream and read; every promise it returns is back-pressure: await it.
 * Once the stream has ended (its `read` settled), every call is ignored.
 */
export interface StreamOutput {
  /** Emits records. The first call (or the stream's end) is preceded by the status RUNNING. */
  records(records: Iterable<RecordData>): Promise<void>;
  /**
   * Emits a STATE with the count of records since the stream's previous one; an equal one with no record in between is
   * not repeated. Resolves when it has been handed to stdout's file descriptor, so that Airbyte knows it before the
   * caller's next step; once the sync has been interrupted it resolves at once, since stdout may have no reader any
   * more.
   */
  state(state: StreamState): Promise<void>;
  /**
   * Reports the failure of a part (a forecast, a quarter) as a TRACE ERROR. The stream carries on, and ends INCOMPLETE.
   */
  failure(error: unknown): void;
  /**
   * Reports that the vendor makes us wait: RUNNING with reason RATE_LIMITED. `until`: epoch ms of its latest end; null:
   * it is over.
   */
  rateLimited(until: number | null): void;
}

export interface StreamReadRequest {
  /** `full_refresh` too where incremental was asked of a stream without a cursor. */
  readonly syncMode: SyncMode;
  /**
   * The stream's state as it came in; undefined when there was none, it was null, or it was the marker of a stream
   * without cursor.
   */
  readonly state: StreamState | undefined;
  readonly output: StreamOutput;
  /** Fires when the sync must end now (SIGTERM, SIGINT, closed stdout, a refused key). */
  readonly signal: AbortSignal;
}

/**
 * A stream as the read loop runs it. `read` pushes records and states into `request.output` and resolves when all is
 * out; a throw ends the stream INCOMPLETE. The read loop takes care of the order of messages, statuses, counts and the
 * last STATE.
 */
export abstract class ProtocolStream extends AirbyteStreamBase {
  abstract read(request: StreamReadRequest): Promise<void>;

  /**
   * Keys of which every state of this stream has at least one; a state without them is refused. Undefined: any state
   * will do.
   */
  get stateKeys(): readonly string[] | undefined {
    return undefined;
  }

  /** The stream as the catalog shows it. The CDK loses primary keys of several columns and has no `is_resumable`. */
  override asAirbyteStream(): AirbyteStream {
    const key = this.primaryKey as string[][] | undefined;
    const stream = super.asAirbyteStream();
    // A full refresh that is read again starts from the beginning: it takes over jobs, not records.
    return {
      ...stream,
      ...(key !== undefined && { source_defined_primary_key: key }),
      is_resumable: false,
    } as AirbyteStream;
  }
}
