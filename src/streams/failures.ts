import { type FailureType, SyncError } from '../airbyte/stream';
import { ClariError, type ClariErrorKind } from '../clari/errors';
import type { QuotaExhaustedError } from '../exports/request';

/** Who can mend each kind of failure. */
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

/** Failures that every other export of the same forecast would meet as well. */
export const isForecastFailure = (error: unknown): boolean =>
  error instanceof ClariError &&
  ['unknown_forecast', 'no_optin', 'forbidden', 'bad_request', 'type_not_supported'].includes(error.kind);

/** A failure as Airbyte is to show it. `subject` says what of the stream failed: `Forecast "net_new", quarter 2027_Q3`. */
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
  if (isErrno(error) && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
    return new SyncError(
      `${prefix}The temporary folder is full, so Clari's results can't be kept while they are read. Give the connector more temporary disk space (TMPDIR).`,
      { failureType: 'transient_error', internalMessage: error.message, cause: error },
    );
  }
  return new SyncError(
    `${prefix}The connector met something it doesn't expect; please report it with the sync's log.`,
    {
      failureType: 'system_error',
      internalMessage: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      cause: error,
    },
  );
}

/** One failure for everything that a used-up quota has left undone. */
export function quotaFailure({ limits }: QuotaExhaustedError, wanted: number): SyncError {
  const used = limits.monthlyQuota - limits.availableMonthlyQuota;
  return new SyncError(
    `Clari's export quota is used up: ${used} of ${limits.monthlyQuota} exports in the last 30 days, and this stream still wants ${wanted}. ` +
      'What was exported is kept; the next sync goes on from there when quota is free again, or ask Clari for more.',
    { failureType: 'transient_error' },
  );
}

const isErrno = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'code' in error;
