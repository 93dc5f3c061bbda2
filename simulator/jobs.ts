import { DAY_MS } from './calendar';
import type { ForecastRequest } from './data/forecast-results';
import { ORG_ID } from './data/organization';
import type { FaultPlan, JobOutcome } from './faults';
import { hexOf } from './hash';
import type { ForecastSpec, JobKind, ResolvedOptions } from './options';

const RESULTS_KEPT_MS = 30 * DAY_MS;
const QUOTA_WINDOW_MS = 30 * DAY_MS;

/** What a job is to export, and how it was asked for. */
export interface JobOrder {
  readonly kind: JobKind;
  readonly forecast: ForecastSpec | null;
  /** As asked for; null = none. */
  readonly timePeriod: string | null;
  /** The quarter that resolves to; null for activities. */
  readonly period: string | null;
  /** The request's body as it came, parsed. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly forecastRequest: ForecastRequest | null;
  /** Epoch ms, both included. */
  readonly activityWindow: { readonly from: number; readonly to: number; readonly types: readonly string[] } | null;
  readonly currency: string | null;
}

/** A job, as Clari would know it; its status follows from the clock. */
export class SimulatedJob {
  /** When it was cancelled by request, epoch ms. */
  cancelledAt: number | null = null;
  /** Results gone, whatever the clock says. */
  resultsExpired = false;
  /** How often its results were asked for with success. */
  downloads = 0;
  readonly kind: JobKind;
  readonly forecastId: string | null;
  readonly timePeriod: string | null;
  readonly period: string | null;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(
    readonly jobId: string,
    readonly order: JobOrder,
    readonly outcome: JobOutcome | null,
    readonly submittedAt: number,
    readonly durationMs: number,
    private readonly now: () => number,
  ) {
    this.kind = order.kind;
    this.forecastId = order.forecast?.forecastId ?? null;
    this.timePeriod = order.timePeriod;
    this.period = order.period;
    this.body = order.body;
  }

  /** In the published contract's words, whatever the contract. */
  get status(): string {
    if (this.cancelledAt !== null) return 'CANCELLED';
    const elapsed = this.now() - this.submittedAt;
    if (elapsed < this.durationMs / 3) return 'SCHEDULED';
    const { outcome } = this;
    const word = typeof outcome === 'object' && outcome !== null ? outcome.statusWord : 'STARTED';
    if (this.endTime === null) return word;
    return outcome === 'FAILED' || outcome === 'ABORTED' || outcome === 'CANCELLED' ? outcome : 'DONE';
  }

  /** Epoch ms; null while it runs. */
  get endTime(): number | null {
    if (this.cancelledAt !== null) return this.cancelledAt;
    const { outcome } = this;
    if (outcome === 'NEVER_ENDS') return null;
    if (typeof outcome === 'object' && outcome !== null && outcome.thenDone !== true) return null;
    const end = this.submittedAt + this.durationMs;
    return this.now() < end ? null : end;
  }

  get isRunning(): boolean {
    return this.endTime === null;
  }

  get isDone(): boolean {
    return this.status === 'DONE';
  }

  /** Epoch ms after which the results are gone; null unless it is done. */
  get expiredTime(): number | null {
    if (!this.isDone || this.endTime === null) return null;
    return this.outcome === 'EXPIRED' || this.resultsExpired ? this.endTime : this.endTime + RESULTS_KEPT_MS;
  }

  get isExpired(): boolean {
    return this.expiredTime !== null && this.now() >= this.expiredTime;
  }

  /** `clari_export_<forecastId>_<period><orgId>_<yyyymmdd>_<hhmmss>.json`: nothing separates period and organization. */
  get fileName(): string {
    const [day = '', time = ''] = new Date(this.submittedAt).toISOString().slice(0, 19).replace(/[-:]/g, '').split('T');
    const subject = this.kind === 'forecast' ? `${this.forecastId}_${this.period}` : this.kind;
    return `clari_export_${subject}${ORG_ID}_${day}_${time}.json`;
  }
}

/** Every job, and the limits of the organization. */
export class JobBook {
  readonly all: SimulatedJob[] = [];
  foreignRunning: number;
  /** The most jobs of ours that ever ran at a time. */
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

  /** Queues a job, whatever the limits say. */
  submit(order: JobOrder, currentPeriod: string): SimulatedJob {
    const { options } = this;
    const forecastId = order.forecast?.forecastId ?? null;
    const { kind, timePeriod } = order;
    const outcome = this.faults.takeForJob({ kind, forecastId, timePeriod, period: order.period });
    const period = outcome === 'WRONG_PERIOD' ? currentPeriod : order.period;
    const index = this.all.length;
    const duration = options.jobDurationMs;
    const durationMs =
      typeof duration === 'number' ? duration : duration({ kind, forecastId, timePeriod, period, index });
    const submittedAt = options.now();
    const jobId = newJobId(options.contract, submittedAt, index);
    const job = new SimulatedJob(jobId, { ...order, period }, outcome, submittedAt, durationMs, options.now);
    this.all.push(job);
    this.peakRunning = Math.max(this.peakRunning, this.running().length);
    return job;
  }

  /** Whether a limit would refuse another job. */
  get limitReached(): boolean {
    return this.availableConcurrent <= 0 || this.availableQuota <= 0;
  }

  get availableConcurrent(): number {
    return Math.max(0, this.options.concurrentLimit - this.foreignRunning - this.running().length);
  }

  get availableQuota(): number {
    return Math.max(0, this.options.monthlyQuota - this.usedByOthers - this.counted().length);
  }

  /** Lets other people use, or give back, as much quota as makes `available` be left. */
  setAvailableQuota(available: number): void {
    this.usedByOthers = this.options.monthlyQuota - this.counted().length - available;
  }

  /** The body of `GET /admin/limits`; ids are of the whole organization, as the numbers are. */
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

  /** The job of that id, unless it was forgotten. */
  find(jobId: string): SimulatedJob | undefined {
    return this.forgotten.has(jobId) ? undefined : this.all.find((job) => job.jobId === jobId);
  }

  /** What the jobs list shows. */
  listed(): SimulatedJob[] {
    return this.all.filter((job) => !this.hidden.has(job.jobId) && !this.forgotten.has(job.jobId));
  }

  /** Cancels it and gives its quota back; false when it has ended already. */
  cancel(job: SimulatedJob): boolean {
    if (!job.isRunning) return false;
    job.cancelledAt = this.options.now();
    return true;
  }

  hideAll(): void {
    for (const job of this.all) this.hidden.add(job.jobId);
  }

  forget(jobId: string): void {
    this.forgotten.add(jobId);
  }

  running(): SimulatedJob[] {
    return this.all.filter((job) => job.isRunning);
  }

  private counted(): SimulatedJob[] {
    const since = this.options.now() - QUOTA_WINDOW_MS;
    return this.all.filter((job) => job.cancelledAt === null && job.submittedAt > since);
  }
}

function newJobId(contract: ResolvedOptions['contract'], time: number, index: number): string {
  if (contract === 'listed') return `job-${hexOf(`${time} ${index}`, 8)}${index}`;
  const seconds = Math.floor(time / 1000)
    .toString(16)
    .padStart(8, '0');
  return `${seconds}c3b2a1908d${(0x7e6f55 + index).toString(16)}`;
}
