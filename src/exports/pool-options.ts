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
  /** How long a POST under way may still answer after the sync was told to end, so that its job can be cancelled. */
  readonly lastAnswerMs: number;
  /** How long cancelling a job may take when the sync ends. */
  readonly cancelMs: number;
  /** Wait before a broken download is fetched again, and before a lost job is looked for a second time. */
  readonly secondLookMs: number;
}

export const POOL_TIMING: PoolTiming = {
  slotRetryMs: 1_000,
  lastAnswerMs: 3_000,
  cancelMs: 3_000,
  secondLookMs: 2_000,
};

export interface JobCounts {
  readonly running: number;
  readonly waiting: number;
  readonly done: number;
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
  readonly timing?: PoolTiming | undefined;
  readonly onProgress?: ((jobs: JobCounts) => void) | undefined;
}
