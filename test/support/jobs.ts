import { ClariError, type ClariErrorKind } from '../../src/clari/errors';
import type { ClariJob } from '../../src/clari/types';

/** A finished job about which Clari says nothing more. */
export const job = (jobId: string, changes: Partial<ClariJob> = {}): ClariJob => ({
  jobId,
  status: 'DONE',
  phase: 'succeeded',
  title: null,
  module: null,
  fileName: null,
  fileType: null,
  currency: null,
  startTime: null,
  endTime: null,
  expiredTime: null,
  rowsTruncated: false,
  cellsTruncated: false,
  downloadUrl: null,
  error: null,
  ...changes,
});

export const running = (jobId: string, changes: Partial<ClariJob> = {}): ClariJob =>
  job(jobId, { status: 'STARTED', phase: 'running', ...changes });

export const error = (kind: ClariErrorKind, more: { landed?: 'no' | 'unknown' } = {}): ClariError =>
  new ClariError(`it is ${kind}`, { kind, ...more });
