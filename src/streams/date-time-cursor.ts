import { type StreamState, SyncError } from '../airbyte/stream';

/** The cursor of a stream whose state holds one date-time; undefined when there is none yet. Throws a config error when it is none. */
export function dateTimeCursor(stream: string, state: StreamState | undefined, key: string): string | undefined {
  const cursor = state?.[key];
  if (cursor === undefined || cursor === null) return undefined;
  if (typeof cursor === 'string' && !Number.isNaN(Date.parse(cursor))) return cursor;
  throw new SyncError(
    `The state of the stream ${stream} can't be used: ${key}: must be an ISO 8601 date-time. Reset the stream, or correct the state.`,
    { failureType: 'config_error' },
  );
}
