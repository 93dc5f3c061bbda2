import { ClariError } from '../clari/errors';
import type { ClariLimits } from '../clari/types';
import type { Slots } from '../slots';
import { aborted, isKind, isLost } from './failures';
import type { LostJobs } from './lost-jobs';
import type { PoolOptions, PoolTiming } from './pool-options';
import { type ExportRequest, QuotaExhaustedError } from './request';

/** How often a POST whose answer was lost, and whose job is nowhere to be found, is sent. */
const MAX_LOST_POSTS = 3;

/** An export that wants a job. */
export interface Submission {
  readonly request: ExportRequest;
  /** Nobody waits for its results any more. */
  readonly unwanted: boolean;
}

/** What has become of one export's POST so far. */
interface Attempt {
  /** It may have started a job whose id isn't known. */
  unresolved: boolean;
  /** How often Clari has refused it for want of a slot. */
  refusals: number;
}

/**
 * Starts jobs in Clari: each in a slot of its own, one POST at a time in the order they were asked for, and never a second one while the first
 * may have taken effect.
 */
export class Submitter {
  private limitsKnown: Promise<void> | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private exhausted: QuotaExhaustedError | undefined;
  /** Since when (epoch ms) Clari has had no free slot for us. */
  private refusedSince: number | undefined;
  /** Fires a little after `options.signal`, so that a POST under way can still tell its job's id, which is then cancelled. */
  private readonly lastAnswer: AbortSignal;

  constructor(
    private readonly options: PoolOptions,
    private readonly timing: PoolTiming,
    private readonly slots: Slots,
    private readonly lost: LostJobs,
  ) {
    this.lastAnswer = delayed(options.signal, timing.lastAnswerMs);
  }

  /** Waits for a slot and for its turn, then starts the job. Resolves with its id; the slot is taken until the caller releases it. */
  async submit(submission: Submission, onQueued: () => void): Promise<string> {
    const { signal } = this.options;
    this.limitsKnown ??= this.learnLimits();
    await this.limitsKnown;
    await this.lost.prepare(signal);
    const free = this.slots.acquire(signal);
    onQueued();
    if (!(await free)) throw aborted(submission.request);
    const submitted = this.turn.then(() => this.submitInTurn(submission));
    this.turn = submitted.then(noop, noop);
    try {
      return await submitted;
    } catch (error) {
      this.slots.release();
      throw error;
    }
  }

  private async submitInTurn(submission: Submission): Promise<string> {
    const { request } = submission;
    if (this.exhausted !== undefined) throw this.exhausted;
    if (submission.unwanted || this.options.signal.aborted) throw aborted(request);
    const submittedAt = new Date(this.options.clock.now()).toISOString();
    await request.journal.submitting(submittedAt);
    const attempt: Attempt = { unresolved: false, refusals: 0 };
    try {
      const jobId = await this.post(submission, submittedAt, attempt);
      this.refusedSince = undefined;
      this.lost.know(jobId);
      await request.journal.submitted({ jobId, submittedAt });
      this.options.log.info(`Job ${jobId} (${request.label}) started`);
      return jobId;
    } catch (error) {
      // What may have taken effect stays in the journal: the next sync looks for its job before it pays again.
      if (!attempt.unresolved) await request.journal.dropped();
      throw error;
    } finally {
      if (attempt.refusals > 0) request.onWaiting?.(null);
    }
  }

  /** Sends the POST until it is known which job it started. Keeps `attempt` up to date, also when it throws. */
  private async post(submission: Submission, submittedAt: string, attempt: Attempt): Promise<string> {
    const { request } = submission;
    const { signal } = this.options;
    for (let lostPosts = 0; ; ) {
      if (signal.aborted || submission.unwanted) throw aborted(request);
      try {
        return (await request.submit({ signal: this.lastAnswer })).jobId;
      } catch (error) {
        if (isKind(error, 'export_limit')) {
          await this.waitForSlot(request, error, attempt.refusals++);
        } else if (isLost(error)) {
          attempt.unresolved = true;
          if (signal.aborted) throw error;
          const jobId = await this.lostJob(request, submittedAt);
          if (jobId !== undefined) return jobId;
          if (++lostPosts === MAX_LOST_POSTS) throw error;
          attempt.unresolved = false;
        } else if (request.adapt?.(error) !== true) {
          throw error;
        }
      }
    }
  }

  /** The job of a POST whose answer was lost; undefined when it started none, as far as Clari's list can tell. */
  private async lostJob(request: ExportRequest, submittedAt: string): Promise<string | undefined> {
    const { log, signal } = this.options;
    const found = await this.lost.findOwn(request, submittedAt, signal);
    if (found === undefined)
      log.warn(`The answer to starting the export of ${request.label} was lost and no job was started; asking again`);
    else log.info(`The answer to starting the export of ${request.label} was lost; it is job ${found.jobId}`);
    return found?.jobId;
  }

  /**
   * Clari refused a job for want of quota or of a slot: one code for both, told apart by the limits. Resolves when it may be worth another try,
   * throws when it isn't. The wait is told of once, at the first of its refusals.
   */
  private async waitForSlot(request: ExportRequest, refusal: ClariError, refusalsBefore: number): Promise<void> {
    const { clock, log, signal, slotWaitMs, pollIntervalMs } = this.options;
    const limits = await this.limits();
    if (limits !== undefined && limits.availableMonthlyQuota <= 0) {
      this.exhausted = new QuotaExhaustedError(limits);
      throw this.exhausted;
    }
    // Counted from the first refusal of all: exports that queue up behind one another don't each wait that long.
    this.refusedSince ??= clock.now();
    const giveUpAt = this.refusedSince + slotWaitMs;
    if (clock.now() >= giveUpAt) throw noSlot(request, slotWaitMs, refusal);
    if (refusalsBefore === 0) {
      request.onWaiting?.(giveUpAt);
      log.info(
        `Clari has no free slot for the export of ${request.label}; waiting up to ${Math.ceil((giveUpAt - clock.now()) / 1000)} s`,
      );
    }
    // A job of ours that ends leaves its slot: no need to wait longer then.
    const released = new AbortController();
    const stop = this.slots.onRelease(() => released.abort());
    const waitMs = Math.min(this.timing.slotRetryMs * 2 ** refusalsBefore, pollIntervalMs, giveUpAt - clock.now());
    await clock.sleep(waitMs, AbortSignal.any([released.signal, signal]));
    stop();
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
}

const noop = (): void => undefined;

const noSlot = ({ label }: ExportRequest, waitedMs: number, cause: ClariError): ClariError =>
  new ClariError(
    `Clari had no free slot for the export of ${label} within ${Math.round(waitedMs / 60_000)} minutes. ` +
      'Other exports of your organization take them all; sync again later.',
    { kind: 'export_limit', cause },
  );

/** A signal that fires `ms` after `signal` does. */
function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  const start = () => setTimeout(() => later.abort(signal.reason), ms).unref();
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return later.signal;
}
