import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StreamOutput } from '../../src/airbyte/stream';
import type { ClariClient } from '../../src/clari/client';
import { ClariError, type ClariErrorKind } from '../../src/clari/errors';
import type { ClariJob, ClariLimits } from '../../src/clari/types';
import { DAY_MS } from '../../src/days';
import { JobLedger } from '../../src/exports/ledger';
import { ExportPool } from '../../src/exports/pool';
import { POOL_TIMING, type PoolOptions } from '../../src/exports/pool-options';
import { type ExportRequest, QuotaExhausted } from '../../src/exports/request';
import { Checkpoint } from '../../src/streams/checkpoint';
import { HeldClock } from '../support/clock';
import { error, job, running } from '../support/jobs';

const NOW = '2026-11-23T10:00:00Z';
const AN_HOUR_AGO = '2026-11-23T09:00:00.000Z';
const LIMITS: ClariLimits = {
  concurrentLimit: 2,
  monthlyQuota: 1000,
  availableConcurrentLimit: 2,
  availableMonthlyQuota: 900,
  submittedJobIds: [],
  runningJobIds: [],
};

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
  /** What the next downloads bring, in order; no entries once it is empty. */
  results: (string | ClariErrorKind)[] = [];
  /** What the next status checks of a job by its id fail with. */
  jobFailures: ClariErrorKind[] = [];
  /** What the next requests for the job list fail with. */
  listFailures: ClariError[] = [];
  /** The download URLs that jobs show from now on, one for each answer. */
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

  asClient(now: () => number): ClariClient {
    const client = {
      now,
      getLimits: async () => {
        if (this.limits instanceof ClariError) throw this.limits;
        return this.limits;
      },
      getJob: async (jobId: string) => {
        const failure = this.jobFailures.shift();
        if (failure !== undefined) throw error(failure);
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
            if (signal.aborted) reject(error('aborted'));
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
        const next = this.results.shift() ?? '{"entries":[]}';
        if (!/^[{<]/.test(next)) throw error(next as ClariErrorKind);
        return Readable.from([Buffer.from(next)]);
      },
    };
    return client as unknown as ClariClient;
  }
}

type Key = { readonly part: string };

interface Earlier {
  /** Absent: its POST was never answered. */
  readonly jobId?: string;
  readonly submittedAt?: string;
  readonly request?: string;
  readonly found?: true;
  readonly failedReads?: number;
}

function setUp(options: Partial<PoolOptions> = {}, earlier: Record<string, Earlier> = {}) {
  const clari = new FakeClari();
  const clock = new HeldClock(POOL_TIMING.reportEveryMs);
  const stop = new AbortController();
  /** POSTs and states, in order: `a?` = a POST may have been sent, `a=job-1` = a job is paid for and not read. */
  const story: string[] = [];
  const logs: string[] = [];
  const output = {
    state: async ({ pendingJobs, submitting = [] }: Record<string, Record<string, string>[]>) =>
      void story.push(
        [
          ...(pendingJobs ?? []).map(({ part, jobId }) => `${part}=${jobId}`),
          ...submitting.map(({ part }) => `${part}?`),
        ].join(' ') || 'nothing',
      ),
  };
  const checkpoint: Checkpoint = new Checkpoint(
    output as unknown as StreamOutput,
    () => ledger.toJSON() as Record<string, unknown>,
  );
  const ledger: JobLedger<Key> = new JobLedger(
    ({ part }) => (typeof part === 'string' ? { part } : undefined),
    'now',
    () => checkpoint.save(),
  );
  const entries = Object.entries(earlier).map(([part, entry]) => ({ part, submittedAt: AN_HOUR_AGO, ...entry }));
  ledger.load({
    pendingJobs: entries.filter(({ jobId }) => jobId !== undefined),
    submitting: entries.filter(({ jobId }) => jobId === undefined),
  });
  const log = (level: string) => (message: string) => void logs.push(`${level}: ${message}`);
  const pool = new ExportPool({
    client: clari.asClient(() => clock.now()),
    clock,
    log: { debug: log('debug'), info: log('info'), warn: log('warn') },
    signal: stop.signal,
    pollIntervalMs: 5_000,
    slotWaitMs: 60_000,
    ...options,
  });
  const request = (part: string, more: Partial<ExportRequest> = {}): ExportRequest => ({
    label: part,
    slot: ledger.at({ part }),
    maxAgeMs: DAY_MS,
    submit: () => {
      story.push(`POST ${part}`);
      return clari.post(part);
    },
    matches: ({ fileName }) => fileName === part,
    expects: (document) => document.expectArray('entries'),
    ...more,
  });
  const start = (part: string, more?: Partial<ExportRequest>) => pool.start(request(part, more));
  const entryOf = (part: string) => ledger.at({ part }).entry;
  return { clari, clock, stop, story, logs, pool, start, ledger, entryOf };
}

/** Lets everything happen that can happen by itself. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const posted = (clari: FakeClari, ...parts: string[]) => vi.waitFor(() => expect(clari.posts).toEqual(parts));

describe('how many jobs run', () => {
  it('given more exports than slots, then as many run as Clari allows, and the next starts as soon as one ends, in order', async () => {
    const { clari, start } = setUp();
    clari.endAtOnce = false;
    const handles = ['a', 'b', 'c', 'd'].map((part) => start(part));
    await posted(clari, 'a', 'b');
    await settled();
    expect(clari.posts).toEqual(['a', 'b']);
    clari.end('job-2');
    await posted(clari, 'a', 'b', 'c');
    clari.end('job-1');
    clari.end('job-3');
    await posted(clari, 'a', 'b', 'c', 'd');
    await settled();
    clari.end('job-4');
    await Promise.all(handles.map(({ done }) => done));
    expect(clari.mostRunning).toBe(2);
  });

  it('given a cap of the user, then no more than that run', async () => {
    const { clari, start } = setUp({ maxConcurrent: 1 });
    clari.endAtOnce = false;
    start('a');
    start('b');
    await posted(clari, 'a');
    await settled();
    expect(clari.posts).toEqual(['a']);
  });

  it('given limits that Clari does not show, then three run', async () => {
    const { clari, start } = setUp();
    clari.limits = error('forbidden');
    clari.endAtOnce = false;
    for (const part of ['a', 'b', 'c', 'd']) start(part);
    await posted(clari, 'a', 'b', 'c');
    await settled();
    expect(clari.posts).toHaveLength(3);
  });

  it('given an export that nobody wants any more, then it is never submitted', async () => {
    const { clari, start } = setUp({ maxConcurrent: 1 });
    clari.endAtOnce = false;
    start('a');
    const unwanted = start('b');
    await posted(clari, 'a');
    await settled();
    await unwanted.dispose();
    clari.end('job-1');
    await expect(unwanted.done).rejects.toMatchObject({ kind: 'aborted' });
    expect(clari.posts).toEqual(['a']);
  });
});

describe('what the state says of jobs', () => {
  it('given an export, then its POST waits until the state says that it may be sent, and its job is noted', async () => {
    const { story, start, entryOf } = setUp();
    await start('a').done;
    expect(story).toEqual(['a?', 'POST a', 'a=job-1']);
    expect(entryOf('a')).toEqual({ jobId: 'job-1', submittedAt: NOW, request: 'now' });
  });

  it('given several exports, then they are posted in their order, and one state says which job was started and which POST is next', async () => {
    const { story, start } = setUp();
    await Promise.all(['a', 'b', 'c'].map((part) => start(part).done));
    expect(story).toEqual([
      'a?',
      'POST a',
      'a=job-1 b?',
      'POST b',
      'a=job-1 b=job-2 c?',
      'POST c',
      'a=job-1 b=job-2 c=job-3',
    ]);
  });

  it('given a POST that surely started nothing, then the state forgets it', async () => {
    const { clari, story, start } = setUp();
    clari.answers = [error('bad_request', { landed: 'no' })];
    await expect(start('a').done).rejects.toMatchObject({ kind: 'bad_request' });
    expect(story).toEqual(['a?', 'POST a', 'nothing']);
  });
});

describe('a job of an earlier sync', () => {
  it.each([
    ['runs', running('old')],
    ['is done', job('old')],
  ])('given one that %s, then it is resumed and nothing is submitted', async (_, old) => {
    const { clari, start } = setUp({}, { a: { jobId: 'old', request: 'now' } });
    clari.listed = [old];
    const handle = start('a');
    expect((await handle.open()).jobId).toBe('old');
    expect(handle.adopted).toBe(true);
    expect(clari.posts).toEqual([]);
  });

  it('given one of the first release, which did not note what was asked for, then it is resumed', async () => {
    const { clari, start } = setUp({}, { a: { jobId: 'old' } });
    clari.listed = [job('old')];
    await start('a').done;
    expect(clari.posts).toEqual([]);
  });

  it.each<[string, ClariJob | undefined, string?]>([
    ['is no longer known to Clari', undefined],
    ['is no longer known to Clari', undefined, '2027-11-23T09:00:00.000Z'],
    ['has expired', job('old', { expiredTime: Date.parse('2026-11-01') })],
    ['ended as FAILED', job('old', { status: 'FAILED', phase: 'failed' })],
    ['ended as CANCELLED', job('old', { status: 'CANCELLED', phase: 'cancelled' })],
  ])('given one that %s, then it is forgotten and exported again', async (why, old, submittedAt = AN_HOUR_AGO) => {
    const { clari, story, logs, start } = setUp({}, { a: { jobId: 'old', submittedAt } });
    if (old !== undefined) clari.listed = [old];
    const handle = start('a');
    await handle.done;
    expect(handle.adopted).toBe(false);
    expect(story).toEqual(['a?', 'POST a', 'a=job-1']);
    expect(logs).toContain(`info: Job old (a) of an earlier sync ${why}; exporting again`);
  });

  it.each<[string, ClariErrorKind[], Earlier]>([
    ['denies once or twice', ['unknown_job', 'job_not_readable'], { jobId: 'old' }],
    [
      'denies again and again just after its POST',
      Array<ClariErrorKind>(8).fill('unknown_job'),
      { jobId: 'old', submittedAt: '2026-11-23T09:59:55.000Z' },
    ],
  ])('given one that Clari %s, then it is resumed all the same', async (_, denials, entry) => {
    const { clari, start } = setUp({}, { a: entry });
    clari.listed = [job('old')];
    clari.jobFailures = denials;
    expect((await start('a').open()).jobId).toBe('old');
    expect(clari.posts).toEqual([]);
    expect(clari.jobFailures).toEqual([]);
  });

  it.each<[string, Earlier]>([
    ['was asked for with other settings', { jobId: 'old', request: 'then' }],
    ['is too old', { jobId: 'old', request: 'now', submittedAt: '2026-11-22T09:59:59.000Z' }],
  ])('given one that %s, then it is cancelled where it still runs, and exported again', async (why, entry) => {
    for (const [old, cancelled] of [
      [running('old'), ['old']],
      [job('old'), []],
    ] as const) {
      const { clari, logs, start, entryOf } = setUp({}, { a: entry });
      clari.listed = [old];
      await start('a').done;
      expect(logs).toContain(`info: Job old (a) of an earlier sync ${why}; exporting again`);
      expect(clari.cancelled).toEqual(cancelled);
      expect(entryOf('a')?.jobId).toBe('job-1');
    }
  });
});

describe('jobs that fail', () => {
  it('given jobs that fail, then each export has three in all', async () => {
    const { clari, start, entryOf } = setUp();
    clari.ends = ['job_failed', 'unknown_job'];
    await start('a').done;
    expect(clari.posts).toHaveLength(3);
    expect(clari.cancelled, 'one that Clari does not know may run after all').toEqual(['job-2']);
    clari.ends = ['job_failed', 'job_failed', 'job_failed'];
    await expect(start('b').done).rejects.toMatchObject({ kind: 'job_failed' });
    expect(clari.posts).toHaveLength(6);
    expect(entryOf('b')).toBeUndefined();
  });

  it('given a job that never ends, then it is left running for the next sync', async () => {
    const { clari, start, entryOf } = setUp();
    clari.ends = ['job_timed_out'];
    await expect(start('a').done).rejects.toThrow(/job-1 \(a\) is still running.*the next sync takes it over/);
    expect(clari.cancelled).toEqual([]);
    expect(entryOf('a')?.jobId).toBe('job-1');
  });

  it('given a status check that fails for good, then the job stays in the state: it is paid for', async () => {
    const { clari, start, entryOf } = setUp();
    clari.ends = ['network'];
    await expect(start('a').done).rejects.toMatchObject({ kind: 'network' });
    expect(entryOf('a')?.jobId).toBe('job-1');
  });

  it('given results that Clari cut off, then the export fails at once, and its job is of no use', async () => {
    const { clari, start, entryOf } = setUp();
    clari.ends = ['truncated'];
    await expect(start('a').done).rejects.toMatchObject({ kind: 'truncated' });
    expect(clari.posts).toHaveLength(1);
    expect(entryOf('a')).toBeUndefined();
  });
});

describe('a POST whose answer was lost', () => {
  const startTime = Date.parse(NOW);

  it("given a job of it in Clari's list, then that one is adopted", async () => {
    const { clari, story, start } = setUp();
    clari.answers = [{ lost: running('', { fileName: 'a', startTime }) }];
    await start('a').done;
    expect(story).toEqual(['a?', 'POST a', 'a=job-1']);
  });

  it("given no job of it in Clari's list, asked twice, then it is sent again, a bounded number of times", async () => {
    const { clari, start, entryOf } = setUp();
    clari.answers = [error('timeout', { landed: 'unknown' })];
    await start('a').done;
    expect(clari.posts).toHaveLength(2);
    clari.answers = Array.from({ length: 9 }, () => error('timeout', { landed: 'unknown' }));
    await expect(start('b').done).rejects.toMatchObject({ kind: 'timeout' });
    expect(clari.posts).toHaveLength(5);
    expect(entryOf('b'), 'the next sync looks for it first').toMatchObject({ submittedAt: expect.any(String) });
  });

  it('given a job that was there before, then it is not taken for the lost one', async () => {
    const { clari, start } = setUp();
    clari.listed = [job('before', { fileName: 'a', startTime })];
    clari.answers = [error('timeout', { landed: 'unknown' })];
    await start('a').done;
    expect(clari.posts).toHaveLength(2);
  });

  it('given a job list that fails at first, then exports start all the same, and the job is found later', async () => {
    const { clari, story, logs, start } = setUp();
    clari.listed = [job('old', { fileName: 'a', startTime: Date.parse('2026-11-22T09:00:00Z') })];
    clari.listFailures = [error('server_error')];
    clari.answers = [{ lost: job('', { fileName: 'a', startTime }) }];
    await start('a').done;
    expect(story).toEqual(['a?', 'POST a', 'a=job-1']);
    expect(logs).toContain("warn: Could not fetch Clari's list of export jobs: it is server_error");
  });

  it('given no list to look for its job in, then it stays in the state for the next sync', async () => {
    const { clari, story, start } = setUp();
    clari.answers = [{ lost: job('', { fileName: 'a' }) }];
    const submit = () => {
      clari.listFailures = [error('network', { landed: 'no' })];
      return clari.post('a');
    };
    await expect(start('a', { submit }).done).rejects.toMatchObject({ kind: 'network' });
    expect(story.at(-1)).toBe('a?');
  });

  it('given one of an earlier sync, then its job is looked for before anything is paid', async () => {
    const { clari, story, start, entryOf } = setUp({}, { a: {} });
    clari.listed = [
      job('much-older', { fileName: 'a', startTime: Date.parse('2026-11-22T09:00:00Z') }),
      job('its-own', { fileName: 'a', startTime: Date.parse('2026-11-23T09:00:01Z') }),
    ];
    const handle = start('a');
    expect((await handle.open()).jobId).toBe('its-own');
    expect(handle.adopted).toBe(true);
    expect(clari.posts).toEqual([]);
    expect(story).toEqual(['a=its-own']);
    expect(entryOf('a')?.submittedAt).toBe(AN_HOUR_AGO);
  });

  it('given a job that is known to belong to another export, then it is not taken for the one of an earlier sync', async () => {
    const { clari, pool, start } = setUp({}, { a: {} });
    const at = Date.parse('2026-11-23T09:00:01Z');
    clari.listed = [
      job('another', { fileName: 'a', startTime: at + 1 }),
      job('its-own', { fileName: 'a', startTime: at }),
    ];
    pool.exclude(['another']);
    expect((await start('a').open()).jobId).toBe('its-own');
  });

  it.each<[string, Earlier]>([
    ['with other settings', { request: 'then' }],
    ['too long ago', { submittedAt: '2026-11-20T09:00:00.000Z' }],
  ])('given one that an earlier sync sent %s, then its job is left alone', async (_, entry) => {
    const { clari, start } = setUp({}, { a: entry });
    clari.listed = [job('its-own', { fileName: 'a', startTime: Date.parse('2026-11-23T09:00:01Z') })];
    await start('a').done;
    expect(clari.posts).toEqual(['a']);
  });
});

describe("a job that was found in Clari's list", () => {
  const found = job('found', { fileName: 'a', startTime: Date.parse('2026-11-23T09:00:01Z') });

  it("given results that prove it to be another export's, then it is left, and the export is submitted", async () => {
    const { clari, start, logs } = setUp({}, { a: {} });
    clari.listed = [found];
    clari.results = ['{"entries":[1]}', '{"entries":[2]}'];
    const proves = async (document: { value(name: string): Promise<unknown> }) =>
      JSON.stringify(await document.value('entries')) === '[2]';
    const handle = start('a', { proves });
    const { jobId, document } = await handle.open();
    expect([jobId, await document.value('entries')]).toEqual(['job-1', [2]]);
    expect(handle.adopted).toBe(false);
    expect(logs.join()).toContain("found for a turned out to be another export's");
    await handle.dispose();
  });

  it('given the job of a POST of this sync whose answer was lost, then it has to prove itself too', async () => {
    const { clari, start, story } = setUp();
    clari.answers = [{ lost: job('', { fileName: 'a', startTime: Date.parse(NOW) }) }];
    clari.results = ['{"entries":[1]}', '{"entries":[2]}'];
    const proves = async (document: { value(name: string): Promise<unknown> }) =>
      JSON.stringify(await document.value('entries')) === '[2]';
    const { jobId } = await start('a', { proves }).open();
    expect(jobId).toBe('job-2');
    expect(story.at(-1)).toBe('a=job-2');
  });

  it("given a job that turned out to be another export's, then that one can still take it over", async () => {
    const { clari, start } = setUp({ laterAttempt: true });
    clari.listed = [job('of-b', { fileName: 'b', startTime: Date.parse(NOW) })];
    const a = start('a', { matches: () => true, proves: async () => false });
    expect((await a.open()).jobId).toBe('job-1');
    expect((await start('b').open()).jobId).toBe('of-b');
  });

  it('given a job that an earlier sync found and had no time to read, then it still has to prove itself', async () => {
    const { clari, start } = setUp({}, { a: { jobId: 'old', found: true } });
    clari.listed = [job('old')];
    expect((await start('a', { proves: async () => false }).open()).jobId).toBe('job-1');
  });

  it('given a job that the state names, or that was submitted, then it has nothing to prove', async () => {
    const proves = async () => false;
    const { clari, start } = setUp({}, { a: { jobId: 'old' } });
    clari.listed = [job('old')];
    expect((await start('a', { proves }).open()).jobId).toBe('old');
    expect((await start('b', { proves }).open()).jobId).toBe('job-1');
  });
});

describe('a later attempt of the same sync', () => {
  const startTime = Date.parse('2026-11-23T09:30:00Z');
  const paid = [
    job('two-days-old', { fileName: 'a', startTime: startTime - 2 * DAY_MS }),
    job('first', { fileName: 'a', startTime }),
    running('newest', { fileName: 'a', startTime: startTime + 1 }),
    job('failed', { fileName: 'a', startTime: startTime + 2, phase: 'failed' }),
    job('another', { fileName: 'b', startTime: startTime + 3 }),
  ];

  it('given jobs that earlier attempts paid for, then the newest that is good is taken over, and noted', async () => {
    const { clari, story, start } = setUp({ laterAttempt: true });
    clari.listed = paid;
    const handle = start('a');
    expect((await handle.open()).jobId).toBe('newest');
    expect(handle.adopted).toBe(true);
    expect(clari.posts).toEqual([]);
    expect(story).toEqual(['a=newest']);
  });

  it('given a first attempt, then nothing that the state does not name is taken over', async () => {
    const { clari, start } = setUp();
    clari.listed = paid;
    await start('a').done;
    expect(clari.posts).toEqual(['a']);
  });

  it('given jobs of other days, or known ones, then the export is submitted', async () => {
    const { clari, pool, start } = setUp({ laterAttempt: true });
    clari.listed = paid;
    pool.exclude(['first', 'newest']);
    await start('a').done;
    expect(clari.posts).toEqual(['a']);
  });
});

describe('no free slot, no quota', () => {
  it('given no free slot, then the POST waits for one and says why', async () => {
    const { clari, start } = setUp();
    const waits: (number | null)[] = [];
    clari.answers = [error('export_limit', { landed: 'no' }), error('export_limit', { landed: 'no' })];
    await start('a', { onWaiting: (until) => waits.push(until) }).done;
    expect(clari.posts).toHaveLength(3);
    expect(waits, 'said once, and that it is over').toEqual([Date.parse('2026-11-23T10:01:00Z'), null]);
  });

  it('given no free slot for as long as a job may take, then the export fails, and the state holds no POST', async () => {
    const { clari, start, story } = setUp();
    clari.answers = Array.from({ length: 1000 }, () => error('export_limit', { landed: 'no' }));
    await expect(start('a').done).rejects.toThrow(/no free slot.* within a minute/);
    expect(story.at(-1)).toBe('nothing');
  });

  it('given limits that Clari does not show, then the failure says that it may be the quota', async () => {
    const { clari, start } = setUp();
    clari.answers = Array.from({ length: 1000 }, () => error('export_limit', { landed: 'no' }));
    clari.limits = error('forbidden');
    await expect(start('a').done).rejects.toThrow(/no free slot, or the export quota is used up/);
  });

  it('given others behind an export that has waited in vain, then these fail at once instead of waiting as long each', async () => {
    const { clari, clock, start } = setUp();
    clari.answers = Array.from({ length: 1000 }, () => error('export_limit', { landed: 'no' }));
    for (const { done } of ['a', 'b', 'c'].map((part) => start(part)))
      await expect(done).rejects.toThrow(/no free slot/);
    expect(clock.now() - Date.parse(NOW)).toBeLessThan(61_000);
  });

  it('given a used-up monthly quota, then nothing more is submitted, and the numbers are there, and when it frees up', async () => {
    const { clari, start, ledger } = setUp();
    clari.answers = [error('export_limit', { landed: 'no' })];
    clari.limits = { ...LIMITS, availableMonthlyQuota: 0 };
    clari.listed = [job('x', { startTime: Date.parse('2026-11-01T23:00:00Z') })];
    const handles = ['a', 'b', 'c', 'd'].map((part) => start(part));
    for (const { done } of handles) {
      const failure = await done.catch((reason: unknown) => reason);
      expect(failure).toBeInstanceOf(QuotaExhausted);
      expect(failure).toMatchObject({ kind: 'quota_exhausted', freesUpOn: '2026-12-02' });
      expect(String(failure)).toContain('1000 of 1000 exports');
    }
    expect(clari.posts).toEqual(['a']);
    expect(ledger.toJSON()).toEqual({ pendingJobs: [] });
  });

  it('given an export type that Clari refuses, then the request is adapted and sent again', async () => {
    const { clari, start } = setUp();
    clari.answers = [error('type_not_supported', { landed: 'no' })];
    await start('a', { adapt: (reason) => (reason as ClariError).kind === 'type_not_supported' }).done;
    expect(clari.posts).toHaveLength(2);
  });
});

describe('an interruption', () => {
  it('given running jobs and waiting ones, then those are cancelled and forgotten, and these never start', async () => {
    const { clari, story, start, stop, ledger } = setUp();
    clari.endAtOnce = false;
    const handles = ['a', 'b', 'c'].map((part) => start(part));
    await posted(clari, 'a', 'b');
    await settled();
    stop.abort();
    for (const { done } of handles) await expect(done).rejects.toMatchObject({ kind: 'aborted' });
    expect(clari.cancelled.sort()).toEqual(['job-1', 'job-2']);
    expect(clari.posts).toEqual(['a', 'b']);
    expect(ledger.toJSON()).toEqual({ pendingJobs: [] });
    expect(story).toContain('a=job-1 b=job-2 c?');
  });

  it('given a reader of the output that takes nothing any more, then running jobs are cancelled all the same', async () => {
    const { clari, start, stop, ledger } = setUp();
    clari.endAtOnce = false;
    let saves = 0;
    const save = () => (++saves === 1 ? Promise.resolve() : new Promise<void>(() => undefined));
    const slot = Object.assign(ledger.at({ part: 'a' }), { save });
    const { done } = start('a', { slot });
    await posted(clari, 'a');
    stop.abort();
    await expect(done).rejects.toMatchObject({ kind: 'aborted' });
    expect(clari.cancelled).toEqual(['job-1']);
    expect(slot.entry).toBeUndefined();
  });

  it('given one while a POST waits for a slot, then the state holds no POST', async () => {
    const { clari, start, stop, ledger } = setUp();
    clari.answers = Array.from({ length: 1000 }, () => error('export_limit', { landed: 'no' }));
    const { done } = start('a', { onWaiting: () => stop.abort() });
    await expect(done).rejects.toMatchObject({ kind: 'aborted' });
    expect(ledger.toJSON()).toEqual({ pendingJobs: [] });
  });

  it('given one during a download, then the job stays in the state: its results are paid for', async () => {
    const { clari, start, stop, entryOf } = setUp();
    const handle = start('a');
    await handle.done;
    clari.results = ['network'];
    stop.abort();
    await expect(handle.open()).rejects.toMatchObject({ kind: 'aborted' });
    expect(entryOf('a')).toEqual({ jobId: 'job-1', submittedAt: NOW, request: 'now' });
  });
});

describe('the results', () => {
  it('given a broken download, then it is fetched again; given three, then the export fails and names the job, which stays', async () => {
    const { clari, start, entryOf, logs } = setUp();
    clari.results = ['{"entries":[', '<html>', '{"entries":[1]}'];
    const whole = start('a');
    const { document } = await whole.open();
    expect(await document.value('entries')).toEqual([1]);
    await whole.dispose();
    clari.results = ['{"entries":[', '{"entries":[', '{"entries":['];
    await expect(start('b').open()).rejects.toThrow(/job-2 \(b\) are cut short/);
    expect(entryOf('b')).toMatchObject({ jobId: 'job-2', failedReads: 1 });
    expect(logs).toContain('info: Job job-2 (b) has been paid for; the next sync will use it');
    expect(clari.posts).toEqual(['a', 'b']);
  });

  it("given JSON that isn't results, then it is fetched again, and then fails", async () => {
    const { clari, start } = setUp();
    clari.results = ['{"message":"maintenance"}', '{"entries":[1]}'];
    const handle = start('a');
    expect(await (await handle.open()).document.value('entries')).toEqual([1]);
    await handle.dispose();
    clari.results = ['{}', '{}', '{}'];
    await expect(start('b').open()).rejects.toMatchObject({ kind: 'broken_results' });
  });

  it("given results that can't be read in the third sync either, then the job is given up", async () => {
    const { clari, start, entryOf } = setUp({}, { a: { jobId: 'old', failedReads: 2 } });
    clari.listed = [job('old')];
    clari.results = ['network', 'network', 'network'];
    await expect(start('a').open()).rejects.toMatchObject({ kind: 'network' });
    expect(entryOf('a')).toBeUndefined();
  });

  it.each(['temporary_folder', 'rate_limited', 'invalid_key'])(
    'given %s, which another job would meet as well, then it does not count against the job',
    async (kind) => {
      const { clari, start, entryOf } = setUp({}, { a: { jobId: 'old', failedReads: 2 } });
      clari.listed = [job('old')];
      clari.results = [kind];
      await expect(start('a').open()).rejects.toMatchObject({ kind });
      expect(entryOf('a')).toMatchObject({ jobId: 'old', failedReads: 2 });
    },
  );

  it('given a download URL that has run out, then a new one is asked for', async () => {
    const { clari, start } = setUp();
    clari.jobUrls = ['stale', 'fresh'];
    clari.goneUrls = new Set(['stale']);
    await start('a').open();
    expect(clari.posts).toHaveLength(1);
  });

  it.each([
    ['have expired', job('job-1', { expiredTime: Date.parse('2026-11-01') })],
    ['are of a job that has failed', job('job-1', { phase: 'failed', status: 'FAILED' })],
  ])('given results that %s, then the export is submitted again', async (_, old) => {
    const { clari, start } = setUp();
    clari.results = ['unknown_job'];
    clari.listed = [old];
    expect((await start('a').open()).jobId).toBe('job-2');
  });

  it('given results and a job that Clari denies for a moment, then no second one is paid for', async () => {
    const { clari, start } = setUp();
    clari.results = ['unknown_job'];
    clari.listed = [job('job-1')];
    clari.jobFailures = ['unknown_job', 'unknown_job'];
    expect((await start('a').open()).jobId).toBe('job-1');
    expect(clari.posts).toHaveLength(1);
  });

  it('given a job that is done, whose results the download host refuses, then no second one is paid for, and the job stays', async () => {
    const { clari, start, entryOf } = setUp();
    clari.results = ['unknown_job', 'job_not_readable', 'unknown_job'];
    clari.listed = [job('job-1')];
    await expect(start('a').open()).rejects.toThrow(/job-1 \(a\) can't be downloaded.*the download host refuses them/);
    expect(clari.posts).toHaveLength(1);
    expect(entryOf('a')).toMatchObject({ jobId: 'job-1', failedReads: 1 });
  });

  it('given results that were released, then they are fetched again without another job', async () => {
    const { clari, start } = setUp();
    clari.results = ['{"entries":[1]}', '{"entries":[2]}'];
    const handle = start('a');
    const first = await handle.open();
    expect(await handle.open()).toBe(first);
    await handle.release();
    expect(await (await handle.open()).document.value('entries')).toEqual([2]);
    await handle.dispose();
    expect(clari.posts).toHaveLength(1);
  });
});

describe("a temporary folder that can't be used", () => {
  afterEach(() => vi.unstubAllEnvs());

  it('given one, then nothing is paid for', async () => {
    vi.stubEnv('TMPDIR', '/nowhere/at/all');
    const { clari, start } = setUp();
    const handles = [start('a'), start('b')];
    for (const { done } of handles) await expect(done).rejects.toMatchObject({ kind: 'temporary_folder' });
    expect(clari.posts).toEqual([]);
  });
});

describe('what the log says of a long sync', () => {
  it('given jobs that run for minutes, then it says each minute how all stand, until the last has ended', async () => {
    const { clari, clock, start, logs } = setUp({ maxConcurrent: 1 });
    clari.endAtOnce = false;
    const handles = ['a', 'b', 'c'].map((part) => start(part));
    await posted(clari, 'a');
    await settled();
    clari.end('job-1');
    await posted(clari, 'a', 'b');
    await settled();
    await clock.elapse();
    await clock.elapse();
    const reports = () => logs.filter((message) => message.startsWith('info: Exports: '));
    expect(reports()).toEqual([
      'info: Exports: 1 running, 1 waiting, 1 of 3 done; the longest has been running for 60 s',
      'info: Exports: 1 running, 1 waiting, 1 of 3 done; the longest has been running for 120 s',
    ]);
    clari.ends = ['truncated'];
    clari.end('job-2');
    await expect(handles[1]?.done).rejects.toMatchObject({ kind: 'truncated' });
    await posted(clari, 'a', 'b', 'c');
    await settled();
    await clock.elapse();
    expect(reports().at(-1)).toBe(
      'info: Exports: 1 running, 0 waiting, 1 of 3 done, 1 failed; the longest has been running for 60 s',
    );
    clari.end('job-3');
    await handles[2]?.done;
    await settled();
    await clock.elapse();
    expect(reports()).toHaveLength(3);
  });

  it('given no job that Clari has named yet, then it says nothing of the longest', async () => {
    const { clock, start, logs } = setUp();
    const submit = vi.fn(() => new Promise<never>(() => undefined));
    start('a', { submit });
    await vi.waitFor(() => expect(submit).toHaveBeenCalled());
    await clock.elapse();
    expect(logs.filter((message) => message.startsWith('info: Exports: '))).toEqual([
      'info: Exports: 1 running, 0 waiting, 0 of 1 done',
    ]);
  });
});
