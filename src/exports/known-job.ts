import type { ClariJob } from '../clari/types';
import { isKind } from './failures';
import type { PoolOptions, PoolTiming } from './pool-options';

/** How many denials in a row it takes to believe them, once a job has had time to become visible. */
const MAX_DENIALS = 3;

/**
 * A job as Clari shows it now; undefined when Clari doesn't know it, or doesn't show it to this key. One such answer
 * proves nothing: to believe it would mean paying for the export again. `submittedAt`: epoch ms on Clari's clock; NaN
 * if unknown.
 */
export async function knownJob(
  { client, clock, signal }: Pick<PoolOptions, 'client' | 'clock' | 'signal'>,
  jobId: string,
  submittedAt: number,
  { secondTryMs, visibleWithinMs }: PoolTiming,
): Promise<ClariJob | undefined> {
  for (let denials = 0; ; ) {
    try {
      return await client.getJob(jobId, { signal });
    } catch (error) {
      if (!isKind(error, 'unknown_job', 'job_not_readable')) throw error;
      const ageMs = client.now() - submittedAt;
      const isYoung = ageMs >= 0 && ageMs <= visibleWithinMs;
      if (++denials >= MAX_DENIALS && !isYoung) return undefined;
      await clock.sleep(secondTryMs, signal);
    }
  }
}

/** Why a job is no longer usable, as the end of a sentence; undefined while it runs or has results. `now`: epoch ms. */
export function whyUseless(job: ClariJob | undefined, now: number): string | undefined {
  if (job === undefined) return 'is no longer known to Clari';
  if (job.expiredTime !== null && job.expiredTime <= now) return 'has expired';
  return job.phase === 'failed' || job.phase === 'cancelled' ? `ended as ${job.status}` : undefined;
}
