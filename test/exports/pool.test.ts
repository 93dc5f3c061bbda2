import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ClariClient } from '../../src/clari/client';
import { ClariError, type ClariErrorKind } from '../../src/clari/errors';
import type { ClariJob, ClariLimits } from '../../src/clari/types';
import { ExportPool } from '../../src/exports/pool';
import type { PoolOptions } from '../../src/exports/pool-options';
import { type ExportRequest, QuotaExhaustedError } from '../../src/exports/request';
import { FastClock } from '../support/clock';

const LIMITS: ClariLimits = {
  concurrentLimit: 2,
  monthlyQuota: 1000,
  availableConcurrentLimit: 2,
  availableMonthlyQuota: 900,
  submittedJobIds: [],
  runningJobIds: [],
};

const error = (kind: ClariErrorKind, more: { landed?: 'no' | 'unknown' } = {}) =>
  new ClariError(`it is ${kind}`, { kind, ...more });

const job = (jobId: string, changes: Partial<ClariJob> = {}): ClariJob => ({
  jobId,
  status: 'DONE',
  phase: 'succeeded',
  title: null,
  module: null,
  fileName: null,
  fileType: null,
  currency: null,
  startTime: null,
  endTime: null,
  expiredTime: null,
  rowsTruncated: false,
  cellsTruncated: false,
  downloadUrl: null,
  error: null,
  ...changes,
});

/** A Clari whose answers the test decides; jobs end when the test says so, unless `endAtOnce`. */
class FakeClari {
  readonly posts: string[] = [];
  readonly cancelled: string[] = [];
  readonly running = new Set<string>();
  mostRunning = 0;
  listed: ClariJob[] = [];
  limits: ClariLimits | ClariError = LIMITS;
  /** What the next POSTs answer, in order; a job id once it is empty. */
  answers: (ClariError | { lost: ClariJob })[] = [];
  /** How the next jobs end, in order; done once it is empty. */
  ends: ClariErrorKind[] = [];
  results: string[] = [];
  /** What the next looks at the job list fail with. */
  listFailures: ClariError[] = [];
  /** The download URLs that jobs show from now on, look by look. */
  jobUrls: string[] = [];
  goneUrls: ReadonlySet<string> = new Set();
  endAtOnce = true;
  private readonly waiting = new Map<string, () => void>();

  async post(label: string): Promise<{ jobId: string }> {
    this.posts.push(label);
    const answer = this.answers.shift();
    if (answer instanceof ClariError) throw answer;
    const jobId = `job-${this.posts.length}`;
    if (answer !== undefined) {
      this.listed.push({ ...answer.lost, jobId });
      throw error('timeout', { landed: 'unknown' });
    }
    this.running.add(jobId);
    this.mostRunning = Math.max(this.mostRunning, this.running.size);
    return { jobId };
  }

  end(jobId: string): void {
    this.waiting.get(jobId)?.();
  }

  asClient(): ClariClient {
    const client = {
      getLimits: async () => {
        if (this.limits instanceof ClariError) throw this.limits;
        return this.limits;
      },
      getJob: async (jobId: string) => {
        const found = this.listed.find((listed) => listed.jobId === jobId);
        if (found !== undefined) return found;
        if (this.jobUrls.length > 0) return job(jobId, { downloadUrl: this.jobUrls.shift() ?? null });
        throw error('unknown_job');
      },
      listJobs: async () => {
        const failure = this.listFailures.shift();
        if (failure !== undefined) throw failure;
        return [...this.listed];
      },
      waitForJob: async (jobId: string, { signal }: { signal: AbortSignal }) => {
        if (!this.endAtOnce) {
          await new Promise<void>((resolve, reject) => {
            this.waiting.set(jobId, resolve);
            signal.addEventListener('abort', () => reject(error('aborted')));
          });
        }
        this.running.delete(jobId);
        const end = this.ends.shift();
        if (end !== undefined) throw error(end);
        return job(jobId, { downloadUrl: this.jobUrls.shift() ?? null });
      },
      cancelJob: async (jobId: string) => {
        this.cancelled.push(jobId);
        return true;
      },
      openResults: async ({ downloadUrl }: ClariJob) => {
        if (this.goneUrls.has(downloadUrl ?? '')) throw error('unknown_job');
        return Readable.from([Buffer.from(this.results.shift() ?? '{"entries":[]}')]);
      },
    };
    return client as unknown as ClariClient;
  }
}

function setUp(options: Partial<PoolOptions> = {}) {
  const clari = new FakeClari();
  const clock = new FastClock();
  const stop = new AbortController();
  const journal: string[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message: string) => journal.push(`warn ${message}`),
  };
  const pool = new ExportPool({
    client: clari.asClient(),
    clock,
    log,
    signal: stop.signal,
    pollIntervalMs: 5_000,
    slotWaitMs: 60_000,
    ...options,
  });
  const request = (label: string, more: Partial<ExportRequest> = {}): ExportRequest => ({
    label,
    submit: () => clari.post(label),
    matches: (candidate) => candidate.fileName === label,
    journal: {
      submitting: async () => void journal.push(`submitting ${label}`),
      submitted: async ({ jobId }) => void journal.push(`submitted ${label} ${jobId}`),
      dropped: async () => void journal.push(`dropped ${label}`),
    },
    ...more,
  });
  return { clari, clock, stop, journal, pool, request };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('the export pool', () => {
  it('given more exports than slots, then as many run as Clari allows, and the next starts as soon as one ends, in order', async () => {
    const { clari, pool, request } = setUp();
    clari.endAtOnce = false;
    const handles = ['a', 'b', 'c', 'd'].map((label) => pool.start(request(label)));
    await settled();
    expect(clari.posts).toEqual(['a', 'b']);
    clari.end('job-2');
    await settled();
    expect(clari.posts).toEqual(['a', 'b', 'c']);
    clari.end('job-1');
    clari.end('job-3');
    await settled();
    clari.end('job-4');
    await Promise.all(handles.map(({ finished }) => finished));
    expect(clari.mostRunning).toBe(2);
  });

  it('given a cap of the user, then no more than that run', async () => {
    const { clari, pool, request } = setUp({ maxConcurrent: 1 });
    clari.endAtOnce = false;
    pool.start(request('a'));
    pool.start(request('b'));
    await settled();
    expect(clari.posts).toEqual(['a']);
  });

  it('given a job that is started, then it is in the journal before and after its POST', async () => {
    const { clari, journal, pool, request } = setUp();
    await pool.start(
      request('a', {
        submit: () => {
          journal.push('POST');
          return clari.post('a');
        },
      }),
    ).finished;
    expect(journal).toEqual(['submitting a', 'POST', 'submitted a job-1']);
  });

  it('given a job of an earlier sync that is still good, then it is adopted and nothing is submitted', async () => {
    const { clari, pool, request } = setUp();
    clari.listed = [job('old', { status: 'STARTED', phase: 'running' })];
    await pool.start(request('a', { pending: { jobId: 'old', submittedAt: '2026-11-23T09:00:00Z' } })).finished;
    expect(clari.posts).toEqual([]);
  });

  it.each([
    ['unknown to Clari', undefined],
    ['expired', job('old', { expiredTime: Date.parse('2026-11-01') })],
    ['failed', job('old', { status: 'FAILED', phase: 'failed' })],
    ['cancelled', job('old', { status: 'CANCELLED', phase: 'cancelled' })],
  ])('given a job of an earlier sync that is %s, then it is dropped and submitted anew', async (_, old) => {
    const { clari, journal, pool, request } = setUp();
    if (old !== undefined) clari.listed = [old];
    await pool.start(request('a', { pending: { jobId: 'old', submittedAt: '2026-11-23T09:00:00Z' } })).finished;
    expect(journal).toEqual(['dropped a', 'submitting a', 'submitted a job-1']);
  });

  it('given jobs that fail, then each export has three jobs in all', async () => {
    const { clari, pool, request } = setUp();
    clari.ends = ['job_failed', 'job_failed'];
    await pool.start(request('a')).finished;
    expect(clari.posts).toHaveLength(3);
    clari.ends = ['job_failed', 'job_failed', 'job_failed'];
    await expect(pool.start(request('b')).finished).rejects.toMatchObject({ kind: 'job_failed' });
    expect(clari.posts).toHaveLength(6);
  });

  it('given a POST whose answer was lost, when Clari lists its job, then that one is adopted', async () => {
    const { clari, journal, pool, request } = setUp();
    clari.answers = [{ lost: job('', { fileName: 'a', status: 'STARTED', phase: 'running' }) }];
    await pool.start(request('a')).finished;
    expect(clari.posts).toEqual(['a']);
    expect(journal).toEqual(['submitting a', 'submitted a job-1']);
  });

  it('given a POST that surely did not land, then it is sent again, a bounded number of times', async () => {
    const { clari, pool, request } = setUp();
    clari.answers = [error('timeout', { landed: 'unknown' })];
    await pool.start(request('a')).finished;
    expect(clari.posts).toHaveLength(2);
    clari.answers = Array.from({ length: 9 }, () => error('timeout', { landed: 'unknown' }));
    await expect(pool.start(request('b')).finished).rejects.toMatchObject({ kind: 'timeout' });
    expect(clari.posts).toHaveLength(5);
  });

  it('given several jobs that could be the lost one, then none is adopted and none is submitted', async () => {
    const { clari, pool, request } = setUp();
    const twin = job('twin', { fileName: 'a' });
    const submit = async () => {
      clari.listed.push(twin);
      clari.answers = [{ lost: job('', { fileName: 'a' }) }];
      return clari.post('a');
    };
    await expect(pool.start(request('a', { submit })).finished).rejects.toThrow(/2 jobs that could be it/);
    expect(clari.posts).toHaveLength(1);
  });

  it('given a job that was there before, then it is not taken for the lost one', async () => {
    const { clari, pool, request } = setUp();
    clari.listed = [job('before', { fileName: 'a' })];
    clari.answers = [error('timeout', { landed: 'unknown' })];
    await pool.start(request('a')).finished;
    expect(clari.posts).toHaveLength(2);
  });

  it('given a POST that an earlier sync never saw answered, then its job is looked for before anything is paid', async () => {
    const { clari, journal, pool, request } = setUp();
    clari.listed = [
      job('much-older', { fileName: 'a', startTime: Date.parse('2026-11-22T09:00:00Z') }),
      job('its-own', { fileName: 'a', startTime: Date.parse('2026-11-23T09:00:01Z') }),
    ];
    await pool.start(request('a', { submittingSince: '2026-11-23T09:00:00Z' })).finished;
    expect(clari.posts).toEqual([]);
    expect(journal).toEqual(['submitted a its-own']);
  });

  it('given no free slot, then the POST waits for one and tells why', async () => {
    const { clari, pool, request } = setUp();
    const waits: (number | null)[] = [];
    clari.answers = [error('export_limit', { landed: 'no' }), error('export_limit', { landed: 'no' })];
    await pool.start(request('a', { onWaiting: (until) => waits.push(until) })).finished;
    expect(clari.posts).toHaveLength(3);
    const until = Date.parse('2026-11-23T10:01:00Z');
    expect(waits, 'told once, and that it is over').toEqual([until, null]);
  });

  it('given no free slot for as long as a job may take, then the export fails', async () => {
    const { clari, pool, request } = setUp();
    clari.answers = Array.from({ length: 1000 }, () => error('export_limit', { landed: 'no' }));
    await expect(pool.start(request('a')).finished).rejects.toThrow(/no free slot.* 1 minutes/);
  });

  it('given others behind an export that has waited in vain, then these fail at once instead of waiting as long each', async () => {
    const { clari, clock, pool, request } = setUp();
    clari.answers = Array.from({ length: 1000 }, () => error('export_limit', { landed: 'no' }));
    const handles = ['a', 'b', 'c'].map((label) => pool.start(request(label)));
    for (const { finished } of handles) await expect(finished).rejects.toThrow(/no free slot/);
    expect(clock.now() - Date.parse('2026-11-23T10:00:00Z')).toBeLessThan(61_000);
  });

  it('given an export that nobody wants any more, then it is never submitted', async () => {
    const { clari, pool, request } = setUp({ maxConcurrent: 1 });
    clari.endAtOnce = false;
    pool.start(request('a'));
    const unwanted = pool.start(request('b'));
    await settled();
    await unwanted.dispose();
    clari.end('job-1');
    await expect(unwanted.finished).rejects.toMatchObject({ kind: 'aborted' });
    expect(clari.posts).toEqual(['a']);
  });

  it('given several jobs that an unanswered POST of an earlier sync could have started, then it is exported anew: later syncs could not tell them apart either', async () => {
    const { clari, journal, pool, request } = setUp();
    const startTime = Date.parse('2026-11-23T09:00:01Z');
    clari.listed = [job('one', { fileName: 'a', startTime }), job('two', { fileName: 'a', startTime })];
    await pool.start(request('a', { submittingSince: '2026-11-23T09:00:00Z' })).finished;
    expect(clari.posts).toEqual(['a']);
    expect(journal.slice(1)).toEqual(['dropped a', 'submitting a', 'submitted a job-1']);
    expect(journal[0]).toContain('2 jobs that could be it');
  });

  it('given a job that is known to belong to another export, then it is not taken for the lost one', async () => {
    const { clari, pool, request } = setUp();
    const startTime = Date.parse('2026-11-23T09:00:01Z');
    clari.listed = [job('another', { fileName: 'a', startTime }), job('its-own', { fileName: 'a', startTime })];
    pool.know(['another']);
    await pool.start(request('a', { submittingSince: '2026-11-23T09:00:00Z' })).finished;
    expect(clari.posts).toEqual([]);
  });

  it('given a job list that fails at first, then exports start all the same, and a lost answer is still made up for', async () => {
    const { clari, journal, pool, request } = setUp();
    clari.listed = [job('old', { fileName: 'a', startTime: Date.parse('2026-11-22T09:00:00Z') })];
    clari.listFailures = [error('server_error')];
    clari.answers = [{ lost: job('', { fileName: 'a', startTime: Date.parse('2026-11-23T10:00:00Z') }) }];
    await pool.start(request('a')).finished;
    expect(clari.posts).toEqual(['a']);
    expect(journal).toEqual([
      "warn Clari's list of export jobs can't be had: it is server_error",
      'submitting a',
      'submitted a job-1',
    ]);
  });

  it('given a lost answer and no list to look for its job in, then it stays in the journal for the next sync', async () => {
    const { clari, journal, pool, request } = setUp();
    clari.answers = [{ lost: job('', { fileName: 'a' }) }];
    const { finished } = pool.start(
      request('a', {
        submit: () => {
          clari.listFailures = [error('network', { landed: 'no' })];
          return clari.post('a');
        },
      }),
    );
    await expect(finished).rejects.toMatchObject({ kind: 'network' });
    expect(journal).toEqual(['submitting a']);
  });

  it('given a download URL that has run out, then a new one is asked for; given results that are gone, then the export is submitted again', async () => {
    const { clari, pool, request } = setUp();
    clari.jobUrls = ['stale', 'fresh'];
    clari.goneUrls = new Set(['stale']);
    await pool.start(request('a')).open();
    expect(clari.posts).toHaveLength(1);
    clari.jobUrls = ['gone', 'gone', 'good'];
    clari.goneUrls = new Set(['gone']);
    await pool.start(request('b')).open();
    expect(clari.posts).toHaveLength(3);
  });

  it('given a used-up monthly quota, then nothing more is submitted, and the numbers are told', async () => {
    const { clari, pool, request } = setUp();
    clari.answers = [error('export_limit', { landed: 'no' })];
    clari.limits = { ...LIMITS, availableMonthlyQuota: 0 };
    const handles = ['a', 'b', 'c', 'd'].map((label) => pool.start(request(label)));
    for (const { finished } of handles) await expect(finished).rejects.toThrow(QuotaExhaustedError);
    expect(clari.posts).toEqual(['a']);
  });

  it('given an interruption, then running jobs are cancelled and forgotten, and waiting ones never start', async () => {
    const { clari, journal, pool, request, stop } = setUp();
    clari.endAtOnce = false;
    const handles = ['a', 'b', 'c'].map((label) => pool.start(request(label)));
    await settled();
    stop.abort();
    for (const { finished } of handles) await expect(finished).rejects.toMatchObject({ kind: 'aborted' });
    expect(clari.cancelled.sort()).toEqual(['job-1', 'job-2']);
    expect(journal.slice(-2).sort()).toEqual(['dropped a', 'dropped b']);
    expect(clari.posts).toEqual(['a', 'b']);
  });

  it('given a job that never ends, then it is cancelled and forgotten', async () => {
    const { clari, journal, pool, request } = setUp();
    clari.ends = ['job_timed_out'];
    await expect(pool.start(request('a')).finished).rejects.toMatchObject({ kind: 'job_timed_out' });
    expect(clari.cancelled).toEqual(['job-1']);
    expect(journal.at(-1)).toBe('dropped a');
  });

  it('given a poll that fails for good, then the job stays in the journal: it is paid for', async () => {
    const { clari, journal, pool, request } = setUp();
    clari.ends = ['network'];
    await expect(pool.start(request('a')).finished).rejects.toMatchObject({ kind: 'network' });
    expect(journal).toEqual(['submitting a', 'submitted a job-1']);
  });

  it('given a broken download, then it is fetched again; given three, then the export fails and names the job', async () => {
    const { clari, journal, pool, request } = setUp();
    clari.results = ['{"entries":[', '<html>', '{"entries":[1]}'];
    const whole = pool.start(request('a'));
    const { document } = await whole.open();
    expect(await document.value('entries')).toEqual([1]);
    await whole.dispose();
    clari.results = ['{"entries":[', '{"entries":[', '{"entries":['];
    await expect(pool.start(request('b')).open()).rejects.toThrow(/job-2 \(b\) are cut short/);
    expect(journal.at(-1)).toBe('dropped b');
  });
});
