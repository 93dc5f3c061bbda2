import { describe, expect, it } from 'vitest';
import type { JobOutcome, Simulator, SimulatorOptions } from '../../../simulator';
import { catalogOf } from '../../support/connector';
import { checkConversation } from '../../support/messages';
import { NOW, simulatedClari } from '../../support/simulated';
import { FOREVER, progressOf, quartersOf, sync } from '../../support/sync';

const startClari = simulatedClari();
let simulator: Simulator;
const start = async (options: SimulatorOptions = {}) => {
  simulator = await startClari(options);
};

describe('jobs that go wrong', () => {
  it.each(['FAILED', 'ABORTED', 'CANCELLED'] satisfies JobOutcome[])(
    'given a job that ends once as %s, then it is exported again',
    async (outcome) => {
      await start();
      simulator.faults.job({ timePeriod: '2027_Q3' }, outcome);
      const result = await sync(simulator);
      expect(result.exitCode).toBe(0);
      expect(quartersOf(result.entries)).toEqual(['2027_Q3', '2027_Q4']);
      expect(simulator.jobs).toHaveLength(3);
    },
  );

  it('given a quarter whose jobs always fail, then it fails by name and job after three, the others complete, and the next sync fetches just what is owed', async () => {
    await start();
    simulator.faults.job({ timePeriod: '2027_Q2', times: 3 }, 'FAILED');
    const result = await sync(simulator, { config: { start_period: '2027_Q1' } });
    expect(result.exitCode).toBe(1);
    checkConversation(result.messages, ['forecast_entries']);
    expect(quartersOf(result.entries)).toEqual(['2027_Q1', '2027_Q3', '2027_Q4']);
    expect(result.messages.errors).toHaveLength(1);
    const jobs = simulator.jobs.filter(({ timePeriod }) => timePeriod === '2027_Q2');
    expect(jobs).toHaveLength(3);
    expect(result.messages.errors[0]?.message).toContain(
      `Forecast "net_new", quarter 2027_Q2: Clari's job ${jobs[2]?.jobId} ended as FAILED`,
    );
    expect(progressOf(result)).toEqual({ net_new: { since: '2027_Q1', timePeriod: '2027_Q3', missing: ['2027_Q2'] } });
    const before = simulator.jobs.length;
    const next = await sync(simulator, { config: { start_period: '2027_Q1' }, state: result.messages.lastStates });
    expect(next.exitCode).toBe(0);
    expect(simulator.jobs.slice(before).map(({ timePeriod }) => timePeriod)).toEqual([null, '2027_Q2']);
    expect(progressOf(next)).toEqual({ net_new: { since: '2027_Q1', timePeriod: '2027_Q3', missing: [] } });
  });

  it('given a job that takes too long, then its quarter fails, the job is left running, and the next sync takes it over', async () => {
    let ahead = Date.parse(NOW) - Date.now();
    await start({
      now: () => Date.now() + ahead,
      jobDurationMs: ({ timePeriod }) => (timePeriod === '2027_Q3' ? 3_600_000 : 30),
    });
    const result = await sync(simulator, { config: { max_poll_attempts: 3 } });
    expect(result.exitCode).toBe(1);
    expect(result.messages.errors[0]).toMatchObject({
      failure_type: 'transient_error',
      message: expect.stringMatching(/quarter 2027_Q3: .* is still running\. .* the next sync takes it over/),
    });
    expect(simulator.jobs.find(({ timePeriod }) => timePeriod === '2027_Q3')?.status).not.toBe('CANCELLED');
    expect(quartersOf(result.entries)).toEqual(['2027_Q4']);
    expect(result.messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { since: '2027_Q3', timePeriod: '2027_Q2', missing: [] } },
      pendingJobs: [{ timePeriod: '2027_Q3' }],
    });
    ahead += 3_600_000;
    const next = await sync(simulator, { config: { max_poll_attempts: 3 }, state: result.messages.lastStates });
    expect(next.exitCode).toBe(0);
    expect(quartersOf(next.entries)).toEqual(['2027_Q3', '2027_Q4']);
    expect(simulator.jobs.filter(({ timePeriod }) => timePeriod === '2027_Q3')).toHaveLength(1);
  });

  it('given a status word that nobody knows, then the job is followed until it is done', async () => {
    await start();
    simulator.faults.job({}, { statusWord: 'PONDERING', thenDone: true });
    expect((await sync(simulator)).exitCode).toBe(0);
  });

  it('given results that have expired, then the quarter is exported anew', async () => {
    await start();
    simulator.faults.job({ timePeriod: '2027_Q3' }, 'EXPIRED');
    const result = await sync(simulator);
    expect(result.exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(3);
  });

  it.each(['ROWS_TRUNCATED', 'CELLS_TRUNCATED'] satisfies JobOutcome[])(
    'given an export that is %s, then it fails and says how to narrow it',
    async (outcome) => {
      await start();
      simulator.faults.job({ timePeriod: '2027_Q3', times: FOREVER }, outcome);
      const result = await sync(simulator);
      expect(result.exitCode).toBe(1);
      expect(quartersOf(result.entries)).toEqual(['2027_Q4']);
      expect(result.messages.errors[0]).toMatchObject({
        failure_type: 'config_error',
        message: expect.stringMatching(/are cut off .*scope_id/),
      });
    },
  );

  it.each<[JobOutcome, RegExp]>([
    ['ROWS_TRUNCATED', /^Activities from 2026-11-01 to 2026-11-23: .* are cut off .*: fewer "activity_types"\.$/],
    ['FAILED', /^Activities from 2026-11-01 to 2026-11-23: Clari's job .* ended as FAILED/],
  ])(
    'given an export of activities that is %s, then the error names its days, and advises what helps',
    async (outcome, message) => {
      await start();
      simulator.faults.job({ kind: 'activity', times: outcome === 'FAILED' ? 3 : 1 }, outcome);
      const result = await sync(simulator, {
        catalog: catalogOf({ activities: 'incremental' }),
        config: { start_date: '2026-11-01' },
      });
      expect(result.exitCode).toBe(1);
      expect(result.messages.errors).toMatchObject([{ message: expect.stringMatching(message) }]);
    },
  );

  it('given an answer for the wrong quarter, then no row is taken from it', async () => {
    await start();
    simulator.faults.job({ timePeriod: '2027_Q3' }, 'WRONG_PERIOD');
    const result = await sync(simulator);
    expect(result.exitCode).toBe(0);
    expect(quartersOf(result.entries)).toEqual(['2027_Q4']);
    expect(result.messages.logs('WARN').join()).toContain('quarter 2027_Q3: Clari answered with 2027_Q4 instead');
    expect(progressOf(result)).toEqual({ net_new: { since: '2027_Q3', timePeriod: '2027_Q3', missing: [] } });
  });

  it('given exports that name no quarter, then the forecast fails and asks for end_period', async () => {
    await start();
    simulator.faults.job({ times: FOREVER }, 'EMPTY');
    const result = await sync(simulator);
    expect(result.exitCode).toBe(1);
    expect(result.messages.errors[0]?.message).toMatch(/names no quarter.* Set "end_period"/);
    // The next sync asks again: an answer that says nothing is not worth keeping.
    expect(result.messages.states('forecast_entries').at(-1)).toMatchObject({ pendingJobs: [] });
  });

  it('given an export without entries that names its quarter, then it is simply empty', async () => {
    await start();
    simulator.faults.job({ times: FOREVER }, 'EMPTY_WITH_PERIOD');
    const result = await sync(simulator);
    expect(result.exitCode).toBe(0);
    expect(result.entries).toEqual([]);
    expect(progressOf(result)).toEqual({ net_new: { since: '2027_Q3', timePeriod: '2027_Q3', missing: [] } });
  });

  it('given entries of unknown users and unknown keys, then they are rows all the same', async () => {
    await start({
      forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', unknownUsers: true, futureKey: true }],
    });
    const result = await sync(simulator, { config: { start_period: '2027_Q4' } });
    expect(result.entries).toHaveLength(simulator.truth.entryCount('net_new'));
    expect(result.entries.some(({ ownerId, ownerName }) => ownerId !== '' && ownerName === null)).toBe(true);
    expect(result.entries[0]?.['additionalFields']).toHaveProperty('futureKey');
    expect(result.messages.logs('WARN').filter((message) => message.includes('futureKey'))).toHaveLength(1);
  });
});

describe('refusals', () => {
  it('given a forecast that the user is not opted in to, then it fails once, and the other completes', async () => {
    await start({
      forecasts: [
        { forecastId: 'closed', forecastName: 'Closed', optIn: false },
        { forecastId: 'net_new', forecastName: 'Net New' },
      ],
    });
    const result = await sync(simulator, { config: { forecast_ids: ['closed', 'net_new', 'nothing'] } });
    expect(result.exitCode).toBe(1);
    expect(result.messages.errors.map(({ failure_type }) => failure_type)).toEqual(['config_error', 'config_error']);
    expect(result.messages.errors[0]?.message).toContain('not opted in to forecast "closed"');
    expect(result.messages.errors[1]?.message).toContain('Clari has no forecast "nothing"');
    expect(progressOf(result)).toEqual({ net_new: { since: '2027_Q3', timePeriod: '2027_Q3', missing: [] } });
  });

  it('given a forecast without CRM types, then it is exported without them, with a warning', async () => {
    await start({ forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', supportsCrmTypes: false }] });
    const result = await sync(simulator);
    expect(result.exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(2);
    expect(
      result.messages.logs('WARN').filter((message) => message.includes('does not export crm_total and crm_closed')),
    ).toHaveLength(1);
  });

  it('given a monthly quota that runs out midway, then what was paid for is emitted, and one error has the numbers', async () => {
    await start({ monthlyQuota: 10, usedQuota: 7 });
    const result = await sync(simulator, { config: { start_period: '2026_Q4' } });
    expect(result.exitCode).toBe(1);
    expect(simulator.jobs).toHaveLength(3);
    expect(quartersOf(result.entries)).toEqual(['2026_Q4', '2027_Q1', '2027_Q4']);
    expect(result.messages.errors).toHaveLength(1);
    expect(result.messages.errors[0]).toMatchObject({
      failure_type: 'transient_error',
      message: expect.stringMatching(/10 of 10 exports .* still needs 2 exports\./),
    });
    expect(progressOf(result)).toEqual({ net_new: { since: '2026_Q4', timePeriod: '2027_Q1', missing: [] } });
  });

  it("given other people's jobs that take every slot, then the sync waits, and says that it does", async () => {
    await start({ concurrentLimit: 2, foreignRunning: 2 });
    const result = await sync(simulator, {
      onLine: (line) => {
        if (line.includes('RATE_LIMITED')) simulator.setForeignRunning(0);
      },
    });
    expect(result.exitCode).toBe(0);
    expect(result.messages.rateLimits('forecast_entries')[0]).toMatchObject({ type: 'RATE_LIMITED' });
    expect(simulator.jobs).toHaveLength(2);
  });

  it('given one stream that may not be read, then the others complete', async () => {
    await start({ forbidden: ['audit'] });
    const result = await sync(simulator, {
      catalog: catalogOf({ forecast_entries: 'incremental', audit_events: 'incremental' }),
    });
    expect(result.exitCode).toBe(1);
    expect(result.messages.statuses('forecast_entries').at(-1)).toBe('COMPLETE');
    expect(result.messages.errors).toEqual([
      expect.objectContaining({
        failure_type: 'config_error',
        stream_descriptor: { name: 'audit_events' },
        message: expect.stringContaining('lacks permission for audit events'),
      }),
    ]);
  });
});

describe('while jobs run', () => {
  it('given a long job, then states go out as a heartbeat, and the log does not tell of every look at it', async () => {
    await start({ jobDurationMs: 1_500 });
    const result = await sync(simulator, {
      config: { start_period: '2027_Q4' },
      timing: { heartbeatMs: 200 },
      env: { LOG_LEVEL: 'INFO' },
    });
    expect(result.exitCode).toBe(0);
    checkConversation(result.messages, ['forecast_entries']);
    expect(result.messages.states('forecast_entries').length).toBeGreaterThan(6);
    const { jobId } = simulator.jobs[0] ?? { jobId: 'none' };
    const told = result.messages.logs('INFO').filter((message) => message.includes(jobId));
    expect(told).toEqual([
      `Job ${jobId} (forecast "net_new", current quarter) started`,
      `Job ${jobId} (forecast "net_new", current quarter) is done`,
    ]);
  });
});
