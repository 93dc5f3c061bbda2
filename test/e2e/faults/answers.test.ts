import { describe, expect, it } from 'vitest';
import type { FaultAction, NotResults, SimulatorOptions } from '../../../simulator';
import { catalogOf, configFor, runConnector } from '../../support/connector';
import { checkConversation, Messages } from '../../support/messages';
import { simulatedClari } from '../../support/simulated';
import { FOREVER, progressOf, quartersOf, sync, valuesByKey } from '../../support/sync';

const startClari = simulatedClari();
const RESULTS = /\/results$/;
const status = (code: number, body?: unknown): FaultAction => ({ type: 'status', status: code, body });
const ACTIVITIES = catalogOf({ activities: 'incremental' });

describe("a download that fails while Clari's current quarter is learned", () => {
  it.each<[string, FaultAction, string, RegExp]>([
    ['server errors', status(502), 'transient_error', /HTTP 502/],
    ['results cut short', { type: 'shortBody', bytes: 900 }, 'transient_error', /are cut short/],
    ['a key that was revoked', status(401, { message: 'no' }), 'config_error', /rejected the API key/],
  ])(
    'given %s, then that is the failure, the job stays, and the next sync pays nothing again',
    async (_, action, type, sentence) => {
      const simulator = await startClari();
      simulator.faults.add({ path: RESULTS, action, times: FOREVER });
      const config = { start_period: '2027_Q4' };
      const result = await sync(simulator, { config, timing: { maxTries: 2 } });
      expect(result.exitCode).toBe(1);
      expect(result.messages.errors).toEqual([
        expect.objectContaining({ failure_type: type, message: expect.stringMatching(sentence) }),
      ]);
      expect(result.messages.states('forecast_entries').at(-1)).toMatchObject({ pendingJobs: [{ timePeriod: null }] });
      simulator.faults.clear();
      const next = await sync(simulator, { config, state: result.messages.lastStates });
      expect(next.exitCode).toBe(0);
      expect(simulator.jobs).toHaveLength(1);
    },
  );
});

describe("JSON that isn't results", () => {
  it.each<NotResults>(['message', 'entries_object'])(
    "given %s in place of a quarter's results, then it does not count as an empty quarter, and its job stays",
    async (shape) => {
      const simulator = await startClari();
      simulator.faults.add({ path: RESULTS, times: FOREVER, action: { type: 'notResults', shape } });
      const result = await sync(simulator, { config: { start_period: '2027_Q3', end_period: '2027_Q3' } });
      expect(result.exitCode).toBe(1);
      checkConversation(result.messages, ['forecast_entries']);
      expect(result.entries).toEqual([]);
      expect(result.messages.errors).toEqual([
        expect.objectContaining({
          failure_type: 'transient_error',
          message: expect.stringMatching(/quarter 2027_Q3: .* are not the JSON document they should be/),
        }),
      ]);
      expect(result.messages.states('forecast_entries').at(-1)).toMatchObject({
        forecasts: { net_new: { since: '2027_Q3', timePeriod: '2027_Q2', missing: [] } },
        pendingJobs: [{ timePeriod: '2027_Q3', failedReads: 1 }],
      });
    },
  );

  it('given some once, then it is fetched again', async () => {
    const simulator = await startClari();
    simulator.faults.add({ path: RESULTS, action: { type: 'notResults', shape: 'error' } });
    const result = await sync(simulator);
    expect(result.exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(2);
  });

  it('given some in place of activities, then the cursor stays', async () => {
    const simulator = await startClari();
    simulator.faults.add({ path: RESULTS, times: FOREVER, action: { type: 'notResults', shape: 'empty' } });
    const result = await sync(simulator, { catalog: ACTIVITIES });
    expect(result.exitCode).toBe(1);
    expect(result.messages.errors).toEqual([expect.objectContaining({ failure_type: 'transient_error' })]);
    const state = result.messages.states('activities').at(-1);
    expect(state).not.toHaveProperty('date');
    expect(state?.['pendingJobs']).toContainEqual(expect.objectContaining({ failedReads: 1 }));
  });
});

describe('one quarter that Clari refuses', () => {
  it('given a 400 for it, then that concerns it alone', async () => {
    const simulator = await startClari();
    const tooOld = status(400, { code: 'bad_request', message: 'timePeriod is too old' });
    simulator.faults.add({ method: 'POST', nth: 2, action: tooOld });
    const result = await sync(simulator, { config: { start_period: '2027_Q2' } });
    expect(result.exitCode).toBe(1);
    expect(quartersOf(result.entries)).toEqual(['2027_Q3', '2027_Q4']);
    expect(result.messages.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Forecast "net_new", quarter 2027_Q2: .*timePeriod is too old/),
    ]);
    expect(progressOf(result)).toEqual({ net_new: { since: '2027_Q2', timePeriod: '2027_Q3', missing: ['2027_Q2'] } });
  });
});

describe('a quota that is used up', () => {
  it('given activities and opportunities, then both say so with the numbers, and keep what was paid for', async () => {
    const simulator = await startClari({ monthlyQuota: 10, usedQuota: 9 });
    const result = await sync(simulator, {
      catalog: catalogOf({ activities: 'incremental', opportunities: 'full_refresh' }),
    });
    expect(result.exitCode).toBe(1);
    expect(result.messages.errors.map((error) => error.stream_descriptor?.name).toSorted()).toEqual([
      'activities',
      'opportunities',
    ]);
    for (const { failure_type, message } of result.messages.errors) {
      expect(failure_type).toBe('transient_error');
      expect(message).toMatch(/10 of 10 exports in the last 30 days.* still needs 1 export\./);
    }
    expect(result.messages.records('activities').length).toBeGreaterThan(0);
    expect(result.messages.states('activities').at(-1)?.['date']).toBe('2026-11-01T00:00:00Z');
  });
});

describe('a job that Clari does not show yet', () => {
  it.each(['sww', 'forbidden', 'not_found', 'no_route'] satisfies SimulatorOptions['visibilityLagAnswer'][])(
    'given a job that is unknown (%s) right after its POST, then it is waited for, and no second one is paid for',
    async (visibilityLagAnswer) => {
      const simulator = await startClari({ visibilityLagMs: 500, visibilityLagAnswer, jobDurationMs: 600 });
      const result = await sync(simulator, { config: { start_period: '2027_Q4' } });
      expect(result.exitCode).toBe(0);
      expect(simulator.jobs).toHaveLength(1);
    },
  );

  it('given a job that is done and then runs again, or refuses its results once, then no second one is paid for', async () => {
    const simulator = await startClari();
    simulator.faults.job({ timePeriod: null }, 'FLAPPING');
    simulator.faults.job({ timePeriod: '2027_Q3' }, 'RESULTS_REFUSED_ONCE');
    const result = await sync(simulator);
    expect(result.exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(2);
  });
});

describe('odd things that Clari says', () => {
  it('given times that no date can hold, then the job is read all the same', async () => {
    const simulator = await startClari();
    simulator.faults.job({ times: 2 }, 'END_TIME_OUT_OF_RANGE');
    const result = await sync(simulator);
    expect(result.exitCode).toBe(0);
    for (const { exportedAt } of result.entries) expect(exportedAt).toMatch(/^2026-11-23T08:0/);
  });

  it('given exports without entries and listed periods that are months, then these tell the current quarter', async () => {
    const simulator = await startClari({
      contract: 'listed',
      forecasts: [
        { forecastId: 'a', forecastName: 'A', empty: true, timePeriods: ['2027_M9', '2027_M10'] },
        { forecastId: 'b', forecastName: 'B', empty: true, timePeriods: ['2027_Q3', '2027_Q4', 'Year'] },
      ],
    });
    const result = await sync(simulator, { config: { forecast_ids: [] } });
    expect(result.exitCode).toBe(0);
    const cursor = { since: '2027_Q3', timePeriod: '2027_Q3', missing: [] };
    expect(progressOf(result)).toEqual({ a: cursor, b: cursor });
  });

  it('given a forecast that the list holds twice, then it is exported once', async () => {
    const forecasts = [{ forecastId: 'net_new', forecastName: 'Net New', duplicates: 1 }];
    const simulator = await startClari({ contract: 'listed', forecasts });
    const result = await sync(simulator, { config: { forecast_ids: [] } });
    expect(result.exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(2);
    expect(valuesByKey(result.entries).size).toBe(result.entries.length);
  });

  it('given a job list that is refused once, then a lost answer is made up for all the same', async () => {
    const simulator = await startClari();
    simulator.faults.add(
      { method: 'GET', path: /\/export\/jobs$/, action: status(404) },
      { method: 'POST', action: { type: 'reset', afterProcessing: true } },
    );
    const result = await sync(simulator, { config: { start_period: '2027_Q4' } });
    expect(result.exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(1);
  });
});

describe('a job list with a job in it that is none', () => {
  it('given a POST whose answer was lost, then its job is found all the same', async () => {
    const simulator = await startClari();
    const change = (jobs: unknown) => [null, { jobId: 'odd' }, ...(jobs as unknown[])];
    simulator.faults.add(
      { method: 'GET', path: /\/export\/jobs$/, times: FOREVER, action: { type: 'rewrite', change } },
      { method: 'POST', action: { type: 'reset', afterProcessing: true } },
    );
    const result = await sync(simulator, { config: { start_period: '2027_Q4' } });
    expect(result.exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(1);
  });
});

describe('what is tried before anything is paid for', () => {
  it('given a temporary folder that does not exist, then one sentence says so, and no export was submitted', async () => {
    const simulator = await startClari();
    const result = await sync(simulator, { env: { TMPDIR: '/nowhere/at/all' } });
    expect(result.exitCode).toBe(1);
    expect(simulator.jobs).toEqual([]);
    expect(result.messages.errors).toHaveLength(1);
    expect(result.messages.errors[0]?.message).toMatch(/temporary folder can't be used \(ENOENT\).* TMPDIR/);
  });
});

describe('limits that this user may not see', () => {
  it('given a 403 for them, then check passes, as read does', async () => {
    const simulator = await startClari({ forbidden: ['limits'] });
    const { lines, exitCode } = await runConnector('check', { config: configFor(simulator) });
    expect(exitCode).toBe(0);
    expect(new Messages(lines).connectionStatus).toMatchObject({ status: 'SUCCEEDED' });
    expect((await sync(simulator)).exitCode).toBe(0);
  });
});
