import type { Clock } from '../timing';
import { requireWhole } from './entries/results';
import { ClariError, type ClariErrorKind } from './errors';
import type { Polling } from './polling';
import type { CallOptions, ClariJob } from './types';

/** How Clari answers for a job it doesn't know yet, or no longer knows. */
const NOT_VISIBLE: readonly ClariErrorKind[] = ['unknown_job', 'job_not_readable', 'no_such_path'];
/** After this many such answers in a row they are believed, once the job has had time to become visible. */
const MAX_NOT_VISIBLE = 3;

export interface JobWatchOptions {
  readonly clock: Clock;
  readonly polling: Polling;
  /** The number of status checks after which a job counts as timed out. */
  readonly maxChecks: number;
  /** How long a job may be invisible after `watchJob` was called, ms. */
  readonly visibleWithinMs: number;
  readonly getJob: (jobId: string, call: CallOptions) => Promise<ClariJob>;
}

/** Checks a job's status until it is done. See `ClariClient.waitForJob`. */
export async function watchJob(
  jobId: string,
  { clock, polling, maxChecks, visibleWithinMs, getJob }: JobWatchOptions,
  { signal }: CallOptions,
): Promise<ClariJob> {
  const calledAt = clock.now();
  const waits = polling.waits();
  let status = 'not visible';
  let notVisible = 0;
  for (let check = 1; check <= maxChecks; check++) {
    await clock.sleep(waits.next().value, signal);
    const job = await getJob(jobId, { signal }).catch((error: unknown) => {
      if (!isNotVisible(error)) throw error;
      if (clock.now() - calledAt > visibleWithinMs && ++notVisible === MAX_NOT_VISIBLE) throw error;
      return undefined;
    });
    if (job === undefined) continue;
    notVisible = 0;
    if (job.phase !== 'running') {
      polling.learn(job);
      return requireWhole(job);
    }
    status = job.status;
  }
  throw new ClariError(
    `Clari's job ${jobId} was still ${status} after ${maxChecks} status checks. ` +
      'Sync again later, or raise "max_poll_attempts".',
    { kind: 'job_timed_out', jobId },
  );
}

const isNotVisible = (error: unknown): boolean => error instanceof ClariError && NOT_VISIBLE.includes(error.kind);
