import type { ClariClient } from '../clari/client';
import { ClariError, type ClariErrorKind } from '../clari/errors';
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
  /** The jobs that were there before our first POST; null where Clari has no job list, undefined where it couldn't be had. */
  private before: ReadonlySet<string> | null | undefined;
  private prepared: Promise<void> | undefined;

  constructor(
    private readonly client: ClariClient,
    private readonly clock: Clock,
    private readonly secondLookMs: number,
    private readonly warn: (message: string) => void,
  ) {}

  know(jobId: string): void {
    this.known.add(jobId);
  }

  /** Notes which jobs are there before the first POST; once per sync. A list that can't be had just now holds nothing up. */
  async prepare(signal: AbortSignal): Promise<void> {
    this.prepared ??= this.list(signal).then(
      (jobs) => {
        this.before = jobs === undefined ? null : new Set(jobs.map(({ jobId }) => jobId));
      },
      (error: unknown) => {
        if (!(error instanceof ClariError) || error.kind === 'invalid_key' || error.kind === 'aborted') throw error;
        this.warn(`Clari's list of export jobs can't be had: ${error.message}`);
      },
    );
    return this.prepared;
  }

  /**
   * The job of a POST that an earlier sync sent at `since` (ISO 8601) and whose id it never learned. Throws a ClariError of kind
   * `unexpected_answer` when there are several: none can be told to be ours.
   */
  async findFromEarlierSync(request: ExportRequest, since: string, signal: AbortSignal): Promise<ClariJob | undefined> {
    return this.only(request, startedSince(since, await this.list(signal)));
  }

  /**
   * The job of a POST that this sync sent at `since` (ISO 8601). Looks twice, since the job may be listed late; undefined when there is
   * surely none, or no list. Throws when there are several, as above, or when the list can't be had.
   */
  async findOwn(request: ExportRequest, since: string, signal: AbortSignal): Promise<ClariJob | undefined> {
    await this.prepare(signal);
    const { before } = this;
    if (before === null) return undefined;
    for (let look = 1; ; look++) {
      const jobs = await this.list(signal);
      const candidates =
        before === undefined ? startedSince(since, jobs) : (jobs ?? []).filter(({ jobId }) => !before.has(jobId));
      const found = this.only(request, candidates);
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

  /** This user's jobs; undefined where Clari has no such list, or doesn't show it to this user. */
  private async list(signal: AbortSignal): Promise<readonly ClariJob[] | undefined> {
    try {
      return await this.client.listJobs({ signal });
    } catch (error) {
      if (error instanceof ClariError && NO_LIST.includes(error.kind)) return undefined;
      throw error;
    }
  }
}

const NO_LIST: readonly ClariErrorKind[] = ['no_such_path', 'forbidden', 'bad_request'];

function startedSince(since: string, jobs: readonly ClariJob[] = []): ClariJob[] {
  const earliest = Date.parse(since) - CLOCK_SKEW_MS;
  return jobs.filter(({ startTime }) => startTime === null || startTime >= earliest);
}
