import type { Clock } from '../timing';
import type { ClariJob } from './types';

/** Where polling a job begins: the job of a small export is done in no time. */
const FIRST_WAIT_MS = 50;
/** A job is expected to take as long as the one before, times this. */
const USUAL_SLACK = 1.05;

/**
 * How long to wait before each status check of a job: 50 ms, then twice as long each time, up to the interval; and once
 * in between, when the job should be done by what the last one took. Exports of one organization tend to take equally
 * long, and a slot that stands empty is time lost.
 */
export class Polling {
  private usualMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
  ) {}

  /** The waits for one job, from now on; there is always another. */
  *waits(): Generator<number, never> {
    const since = this.clock.now();
    let waitMs = Math.min(FIRST_WAIT_MS, this.intervalMs);
    for (;;) {
      const expectedMs = this.usualMs - (this.clock.now() - since);
      if (expectedMs > 0 && expectedMs < waitMs) yield expectedMs;
      else {
        yield waitMs;
        waitMs = Math.min(waitMs * 2, this.intervalMs);
      }
    }
  }

  /** Notes how long a job took, by Clari's own account. */
  learn({ startTime, endTime }: ClariJob): void {
    if (startTime !== null && endTime !== null) this.usualMs = (endTime - startTime) * USUAL_SLACK;
  }
}
