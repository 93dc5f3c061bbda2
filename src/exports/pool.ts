import { endOf, requireWhole } from '../clari/entries/results';
import type { ClariJob } from '../clari/types';
import { Slots } from '../slots';
import { type Adopted, Adoption } from './adoption';
import type { SpooledDocument } from './document';
import { downloadResults } from './download';
import { isKind, temporaryFolderFailure, timedOut } from './failures';
import { POOL_TIMING, type PoolOptions, type PoolTiming } from './pool-options';
import { ProgressReport } from './progress-report';
import { Recovery } from './recovery';
import type { ExportHandle, ExportRequest, OpenExport } from './request';
import { type Submission, Submitter } from './submitter';
import { tryTemporaryFolder } from './temporary-file';

/** How many jobs run at a time if Clari's limits aren't known. */
const DEFAULT_SLOTS = 3;
/** An export whose job ends as FAILED, ABORTED or CANCELLED gets at most this many jobs. */
const MAX_JOBS_PER_EXPORT = 3;

interface Task extends Submission {
  /** How many jobs this sync has had for the export. */
  jobs: number;
  /** Whether a job left behind by an earlier sync has yet to be looked for. */
  adoptable: boolean;
  /** Where its current job comes from. */
  origin: Adopted['origin'] | 'submitted';
  unwanted: boolean;
  done: Promise<FinishedJob>;
}

interface FinishedJob {
  readonly job: ClariJob;
  /** Epoch ms, Clari's clock: when it was seen done. For one taken over already done: when it was submitted. */
  readonly seenDoneAt: number;
}

/**
 * All export jobs of one sync, for all streams: as many at a time as Clari allows, each paid for once. Jobs are
 * submitted one at a time, in the order they were requested; they run and download concurrently.
 */
export class ExportPool {
  private readonly slots: Slots;
  private readonly recovery: Recovery;
  private readonly submitter: Submitter;
  private readonly timing: PoolTiming;
  private readonly adoption: Adoption;
  private readonly progress: ProgressReport;
  private folderWorks: Promise<void> | undefined;

  constructor(private readonly options: PoolOptions) {
    const { client, clock, log, maxConcurrent = DEFAULT_SLOTS, timing = POOL_TIMING } = options;
    this.timing = timing;
    this.slots = new Slots(maxConcurrent);
    this.recovery = new Recovery(client, clock, timing, log);
    this.submitter = new Submitter(options, timing, this.slots, this.recovery);
    this.adoption = new Adoption(options, this.recovery, timing, (jobId) => this.cancelled(jobId));
    this.progress = new ProgressReport(options, timing.reportEveryMs, () => ({
      running: this.slots.running,
      waiting: this.submitter.waiting,
    }));
  }

  /**
   * Names jobs that already belong to an export, so that none of them is mistaken for one whose id was lost. Call it
   * before the first `start`.
   */
  exclude(jobIds: Iterable<string>): void {
    this.recovery.exclude(jobIds);
  }

  /**
   * Ahead of the first `start`, tries the temporary folder and asks Clari what every sync with exports needs to know,
   * all at once. Never rejects.
   */
  prepare(): void {
    void awaitedLater(this.tryFolder());
    void awaitedLater(this.submitter.prepare());
  }

  /** How many jobs may run at a time: what Clari allows, or less by configuration. */
  async concurrency(): Promise<number> {
    return this.submitter.concurrency();
  }

  /** Starts an export, or takes over the job an earlier sync left behind. */
  start(request: ExportRequest): ExportHandle {
    const task: Task = {
      request,
      jobs: 0,
      adoptable: true,
      origin: 'submitted',
      unwanted: false,
      done: neverDone,
    };
    const begin = () => {
      task.done = awaitedLater(this.produce(task));
      return task.done;
    };
    const first = begin();
    void this.progress.follow(first);
    let opened: Promise<OpenExport> | undefined;
    const release = async () => {
      const results = await opened?.catch(noop); // a failure to open was handled by the caller of `open`
      opened = undefined;
      await results?.document.dispose();
    };
    return {
      done: first,
      get adopted() {
        return task.origin !== 'submitted';
      },
      open: () => {
        opened ??= awaitedLater(this.open(task, begin));
        return opened;
      },
      release,
      dispose: async () => {
        task.unwanted = true;
        await release();
      },
    };
  }

  /**
   * Gets an export a finished job: takes one over or submits one, waits for it, and starts again if the job itself
   * fails.
   */
  private async produce(task: Task): Promise<FinishedJob> {
    await this.tryFolder();
    for (;;) {
      const { jobId, job } = await this.jobFor(task);
      try {
        const finished = job === undefined ? await this.waitFor(task, jobId) : requireWhole(job);
        this.options.log.info(`Job ${jobId} (${task.request.label}) is done`);
        const { entry } = task.request.slot;
        const wasDone = job !== undefined && entry !== undefined;
        return { job: finished, seenDoneAt: wasDone ? Date.parse(entry.submittedAt) : this.options.client.now() };
      } catch (error) {
        await this.afterFailure(task, jobId, error);
      } finally {
        this.progress.update();
      }
    }
  }

  /** Runs before anything is paid for: results need a place to go. */
  private tryFolder(): Promise<void> {
    this.folderWorks ??= tryTemporaryFolder().catch((error: unknown) => {
      throw temporaryFolderFailure(error);
    });
    return this.folderWorks;
  }

  /** A job for this export, either running (its slot is taken) or already done (then `job` is set). */
  private async jobFor(task: Task): Promise<{ jobId: string; job?: ClariJob }> {
    const adopted = task.adoptable ? await this.adoption.adopt(task.request) : undefined;
    task.adoptable = false;
    if (adopted === undefined) {
      const { jobId, isFound } = await this.submitter.submit(task, () => this.progress.update());
      task.origin = isFound ? 'found' : 'submitted';
      return { jobId };
    }
    const { job } = adopted;
    task.origin = adopted.origin;
    if (job.phase === 'succeeded') {
      task.jobs++;
      return { jobId: job.jobId, job };
    }
    this.slots.occupy();
    return { jobId: job.jobId };
  }

  private async waitFor(task: Task, jobId: string): Promise<ClariJob> {
    task.jobs++;
    this.progress.started(jobId);
    try {
      return await this.options.client.waitForJob(jobId, { signal: this.options.signal });
    } finally {
      this.progress.ended(jobId);
      // Before anything else happens with the job, so that the next one can start while this one's results are read.
      this.slots.release();
    }
  }

  /** Decides what a failed job means: returns if the export should get another job, throws if not. */
  private async afterFailure(task: Task, jobId: string, error: unknown): Promise<void> {
    const { slot, label } = task.request;
    if (isKind(error, 'aborted')) {
      if (await this.cancelled(jobId)) slot.settled();
    } else if (isKind(error, 'job_timed_out')) {
      // It is paid for: the next sync finds it done, or still running.
      throw timedOut(error, task.request, { jobId });
    } else if (isKind(error, 'truncated')) {
      slot.settled();
    } else if (isKind(error, 'job_failed', 'unknown_job', 'job_not_readable')) {
      // A job that is given up must not hold a slot if it turns out to be running after all.
      if (!isKind(error, 'job_failed')) await this.cancelled(jobId);
      slot.settled();
      if (task.jobs < MAX_JOBS_PER_EXPORT) {
        this.options.log.warn(
          `Exporting ${label} again (job ${task.jobs + 1} of ${MAX_JOBS_PER_EXPORT}): ${error.message}`,
        );
        return;
      }
    }
    // Any other failure (the network during a status check, say) leaves the job in the ledger: it is paid for and may
    // still be good.
    throw error;
  }

  /** Cancels a job that is no longer wanted, which gives its quota back. False if it may not have been cancelled. */
  private async cancelled(jobId: string): Promise<boolean> {
    try {
      return await this.options.client.cancelJob(jobId, { signal: AbortSignal.timeout(this.timing.cancelMs) });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.options.log.warn(`Job ${jobId} could not be cancelled: ${why}`);
      return false;
    }
  }

  private async open(task: Task, again: () => Promise<FinishedJob>): Promise<OpenExport> {
    for (let done = task.done; ; ) {
      const { job, seenDoneAt } = await done;
      let document: SpooledDocument | undefined;
      try {
        document = await downloadResults(this.options, task.request, job, this.timing);
      } catch (error) {
        // Clari keeps results for 30 days; those of a job that was taken over may be gone.
        if (!isKind(error, 'unknown_job')) throw error;
        await this.afterFailure(task, job.jobId, error);
      }
      if (document !== undefined && (await this.isOurs(task, job, document))) {
        const exportedAt = endOf(job, this.options.client.now(), seenDoneAt);
        return { jobId: job.jobId, document, exportedAt: new Date(exportedAt).toISOString() };
      }
      await document?.dispose();
      done = again();
    }
  }

  /** Whether results are what the export asked for. Only a job found in Clari's list has to prove it. */
  private async isOurs({ request, origin }: Task, { jobId }: ClariJob, document: SpooledDocument): Promise<boolean> {
    if (origin !== 'found' || (await request.proves?.(document)) !== false) return true;
    this.options.log.info(
      `The job that was found for ${request.label} turned out to be another export's; exporting again`,
    );
    this.recovery.giveBack(jobId);
    request.slot.settled();
    return false;
  }
}

const neverDone = new Promise<never>(() => undefined);
const noop = (): void => undefined;

/** For a promise that is awaited later: until then its rejection must not count as unhandled. */
function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.then(noop, noop);
  return promise;
}
