import type { AirbyteLogger, StreamKey } from 'faros-airbyte-cdk';
import { ProtocolStream, type StreamReadRequest } from '../airbyte/stream';
import { isKind } from '../exports/failures';
import { schemaOf } from '../resources';
import type { StreamContext } from './context';
import { toSyncError } from './failures';
import type { SharedRead } from './shared-read';

/** Keys of this connector's states: each state holds at least one of them. */
const STATE_KEYS = ['forecasts', 'settings', 'pendingJobs', 'submitting', 'date', 'eventTimestamp'];

/** Everything about a stream except its schema, which is in `resources/schemas/<name>.json`. */
export interface StreamDefinition {
  readonly name: string;
  readonly primaryKey?: readonly string[];
  /** Absent if the stream supports only full refresh. */
  readonly cursorField?: string;
  /** The read it joins, if it shares one with other streams. */
  shares?(context: StreamContext): Pick<SharedRead, 'leave'>;
  /** Reads the stream: pushes records and states into `request.output`, in batches, awaiting each push. */
  read(context: StreamContext, request: StreamReadRequest): Promise<void>;
}

/** A definition as the read loop and the catalog see it. */
export class ClariStream extends ProtocolStream {
  constructor(
    logger: AirbyteLogger,
    private readonly definition: StreamDefinition,
    private readonly context: () => StreamContext,
  ) {
    super(logger);
  }

  override get name(): string {
    return this.definition.name;
  }

  override get primaryKey(): StreamKey | undefined {
    return this.definition.primaryKey?.map((column) => [column]);
  }

  override get cursorField(): string | string[] {
    return this.definition.cursorField ?? [];
  }

  override get stateKeys(): readonly string[] {
    return STATE_KEYS;
  }

  override getJsonSchema(): Record<string, unknown> {
    return schemaOf(this.name);
  }

  override async read(request: StreamReadRequest): Promise<void> {
    const context = this.context();
    const leave = context.rateLimit.watch(request.output);
    try {
      await this.definition.read(context, request);
    } catch (error) {
      // A rejected key is no stream's own failure.
      throw toSyncError(error, isKind(error, 'invalid_key') ? undefined : `Stream ${this.name}`);
    } finally {
      leave();
    }
  }

  override leave(): void {
    this.definition.shares?.(this.context()).leave(this.name);
  }

  /** The CDK's way of reading isn't used: the read loop pushes. */
  override readRecords(): AsyncGenerator<Record<string, unknown>> {
    throw new Error('use ClariSource.read');
  }
}
