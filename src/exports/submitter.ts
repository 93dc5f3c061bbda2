import { RESULTS_KEPT_MS } from '../clari/entries/results';
import type { ClariError } from '../clari/errors';
import type { ClariLimits } from '../clari/types';
import { DAY_MS, dayOf, toSeconds } from '../days';
import type { Slots } from '../slots';
import { aborted, isKind, isLost, noSlot } from './failures';
import type { PoolOptions, PoolTiming } from './pool-options';
import type { Recovery } from './recovery';
import { type ExportRequest, QuotaExhausted } from './request';

/** How often a POST is sent if its answer is lost and its job is nowhere to be found. */
const MAX_LOST_POSTS = 3;
const QUOTA_WINDOW_MS = RESULTS_KEPT_MS;

/** An export that wants a job. */
export interface Submission {
  readonly request: ExportRequest;
  /** Its results are no longer wanted. */
  readonly unwanted: boolean;
}

/** A job that was started. */
export interface Started {
  readonly jobId: string;
  /** It was found in Clari's list, since the answer to its POST was lost: it isn't certain to be ours. */
  readonly isFound: boolean;
}

interface Queued {
  readonly submission: Submission;
  /** Whether the ledger already says that its POST may be sent. */
  announced: boolean;
  resolve(started: Started): void;
  reject(error: unknown): void;
}

/** The fate of one export's POST so far. */
interface PostState {
  /** It may have started a job whose id isn't known. */
  unresolved: boolean;
  /** How often Clari has refused it for lack of a slot. */
  refusals: number;
}

/**
 * Starts jobs in Clari: each in its own slot, one POST at a time in the order requested, and never a second one while
 * the first may have taken effect.
 */
export class Submitter {
  private readonly queue: Queued[] = [];
  private working = false;
  private limitsKnown: Promise<void> | undefined;
  private exhausted: QuotaExhausted | undefined;
  /** Since when (epoch ms) Clari has had no free slot for us. */
  private refusedSince: number | undefined;
  /**
   * Fires a little after `options.signal`, so that a POST in flight can still report its job's id; the job is then
   * cancelled.
   */
  private readonly lastAnswer: AbortSignal;

  constructor(
    private readonly options: PoolOptions,
    private readonly timing: PoolTiming,
    private readonly slots: Slots,
    private readonly recovery: Recovery,
  ) {
    this.lastAnswer = delayed(options.signal, timing.lastAnswerMs);
  }

  /** How many exports are waiting for their POST. */
  get waiting(): number {
    return this.queue.length;
  }

  /**
   * Waits for a slot and for its turn, then starts the job and resolves with it. The slot is taken until the caller
   * releases it.
   */
  async submit(submission: Submission, onQueued: () => void): Promise<Started> {
    await this.prepare();
    return new Promise((resolve, reject) => {
      this.queue.push({ submission, announced: false, resolve, reject });
      onQueued();
      void this.work();
    });
  }

  /** Asks for what must be known before the first POST: the limits, and which jobs already exist. */
  async prepare(): Promise<void> {
    await Promise.all([this.concurrency(), this.recovery.prepare(this.options.signal)]);
  }

  /** How many jobs may run at a time. */
  async concurrency(): Promise<number> {
    this.limitsKnown ??= this.learnLimits();
    await this.limitsKnown;
    return this.slots.size;
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (let next = this.queue[0]; next !== undefined; next = this.queue[0]) {
      try {
        next.resolve(await this.submitNext(next));
      } catch (error) {
        next.reject(error);
      }
    }
    this.working = false;
  }

  private async submitNext(next: Queued): Promise<Started> {
    const { request } = next.submission;
    const hasSlot = this.exhausted === undefined && (await this.slots.acquire(this.options.signal));
    this.queue.shift();
    try {
      if (this.exhausted !== undefined) throw this.exhausted;
      if (!hasSlot || next.submission.unwanted || this.options.signal.aborted) throw aborted(request);
      return await this.submitInTurn(next);
    } catch (error) {
      if (hasSlot) this.slots.release();
      if (next.announced && !isLost(error)) {
        request.slot.settled();
        await this.unlessEnding(request.slot.save());
      }
      throw error;
    }
  }

  private async submitInTurn(next: Queued): Promise<Started> {
    const { submission } = next;
    const { request } = submission;
    if (!next.announced) {
      this.announce(next);
      await this.unlessEnding(request.slot.save());
    }
    const submittedAt = request.slot.entry?.submittedAt ?? toSeconds(this.options.client.now());
    const state: PostState = { unresolved: false, refusals: 0 };
    try {
      const started = await this.post(submission, submittedAt, state);
      const { jobId } = started;
      this.refusedSince = undefined;
      this.recovery.exclude([jobId]);
      request.slot.started(jobId, started.isFound ? 'found' : 'answered');
      // One STATE says what was started and what may be started next: a kill loses neither, and states stay few.
      const following = this.queue[0];
      if (following !== undefined && !following.announced) this.announce(following);
      await this.unlessEnding(Promise.all([request.slot.save(), following?.submission.request.slot.save()]));
      this.options.log.info(`Job ${jobId} (${request.label}) started`);
      return started;
    } catch (error) {
      // A POST that may have taken effect stays in the ledger: the next sync looks for its job before it pays again.
      if (!state.unresolved) request.slot.settled();
      next.announced = false;
      await this.unlessEnding(request.slot.save());
      throw error;
    } finally {
      if (state.refusals > 0) request.onWaiting?.(null);
    }
  }

  private announce(next: Queued): void {
    next.announced = true;
    next.submission.request.slot.posting(toSeconds(this.options.client.now()));
  }

  /** A sync that must end doesn't wait for the reader of its output. */
  private async unlessEnding(saved: Promise<unknown>): Promise<void> {
    const { signal } = this.options;
    const ending = new AbortController();
    await Promise.race([
      saved,
      new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else
          signal.addEventListener('abort', () => resolve(), {
            once: true,
            signal: ending.signal,
          });
      }),
    ]);
    ending.abort();
  }

  /** Sends the POST until it is known which job it started. Keeps `state` up to date, even when it throws. */
  private async post(submission: Submission, submittedAt: string, state: PostState): Promise<Started> {
    const { request } = submission;
    const { signal } = this.options;
    for (let lostPosts = 0; ; ) {
      if (signal.aborted || submission.unwanted) throw aborted(request);
      const sentAt = this.options.clock.now();
      try {
        const { jobId } = await request.submit({ signal: this.lastAnswer });
        return { jobId, isFound: false };
      } catch (error) {
        if (isKind(error, 'export_limit')) {
          await this.waitForSlot(request, error, state.refusals++);
        } else if (isLost(error)) {
          state.unresolved = true;
          if (signal.aborted) throw error;
          const jobId = await this.lostJob(request, submittedAt, sentAt);
          if (jobId !== undefined) return { jobId, isFound: true };
          if (++lostPosts === MAX_LOST_POSTS) throw error;
          state.unresolved = false;
        } else if (request.adapt?.(error) !== true) {
          throw error;
        }
      }
    }
  }

  /** The job of a POST whose answer was lost; undefined if, by Clari's list, it started none. */
  private async lostJob(request: ExportRequest, submittedAt: string, sentAt: number): Promise<string | undefined> {
    const { log, signal } = this.options;
    const found = await this.recovery.own(request, submittedAt, sentAt, signal);
    if (found === undefined)
      log.warn(`The answer to starting the export of ${request.label} was lost, and no job was started`);
    else log.info(`The answer to starting the export of ${request.label} was lost; it is job ${found.jobId}`);
    return found?.jobId;
  }

  /**
   * Clari refused a job for lack of quota or of a slot: it has one code for both, and only the limits tell which.
   * Resolves when another try may succeed, throws when it can't. The wait is reported once, at the first refusal.
   */
  private async waitForSlot(request: ExportRequest, refusal: ClariError, refusalsBefore: number): Promise<void> {
    const { clock, log, signal, slotWaitMs, pollIntervalMs } = this.options;
    const limits = await this.limits();
    if (limits !== undefined && limits.availableMonthlyQuota <= 0) {
      this.exhausted = new QuotaExhausted(limits, this.freesUpOn());
      throw this.exhausted;
    }
    // Counted from the very first refusal: exports that queue behind one another don't each wait that long.
    this.refusedSince ??= clock.now();
    const giveUpAt = this.refusedSince + slotWaitMs;
    if (clock.now() >= giveUpAt) throw noSlot(request, slotWaitMs, limits, refusal);
    if (refusalsBefore === 0) {
      request.onWaiting?.(giveUpAt);
      log.info(
        `Clari has no free slot for the export of ${request.label}; waiting up to ${Math.ceil((giveUpAt - clock.now()) / 1000)} s`,
      );
    }
    // When one of our jobs ends, its slot is free: no need to wait longer.
    const released = new AbortController();
    const stop = this.slots.onRelease(() => released.abort());
    const waitMs = Math.min(this.timing.slotRetryMs * 2 ** refusalsBefore, pollIntervalMs, giveUpAt - clock.now());
    await clock.sleep(waitMs, AbortSignal.any([released.signal, signal]));
    stop();
  }

  /** The day on which this user's oldest export falls out of the quota's window. */
  private freesUpOn(): string | undefined {
    const since = this.options.client.now() - QUOTA_WINDOW_MS;
    const starts = this.recovery.listed.flatMap(({ startTime }) => startTime ?? []).filter((start) => start > since);
    // A full day later, since the hour at which the window moves isn't documented.
    return starts.length === 0 ? undefined : dayOf(Math.min(...starts) + QUOTA_WINDOW_MS + DAY_MS);
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

  /** The organization's limits; undefined if Clari doesn't show them. */
  private async limits(): Promise<ClariLimits | undefined> {
    try {
      return await this.options.client.getLimits({ signal: this.options.signal });
    } catch (error) {
      if (isKind(error, 'invalid_key', 'aborted')) throw error;
      this.options.log.debug(
        `Could not read Clari's export limits: ${error instanceof Error ? error.message : String(error)}`,
      );
      return undefined;
    }
  }
}

/** A signal that fires `ms` after `signal` does. */
function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  const start = () => setTimeout(() => later.abort(signal.reason), ms).unref();
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return later.signal;
}
