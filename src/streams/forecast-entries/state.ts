import { type StreamState, SyncError } from '../../airbyte/stream';
import { isQuarter, laterQuarter, type Quarter } from '../../period';

/** How far one forecast has come. */
export interface ForecastProgress {
  /** The cursor: the newest quarter that was exported after it had closed; null before the first. */
  readonly timePeriod: Quarter | null;
  /** Quarters before the cursor that failed and are still owed, oldest first. */
  readonly missing: readonly Quarter[];
}

/** A job that was started and whose results are not out yet. `timePeriod: null` = the current quarter was asked for. */
export interface PendingForecastJob {
  readonly forecastId: string;
  readonly timePeriod: Quarter | null;
  readonly jobId: string;
  /** ISO 8601. */
  readonly submittedAt: string;
}

/** A POST that was sent and not answered yet, as far as the state knows. */
export type SubmittingForecastJob = Omit<PendingForecastJob, 'jobId'>;

const NOTHING_DONE: ForecastProgress = { timePeriod: null, missing: [] };

/**
 * The state of `forecast_entries`: how far each forecast has come, and the jobs that are paid for and not read yet.
 * A quarter counts as done when it lies at or before the cursor and is not in `missing`.
 */
export class ForecastState {
  private readonly forecasts = new Map<string, ForecastProgress>();
  private pending: PendingForecastJob[] = [];
  private submitting: SubmittingForecastJob[] = [];

  /** Reads a state as it came from Airbyte. Throws a config error that names everything that can't be understood. */
  constructor(state: StreamState | undefined) {
    const problems: string[] = [];
    for (const [forecastId, progress] of Object.entries(asObject(state?.['forecasts'], 'forecasts', problems))) {
      const parsed = parseProgress(progress);
      if (parsed === undefined)
        problems.push(`forecasts.${forecastId}: must be {"timePeriod": "YYYY_Qn" or null, "missing": ["YYYY_Qn", …]}`);
      else this.forecasts.set(forecastId, parsed);
    }
    const jobs = state?.['pendingJobs'] ?? [];
    if (!Array.isArray(jobs)) problems.push('pendingJobs: must be an array');
    else {
      jobs.forEach((job: unknown, index) => {
        if (isSubmitting(job) && 'jobId' in job && typeof job.jobId === 'string')
          this.pending.push(job as PendingForecastJob);
        else problems.push(`pendingJobs[${index}]: must have forecastId, timePeriod, jobId and submittedAt`);
      });
    }
    const submitting = state?.['submitting'];
    if (Array.isArray(submitting)) this.submitting = submitting.filter(isSubmitting);
    if (problems.length > 0) {
      throw new SyncError(
        `The state of the stream forecast_entries can't be used: ${problems.join('; ')}. Reset the stream, or correct the state.`,
        { failureType: 'config_error' },
      );
    }
  }

  progress(forecastId: string): ForecastProgress {
    return this.forecasts.get(forecastId) ?? NOTHING_DONE;
  }

  /** Notes what has become of a forecast's quarters; `owed` are quarters that failed, or were exported before they had closed. */
  advance(forecastId: string, closed: Quarter | undefined, owed: ReadonlySet<Quarter>): void {
    const before = this.progress(forecastId);
    const cursor = closed === undefined ? before.timePeriod : laterQuarter(closed, before.timePeriod ?? closed);
    const missing = new Set(before.missing);
    if (closed !== undefined) missing.delete(closed);
    for (const quarter of owed) if (cursor !== null && quarter <= cursor) missing.add(quarter);
    // Nothing is known yet that is worth a line in the state.
    if (cursor === null && missing.size === 0) return;
    this.forecasts.set(forecastId, { timePeriod: cursor, missing: [...missing].sort() });
  }

  get jobIds(): string[] {
    return this.pending.map(({ jobId }) => jobId);
  }

  pendingJob(forecastId: string, timePeriod: Quarter | null): PendingForecastJob | undefined {
    return this.pending.find((job) => isFor(job, forecastId, timePeriod));
  }

  /** When an unanswered POST for this quarter was sent (ISO 8601). */
  submittingSince(forecastId: string, timePeriod: Quarter | null): string | undefined {
    return this.submitting.find((job) => isFor(job, forecastId, timePeriod))?.submittedAt;
  }

  noteSubmitting(job: SubmittingForecastJob): void {
    this.forget(job.forecastId, job.timePeriod);
    this.submitting.push(job);
  }

  notePending(job: PendingForecastJob): void {
    this.forget(job.forecastId, job.timePeriod);
    this.pending.push(job);
  }

  /** Forgets the job of this quarter, started or about to be. */
  forget(forecastId: string, timePeriod: Quarter | null): void {
    this.pending = this.pending.filter((job) => !isFor(job, forecastId, timePeriod));
    this.submitting = this.submitting.filter((job) => !isFor(job, forecastId, timePeriod));
  }

  /** Forgets every job of a forecast: all that was wanted of it is out. */
  forgetAll(forecastId: string): void {
    this.pending = this.pending.filter((job) => job.forecastId !== forecastId);
    this.submitting = this.submitting.filter((job) => job.forecastId !== forecastId);
  }

  /** Forgets jobs submitted before `date` (ISO 8601): Clari no longer has their results. */
  forgetOlderThan(date: string): void {
    this.pending = this.pending.filter((job) => job.submittedAt >= date);
    this.submitting = this.submitting.filter((job) => job.submittedAt >= date);
  }

  toJSON(): StreamState {
    return {
      forecasts: Object.fromEntries(this.forecasts),
      pendingJobs: this.pending,
      ...(this.submitting.length > 0 && { submitting: this.submitting }),
    };
  }

  /** The jobs alone: what a full refresh, which has no cursor, still has to remember. */
  jobsOnly(): StreamState {
    const { pendingJobs, submitting } = this.toJSON();
    return { pendingJobs, ...(submitting !== undefined && { submitting }) };
  }
}

const isFor = (job: SubmittingForecastJob, forecastId: string, timePeriod: Quarter | null): boolean =>
  job.forecastId === forecastId && job.timePeriod === timePeriod;

function asObject(value: unknown, path: string, problems: string[]): object {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  problems.push(`${path}: must be an object`);
  return {};
}

function parseProgress(value: unknown): ForecastProgress | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { timePeriod = null, missing = [] } = value as { timePeriod?: unknown; missing?: unknown };
  const quarters = missing ?? [];
  if (timePeriod !== null && !(typeof timePeriod === 'string' && isQuarter(timePeriod))) return undefined;
  if (!Array.isArray(quarters) || !quarters.every((quarter) => typeof quarter === 'string' && isQuarter(quarter)))
    return undefined;
  return { timePeriod, missing: [...(quarters as Quarter[])].sort() };
}

function isSubmitting(job: unknown): job is SubmittingForecastJob {
  if (typeof job !== 'object' || job === null) return false;
  const { forecastId, timePeriod, submittedAt } = job as Record<string, unknown>;
  return (
    typeof forecastId === 'string' &&
    (timePeriod === null || (typeof timePeriod === 'string' && isQuarter(timePeriod))) &&
    typeof submittedAt === 'string'
  );
}
