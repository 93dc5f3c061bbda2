import type { ClariClient } from '../clari/client';
import type { Clock } from '../timing';

export interface PoolLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

export interface PoolTiming {
  /** First wait after Clari refused a slot; doubles up to the poll interval. */
  readonly slotRetryMs: number;
  /**
   * How long to wait for the answer to a POST in flight when the sync is told to end, so that its job can be cancelled.
   */
  readonly lastAnswerMs: number;
  /** How long cancelling a job may take when the sync ends. */
  readonly cancelMs: number;
  /** Wait before fetching a broken download again, and before asking for Clari's job list a second time. */
  readonly secondTryMs: number;
  /** How long after its POST a job may still be unknown to Clari, both by its id and in the list. */
  readonly visibleWithinMs: number;
  /** How often the log reports the state of the exports. */
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

/** The state of a sync's exports. */
export interface JobCounts {
  /** Exports the sync has asked for so far. */
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
  /** The user's cap on concurrent jobs; undefined = what Clari allows. */
  readonly maxConcurrent?: number | undefined;
  /** Ceiling of the poll interval, ms. */
  readonly pollIntervalMs: number;
  /** The longest wait for a free slot, ms: as long as a job may take. */
  readonly slotWaitMs: number;
  /**
   * Whether this is a later attempt of the same sync: then Clari's job list is searched for what earlier ones paid for.
   */
  readonly laterAttempt?: boolean | undefined;
  readonly timing?: PoolTiming | undefined;
  readonly onProgress?: ((jobs: JobCounts) => void) | undefined;
}
