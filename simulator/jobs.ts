import { DAY_MS } from './calendar';
import type { ForecastRequest } from './data/forecast-request';
import { ORG_ID } from './data/organization';
import type { JobOutcome } from './faults';
import type { ForecastSpec, JobKind, UnknownJobAnswer } from './options';

const RESULTS_KEPT_MS = 30 * DAY_MS;
/**
 * The Date header has only whole seconds: what has expired must be expired for a client that goes by it, too.
 */
const CLOCK_STEP_MS = 2_000;
/** How a job ends. */
const ENDINGS: readonly string[] = ['DONE', 'FAILED', 'ABORTED', 'CANCELLED'];

/** What a job exports, and how it was requested. */
export interface JobOrder {
  readonly kind: JobKind;
  readonly forecast: ForecastSpec | null;
  /** As requested; null = none. */
  readonly timePeriod: string | null;
  /** The quarter that resolves to; null for activities. */
  readonly period: string | null;
  /** The request's body, parsed. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly forecastRequest: ForecastRequest | null;
  /** Epoch ms, both inclusive. */
  readonly activityWindow: { readonly from: number; readonly to: number; readonly types: readonly string[] } | null;
  readonly currency: string | null;
}

/** What is fixed about a job when it is submitted. */
export interface JobSetup {
  readonly jobId: string;
  readonly order: JobOrder;
  readonly outcome: JobOutcome | null;
  /** Epoch ms. */
  readonly submittedAt: number;
  readonly durationMs: number;
  readonly now: () => number;
  /** How far Clari's clock is ahead of `now`. */
  readonly skewMs: number;
  /** How long the job is unknown, and what requests for it get meanwhile. */
  readonly hidden: { readonly forMs: number; readonly answer: UnknownJobAnswer };
  /** A status that never changes. */
  readonly fixedStatus?: string;
}

/** A job as Clari knows it; its status depends on the clock. Times are by `now`, without Clari's skew. */
export class SimulatedJob {
  /** When it was cancelled by request, epoch ms. */
  cancelledAt: number | null = null;
  /** The results are gone early. */
  resultsExpired = false;
  /** How often its results were successfully requested. */
  downloads = 0;
  readonly jobId: string;
  readonly order: JobOrder;
  readonly outcome: JobOutcome | null;
  readonly submittedAt: number;
  readonly durationMs: number;
  readonly kind: JobKind;
  readonly forecastId: string | null;
  readonly timePeriod: string | null;
  readonly period: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  /** Status checks since its end. */
  private checks = 0;
  private refusals = 0;

  constructor(private readonly setup: JobSetup) {
    const { jobId, order, outcome, submittedAt, durationMs } = setup;
    this.jobId = jobId;
    this.order = order;
    this.outcome = outcome;
    this.submittedAt = submittedAt;
    this.durationMs = durationMs;
    this.kind = order.kind;
    this.forecastId = order.forecast?.forecastId ?? null;
    this.timePeriod = order.timePeriod;
    this.period = order.period;
    this.body = order.body;
  }

  /** In the published contract's words, in either contract. */
  get status(): string {
    if (this.cancelledAt !== null) return 'CANCELLED';
    const { outcome } = this;
    const { fixedStatus, now } = this.setup;
    if (fixedStatus !== undefined) return fixedStatus;
    if (now() - this.submittedAt < this.durationMs / 3) return 'SCHEDULED';
    if (this.endTime === null) return oddWordOf(outcome)?.statusWord ?? 'STARTED';
    return outcome === 'FAILED' || outcome === 'ABORTED' || outcome === 'CANCELLED' ? outcome : 'DONE';
  }

  /** Epoch ms; null while it runs. */
  get endTime(): number | null {
    if (this.cancelledAt !== null) return this.cancelledAt;
    const { outcome } = this;
    const { fixedStatus, now } = this.setup;
    const end = this.submittedAt + this.durationMs;
    if (fixedStatus !== undefined) return ENDINGS.includes(fixedStatus) ? end : null;
    if (outcome === 'NEVER_ENDS' || oddWordOf(outcome)?.thenDone === false) return null;
    if (outcome === 'FLAPPING' && this.checks === 1) return null;
    return now() < end ? null : end;
  }

  /** Counts a status check: a flapping job runs again once a check has shown its end. */
  countCheck(): void {
    if (this.endTime !== null || this.checks > 0) this.checks += 1;
  }

  /** Whether existing results are refused this time. */
  refusesResults(): boolean {
    if (this.outcome !== 'RESULTS_REFUSED_ONCE' || this.refusals > 0) return false;
    this.refusals += 1;
    return true;
  }

  /** What requests for it get while it is unknown; undefined once it is known. */
  get hiddenAnswer(): UnknownJobAnswer | undefined {
    const { hidden, now } = this.setup;
    return now() < this.submittedAt + hidden.forMs ? hidden.answer : undefined;
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
    return this.outcome === 'EXPIRED' || this.resultsExpired
      ? this.endTime - CLOCK_STEP_MS
      : this.endTime + RESULTS_KEPT_MS;
  }

  get isExpired(): boolean {
    return this.expiredTime !== null && this.setup.now() >= this.expiredTime;
  }

  /** Converts a time by `now` (epoch ms) to Clari's clock. */
  skewed(time: number): number {
    return time + this.setup.skewMs;
  }

  /**
   * `clari_export_<forecastId>_<period><orgId>_<yyyymmdd>_<hhmmss>.json`: nothing separates period and organization.
   */
  get fileName(): string {
    const startedAt = new Date(this.skewed(this.submittedAt)).toISOString().slice(0, 19);
    const [day = '', time = ''] = startedAt.replace(/[-:]/g, '').split('T');
    const subject = this.kind === 'forecast' ? `${this.forecastId}_${this.period}` : this.kind;
    return `clari_export_${subject}${ORG_ID}_${day}_${time}.json`;
  }
}

function oddWordOf(outcome: JobOutcome | null): { statusWord: string; thenDone: boolean } | undefined {
  if (typeof outcome !== 'object' || outcome === null || !('statusWord' in outcome)) return undefined;
  return { statusWord: outcome.statusWord, thenDone: outcome.thenDone === true };
}
