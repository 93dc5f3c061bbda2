import type { ClariJob } from '../clari/types';
import { Slots } from '../slots';
import { DocumentError, SpooledDocument } from './document';
import { aborted, brokenResults, isKind } from './failures';
import { LostJobs } from './lost-jobs';
import { POOL_TIMING, type PoolOptions, type PoolTiming } from './pool-options';
import type { ExportHandle, ExportRequest, OpenExport } from './request';
import { type Submission, Submitter } from './submitter';

/** Where Clari's limits aren't known, this many jobs run at a time. */
const DEFAULT_SLOTS = 3;
/** A job that ended as FAILED, ABORTED or CANCELLED is submitted again until there were this many. */
const MAX_JOBS_PER_EXPORT = 3;
/** A broken download is fetched again until there were this many tries. */
const MAX_DOWNLOADS = 3;

interface Task extends Submission {
  /** Jobs that this sync has had for the export. */
  jobs: number;
  /** Whether what an earlier sync left behind has yet to be looked at. */
  adoptable: boolean;
  unwanted: boolean;
  finished: Promise<FinishedJob>;
}

interface FinishedJob {
  readonly job: ClariJob;
  /** Epoch ms, our clock. */
  readonly seenDoneAt: number;
}

/**
 * All export jobs of one sync, whichever stream wants them: as many at a time as Clari allows, each paid for once.
 * Jobs are submitted one at a time, in the order they were asked for; they run and download side by side.
 */
export class ExportPool {
  private readonly slots: Slots;
  private readonly lost: LostJobs;
  private readonly submitter: Submitter;
  private readonly timing: PoolTiming;
  private done = 0;

  constructor(private readonly options: PoolOptions) {
    const { client, clock, log, maxConcurrent = DEFAULT_SLOTS, timing = POOL_TIMING } = options;
    this.timing = timing;
    this.slots = new Slots(maxConcurrent);
    this.lost = new LostJobs(client, clock, timing.secondLookMs, (message) => log.warn(message));
    this.submitter = new Submitter(options, timing, this.slots, this.lost);
  }

  /** Tells of jobs that belong to an export already, so that none of them is taken for the job of a POST whose answer was lost. */
  know(jobIds: Iterable<string>): void {
    for (const jobId of jobIds) this.lost.know(jobId);
  }

  /** Starts an export, or goes on with the job that an earlier sync left behind. */
  start(request: ExportRequest): ExportHandle {
    if (request.pending !== undefined) this.lost.know(request.pending.jobId);
    const task: Task = { request, jobs: 0, adoptable: true, unwanted: false, finished: neverFinished };
    task.finished = awaitedLater(this.produce(task));
    let opened: Promise<OpenExport> | undefined;
    return {
      finished: task.finished,
      open: () => {
        opened ??= awaitedLater(this.open(task));
        return opened;
      },
      dispose: async () => {
        task.unwanted = true;
        const results = await opened?.catch(noop); // a failure to open was met where it was asked for
        await results?.document.dispose();
      },
    };
  }

  /** Brings an export to a job that is done: adopts or submits, follows, begins anew when the job itself fails. */
  private async produce(task: Task): Promise<FinishedJob> {
    for (;;) {
      const { jobId, job } = await this.obtain(task);
      try {
        const finished = job ?? (await this.follow(task, jobId));
        this.done++;
        this.options.log.info(`Job ${jobId} (${task.request.label}) is done`);
        return { job: finished, seenDoneAt: this.options.clock.now() };
      } catch (error) {
        await this.afterFailure(task, jobId, error);
      } finally {
        this.report();
      }
    }
  }

  /** A job for this export that is running (its place in the slots is taken) or already done (then `job` is given). */
  private async obtain(task: Task): Promise<{ jobId: string; job?: ClariJob }> {
    const adopted = await this.adopt(task);
    if (adopted === undefined) return { jobId: await this.submitter.submit(task, () => this.report()) };
    if (adopted.phase === 'succeeded') {
      task.jobs++;
      return { jobId: adopted.jobId, job: adopted };
    }
    this.slots.occupy();
    return { jobId: adopted.jobId };
  }

  private async adopt(task: Task): Promise<ClariJob | undefined> {
    if (!task.adoptable) return undefined;
    task.adoptable = false;
    const { pending, submittingSince } = task.request;
    if (pending !== undefined) return this.adoptPending(task.request, pending.jobId);
    return submittingSince === undefined ? undefined : this.adoptLost(task.request, submittingSince);
  }

  private async adoptPending({ label, journal }: ExportRequest, jobId: string): Promise<ClariJob | undefined> {
    const { client, signal, clock, log } = this.options;
    const job = await client.getJob(jobId, { signal }).catch((error: unknown) => {
      if (isKind(error, 'unknown_job', 'job_not_readable')) return undefined;
      throw error;
    });
    const expired = job?.expiredTime != null && job.expiredTime <= clock.now();
    if (job !== undefined && !expired && (job.phase === 'running' || job.phase === 'succeeded')) {
      log.info(`Job ${jobId} (${label}) of an earlier sync is ${job.status}; going on with it`);
      return job;
    }
    const why = job === undefined ? 'is no longer known to Clari' : expired ? 'has expired' : `ended as ${job.status}`;
    log.info(`Job ${jobId} (${label}) of an earlier sync ${why}; exporting anew`);
    await journal.dropped();
    return undefined;
  }

  private async adoptLost(request: ExportRequest, submittedAt: string): Promise<ClariJob | undefined> {
    const { signal, log } = this.options;
    try {
      const found = await this.lost.findFromEarlierSync(request, submittedAt, signal);
      if (found === undefined) return undefined;
      log.info(
        `Job ${found.jobId} (${request.label}) was started by an earlier sync that never learned its id; going on with it`,
      );
      await request.journal.submitted({ jobId: found.jobId, submittedAt });
      return found;
    } catch (error) {
      // Looking again would find the same: without this, no later sync could ever get past it.
      if (!isKind(error, 'unexpected_answer')) throw error;
      log.warn(`${error.message} Exporting ${request.label} anew`);
      await request.journal.dropped();
      return undefined;
    }
  }

  private async follow(task: Task, jobId: string): Promise<ClariJob> {
    task.jobs++;
    try {
      return await this.options.client.waitForJob(jobId, { signal: this.options.signal });
    } finally {
      // Before anything else is done with the job: the next one can start while this one's results are read.
      this.slots.release();
    }
  }

  /** Decides what a failed job means: returns when the export is worth another job, throws when it isn't. */
  private async afterFailure(task: Task, jobId: string, error: unknown): Promise<void> {
    const { journal, label } = task.request;
    if (isKind(error, 'aborted')) {
      if (await this.cancelled(jobId)) await journal.dropped();
    } else if (isKind(error, 'job_timed_out')) {
      await this.cancelled(jobId);
      await journal.dropped();
    } else if (isKind(error, 'truncated')) {
      await journal.dropped();
    } else if (isKind(error, 'job_failed', 'unknown_job')) {
      await journal.dropped();
      if (task.jobs < MAX_JOBS_PER_EXPORT) {
        this.options.log.warn(
          `Job ${jobId} (${label}) failed; exporting again (job ${task.jobs + 1} of ${MAX_JOBS_PER_EXPORT})`,
        );
        return;
      }
    }
    // Anything else (a network failure while polling, say) leaves the job in the journal: it is paid for and may still be good.
    throw error;
  }

  /** Cancels a job that nobody waits for any more, which gives its quota back. False when it can't be told to have been cancelled. */
  private async cancelled(jobId: string): Promise<boolean> {
    try {
      return await this.options.client.cancelJob(jobId, { signal: AbortSignal.timeout(this.timing.cancelMs) });
    } catch (error) {
      this.options.log.warn(
        `Job ${jobId} could not be cancelled: ${error instanceof Error ? error.message : String(error)}`,
      );
      return false;
    }
  }

  private async open(task: Task): Promise<OpenExport> {
    for (;;) {
      const { job, seenDoneAt } = await task.finished;
      try {
        const document = await this.download(task, job);
        return { job, document, exportedAt: new Date(job.endTime ?? seenDoneAt).toISOString() };
      } catch (error) {
        // Clari keeps results for 30 days; the ones of an adopted job may be gone.
        if (isKind(error, 'unknown_job')) {
          await this.afterFailure(task, job.jobId, error);
          task.finished = awaitedLater(this.produce(task));
          continue;
        }
        if (isKind(error, 'unexpected_answer')) await task.request.journal.dropped();
        throw error;
      }
    }
  }

  private async download(task: Task, finished: ClariJob): Promise<SpooledDocument> {
    const { client, signal, log, clock } = this.options;
    const { request } = task;
    let job = finished;
    for (let tries = 1; ; tries++) {
      try {
        return await SpooledDocument.spool(await client.openResults(job, { signal }));
      } catch (error) {
        if (signal.aborted) throw aborted(request);
        const failure = error instanceof DocumentError ? brokenResults(request, job, error, MAX_DOWNLOADS) : error;
        // A download URL runs out sooner than the results it leads to: Clari hands out a new one with the job.
        const staleUrl = tries === 1 && job.downloadUrl !== null && isKind(failure, 'unknown_job');
        const mayPass = isKind(failure, 'unexpected_answer', 'network', 'timeout', 'server_error');
        if (tries >= MAX_DOWNLOADS || !(staleUrl || mayPass)) throw failure;
        log.warn(`The results of job ${job.jobId} (${request.label}) did not arrive whole; fetching them again`);
        await clock.sleep(this.timing.secondLookMs, signal);
        if (staleUrl) job = await client.getJob(job.jobId, { signal });
      }
    }
  }

  private report(): void {
    this.options.onProgress?.({ running: this.slots.running, waiting: this.slots.waiting, done: this.done });
  }
}

const neverFinished = new Promise<never>(() => undefined);
const noop = (): void => undefined;

/** A promise that is awaited only later: until then its rejection must not count as unhandled. */
function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.then(noop, noop);
  return promise;
}
