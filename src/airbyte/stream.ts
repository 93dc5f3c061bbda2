import type { AirbyteStream, SyncMode } from 'faros-airbyte-cdk';
import { AirbyteStreamBase } from './cdk';

/**
 * Who can fix a failure: the user (config), time (transient), or a developer (system). Airbyte bases its retries on it.
 */
export type FailureType = 'config_error' | 'transient_error' | 'system_error';

/**
 * A failure as Airbyte shows it: `message` is a short text for the user, `internalMessage` is detail for a developer.
 * `endsSync`: nothing else can succeed either (a rejected key), so every other stream ends too.
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

/** An error nobody has foreseen. `prefix` goes before the sentence and says what the error stopped. */
export const unforeseen = (error: unknown, prefix = ''): SyncError =>
  new SyncError(`${prefix}The connector hit an unexpected error. Please report it with the sync's log.`, {
    failureType: 'system_error',
    internalMessage: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    cause: error,
  });

/** A record's columns by name. */
export type RecordData = object;
/** A stream's state, as JSON. */
export type StreamState = Readonly<Record<string, unknown>>;

/**
 * Where a stream puts what it reads; one per stream and read. Every promise it returns is back-pressure: await it. Once
 * the stream has ended (its `read` has settled), every call is ignored.
 */
export interface StreamOutput {
  /** Emits records. The status RUNNING is sent before the first call's records (or before the stream's end). */
  records(records: Iterable<RecordData>): Promise<void>;
  /**
   * Emits a STATE with the count of records since the stream's previous one; an equal one with no record in between is
   * not repeated. Resolves when it has been handed to stdout's file descriptor, so that Airbyte has it before the
   * caller's next step; once the sync is interrupted, resolves at once, since stdout may no longer have a reader.
   */
  state(state: StreamState): Promise<void>;
  /**
   * Reports the failure of a part (a forecast, a quarter) as a TRACE ERROR. The stream continues, and ends INCOMPLETE.
   */
  failure(error: unknown): void;
  /**
   * Reports that the vendor makes us wait: RUNNING with reason RATE_LIMITED. `until`: when the wait ends at the latest,
   * epoch ms; null: it is over.
   */
  rateLimited(until: number | null): void;
}

export interface StreamReadRequest {
  /** Also `full_refresh` when incremental was requested for a stream without a cursor. */
  readonly syncMode: SyncMode;
  /**
   * The stream's incoming state; undefined if there was none, or it was null or the marker of a stream without cursor.
   */
  readonly state: StreamState | undefined;
  readonly output: StreamOutput;
  /** Fires when the sync must end now (SIGTERM, SIGINT, closed stdout, a rejected key). */
  readonly signal: AbortSignal;
}

/**
 * A stream as the read loop runs it. `read` pushes records and states into `request.output` and resolves when all have
 * been emitted; a throw ends the stream INCOMPLETE. The read loop handles the order of messages, statuses, counts and
 * the last STATE.
 */
export abstract class ProtocolStream extends AirbyteStreamBase {
  abstract read(request: StreamReadRequest): Promise<void>;

  /**
   * Called at the stream's end, whether it was read, failed, or never began: streams that share work with it must not
   * wait for it any longer.
   */
  leave(): void {
    // Nothing is shared.
  }

  /**
   * Every state of this stream has at least one of these keys; a state with none of them is refused. Undefined: any
   * state is accepted.
   */
  get stateKeys(): readonly string[] | undefined {
    return undefined;
  }

  /** The stream as the catalog shows it. The CDK loses multi-column primary keys and has no `is_resumable`. */
  override asAirbyteStream(): AirbyteStream {
    const key = this.primaryKey as string[][] | undefined;
    const stream = super.asAirbyteStream();
    // A retried full refresh starts from the beginning: it takes over jobs, not records.
    return {
      ...stream,
      ...(key !== undefined && { source_defined_primary_key: key }),
      is_resumable: false,
    } as AirbyteStream;
  }
}
