import { SyncError, unforeseen } from './stream';

/** Messages today's Airbyte expects that the CDK has no types for. */

export type StreamStatus = 'STARTED' | 'RUNNING' | 'COMPLETE' | 'INCOMPLETE';

type Message = Readonly<Record<string, unknown>>;

/** Final state of a stream without a cursor; when read back, it counts as no state. */
export const NO_CURSOR_STATE = { __ab_no_cursor_state_message: true } as const;

export const statusMessage = (name: string, status: StreamStatus, now: number, rateLimitedUntil?: number): Message => ({
  type: 'TRACE',
  trace: {
    type: 'STREAM_STATUS',
    emitted_at: now,
    stream_status: {
      stream_descriptor: { name },
      status,
      ...(rateLimitedUntil !== undefined && {
        reasons: [{ type: 'RATE_LIMITED', rate_limited: { quota_reset: rateLimitedUntil } }],
      }),
    },
  },
});

export const stateMessage = (name: string, state: object, recordCount: number): Message => ({
  type: 'STATE',
  state: { type: 'STREAM', stream: { stream_descriptor: { name }, stream_state: state }, sourceStats: { recordCount } },
});

/**
 * A failure as a TRACE ERROR. An unforeseen error becomes a `system_error` with a generic sentence; only a
 * `system_error` has a stack.
 */
export function errorMessage(error: unknown, now: number, stream?: string): Message {
  const known = error instanceof SyncError ? error : unforeseen(error);
  const { message, internalMessage, failureType } = known;
  const stack = failureType === 'system_error' ? ((known.cause as Error | undefined)?.stack ?? known.stack) : undefined;
  return {
    type: 'TRACE',
    trace: {
      type: 'ERROR',
      emitted_at: now,
      error: {
        message,
        internal_message: internalMessage,
        ...(stack !== undefined && { stack_trace: stack }),
        failure_type: failureType,
        ...(stream !== undefined && { stream_descriptor: { name: stream } }),
      },
    },
  };
}
