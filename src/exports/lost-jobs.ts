import type { ClariClient } from '../clari/client';
import { ClariError } from '../clari/errors';
import type { ClariJob } from '../clari/types';
import type { Clock } from '../timing';
import type { ExportRequest } from './request';

/** How far Clari's clock and ours may be apart when a job's start is compared with the time of our POST. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Finds the job of a POST whose answer was lost, among the jobs that Clari lists for this user. Clari has no idempotency key,
 * so this is the only way not to pay for the same export twice.
 */
export class LostJobs {
  /** Jobs that cannot be a lost one: they are ours already. */
  private readonly known = new Set<string>();
  private before: readonly ClariJob[] = [];
  private listed: Promise<boolean> | undefined;

  constructor(
    private readonly client: ClariClient,
    private readonly clock: Clock,
    private readonly secondLookMs: number,
  ) {}

  know(jobId: string): void {
    this.known.add(jobId);
  }

  /** Notes which jobs are there before the first POST; once per sync. False where Clari has no job list (then nothing is ever found). */
  async prepare(signal: AbortSignal): Promise<boolean> {
    this.listed ??= this.list(signal).then((jobs) => {
      this.before = jobs ?? [];
      return jobs !== undefined;
    });
    return this.listed;
  }

  /** The job of a POST that an earlier sync sent at `since` (ISO 8601) and whose id it never learned. */
  async findFromEarlierSync(request: ExportRequest, since: string, signal: AbortSignal): Promise<ClariJob | undefined> {
    await this.prepare(signal);
    const earliest = Date.parse(since) - CLOCK_SKEW_MS;
    return this.only(
      request,
      this.before.filter((job) => job.startTime === null || job.startTime >= earliest),
    );
  }

  /**
   * The job of a POST that this sync has just sent. Looks twice, since the job may be listed late; undefined when there is
   * surely none. Throws when there are several: none can be told to be ours.
   */
  async findOwn(request: ExportRequest, signal: AbortSignal): Promise<ClariJob | undefined> {
    if (!(await this.prepare(signal))) return undefined;
    const before = new Set(this.before.map((job) => job.jobId));
    for (let look = 1; ; look++) {
      const jobs = (await this.list(signal)) ?? [];
      const found = this.only(
        request,
        jobs.filter((job) => !before.has(job.jobId)),
      );
      if (found !== undefined || look === 2) return found;
      await this.clock.sleep(this.secondLookMs, signal);
    }
  }

  private only(request: ExportRequest, jobs: readonly ClariJob[]): ClariJob | undefined {
    const candidates = jobs.filter(
      (job) =>
        !this.known.has(job.jobId) && (job.phase === 'running' || job.phase === 'succeeded') && request.matches(job),
    );
    if (candidates.length > 1) {
      throw new ClariError(
        `Clari's answer to starting the export of ${request.label} was lost, and Clari lists ${candidates.length} jobs that could be it. ` +
          'None was used, so as not to mix up exports; the next sync starts a new one.',
        { kind: 'unexpected_answer', detail: `candidates: ${candidates.map((job) => job.jobId).join(', ')}` },
      );
    }
    const found = candidates[0];
    if (found !== undefined) this.know(found.jobId);
    return found;
  }

  private async list(signal: AbortSignal): Promise<readonly ClariJob[] | undefined> {
    try {
      return await this.client.listJobs({ signal });
    } catch (error) {
      if (error instanceof ClariError && error.kind === 'no_such_path') return undefined;
      throw error;
    }
  }
}
