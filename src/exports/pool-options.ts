import type { ClariClient } from '../clari/client';
import type { Clock } from '../timing';

export interface PoolLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

export interface PoolTiming {
  /** First wait for a slot that Clari refused; doubles up to the poll interval. */
  readonly slotRetryMs: number;
  /**
   * How long a POST under way may still be answered after the sync was told to end, so that its job can be cancelled.
   */
  readonly lastAnswerMs: number;
  /** How long cancelling a job may take when the sync ends. */
  readonly cancelMs: number;
  /** Wait before a broken download is fetched again, and before Clari's job list is asked a second time. */
  readonly secondTryMs: number;
  /** How long after its POST a job may be unknown to Clari, by its id and in the list. */
  readonly visibleWithinMs: number;
  /** How often the log says how the exports stand. */
  readonly reportEveryMs: number;
}

export const POOL_TIMING: PoolTiming = {
  slotRetryMs: 1_000,
  lastAnswerMs: 3_000,
  cancelMs: 3_000,
  secondTryMs: 2_000,
  visibleWithinMs: 30_000,
  reportEveryMs: 60_000,
};

/** How the exports of a sync stand. */
export interface JobCounts {
  /** Exports that the sync has asked for so far. */
  readonly planned: number;
  readonly running: number;
  readonly waiting: number;
  readonly done: number;
  readonly failed: number;
}

export interface PoolOptions {
  readonly client: ClariClient;
  readonly clock: Clock;
  readonly log: PoolLog;
  /** Ends everything: running jobs are cancelled, every export rejects with a ClariError of kind `aborted`. */
  readonly signal: AbortSignal;
  /** The user's own cap on jobs at a time; undefined = what Clari allows. */
  readonly maxConcurrent?: number | undefined;
  /** Ceiling of the poll interval, ms. */
  readonly pollIntervalMs: number;
  /** A free slot is waited for no longer than this, ms: as long as a job may take. */
  readonly slotWaitMs: number;
  /** This is a later attempt of the same sync: what earlier ones paid for is looked up in Clari's job list. */
  readonly laterAttempt?: boolean | undefined;
  readonly timing?: PoolTiming | undefined;
  readonly onProgress?: ((jobs: JobCounts) => void) | undefined;
}
