import { describe, expect, it } from 'vitest';
import type { ClariClient } from '../../src/clari/client';
import type { ClariError } from '../../src/clari/errors';
import type { ClariJob } from '../../src/clari/types';
import { Recovery } from '../../src/exports/recovery';
import type { ExportRequest } from '../../src/exports/request';
import { FastClock } from '../support/clock';
import { error, job, running } from '../support/jobs';

const SINCE = '2026-11-23T10:00:00.000Z';
const at = (time: string): number => Date.parse(`2026-11-23T${time}Z`);
const { signal } = new AbortController();
/** Wants jobs whose file is `a`. */
const A = { label: 'a', matches: ({ fileName }) => fileName === 'a' } as Partial<ExportRequest> as ExportRequest;

/** `lists`: what Clari's job list answers, request by request; the last answer stays. */
function setUp(...lists: (ClariJob[] | ClariError)[]) {
  const clock = new FastClock(at('10:00:00'));
  const warnings: string[] = [];
  let asked = 0;
  const client = {
    now: () => clock.now(),
    listJobs: async () => {
      const answer = lists[Math.min(asked++, lists.length - 1)] ?? [];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const log = { debug: () => undefined, info: () => undefined, warn: (message: string) => void warnings.push(message) };
  const recovery = new Recovery(
    client as unknown as ClariClient,
    clock,
    { secondTryMs: 2_000, visibleWithinMs: 30_000 },
    log,
  );
  return { recovery, clock, warnings, requests: () => asked };
}

const a = (jobId: string, startTime: number | null, more: Partial<ClariJob> = {}) =>
  job(jobId, { fileName: 'a', startTime, ...more });

describe('the job of a POST that an earlier sync never saw answered', () => {
  it.each<[string, ClariJob[], string | undefined]>([
    ['one that was started then', [a('its', at('10:00:01'))], 'its'],
    ['one that runs', [running('its', { fileName: 'a', startTime: at('10:00:01') })], 'its'],
    ['one by a clock that is a minute off', [a('its', at('09:59:00'))], 'its'],
    ['one of before', [a('before', at('09:58:59'))], undefined],
    ['one that does not say when it was started', [a('its', null)], 'its'],
    ['several', [a('first', at('10:00:01')), a('newest', at('10:03:00')), a('second', at('10:00:02'))], 'newest'],
    ['one that failed', [a('its', at('10:00:01'), { phase: 'failed' })], undefined],
    ['one that was cancelled', [a('its', at('10:00:01'), { phase: 'cancelled' })], undefined],
    ["another export's", [a('its', at('10:00:01'), { fileName: 'b' })], undefined],
    ['none', [], undefined],
  ])("given %s, then it is found or it isn't", async (_, jobs, expected) => {
    const { recovery } = setUp(jobs);
    expect((await recovery.fromEarlierSync(A, SINCE, signal))?.jobId).toBe(expected);
  });

  it('given a sync that was killed a moment ago, then a job that is listed late is found', async () => {
    const { recovery } = setUp([], [], [a('its', at('10:00:01'))]);
    expect((await recovery.fromEarlierSync(A, SINCE, signal))?.jobId).toBe('its');
  });

  it('given a sync that was killed long ago, then the list is asked once', async () => {
    const { recovery, requests } = setUp([]);
    expect(await recovery.fromEarlierSync(A, '2026-11-23T09:59:00.000Z', signal)).toBeUndefined();
    expect(requests()).toBe(1);
  });

  it('given ids that belong to other exports, or were taken already, then these are left out', async () => {
    const { recovery } = setUp([a('one', at('10:00:01')), a('two', at('10:00:02')), a('three', at('10:00:03'))]);
    recovery.exclude(['three']);
    const found = async () => (await recovery.fromEarlierSync(A, SINCE, signal))?.jobId;
    expect([await found(), await found(), await found()]).toEqual(['two', 'one', undefined]);
  });
});

describe('the job of a POST that this sync sent', () => {
  it('given jobs of before, then none of them is taken for it, and other exports still find theirs', async () => {
    const b = job('theirs', { fileName: 'b', startTime: at('09:30:00') });
    const { recovery } = setUp([b, a('before', at('09:59:30'))]);
    await recovery.prepare(signal);
    expect(await recovery.own(A, SINCE, at('10:00:00'), signal)).toBeUndefined();
    const B = { label: 'b', matches: ({ fileName }) => fileName === 'b' } as Partial<ExportRequest> as ExportRequest;
    expect((await recovery.fromEarlierAttempt(B, signal))?.jobId).toBe('theirs');
  });

  it.each([1, 14])('given one that is listed %i requests late, then it is found', async (late) => {
    const { recovery, clock } = setUp([], ...Array<ClariJob[]>(late).fill([]), [a('its', at('10:00:01'))]);
    await recovery.prepare(signal);
    expect((await recovery.own(A, SINCE, at('10:00:00'), signal))?.jobId).toBe('its');
    expect(clock.sleeps).toEqual(Array(late).fill(2_000));
  });

  it('given none within 30 s of the POST, then there is none', async () => {
    const { recovery, clock } = setUp([]);
    await recovery.prepare(signal);
    expect(await recovery.own(A, SINCE, at('10:00:00'), signal)).toBeUndefined();
    expect(clock.now()).toBe(at('10:00:32'));
  });

  it('given a POST of long ago, then the list is asked twice', async () => {
    const { recovery, requests } = setUp([]);
    await recovery.prepare(signal);
    expect(await recovery.own(A, SINCE, at('09:59:00'), signal)).toBeUndefined();
    expect(requests()).toBe(3);
  });

  it('given jobs that were listed before the first POST, then they are not the one', async () => {
    const { recovery } = setUp([a('before', at('10:00:01'))]);
    await recovery.prepare(signal);
    expect(await recovery.own(A, SINCE, at('10:00:00'), signal)).toBeUndefined();
  });

  it('given a list that answered before and is refused now, then nobody says that there is no job', async () => {
    const { recovery } = setUp([], error('no_such_path'));
    await recovery.prepare(signal);
    await expect(recovery.own(A, SINCE, at('10:00:00'), signal)).rejects.toMatchObject({ kind: 'no_such_path' });
  });

  it.each(['no_such_path', 'forbidden', 'bad_request'] as const)(
    'given no list (%s), then there is no job to find; given one odd refusal, then the next answer counts',
    async (kind) => {
      const none = setUp(error(kind));
      await none.recovery.prepare(signal);
      expect(await none.recovery.own(A, SINCE, at('10:00:00'), signal)).toBeUndefined();
      expect(none.warnings).toEqual([]);
      const odd = setUp(error(kind), [a('its', at('10:00:01'))]);
      await odd.recovery.prepare(signal);
      expect((await odd.recovery.own(A, SINCE, at('10:00:00'), signal))?.jobId).toBe('its');
    },
  );

  it("given a list that can't be fetched, then it rejects", async () => {
    const { recovery } = setUp([], error('server_error'));
    await recovery.prepare(signal);
    await expect(recovery.own(A, SINCE, at('10:00:00'), signal)).rejects.toMatchObject({ kind: 'server_error' });
  });
});

describe('the job of an earlier attempt', () => {
  it('given several of the last day, then the newest; given older ones, then none', async () => {
    const { recovery, requests } = setUp([
      a('yesterday', at('09:59:59') - 86_400_000),
      a('one', at('08:00:00')),
      a('two', at('09:00:00')),
    ]);
    const found = async () => (await recovery.fromEarlierAttempt(A, signal))?.jobId;
    expect([await found(), await found(), await found()]).toEqual(['two', 'one', undefined]);
    expect(requests(), 'the list is asked for once').toBe(1);
  });
});

describe('which job of an earlier attempt is tried first', () => {
  it('given an export that knows, then as it says; given a job that is given back, then another may take it', async () => {
    const { recovery } = setUp([a('old', at('08:00:00')), a('new', at('09:00:00'))]);
    const oldestFirst: ExportRequest = { ...A, likelier: (x, y) => (x.startTime ?? 0) - (y.startTime ?? 0) };
    const found = async () => (await recovery.fromEarlierAttempt(oldestFirst, signal))?.jobId;
    expect(await found()).toBe('old');
    recovery.giveBack('old');
    expect([await found(), await found(), await found()]).toEqual(['old', 'new', undefined]);
  });
});

describe('the list before the first POST', () => {
  it('given one that fails, then a warning says so, and nothing is held up; given a refused key, then it rejects', async () => {
    const { recovery, warnings } = setUp(error('server_error'));
    await recovery.prepare(signal);
    expect(recovery.listed).toEqual([]);
    expect(warnings).toEqual(["Could not fetch Clari's list of export jobs: it is server_error"]);
    await expect(setUp(error('invalid_key')).recovery.prepare(signal)).rejects.toMatchObject({ kind: 'invalid_key' });
  });

  it('given several exports, then it is asked for once', async () => {
    const { recovery, requests } = setUp([a('x', null)]);
    await Promise.all([recovery.prepare(signal), recovery.prepare(signal)]);
    expect(requests()).toBe(1);
    expect(recovery.listed.map(({ jobId }) => jobId)).toEqual(['x']);
  });
});
