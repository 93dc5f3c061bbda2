import { DAY_MS } from './calendar';
import type { FaultPlan, JobOutcome } from './faults';
import { hexOf } from './hash';
import { type JobOrder, type JobSetup, SimulatedJob } from './jobs';
import type { JobRequest, ResolvedOptions } from './options';

const QUOTA_WINDOW_MS = 30 * DAY_MS;
/** How far back the jobs list goes. */
const LISTED_MS = 30 * DAY_MS;

/** Every job, and the organization's limits. */
export class JobBook {
  /** Jobs submitted to the simulator. */
  readonly all: SimulatedJob[] = [];
  /** Jobs started by another connection of the same user. */
  readonly foreign: SimulatedJob[] = [];
  foreignRunning: number;
  /** The most of our jobs that ever ran at once. */
  peakRunning = 0;
  private usedByOthers: number;
  private readonly hidden = new Set<string>();
  private readonly forgotten = new Set<string>();

  constructor(
    private readonly options: ResolvedOptions,
    private readonly faults: FaultPlan,
  ) {
    this.foreignRunning = options.foreignRunning;
    this.usedByOthers = options.usedQuota;
  }

  /** Queues a job regardless of the limits. */
  submit(order: JobOrder, currentPeriod: string): SimulatedJob {
    const { options } = this;
    const forecastId = order.forecast?.forecastId ?? null;
    const { kind, timePeriod } = order;
    const outcome = this.faults.takeForJob({ kind, forecastId, timePeriod, period: order.period });
    const period = outcome === 'WRONG_PERIOD' ? currentPeriod : order.period;
    const index = this.all.length;
    const subject: JobRequest = { kind, forecastId, timePeriod, period, index };
    const submittedAt = options.now();
    const job = new SimulatedJob({
      jobId: newJobId(options.contract, submittedAt, index),
      order: { ...order, period },
      outcome,
      submittedAt,
      durationMs: valueFor(options.jobDurationMs, subject),
      now: options.now,
      skewMs: options.clockSkewMs,
      hidden: hiddenBy(options, outcome, subject),
    });
    this.all.push(job);
    this.peakRunning = Math.max(this.peakRunning, this.all.filter((each) => each.isRunning).length);
    return job;
  }

  /** Adds a job that another connection started at `submittedAt` and that keeps the status `fixedStatus`. */
  addForeign(order: JobOrder, submittedAt: number, fixedStatus: string): SimulatedJob {
    const { options } = this;
    const { kind, timePeriod, period } = order;
    const forecastId = order.forecast?.forecastId ?? null;
    const index = this.foreign.length;
    const job = new SimulatedJob({
      jobId: newJobId(options.contract, submittedAt, FOREIGN_IDS_FROM + index),
      order,
      outcome: null,
      submittedAt,
      durationMs: valueFor(options.jobDurationMs, { kind, forecastId, timePeriod, period, index }),
      now: options.now,
      skewMs: options.clockSkewMs,
      hidden: { forMs: 0, answer: options.visibilityLagAnswer },
      fixedStatus,
    });
    this.foreign.push(job);
    return job;
  }

  /** Whether a limit rules out another job. */
  get limitReached(): boolean {
    return this.availableConcurrent <= 0 || this.availableQuota <= 0;
  }

  get availableConcurrent(): number {
    return Math.max(0, this.options.concurrentLimit - this.foreignRunning - this.running().length);
  }

  get availableQuota(): number {
    return Math.max(0, this.options.monthlyQuota - this.usedByOthers - this.counted().length);
  }

  /** Lets other people use, or give back, quota until `available` is left. */
  setAvailableQuota(available: number): void {
    this.usedByOthers = this.options.monthlyQuota - this.counted().length - available;
  }

  /** The body of `GET /admin/limits`; its ids, like its numbers, cover the whole organization. */
  limits(): object {
    const foreign = Array.from({ length: Math.max(0, this.usedByOthers, this.foreignRunning) }, (_, index) =>
      hexOf(`foreign ${index}`, 24),
    );
    const running = [...this.running().map((job) => job.jobId), ...foreign.slice(0, this.foreignRunning)];
    return {
      jobs: {
        concurrentLimit: this.options.concurrentLimit,
        monthlyQuota: this.options.monthlyQuota,
        ...(running.length === 0 ? {} : { runningJobIds: running }),
        submittedJobIds: [...this.counted().map((job) => job.jobId), ...foreign],
        availableConcurrentLimit: this.availableConcurrent,
        availableMonthlyQuota: this.availableQuota,
      },
    };
  }

  /** The job with that id, unless it was forgotten. */
  find(jobId: string): SimulatedJob | undefined {
    return this.forgotten.has(jobId) ? undefined : this.everyJob().find((job) => job.jobId === jobId);
  }

  /** What the jobs list shows: this user's jobs of the last 30 days, oldest first. */
  listed(): SimulatedJob[] {
    const since = this.options.now() - LISTED_MS;
    const isShown = (job: SimulatedJob): boolean =>
      job.submittedAt > since &&
      job.hiddenAnswer === undefined &&
      !this.hidden.has(job.jobId) &&
      !this.forgotten.has(job.jobId);
    return this.everyJob()
      .filter(isShown)
      .sort((a, b) => a.submittedAt - b.submittedAt);
  }

  /** Cancels it and gives its quota back; false if it has already ended. */
  cancel(job: SimulatedJob): boolean {
    if (!job.isRunning) return false;
    job.cancelledAt = this.options.now();
    return true;
  }

  hideAll(): void {
    for (const job of this.everyJob()) this.hidden.add(job.jobId);
  }

  forget(jobId: string): void {
    this.forgotten.add(jobId);
  }

  running(): SimulatedJob[] {
    return this.everyJob().filter((job) => job.isRunning);
  }

  private everyJob(): SimulatedJob[] {
    return [...this.foreign, ...this.all];
  }

  /** What the quota counts: the jobs of the last 30 days, except cancelled ones. */
  private counted(): SimulatedJob[] {
    const since = this.options.now() - QUOTA_WINDOW_MS;
    return this.everyJob().filter((job) => job.status !== 'CANCELLED' && job.submittedAt > since);
  }
}

/** Foreign jobs are numbered from here, so that ids are unique. */
const FOREIGN_IDS_FROM = 0x100000;

const valueFor = (value: number | ((job: JobRequest) => number), job: JobRequest): number =>
  typeof value === 'number' ? value : value(job);

function hiddenBy(options: ResolvedOptions, outcome: JobOutcome | null, job: JobRequest): JobSetup['hidden'] {
  const answer = options.visibilityLagAnswer;
  if (typeof outcome === 'object' && outcome !== null && 'hiddenForMs' in outcome) {
    return { forMs: outcome.hiddenForMs, answer: outcome.answer ?? answer };
  }
  return { forMs: valueFor(options.visibilityLagMs, job), answer };
}

function newJobId(contract: ResolvedOptions['contract'], time: number, index: number): string {
  if (contract === 'listed') return `job-${hexOf(`${time} ${index}`, 8)}${index}`;
  const seconds = Math.floor(time / 1000)
    .toString(16)
    .padStart(8, '0');
  return `${seconds}c3b2a1908d${(0x7e6f55 + index).toString(16)}`;
}
