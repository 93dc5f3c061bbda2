import { type StreamState, SyncError } from '../../airbyte/stream';
import type { ExportJournal, JournaledJob } from '../../exports/request';
import type { PendingActivityJob } from './exports';
import type { Day, DayWindow } from './windows';

type SubmittingActivityJob = Omit<PendingActivityJob, 'jobId'>;

/** The activity jobs that a stream's state remembers: paid for, and their results not out yet. */
export class ActivityJobs {
  private pending: readonly PendingActivityJob[];
  private submitting: readonly SubmittingActivityJob[];

  /** Reads them from a state as it came from Airbyte. Throws a config error that names everything that can't be understood. */
  constructor(stream: string, state: StreamState | undefined) {
    const jobs = state?.['pendingJobs'] ?? [];
    const valid =
      Array.isArray(jobs) &&
      jobs.every((job) => isWindowJob(job) && typeof (job as { jobId?: unknown }).jobId === 'string');
    if (!valid) {
      throw new SyncError(
        `The state of the stream ${stream} can't be used: pendingJobs: must be an array of {startDate, endDate, jobId, submittedAt}. ` +
          'Reset the stream, or correct the state.',
        { failureType: 'config_error' },
      );
    }
    this.pending = jobs as PendingActivityJob[];
    const submitting = state?.['submitting'];
    this.submitting = Array.isArray(submitting) ? submitting.filter(isWindowJob) : [];
  }

  /** Where the windows of started jobs end, by first day. */
  get ends(): Map<Day, Day> {
    return new Map([...this.submitting, ...this.pending].map(({ startDate, endDate }) => [startDate, endDate]));
  }

  get jobIds(): string[] {
    return this.pending.map(({ jobId }) => jobId);
  }

  jobFor(window: DayWindow): JournaledJob | undefined {
    return this.pending.find((job) => isSame(job, window));
  }

  submittingSince(window: DayWindow): string | undefined {
    return this.submitting.find((job) => isSame(job, window))?.submittedAt;
  }

  forget(window: DayWindow): void {
    this.pending = this.pending.filter((job) => !isSame(job, window));
    this.submitting = this.submitting.filter((job) => !isSame(job, window));
  }

  /** Forgets jobs submitted before `date` (ISO 8601): Clari no longer has their results. */
  forgetOlderThan(date: string): void {
    this.pending = this.pending.filter((job) => job.submittedAt >= date);
    this.submitting = this.submitting.filter((job) => job.submittedAt >= date);
  }

  /** Writes what becomes of the window's job down here, and saves it. */
  journal({ startDate, endDate }: DayWindow, save: () => Promise<void>): ExportJournal {
    const window = { startDate, endDate };
    const replace = async (change: () => void) => {
      this.forget(window);
      change();
      await save();
    };
    return {
      submitting: (submittedAt) =>
        replace(() => {
          this.submitting = [...this.submitting, { ...window, submittedAt }];
        }),
      submitted: ({ jobId, submittedAt }) =>
        replace(() => {
          this.pending = [...this.pending, { ...window, jobId, submittedAt }];
        }),
      dropped: () => replace(() => undefined),
    };
  }

  toJSON(): StreamState {
    return { pendingJobs: this.pending, ...(this.submitting.length > 0 && { submitting: this.submitting }) };
  }
}

const isSame = (a: DayWindow, b: DayWindow): boolean => a.startDate === b.startDate && a.endDate === b.endDate;

function isWindowJob(job: unknown): job is SubmittingActivityJob {
  if (typeof job !== 'object' || job === null) return false;
  const { startDate, endDate, submittedAt } = job as Record<string, unknown>;
  return [startDate, endDate, submittedAt].every((value) => typeof value === 'string');
}
