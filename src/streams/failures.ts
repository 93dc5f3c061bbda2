import { type FailureType, SyncError, unforeseen } from '../airbyte/stream';
import { ClariError, type ClariErrorKind } from '../clari/errors';
import { type Day, yearsBefore } from '../days';
import type { QuotaExhausted } from '../exports/request';

/** Who can fix each kind of failure. */
const FAILURE_TYPES: Record<ClariErrorKind, FailureType> = {
  invalid_key: 'config_error',
  no_optin: 'config_error',
  forbidden: 'config_error',
  unknown_forecast: 'config_error',
  type_not_supported: 'config_error',
  no_such_path: 'config_error',
  bad_request: 'config_error',
  truncated: 'config_error',
  unknown_period: 'config_error',
  export_limit: 'transient_error',
  quota_exhausted: 'transient_error',
  broken_results: 'transient_error',
  temporary_folder: 'transient_error',
  unknown_job: 'transient_error',
  job_not_readable: 'transient_error',
  rate_limited: 'transient_error',
  server_error: 'transient_error',
  network: 'transient_error',
  timeout: 'transient_error',
  unexpected_answer: 'transient_error',
  job_failed: 'transient_error',
  job_timed_out: 'transient_error',
  aborted: 'transient_error',
};

/** Whether every other export of the same forecast would fail the same way. */
export const isForecastFailure = (error: unknown): boolean =>
  error instanceof ClariError &&
  ['unknown_forecast', 'no_optin', 'forbidden', 'type_not_supported'].includes(error.kind);

/**
 * A failure as Airbyte should show it. `subject` says which part of the stream failed: `Forecast "net_new", quarter
 * 2027_Q3`.
 */
export function toSyncError(error: unknown, subject?: string): SyncError {
  if (error instanceof SyncError) return error;
  const prefix = subject === undefined ? '' : `${subject}: `;
  if (error instanceof ClariError) {
    return new SyncError(prefix + error.message, {
      failureType: FAILURE_TYPES[error.kind],
      internalMessage: error.detail,
      endsSync: error.kind === 'invalid_key',
      cause: error,
    });
  }
  return unforeseen(error, prefix);
}

/**
 * One failure for everything in a stream that a used-up quota left undone. `mayWantMore`: the quarters of a forecast
 * aren't known yet.
 */
export const quotaFailure = (
  { message, freesUpOn, detail }: QuotaExhausted,
  wanted: number,
  mayWantMore = false,
): SyncError =>
  new SyncError(
    `${message} This stream still needs ${mayWantMore ? 'at least ' : ''}${wanted} ${wanted === 1 ? 'export' : 'exports'}. ` +
      'What was exported is kept, and the next sync continues from there once quota is available again' +
      `${freesUpOn === undefined ? '' : `: the oldest export of this key's user leaves the 30-day window on ${freesUpOn}`}. You can also ask Clari for more.`,
    { failureType: 'transient_error', internalMessage: detail },
  );

/**
 * No state this connector writes goes further back. An edited one might, and every quarter or month since would cost an
 * export.
 */
const OLDEST_STATE_YEARS = 20;

/** The first day a state may go back to. */
export const oldestStateDay = (today: Day): Day => yearsBefore(today, OLDEST_STATE_YEARS);

/** What is wrong with a state that goes back to `start`, before that day. */
export const tooFarBack = (start: string, period: 'month' | 'quarter'): string =>
  `must be no more than ${OLDEST_STATE_YEARS} years in the past (${start}; each ${period} costs an export)`;

/** A state that can't be used, with everything that is wrong with it. */
export const stateProblem = (stream: string, problems: readonly string[]): SyncError =>
  new SyncError(
    `The state of the stream ${stream} can't be used: ${problems.join('; ')}. Clear the stream, or correct the state.`,
    { failureType: 'config_error' },
  );
