import { describe, expect, it } from 'vitest';
import type { ForeignJobSpec, Simulator } from '../../simulator';
import { catalogOf } from '../support/connector';
import { daysBefore, movingClock, simulatedClari, stateOf } from '../support/simulated';
import { progressOf, quartersOf, sync } from '../support/sync';

const startClari = simulatedClari();
const HOUR_AGO = '2026-11-23T07:00:00Z';
const ACTIVITIES = catalogOf({ activities: 'incremental' });

/** The state of a sync that was killed: nothing is out yet, and `jobs` of it are noted. */
const killedState = (jobs: object) =>
  stateOf('forecast_entries', {
    forecasts: { net_new: { since: '2027_Q3', timePeriod: '2027_Q2', missing: [] } },
    settings: { currency: 'USD', includeHistorical: false, scopeId: null },
    ...jobs,
  });
const pending = (jobId: string, timePeriod: string | null, more: object = {}) => ({
  pendingJobs: [{ forecastId: 'net_new', timePeriod, jobId, submittedAt: HOUR_AGO, ...more }],
});
const jobOf = (simulator: Simulator, spec: Partial<ForeignJobSpec>) =>
  simulator.addForeignJob({ forecastId: 'net_new', startTime: HOUR_AGO, currency: 'USD', ...spec });
const posts = (simulator: Simulator) => simulator.requests.filter(({ method }) => method === 'POST').length;
const jobIdsOf = (rows: readonly Record<string, unknown>[]) => new Set(rows.map(({ jobId }) => jobId));

describe('a job that an earlier sync left behind', () => {
  it('given one of the first release, then it is taken over', async () => {
    const simulator = await startClari();
    const { jobId } = jobOf(simulator, { timePeriod: '2027_Q3' });
    const result = await sync(simulator, { state: killedState(pending(jobId, '2027_Q3')) });
    expect(result.exitCode).toBe(0);
    expect(jobIdsOf(result.entries)).toContain(jobId);
    expect(posts(simulator)).toBe(1);
  });

  it('given a full refresh, then it is taken over as well, though the cursor beside it has no say', async () => {
    const simulator = await startClari();
    const { jobId } = jobOf(simulator, { timePeriod: '2027_Q3' });
    const done = { forecasts: { net_new: { since: '2027_Q3', timePeriod: '2027_Q3', missing: [] } } };
    const state = stateOf('forecast_entries', { ...done, ...pending(jobId, '2027_Q3') });
    const catalog = catalogOf({ forecast_entries: 'full_refresh' });
    const result = await sync(simulator, { catalog, state });
    expect(result.exitCode).toBe(0);
    expect(quartersOf(result.entries)).toEqual(['2027_Q3', '2027_Q4']);
    expect(jobIdsOf(result.entries)).toContain(jobId);
    expect(posts(simulator)).toBe(1);
  });

  it("given our clock months ahead of Clari's, then it is Clari's that says how old it is", async () => {
    const simulator = await startClari({ now: '2026-08-20T08:00:00Z' });
    const startTime = '2026-08-20T07:00:00Z';
    const { jobId } = jobOf(simulator, { startTime });
    const result = await sync(simulator, { state: killedState(pending(jobId, null, { submittedAt: startTime })) });
    expect(result.exitCode).toBe(0);
    expect(jobIdsOf(result.entries)).toContain(jobId);
  });

  it('given settings that changed since, then it is cancelled and exported again, and a warning names what changed', async () => {
    const simulator = await startClari();
    const old = jobOf(simulator, { timePeriod: '2027_Q3', status: 'STARTED' });
    const state = killedState(pending(old.jobId, '2027_Q3', { request: '00000000' }));
    const result = await sync(simulator, { config: { currency: 'EUR' }, state });
    expect(result.exitCode).toBe(0);
    expect(old.status).toBe('CANCELLED');
    expect(quartersOf(result.entries)).toEqual(['2027_Q3', '2027_Q4']);
    expect(new Set(result.entries.map(({ currencyCode }) => currencyCode))).toEqual(new Set(['EUR']));
    expect(result.messages.logs('WARN')).toEqual([
      expect.stringMatching(/^currency changed since the last sync: .*clear/),
    ]);
    const next = await sync(simulator, { config: { currency: 'EUR' }, state: result.messages.lastStates });
    expect(next.messages.logs('WARN'), 'said once').toEqual([]);
  });

  it('given one that has been running for days, then it is cancelled and exported again; given one of today, then it is not', async () => {
    const simulator = await startClari();
    const startTime = '2026-11-21T07:00:00Z';
    const stuck = jobOf(simulator, { timePeriod: '2027_Q3', status: 'STARTED', startTime });
    const config = { max_poll_attempts: 2 };
    const state = killedState(pending(stuck.jobId, '2027_Q3', { submittedAt: startTime }));
    const result = await sync(simulator, { config, state });
    expect(result.exitCode).toBe(0);
    expect(stuck.status).toBe('CANCELLED');
    expect(quartersOf(result.entries)).toEqual(['2027_Q3', '2027_Q4']);

    const recent = jobOf(simulator, { timePeriod: '2027_Q3', status: 'STARTED' });
    const next = await sync(simulator, { config, state: killedState(pending(recent.jobId, '2027_Q3')) });
    expect(next.exitCode).toBe(1);
    expect(recent.status).toBe('STARTED');
    expect(next.messages.states('forecast_entries').at(-1)).toMatchObject({ pendingJobs: [{ jobId: recent.jobId }] });
  });

  it('given one of the current quarter that is older than a day, then its rows are not passed off as current', async () => {
    const simulator = await startClari();
    const startTime = '2026-11-21T08:00:00Z';
    const old = jobOf(simulator, { startTime });
    const state = killedState(pending(old.jobId, null, { submittedAt: startTime }));
    const result = await sync(simulator, { state });
    expect(result.exitCode).toBe(0);
    expect(jobIdsOf(result.entries)).not.toContain(old.jobId);
    expect(posts(simulator)).toBe(2);
  });

  it('given a lost POST for the current quarter, then the job of another quarter is not taken for it', async () => {
    const simulator = await startClari();
    const other = jobOf(simulator, { timePeriod: '2027_Q1' });
    const submitting = [{ forecastId: 'net_new', timePeriod: null, submittedAt: HOUR_AGO }];
    const result = await sync(simulator, { state: killedState({ pendingJobs: [], submitting }) });
    expect(result.exitCode).toBe(0);
    expect(jobIdsOf(result.entries)).not.toContain(other.jobId);
    expect(quartersOf(result.entries)).toEqual(['2027_Q3', '2027_Q4']);
    expect(progressOf(result)).toEqual({ net_new: { since: '2027_Q3', timePeriod: '2027_Q3', missing: [] } });
  });

  it("given a lost POST, then a job in another currency is another connection's, and one in this is taken over", async () => {
    const simulator = await startClari();
    jobOf(simulator, { timePeriod: '2027_Q3', currency: 'EUR', startTime: '2026-11-23T07:00:05Z' });
    const own = jobOf(simulator, { timePeriod: '2027_Q3', startTime: '2026-11-23T07:00:01Z' });
    const submitting = [{ forecastId: 'net_new', timePeriod: '2027_Q3', submittedAt: HOUR_AGO }];
    const result = await sync(simulator, { state: killedState({ pendingJobs: [], submitting }) });
    expect(result.exitCode).toBe(0);
    expect(jobIdsOf(result.entries.filter(({ timePeriod }) => timePeriod === '2027_Q3'))).toEqual(new Set([own.jobId]));
    expect(posts(simulator)).toBe(1);
  });

  it("given a POST whose answer was lost while our clock is wrong, then its job is found by Clari's clock", async () => {
    const simulator = await startClari({ clockSkewMs: -3_600_000 });
    simulator.faults.add({ method: 'POST', action: { type: 'reset', afterProcessing: true }, times: 2 });
    expect((await sync(simulator)).exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(2);
  });
});

describe('a later attempt of the same sync, of which no state was kept', () => {
  const catalog = catalogOf({ forecast_entries: 'full_refresh' });

  it('given jobs that the attempt before it paid for, then they are taken over', async () => {
    const simulator = await startClari();
    const first = await sync(simulator, { catalog });
    expect(posts(simulator)).toBe(2);
    const second = await sync(simulator, { catalog, env: { WORKER_JOB_ATTEMPT: '1' } });
    expect(second.exitCode).toBe(0);
    expect(posts(simulator)).toBe(2);
    expect(jobIdsOf(second.entries)).toEqual(jobIdsOf(first.entries));
  });

  it('given a first attempt, then no job that the state does not name is taken', async () => {
    const simulator = await startClari();
    jobOf(simulator, { timePeriod: '2027_Q3' });
    jobOf(simulator, {});
    await sync(simulator, { catalog, env: { WORKER_JOB_ATTEMPT: '0' } });
    expect(posts(simulator)).toBe(2);
  });
});

describe('activities that an earlier sync left behind', () => {
  const idsOf = (rows: readonly Record<string, unknown>[]) => rows.map(({ activityId }) => activityId);

  it('given a POST that failed, then the job of another window is not taken for its own, and nothing is lost', async () => {
    const simulator = await startClari();
    const config = { start_date: '2026-10-01' };
    simulator.faults.add({
      method: 'POST',
      path: '/export/activity',
      nth: 2,
      times: 3,
      action: { type: 'status', status: 500 },
    });
    const failed = await sync(simulator, { catalog: ACTIVITIES, config });
    expect(failed.exitCode).toBe(1);
    expect(failed.messages.states('activities').at(-1)).toMatchObject({
      submitting: [{ startDate: '2026-11-01', endDate: '2026-11-23' }],
    });
    const next = await sync(simulator, { catalog: ACTIVITIES, config, state: failed.messages.lastStates });
    expect(next.exitCode).toBe(0);
    const truth = idsOf(simulator.truth.activities('2026-10-01', '2099-01-01') as never);
    const read = [...idsOf(failed.messages.records('activities')), ...idsOf(next.messages.records('activities'))];
    expect(new Set(read)).toEqual(new Set(truth));
  });

  it('given a first day that moves along with today, and a stream that did not know of the job, then each window is paid for once', async () => {
    const clock = movingClock();
    const simulator = await startClari({ now: clock.now });
    let started = 0;
    const killed = await sync(simulator, {
      catalog: catalogOf({ opportunities: 'full_refresh' }),
      onLine: (line, _, child) => {
        if (line.includes(' started"') && ++started === 2) child.kill('SIGKILL');
      },
    });
    expect(simulator.jobs).toHaveLength(2);
    clock.goTo('2026-11-24T07:00:00Z');
    const resumed = await sync(simulator, {
      catalog: catalogOf({ activities: 'incremental', opportunities: 'full_refresh' }),
      state: killed.messages.lastStates,
    });
    expect(resumed.exitCode).toBe(0);
    const ends = simulator.jobs.map(({ body }) => (body as { endDate: string }).endDate.slice(0, 10));
    expect(ends).toEqual(['2026-11-01', '2026-11-23', '2026-11-24']);
    const truth = idsOf(simulator.truth.activities('2026-10-25', '2099-01-01') as never);
    expect(idsOf(resumed.messages.records('activities')).toSorted()).toEqual(truth.toSorted());
  });

  it('given other activity types than before, then the old job is not taken over', async () => {
    const simulator = await startClari();
    const config = { start_date: daysBefore(5) };
    const killed = await sync(simulator, {
      catalog: ACTIVITIES,
      config,
      onLine: (line, _, child) => {
        if (line.includes(' started"')) child.kill('SIGKILL');
      },
    });
    const state = killed.messages.lastStates;
    const result = await sync(simulator, {
      catalog: ACTIVITIES,
      config: { ...config, activity_types: ['MEETING'] },
      state,
    });
    expect(result.exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(2);
    expect(new Set(result.messages.records('activities').map(({ activityType }) => activityType))).toEqual(
      new Set(['MEETING']),
    );
  });
});

describe('activities in a later attempt', () => {
  it('given windows that the attempt before it paid for, then each is taken over, since its results prove whose they are', async () => {
    const simulator = await startClari();
    const catalog = catalogOf({ activities: 'full_refresh' });
    const config = { start_date: '2026-09-10' };
    const first = await sync(simulator, { catalog, config });
    expect(posts(simulator)).toBe(3);
    const second = await sync(simulator, { catalog, config, env: { WORKER_JOB_ATTEMPT: '2' } });
    expect(second.exitCode).toBe(0);
    expect(posts(simulator)).toBe(3);
    const ids = ({ messages }: typeof first) => messages.records('activities').map(({ activityId }) => activityId);
    expect(ids(second).toSorted()).toEqual(ids(first).toSorted());
  });
});

describe('a quarter that turns while a sync runs', () => {
  it('given one forecast that was exported before and one after, then no row counts as final too early, and none is skipped', async () => {
    const clock = movingClock();
    clock.goTo('2027-01-31T20:00:00Z');
    let exports = () => 0;
    let turned = false;
    const simulator = await startClari({
      now: () => {
        // One export at a time: the first one is done when the second one is asked for.
        if (!turned && exports() === 2) {
          turned = true;
          clock.goTo('2027-02-01T06:00:00Z');
        }
        return clock.now();
      },
    });
    exports = () => posts(simulator);
    const config = {
      forecast_ids: ['net_new', 'renewals_emea'],
      start_period: '2027_Q4',
      settling_days: 0,
      max_concurrent_exports: 1,
    };
    const during = await sync(simulator, { config });
    expect(during.exitCode).toBe(0);
    const byForecast = (id: string) => quartersOf(during.entries.filter(({ forecastId }) => forecastId === id));
    expect(byForecast('net_new')).toEqual(['2027_Q4']);
    expect(byForecast('renewals_emea')).toEqual(['2027_Q4', '2028_Q1']);
    const open = { since: '2027_Q4', timePeriod: '2027_Q3', missing: [] };
    const final = { since: '2027_Q4', timePeriod: '2027_Q4', missing: [] };
    expect(progressOf(during)).toEqual({ net_new: open, renewals_emea: final });
    const after = await sync(simulator, { config, state: during.messages.lastStates });
    expect(quartersOf(after.entries).toSorted()).toEqual(['2027_Q4', '2028_Q1']);
    expect(progressOf(after)).toEqual({ net_new: final, renewals_emea: final });
  });
});

describe('a quarter that failed in the very first sync', () => {
  it("given a quarter's turn before the next one, then it is still fetched", async () => {
    const clock = movingClock();
    const simulator = await startClari({ now: clock.now });
    simulator.faults.job({ timePeriod: '2027_Q3', times: 3 }, 'FAILED');
    const first = await sync(simulator);
    expect(first.exitCode).toBe(1);
    expect(progressOf(first)).toEqual({ net_new: { since: '2027_Q3', timePeriod: '2027_Q2', missing: [] } });
    clock.goTo('2027-02-20T08:00:00Z');
    const next = await sync(simulator, { state: first.messages.lastStates });
    expect(quartersOf(next.entries)).toEqual(['2027_Q3', '2027_Q4', '2028_Q1']);
    expect(progressOf(next)).toEqual({ net_new: { since: '2027_Q3', timePeriod: '2027_Q4', missing: [] } });
  });
});

describe('what states cost', () => {
  it('given many quarters, then there is one STATE for each export submitted and one for each emitted, and none says nothing new', async () => {
    const simulator = await startClari();
    const { messages, stderr } = await sync(simulator, { config: { start_period: '2025_Q1' } });
    const states = messages.states('forecast_entries').map((state) => JSON.stringify(state));
    expect(simulator.jobs).toHaveLength(12);
    // Before the first POST, after each of them, after each quarter, at the end.
    expect(states.length).toBeLessThanOrEqual(1 + 12 + 12 + 1);
    expect(states.slice(0, -1).filter((state, index) => state === states[index + 1])).toEqual([]);
    expect(stderr).toBe('');
  });

  it('given many exports that run side by side, then Node warns of no leak of listeners', async () => {
    let resumedAt: number | undefined;
    const simulator = await startClari({
      concurrentLimit: 30,
      jobDurationMs: 300,
      // Clari's time stands still until enough exports run.
      now: () => Date.parse('2026-11-23T08:00:00Z') + (resumedAt === undefined ? 0 : performance.now() - resumedAt),
    });
    const synced = sync(simulator, { config: { start_period: '2021_Q1' } });
    await expect.poll(() => simulator.peakRunning, { timeout: 60_000 }).toBeGreaterThan(15);
    resumedAt = performance.now();
    const { stderr, exitCode } = await synced;
    expect([exitCode, stderr]).toEqual([0, '']);
  });
});
