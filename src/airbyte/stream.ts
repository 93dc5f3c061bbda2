import { type AirbyteStream, AirbyteStreamBase, type SyncMode } from 'faros-airbyte-cdk';

/** Who can mend a failure: the user (config), time (transient), or a developer (system). Airbyte decides on retries by it. */
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

/** A record's columns by name. */
export type RecordData = object;
/** A stream's state, as JSON. */
export type StreamState = Readonly<Record<string, unknown>>;

/** Where a stream puts what it has read. One per stream and read; every promise it returns is back-pressure: await it. */
export interface StreamOutput {
  /** Emits records. The first call (or the stream's end) is preceded by the status RUNNING. */
  records(records: Iterable<RecordData>): Promise<void>;
  /**
   * Emits a STATE with the count of records since the stream's previous one. Resolves when the message has been handed to
   * stdout's file descriptor, so that what the caller does next cannot happen without Airbyte having been told.
   */
  state(state: StreamState): Promise<void>;
  /** Reports a failure of a part (a forecast, a quarter) as a TRACE ERROR. The stream goes on, and ends INCOMPLETE. */
  failure(error: unknown): void;
  /** Says that Clari makes us wait: RUNNING with reason RATE_LIMITED. `until`: epoch ms when it will be over at the latest; null: it is over. */
  rateLimited(until: number | null): void;
}

export interface StreamReadRequest {
  /** `full_refresh` too where incremental was asked of a stream without a cursor. */
  readonly syncMode: SyncMode;
  /** The stream's state as it came in, undefined when there was none (null, `{}`-less reset, or a no-cursor marker). */
  readonly state: StreamState | undefined;
  readonly output: StreamOutput;
  /** Fires when the sync must end now (SIGTERM, SIGINT, closed stdout, a refused key). */
  readonly signal: AbortSignal;
}

/**
 * A stream as the read loop runs it. `read` pushes records and states into `request.output` and resolves when all is out;
 * a throw ends the stream INCOMPLETE. Order of messages, statuses, counts and the last STATE are the read loop's business.
 */
export abstract class ProtocolStream extends AirbyteStreamBase {
  abstract read(request: StreamReadRequest): Promise<void>;

  /** The stream as the catalog shows it. The CDK loses keys of several columns, and knows no `is_resumable`. */
  override asAirbyteStream(): AirbyteStream {
    const key = this.primaryKey as string[][] | undefined;
    const stream = super.asAirbyteStream();
    // A read that starts anew starts from the beginning: only jobs are taken over, not records.
    return {
      ...stream,
      ...(key !== undefined && { source_defined_primary_key: key }),
      is_resumable: false,
    } as AirbyteStream;
  }
}
