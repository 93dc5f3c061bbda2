import { ClariError, type ClariErrorKind } from '../clari/errors';
import type { ClariJob, ClariLimits } from '../clari/types';
import { DocumentError } from './document';
import type { ExportRequest } from './request';

export const isKind = (error: unknown, ...kinds: ClariErrorKind[]): error is ClariError =>
  error instanceof ClariError && kinds.includes(error.kind);

/** Whether a request failed in a way that leaves open whether it took effect. */
export const isLost = (error: unknown): boolean => error instanceof ClariError && error.landed === 'unknown';

/** An export that was given up: the sync is ending, or the export is no longer wanted. */
export const aborted = ({ label }: Pick<ExportRequest, 'label'>): ClariError =>
  new ClariError(`The export of ${label} was interrupted.`, { kind: 'aborted', landed: 'no' });

/**
 * What a download failed with; a foreseen failure (a broken document, an unusable temporary folder) becomes a
 * ClariError.
 */
export function downloadFailure(error: unknown, what: string): unknown {
  if (error instanceof DocumentError) return brokenResults(error, what);
  return isTemporaryFolderProblem(error) ? temporaryFolderFailure(error) : error;
}

const brokenResults = (cause: DocumentError, what: string): ClariError =>
  new ClariError(
    `Clari's results of ${what} are ${cause.kind === 'truncated' ? 'cut short' : 'not the JSON document they should be'}. ` +
      'Sync again later; if it happens again, report it to Clari.',
    { kind: 'broken_results', detail: cause.message, cause },
  );

/** For a job that the next sync can still use. */
export const timedOut = (error: ClariError, { label }: ExportRequest, { jobId }: Pick<ClariJob, 'jobId'>): ClariError =>
  new ClariError(
    `Clari's job ${jobId} (${label}) is still running. It was left running, and the next sync takes it over; ` +
      'raise "max_poll_attempts" if exports usually take that long.',
    { kind: 'job_timed_out', jobId, detail: error.message, cause: error },
  );

/** Clari has refused an export for too long. Without `limits` we can't tell whether it lacked a slot or quota. */
export function noSlot(
  { label }: ExportRequest,
  waitedMs: number,
  limits: ClariLimits | undefined,
  cause: ClariError,
): ClariError {
  const minutes = Math.max(1, Math.round(waitedMs / 60_000));
  const time = minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return new ClariError(
    limits === undefined
      ? `Clari kept refusing to start the export of ${label} for ${time}: either it has no free slot, or the export quota is used up. Clari doesn't say which; sync again later.`
      : `Clari had no free slot for the export of ${label} within ${time}. Your organization's other exports occupy all of them; sync again later.`,
    { kind: 'export_limit', cause },
  );
}

const FOLDER_CODES = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EMFILE'];

const isTemporaryFolderProblem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error && FOLDER_CODES.includes(String(error.code));

/** The temporary folder can't hold Clari's results. */
export function temporaryFolderFailure(error: unknown): ClariError {
  const code = String((error as NodeJS.ErrnoException).code);
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code);
  return new ClariError(
    full
      ? "The temporary folder is full, so Clari's results can't be kept while they are read. Give the connector more temporary disk space (TMPDIR)."
      : `The temporary folder can't be used (${code}), so Clari's results can't be kept while they are read. Make it writable, or set TMPDIR to a folder that is.`,
    { kind: 'temporary_folder', detail: error instanceof Error ? error.message : code, landed: 'no', cause: error },
  );
}
