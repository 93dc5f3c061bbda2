import type { ClariClient } from '../clari/client';
import { ClariError } from '../clari/errors';
import type { ClariJob, ClariLimits } from '../clari/types';
import type { Clock } from '../timing';
import { DocumentError, SpooledDocument } from './document';
import { LostJobs } from './lost-jobs';
import { type ExportHandle, type ExportRequest, type OpenExport, QuotaExhaustedError } from './request';
import { Slots } from './slots';

/** Where Clari's limits aren't known, this many jobs run at a time. */
const DEFAULT_SLOTS = 3;
/** A job that ended as FAILED, ABORTED or CANCELLED is submitted again until there were this many. */
const MAX_JOBS_PER_EXPORT = 3;
/** A broken download is fetched again until there were this many tries. */
const MAX_DOWNLOADS = 3;
/** How often a POST whose answer was lost, and whose job is nowhere to be found, is sent. */
const MAX_LOST_POSTS = 3;

export interface PoolLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

export interface PoolTiming {
  /** First wait for a slot that Clari refused; doubles up to the poll interval. */
  readonly slotRetryMs: number;
  /** How long a POST under way may still answer after the sync was told to end, so that its job can be cancelled. */
  readonly lastAnswerMs: number;
  /** How long cancelling a job may take when the sync ends. */
  readonly cancelMs: number;
  /** Wait before a broken download is fetched again, and before a lost job is looked for a second time. */
  readonly secondLookMs: number;
}

export const POOL_TIMING: PoolTiming = {
  slotRetryMs: 1_000,
  lastAnswerMs: 3_000,
  cancelMs: 3_000,
  secondLookMs: 2_000,
};

export interface JobCounts {
  readonly running: number;
  readonly waiting: number;
  readonly done: number;
}

export interface PoolOptions {
  readonly client: ClariClient;
  readonly clock: Clock;
  readonly log: PoolLog;
  /** Ends everything: running jobs are cancelled, every export rejects with a ClariError of kind `aborted`. */
  readonly signal: AbortSignal;
  /** The user's own cap on jobs at a time; undefined = what Clari allows. */
  readonly maxConcurrent?: number | undefined;
  /** Ceiling of the poll interval, ms. */
  readonly pollIntervalMs: number;
  /** A free slot is waited for no longer than this, ms: as long as a job may take. */
  readonly slotWaitMs: number;
  readonly timing?: PoolTiming | undefined;
  readonly onProgress?: ((jobs: JobCounts) => void) | undefined;
}

interface Task {
  readonly request: ExportRequest;
  /** Jobs followed for this export in this sync. */
  jobs: number;
  /** Whether what an earlier sync left behind has yet to be looked at. */
  adoptable: boolean;
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
  private readonly timing: PoolTiming;
  /** Fires a little after `options.signal`, so that a POST under way can still tell its job's id, which is then cancelled. */
  private readonly lastAnswer: AbortSignal;
  private limitsKnown: Promise<void> | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private exhausted: QuotaExhaustedError | undefined;
  private done = 0;

  constructor(private readonly options: PoolOptions) {
    this.timing = options.timing ?? POOL_TIMING;
    this.slots = new Slots(options.maxConcurrent ?? DEFAULT_SLOTS);
    this.lost = new LostJobs(options.client, options.clock, this.timing.secondLookMs);
    this.lastAnswer = delayed(options.signal, this.timing.lastAnswerMs);
  }

  /** Starts an export, or goes on with the job that an earlier sync left behind. */
  start(request: ExportRequest): ExportHandle {
    if (request.pending !== undefined) this.lost.know(request.pending.jobId);
    const task: Task = { request, jobs: 0, adoptable: true, finished: neverFinished };
    task.finished = awaitedLater(this.produce(task));
    let opened: Promise<OpenExport> | undefined;
    return {
      finished: task.finished,
      open: () => {
        opened ??= awaitedLater(this.open(task));
        return opened;
      },
      dispose: async () => {
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
    if (adopted === undefined) return { jobId: await this.submit(task) };
    if (adopted.phase === 'succeeded') return { jobId: adopted.jobId, job: adopted };
    this.slots.occupy();
    return { jobId: adopted.jobId };
  }

  private async adopt(task: Task): Promise<ClariJob | undefined> {
    if (!task.adoptable) return undefined;
    task.adoptable = false;
    const { request } = task;
    const { signal, clock, log } = this.options;
    if (request.pending === undefined) {
      if (request.submittingSince === undefined) return undefined;
      const found = await this.lost.findFromEarlierSync(request, request.submittingSince, signal);
      if (found === undefined) return undefined;
      log.info(
        `Job ${found.jobId} (${request.label}) was started by an earlier sync that never learned its id; going on with it`,
      );
      await request.journal.submitted({ jobId: found.jobId, submittedAt: request.submittingSince });
      return found;
    }
    const { jobId } = request.pending;
    const job = await this.options.client.getJob(jobId, { signal }).catch((error: unknown) => {
      if (isKind(error, 'unknown_job', 'job_not_readable')) return undefined;
      throw error;
    });
    const expired = job?.expiredTime != null && job.expiredTime <= clock.now();
    if (job !== undefined && !expired && (job.phase === 'running' || job.phase === 'succeeded')) {
      log.info(`Job ${jobId} (${request.label}) of an earlier sync is ${job.status}; going on with it`);
      return job;
    }
    const why = job === undefined ? 'is no longer known to Clari' : expired ? 'has expired' : `ended as ${job.status}`;
    log.info(`Job ${jobId} (${request.label}) of an earlier sync ${why}; exporting anew`);
    await request.journal.dropped();
    return undefined;
  }

  /** Waits for a slot, then for its turn, then starts the job. Resolves with its id; the slot is taken until the job ends. */
  private async submit(task: Task): Promise<string> {
    const { signal } = this.options;
    this.limitsKnown ??= this.learnLimits();
    await this.limitsKnown;
    await this.lost.prepare(signal);
    const free = this.slots.acquire(signal);
    this.report();
    if (!(await free)) throw aborted(task);
    const submitted = this.turn.then(() => this.submitInTurn(task));
    this.turn = awaitedLater(submitted).then(noop, noop);
    try {
      return await submitted;
    } catch (error) {
      this.slots.release();
      throw error;
    } finally {
      this.report();
    }
  }

  private async submitInTurn(task: Task): Promise<string> {
    const { request } = task;
    const { clock, log, signal } = this.options;
    const giveUpAt = clock.now() + this.options.slotWaitMs;
    const submittedAt = new Date(clock.now()).toISOString();
    let waitMs = this.timing.slotRetryMs;
    if (this.exhausted !== undefined) throw this.exhausted;
    await request.journal.submitting(submittedAt);
    for (let lostPosts = 0; ; ) {
      if (signal.aborted) {
        await request.journal.dropped();
        throw aborted(task);
      }
      try {
        const { jobId } = await request.submit({ signal: this.lastAnswer });
        return await this.started(task, jobId, submittedAt);
      } catch (error) {
        if (isLost(error) && !signal.aborted) {
          const found = await this.lost.findOwn(request, signal).catch(async (reason: unknown) => {
            // Several candidates: a later look can't tell them apart either. A failed look-up can be made up for by the next sync.
            if (isKind(reason, 'unexpected_answer')) await request.journal.dropped();
            throw reason;
          });
          if (found !== undefined) {
            log.info(`The answer to starting the export of ${request.label} was lost; it is job ${found.jobId}`);
            return await this.started(task, found.jobId, submittedAt);
          }
          if (++lostPosts < MAX_LOST_POSTS) {
            log.warn(
              `The answer to starting the export of ${request.label} was lost and no job was started; asking again`,
            );
            continue;
          }
        } else if (isKind(error, 'export_limit')) {
          await this.refused(task, clock.now() >= giveUpAt ? error : undefined);
          request.onWaiting?.(giveUpAt);
          log.info(
            `Clari has no free slot for the export of ${request.label}; waiting up to ${Math.ceil((giveUpAt - clock.now()) / 1000)} s`,
          );
          await this.slotMayBeFree(Math.min(waitMs, giveUpAt - clock.now()));
          waitMs = Math.min(waitMs * 2, this.options.pollIntervalMs);
          continue;
        } else if (request.adapt?.(error)) {
          continue;
        }
        // An unanswered POST stays in the journal while its job may exist: the next sync looks for it.
        if (!isLost(error) || !signal.aborted) await request.journal.dropped();
        throw error;
      }
    }
  }

  private async started(task: Task, jobId: string, submittedAt: string): Promise<string> {
    this.lost.know(jobId);
    await task.request.journal.submitted({ jobId, submittedAt });
    this.options.log.info(`Job ${jobId} (${task.request.label}) started`);
    return jobId;
  }

  /** Clari refused a job for want of quota or of a slot: one code for both, told apart by the limits. Throws when waiting is no use. */
  private async refused(task: Task, tooLate: unknown): Promise<void> {
    const limits = await this.limits();
    if (limits !== undefined && limits.availableMonthlyQuota <= 0) {
      this.exhausted = new QuotaExhaustedError(limits);
      await task.request.journal.dropped();
      throw this.exhausted;
    }
    if (tooLate === undefined) return;
    await task.request.journal.dropped();
    throw new ClariError(
      `Clari had no free slot for the export of ${task.request.label} within ${Math.round(this.options.slotWaitMs / 60_000)} minutes. ` +
        'Other exports of your organization take them all; sync again later.',
      { kind: 'export_limit', cause: tooLate },
    );
  }

  /** Resolves when a job of ours has ended, or after `ms`. */
  private async slotMayBeFree(ms: number): Promise<void> {
    const released = new AbortController();
    const stop = this.slots.onRelease(() => released.abort());
    await this.options.clock.sleep(Math.max(0, ms), AbortSignal.any([released.signal, this.options.signal]));
    stop();
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
          task.jobs++;
          await this.afterFailure(task, job.jobId, error);
          task.finished = awaitedLater(this.produce(task));
          continue;
        }
        if (isKind(error, 'unexpected_answer')) await task.request.journal.dropped();
        throw error;
      }
    }
  }

  private async download(task: Task, job: ClariJob): Promise<SpooledDocument> {
    const { client, signal, log, clock } = this.options;
    for (let tries = 1; ; tries++) {
      try {
        return await SpooledDocument.spool(await client.openResults(job, { signal }));
      } catch (error) {
        if (signal.aborted) throw aborted(task);
        const failure = error instanceof DocumentError ? broken(task, job, error) : error;
        if (tries >= MAX_DOWNLOADS || !isKind(failure, 'unexpected_answer', 'network', 'timeout', 'server_error'))
          throw failure;
        log.warn(`The results of job ${job.jobId} (${task.request.label}) did not arrive whole; fetching them again`);
        await clock.sleep(this.timing.secondLookMs, signal);
      }
    }
  }

  private async learnLimits(): Promise<void> {
    const limits = await this.limits();
    if (limits === undefined) return;
    const { concurrentLimit, availableMonthlyQuota, monthlyQuota } = limits;
    this.slots.setLimit(Math.max(1, Math.min(this.options.maxConcurrent ?? concurrentLimit, concurrentLimit)));
    this.options.log.info(
      `Clari allows ${concurrentLimit} exports at a time; ${availableMonthlyQuota} of ${monthlyQuota} are left in this 30-day window`,
    );
  }

  /** The organization's limits; undefined where Clari doesn't tell them. */
  private async limits(): Promise<ClariLimits | undefined> {
    try {
      return await this.options.client.getLimits({ signal: this.options.signal });
    } catch (error) {
      if (isKind(error, 'invalid_key', 'aborted')) throw error;
      this.options.log.debug(
        `Clari does not tell its export limits: ${error instanceof Error ? error.message : String(error)}`,
      );
      return undefined;
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

const isKind = (error: unknown, ...kinds: ClariError['kind'][]): error is ClariError =>
  error instanceof ClariError && kinds.includes(error.kind);

const isLost = (error: unknown): boolean => error instanceof ClariError && error.landed === 'unknown';

const aborted = (task: Task): ClariError =>
  new ClariError(`The export of ${task.request.label} was interrupted.`, { kind: 'aborted' });

const broken = (task: Task, job: ClariJob, error: DocumentError): ClariError =>
  new ClariError(
    `Clari's results of job ${job.jobId} (${task.request.label}) are ${error.kind === 'truncated' ? 'cut short' : 'not the JSON they should be'}, ` +
      `${MAX_DOWNLOADS} times in a row. Sync again later; if it stays so, tell Clari the job's id.`,
    { kind: 'unexpected_answer', jobId: job.jobId, detail: error.message, cause: error },
  );

/** A signal that fires `ms` after `signal` does. */
function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  const start = () => setTimeout(() => later.abort(signal.reason), ms).unref();
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return later.signal;
}
