import type { StreamOutput } from '../airbyte/stream';
import type { Clock } from '../timing';

/** A shorter wait is over before anyone could read about it. */
const WORTH_REPORTING_MS = 1_000;

/** Tells every stream being read when Clari refuses requests as too many, and when that is over. */
export class RateLimit {
  private readonly reading = new Set<StreamOutput>();
  /** Epoch ms. */
  private until = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {}

  /** Reports to `output` too, until the returned function is called. */
  watch(output: StreamOutput): () => void {
    this.reading.add(output);
    return () => this.reading.delete(output);
  }

  /** A request was refused and waits for `delayMs`. Simultaneous waits count as one, the longest. */
  async refused(delayMs: number): Promise<void> {
    const until = this.clock.now() + delayMs;
    if (delayMs < WORTH_REPORTING_MS || until <= this.until) return;
    this.until = until;
    for (const output of this.reading) output.rateLimited(until);
    await this.clock.sleep(delayMs, this.signal);
    if (this.until === until) for (const output of this.reading) output.rateLimited(null);
  }
}
