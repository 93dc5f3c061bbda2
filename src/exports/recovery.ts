import type { ClariClient } from '../clari/client';
import { ClariError, type ClariErrorKind } from '../clari/errors';
import type { ClariJob } from '../clari/types';
import { DAY_MS } from '../days';
import type { Clock } from '../timing';
import { isKind } from './failures';
import type { PoolLog, PoolTiming } from './pool-options';
import type { ExportRequest } from './request';

/** How far the start of a job we have just requested may be from our idea of Clari's clock. */
const CLOCK_SKEW_MS = 60_000;
/** A job started by an earlier attempt of the same sync is no older than this. */
const ATTEMPT_AGE_MS = DAY_MS;

const NO_LIST: readonly ClariErrorKind[] = ['no_such_path', 'forbidden', 'bad_request'];

/**
 * Finds jobs whose id was never learned among those Clari lists for this user. Clari has no idempotency key, so this is
 * the only way to avoid paying for the same export twice.
 */
export class Recovery {
  /** Jobs that can't be the one we look for: they already belong to an export, or were read. */
  private readonly known = new Set<string>();
  /** The jobs Clari listed before our first POST; undefined until asked, or if Clari gave no list. */
  private before: readonly ClariJob[] | undefined;
  private prepared: Promise<void> | undefined;

  constructor(
    private readonly client: ClariClient,
    private readonly clock: Clock,
    private readonly timing: Pick<PoolTiming, 'secondTryMs' | 'visibleWithinMs'>,
    private readonly log: PoolLog,
  ) {}

  /** From now on, these jobs aren't mistaken for one whose id was lost. */
  exclude(jobIds: Iterable<string>): void {
    for (const jobId of jobIds) this.known.add(jobId);
  }

  /** This job turned out not to belong to the export it was taken for: it may be another's. */
  giveBack(jobId: string): void {
    this.known.delete(jobId);
  }

  /**
   * Asks for the list once, before the first POST, so that a job started by a lost POST stands out. If that fails, the
   * exports go on without it.
   */
  async prepare(signal: AbortSignal): Promise<void> {
    this.prepared ??= this.list(signal).then(
      (jobs) => {
        this.before = jobs;
      },
      (error: unknown) => {
        if (!(error instanceof ClariError) || ['invalid_key', 'aborted'].includes(error.kind)) throw error;
        this.log.warn(`Could not fetch Clari's list of export jobs: ${error.message}`);
      },
    );
    return this.prepared;
  }

  /** The jobs listed before the first POST. */
  get listed(): readonly ClariJob[] {
    return this.before ?? [];
  }

  /**
   * The job of a POST that an earlier sync sent at `since`, if it never learned the id; if several fit, the newest. A
   * sync killed a moment ago may have left one that isn't listed yet.
   */
  async fromEarlierSync(request: ExportRequest, since: string, signal: AbortSignal): Promise<ClariJob | undefined> {
    for (;;) {
      const jobs = await this.list(signal);
      const found = this.first(request, jobs, Date.parse(since) - CLOCK_SKEW_MS);
      const ageMs = this.client.now() - Date.parse(since);
      const mayAppear = jobs !== undefined && ageMs >= 0 && ageMs <= this.timing.visibleWithinMs;
      if (found !== undefined || !mayAppear) return found;
      await this.clock.sleep(this.timing.secondTryMs, signal);
    }
  }

  /** A job an earlier attempt of the same sync paid for: the likeliest that fits. */
  async fromEarlierAttempt(request: ExportRequest, signal: AbortSignal): Promise<ClariJob | undefined> {
    await this.prepare(signal);
    return this.first(request, this.before, this.client.now() - ATTEMPT_AGE_MS, request.likelier);
  }

  /**
   * The job of a POST that this sync recorded at `since` (ISO 8601) and sent at `sentAt` (epoch ms, our clock). Asks at
   * least twice, and until a job would have to be listed; undefined when none fits, or there is no list. Rejects when
   * the list can't be fetched.
   */
  async own(request: ExportRequest, since: string, sentAt: number, signal: AbortSignal): Promise<ClariJob | undefined> {
    const { clock, timing } = this;
    // Only here: other exports may still find theirs among those.
    const before = new Set(this.listed.map(({ jobId }) => jobId));
    for (let tries = 1; ; tries++) {
      const jobs = (await this.list(signal))?.filter(({ jobId }) => !before.has(jobId));
      const found = this.first(request, jobs, Date.parse(since) - CLOCK_SKEW_MS);
      const mayAppear = jobs !== undefined && clock.now() - sentAt <= timing.visibleWithinMs;
      if (found !== undefined || (tries >= 2 && !mayAppear)) return found;
      await clock.sleep(timing.secondTryMs, signal);
    }
  }

  /** The first job, by `order`, that fits and doesn't belong to an export yet. */
  private first(
    request: ExportRequest,
    jobs: readonly ClariJob[] = [],
    earliestMs: number,
    order: (a: ClariJob, b: ClariJob) => number = newestFirst,
  ): ClariJob | undefined {
    const found = jobs
      .filter(
        (job) =>
          !this.known.has(job.jobId) &&
          (job.phase === 'running' || job.phase === 'succeeded') &&
          (job.startTime === null || job.startTime >= earliestMs) &&
          request.matches(job),
      )
      .sort(order)[0];
    if (found !== undefined) this.exclude([found.jobId]);
    return found;
  }

  /** This user's jobs; undefined if Clari has no such list, or doesn't show it to this user. */
  private async list(signal: AbortSignal): Promise<readonly ClariJob[] | undefined> {
    try {
      return await this.client.listJobs({ signal });
    } catch (error) {
      // If there was a list a moment ago, one odd answer doesn't mean there is none.
      if (isKind(error, ...NO_LIST) && this.before === undefined) return undefined;
      throw error;
    }
  }
}

const newestFirst = (a: ClariJob, b: ClariJob): number => (b.startTime ?? 0) - (a.startTime ?? 0);
