import { ClariError } from '../clari/errors';
import type { ClariJob } from '../clari/types';
import type { DocumentError } from './document';
import type { ExportRequest } from './request';

export const isKind = (error: unknown, ...kinds: ClariError['kind'][]): error is ClariError =>
  error instanceof ClariError && kinds.includes(error.kind);

/** Whether a request failed without it being known whether it took effect. */
export const isLost = (error: unknown): boolean => error instanceof ClariError && error.landed === 'unknown';

/** An export that was given up: the sync ends, or nobody wants it any more. */
export const aborted = ({ label }: ExportRequest): ClariError =>
  new ClariError(`The export of ${label} was interrupted.`, { kind: 'aborted' });

/** Results that arrived broken for the last time. */
export const brokenResults = (
  { label }: ExportRequest,
  { jobId }: ClariJob,
  cause: DocumentError,
  downloads: number,
): ClariError =>
  new ClariError(
    `Clari's results of job ${jobId} (${label}) are ${cause.kind === 'truncated' ? 'cut short' : 'not the JSON they should be'}, ` +
      `${downloads} times in a row. Sync again later; if it stays so, tell Clari the job's id.`,
    { kind: 'unexpected_answer', jobId, detail: cause.message, cause },
  );
