import { ClariError } from '../clari/errors';
import type { ClariJob } from '../clari/types';
import { toSeconds } from '../days';
import { Slots } from '../slots';
import { SpooledDocument } from './document';
import { aborted, downloadFailure, isKind, temporaryFolderFailure, timedOut } from './failures';
import { POOL_TIMING, type PoolOptions, type PoolTiming } from './pool-options';
import { Recovery } from './recovery';
import type { ExportHandle, ExportRequest, OpenExport } from './request';
import { type Submission, Submitter } from './submitter';
import { tryTemporaryFolder } from './temporary-file';

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
  /** Where its job comes from: `found` is one of Clari's list, of which nobody knows for sure that it is ours. */
  origin: 'submitted' | 'ledger' | 'found';
  unwanted: boolean;
  done: Promise<FinishedJob>;
}

interface FinishedJob {
  readonly job: ClariJob;
  /** Epoch ms, Clari's clock. */
  readonly seenDoneAt: number;
}

/**
 * All export jobs of one sync, whichever stream wants them: as many at a time as Clari allows, each paid for once.
 * Jobs are submitted one at a time, in the order they were asked for; they run and download side by side.
 */
export class ExportPool {
  private readonly slots: Slots;
  private readonly recovery: Recovery;
  private readonly submitter: Submitter;
  private readonly timing: PoolTiming;
  private readonly counts = { planned: 0, done: 0, failed: 0 };
  /** When each running job was started, epoch ms, by job id. */
  private readonly runningSince = new Map<string, number>();
  private reporting: AbortController | undefined;
  private folderWorks: Promise<void> | undefined;

  constructor(private readonly options: PoolOptions) {
    const { client, clock, log, maxConcurrent = DEFAULT_SLOTS, timing = POOL_TIMING } = options;
    this.timing = timing;
    this.slots = new Slots(maxConcurrent);
    this.recovery = new Recovery(client, clock, timing.secondTryMs, log);
    this.submitter = new Submitter(options, timing, this.slots, this.recovery);
  }

  /** Names jobs that belong to an export already, so that none of them is taken for one whose id was lost. Before the first `start`. */
  exclude(jobIds: Iterable<string>): void {
    this.recovery.exclude(jobIds);
  }

  /** How many jobs may run at a time: what Clari allows, or less by configuration. */
  async concurrency(): Promise<number> {
    return this.submitter.concurrency();
  }

  /** Starts an export, or takes over the job that an earlier sync left behind. */
  start(request: ExportRequest): ExportHandle {
    const task: Task = {
      request,
      jobs: 0,
      adoptable: true,
      origin: 'submitted',
      unwanted: false,
      done: neverDone,
    };
    this.counts.planned++;
    this.report();
    const begin = () => {
      task.done = awaitedLater(this.produce(task));
      return task.done;
    };
    const first = begin();
    void this.reportUntil(first);
    let opened: Promise<OpenExport> | undefined;
    const release = async () => {
      const results = await opened?.catch(noop); // a failure to open was met where it was asked for
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

  /** Brings an export to a job that is done: takes one over or submits one, waits for it, starts again when the job itself fails. */
  private async produce(task: Task): Promise<FinishedJob> {
    this.folderWorks ??= tryTemporaryFolder().catch((error: unknown) => {
      throw temporaryFolderFailure(error);
    });
    await this.folderWorks;
    for (;;) {
      const { jobId, job } = await this.jobFor(task);
      try {
        const finished = job ?? (await this.waitFor(task, jobId));
        this.options.log.info(`Job ${jobId} (${task.request.label}) is done`);
        return { job: finished, seenDoneAt: this.options.client.now() };
      } catch (error) {
        await this.afterFailure(task, jobId, error);
      } finally {
        this.report();
      }
    }
  }

  /** A job for this export that is running (its slot is taken) or already done (then `job` is given). */
  private async jobFor(task: Task): Promise<{ jobId: string; job?: ClariJob }> {
    const adopted = await this.adopt(task);
    if (adopted === undefined) {
      const { jobId, isFound } = await this.submitter.submit(task, () => this.report());
      task.origin = isFound ? 'found' : 'submitted';
      return { jobId };
    }
    if (adopted.phase === 'succeeded') {
      task.jobs++;
      return { jobId: adopted.jobId, job: adopted };
    }
    this.slots.occupy();
    return { jobId: adopted.jobId };
  }

  /** The one place that decides whether what an earlier sync, or an earlier attempt, paid for is taken over. */
  private async adopt(task: Task): Promise<ClariJob | undefined> {
    if (!task.adoptable) return undefined;
    task.adoptable = false;
    const { request } = task;
    const { entry } = request.slot;
    if (entry === undefined) return this.options.laterAttempt === true ? this.adoptOfAttempt(task) : undefined;
    const ageMs = this.options.client.now() - Date.parse(entry.submittedAt);
    const other = entry.request !== undefined && entry.request !== request.slot.request;
    const unfit = other ? 'was asked for with other settings' : ageMs > request.maxAgeMs ? 'is too old' : undefined;
    if (entry.jobId === undefined) return unfit === undefined ? this.adoptLost(task, entry.submittedAt) : undefined;
    return this.adoptPending(task, entry.jobId, unfit);
  }

  private async adoptPending(task: Task, jobId: string, unfit: string | undefined): Promise<ClariJob | undefined> {
    const { client, signal, log } = this.options;
    const { label, slot } = task.request;
    this.recovery.exclude([jobId]);
    const job = await client.getJob(jobId, { signal }).catch((error: unknown) => {
      if (isKind(error, 'unknown_job', 'job_not_readable')) return undefined;
      throw error;
    });
    const expired = job?.expiredTime != null && job.expiredTime <= client.now();
    const good = job !== undefined && !expired && (job.phase === 'running' || job.phase === 'succeeded');
    if (good && unfit === undefined) {
      log.info(`Job ${jobId} (${label}) of an earlier sync is ${job.status}; resuming it`);
      task.origin = 'ledger';
      return job;
    }
    const why =
      unfit ?? (job === undefined ? 'is no longer known to Clari' : expired ? 'has expired' : `ended as ${job.status}`);
    log.info(`Job ${jobId} (${label}) of an earlier sync ${why}; exporting again`);
    if (job?.phase === 'running') await this.cancelled(jobId);
    slot.settled();
    return undefined;
  }

  private async adoptLost(task: Task, submittedAt: string): Promise<ClariJob | undefined> {
    const { request } = task;
    const found = await this.recovery.fromEarlierSync(request, submittedAt, this.options.signal);
    if (found === undefined) return undefined;
    this.options.log.info(
      `Job ${found.jobId} (${request.label}) was started by an earlier sync that never learned its id; resuming it`,
    );
    return this.found(task, found);
  }

  private async adoptOfAttempt(task: Task): Promise<ClariJob | undefined> {
    const { request } = task;
    const found = await this.recovery.fromEarlierAttempt(request, this.options.signal);
    if (found === undefined) return undefined;
    this.options.log.info(
      `Job ${found.jobId} (${request.label}) was started by an earlier attempt of this sync; resuming it`,
    );
    request.slot.posting(toSeconds(found.startTime ?? this.options.client.now()));
    return this.found(task, found);
  }

  private async found(task: Task, job: ClariJob): Promise<ClariJob> {
    task.origin = 'found';
    task.request.slot.started(job.jobId);
    await task.request.slot.save();
    return job;
  }

  private async waitFor(task: Task, jobId: string): Promise<ClariJob> {
    task.jobs++;
    this.runningSince.set(jobId, this.options.clock.now());
    this.report();
    try {
      return await this.options.client.waitForJob(jobId, { signal: this.options.signal });
    } finally {
      this.runningSince.delete(jobId);
      // Before anything else is done with the job: the next one can start while this one's results are read.
      this.slots.release();
    }
  }

  /** Decides what a failed job means: returns when the export deserves another job, throws when it doesn't. */
  private async afterFailure(task: Task, jobId: string, error: unknown): Promise<void> {
    const { slot, label } = task.request;
    if (isKind(error, 'aborted')) {
      if (await this.cancelled(jobId)) slot.settled();
    } else if (isKind(error, 'job_timed_out')) {
      // It is paid for: the next sync finds it done, or running still.
      throw timedOut(error, task.request, { jobId });
    } else if (isKind(error, 'truncated')) {
      slot.settled();
    } else if (isKind(error, 'job_failed', 'unknown_job', 'job_not_readable')) {
      // What is given up must not hold a slot, should it run after all.
      if (!isKind(error, 'job_failed')) await this.cancelled(jobId);
      slot.settled();
      if (task.jobs < MAX_JOBS_PER_EXPORT) {
        this.options.log.warn(
          `Job ${jobId} (${label}) failed; exporting again (job ${task.jobs + 1} of ${MAX_JOBS_PER_EXPORT})`,
        );
        return;
      }
    }
    // Anything else (a network failure while polling, say) leaves the job in the ledger: it is paid for and may still be good.
    throw error;
  }

  /** Cancels a job that nobody waits for any more, which gives its quota back. False when it isn't sure to have been cancelled. */
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
        document = await this.download(task, job);
      } catch (error) {
        // Clari keeps results for 30 days; the ones of a job that was taken over may be gone.
        if (!isKind(error, 'unknown_job')) throw error;
        await this.afterFailure(task, job.jobId, error);
      }
      if (document !== undefined && (await this.isOurs(task, job, document))) {
        const exportedAt = new Date(job.endTime ?? seenDoneAt).toISOString();
        return { jobId: job.jobId, document, exportedAt };
      }
      await document?.dispose();
      done = again();
    }
  }

  /** Whether results are what the export asks for. Only a job that was found in Clari's list has to prove it. */
  private async isOurs({ request, origin }: Task, { jobId }: ClariJob, document: SpooledDocument): Promise<boolean> {
    if (origin !== 'found' || (await request.proves?.(document)) !== false) return true;
    this.options.log.info(
      `The job that was found for ${request.label} turned out to be another export's; exporting again`,
    );
    this.recovery.giveBack(jobId);
    request.slot.settled();
    return false;
  }

  private async download(task: Task, finished: ClariJob): Promise<SpooledDocument> {
    const { client, signal, log, clock } = this.options;
    const { request } = task;
    let job = finished;
    for (let tries = 1; ; tries++) {
      try {
        const body = await client.openResults(job, { signal });
        return await SpooledDocument.spool(body, (document) => request.expects(document));
      } catch (error) {
        if (signal.aborted) throw aborted(request);
        const failure = downloadFailure(error, `job ${job.jobId} (${request.label})`);
        const refused = isKind(failure, 'unknown_job', 'job_not_readable');
        const mayPass =
          refused || isKind(failure, 'broken_results', 'unexpected_answer', 'network', 'timeout', 'server_error');
        if (!mayPass || tries >= MAX_DOWNLOADS) {
          if (isKind(failure, 'invalid_key')) throw failure;
          if (request.slot.unread())
            log.info(`Job ${job.jobId} (${request.label}) is paid for and stays noted for the next sync`);
          throw refused ? resultsRefused(job, request, failure) : failure;
        }
        log.warn(`The results of job ${job.jobId} (${request.label}) did not arrive whole; fetching them again`);
        await clock.sleep(this.timing.secondTryMs, signal);
        // Results may be gone, and a download URL runs out sooner than the results it leads to: the job itself says so.
        if (refused) job = await this.stillDone(job);
      }
    }
  }

  /** The job, as Clari shows it now, with a new download URL. Throws `unknown_job` when its results are gone. */
  private async stillDone({ jobId }: ClariJob): Promise<ClariJob> {
    const { client, signal } = this.options;
    const job = await client.getJob(jobId, { signal });
    const expired = job.expiredTime !== null && job.expiredTime <= client.now();
    if (expired || job.phase === 'failed' || job.phase === 'cancelled')
      throw new ClariError(`Clari's job ${jobId} has expired, or ended as ${job.status}.`, {
        kind: 'unknown_job',
        jobId,
      });
    return job.phase === 'running' ? client.waitForJob(jobId, { signal }) : job;
  }

  private report(): void {
    this.options.onProgress?.({ ...this.counts, running: this.slots.running, waiting: this.submitter.waiting });
  }

  /** Counts an export until it has ended, and has the log say every minute how all of them stand. */
  private async reportUntil(done: Promise<unknown>): Promise<void> {
    const first = this.reporting === undefined;
    if (first) {
      this.reporting = new AbortController();
      void this.reportRegularly(this.reporting.signal);
    }
    await done.then(
      () => this.counts.done++,
      () => this.counts.failed++,
    );
    this.report();
    if (this.counts.done + this.counts.failed < this.counts.planned) return;
    this.reporting?.abort();
    this.reporting = undefined;
  }

  private async reportRegularly(ended: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    for (;;) {
      await clock.sleep(this.timing.reportEveryMs, ended);
      if (ended.aborted) return;
      const { planned, done, failed } = this.counts;
      const longestMs = clock.now() - Math.min(clock.now(), ...this.runningSince.values());
      log.info(
        `Exports: ${this.slots.running} running, ${this.submitter.waiting} waiting, ${done} of ${planned} done` +
          `${failed > 0 ? `, ${failed} failed` : ''}; the longest has been running for ${Math.round(longestMs / 1000)} s`,
      );
    }
  }
}

const resultsRefused = ({ jobId }: ClariJob, { label }: ExportRequest, cause: unknown): ClariError =>
  new ClariError(
    `The results of Clari's job ${jobId} (${label}) can't be downloaded, though the job is done: the download host refuses them. ` +
      'Check that a proxy or firewall lets the download through; the next sync tries again.',
    {
      kind: 'unexpected_answer',
      jobId,
      status: cause instanceof ClariError ? cause.status : undefined,
      detail: cause instanceof ClariError ? cause.detail : undefined,
      cause,
    },
  );

const neverDone = new Promise<never>(() => undefined);
const noop = (): void => undefined;

/** A promise that is awaited only later: until then its rejection must not count as unhandled. */
function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.then(noop, noop);
  return promise;
}
