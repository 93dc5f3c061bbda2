import type { Clock } from '../timing';
import type { ClariJob } from './types';

/** The first wait: a small export's job is done in no time. */
const FIRST_WAIT_MS = 50;
/** A job is expected to take as long as the previous one, times this. */
const USUAL_SLACK = 1.05;

/**
 * How long to wait before each status check of a job: 50 ms, then twice as long each time, up to the interval; plus one
 * check in between, when the job should be done judging by the last one. An organization's exports tend to take equally
 * long, and an idle slot is time lost.
 */
export class Polling {
  private usualMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
  ) {}

  /** The waits for one job, starting now; never ends. */
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

  /** Notes how long a job took according to Clari. */
  learn({ startTime, endTime }: ClariJob): void {
    if (startTime !== null && endTime !== null) this.usualMs = (endTime - startTime) * USUAL_SLACK;
  }
}
