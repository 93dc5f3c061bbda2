import type { JobCounts, PoolOptions } from './pool-options';

/** Counts the exports of a sync and logs their state every minute: it is all that people see of a long sync. */
export class ProgressReport {
  private planned = 0;
  private done = 0;
  private failed = 0;
  /** When each running job was started, epoch ms, by job id. */
  private readonly runningSince = new Map<string, number>();
  private reporting: AbortController | undefined;

  constructor(
    private readonly options: PoolOptions,
    private readonly everyMs: number,
    /** How many jobs are running, and how many exports are waiting for theirs. */
    private readonly now: () => Pick<JobCounts, 'running' | 'waiting'>,
  ) {}

  /** Counts an export as planned, and as done or failed once it has ended. */
  async follow(ended: Promise<unknown>): Promise<void> {
    this.planned++;
    this.update();
    if (this.reporting === undefined) {
      this.reporting = new AbortController();
      void this.reportRegularly(this.reporting.signal);
    }
    await ended.then(
      () => this.done++,
      () => this.failed++,
    );
    this.update();
    if (this.done + this.failed < this.planned) return;
    this.reporting?.abort();
    this.reporting = undefined;
  }

  started(jobId: string): void {
    this.runningSince.set(jobId, this.options.clock.now());
    this.update();
  }

  ended(jobId: string): void {
    this.runningSince.delete(jobId);
  }

  update(): void {
    const { planned, done, failed } = this;
    this.options.onProgress?.({ planned, done, failed, ...this.now() });
  }

  private async reportRegularly(ended: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    for (;;) {
      await clock.sleep(this.everyMs, ended);
      if (ended.aborted) return;
      const { running, waiting } = this.now();
      const longestMs = clock.now() - Math.min(...this.runningSince.values());
      log.info(
        `Exports: ${running} running, ${waiting} waiting, ${this.done} of ${this.planned} done` +
          (this.failed > 0 ? `, ${this.failed} failed` : '') +
          // No job is running while Clari has named none yet, or has no slot.
          (this.runningSince.size > 0 ? `; the longest has been running for ${Math.round(longestMs / 1000)} s` : ''),
      );
    }
  }
}
