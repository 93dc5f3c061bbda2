import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Simulator } from '../../../simulator';
import { catalogOf } from '../../support/connector';
import { checkConversation } from '../../support/messages';
import { daysBefore, simulatedClari, stateOf } from '../../support/simulated';
import { FOREVER, progressOf, quartersOf, sync } from '../../support/sync';

const startClari = simulatedClari();
let simulator: Simulator;
let temporary: string;
/** The quarter before the current one. */
const CLOSED = '2027_Q3';
beforeEach(async () => {
  simulator = await startClari();
  temporary = mkdtempSync(join(tmpdir(), 'endings-'));
});
afterEach(() => rmSync(temporary, { recursive: true }));

describe('a sync that is told to end', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)(
    'given %s while jobs run, then these are cancelled and forgotten, the states are out, and nothing is left on disk',
    async (signal, code) => {
      simulator.faults.job({ timePeriod: null }, 'NEVER_ENDS');
      const result = await sync(simulator, {
        env: { TMPDIR: temporary },
        onLine: (line, _, child) => {
          if (line.includes(' started"')) child.kill(signal);
        },
      });
      expect(result.exitCode).toBe(code);
      expect(simulator.jobs.map(({ status }) => status)).toEqual(['CANCELLED']);
      expect(result.messages.states('forecast_entries').at(-1)).toMatchObject({ forecasts: {}, pendingJobs: [] });
      expect(result.messages.statuses('forecast_entries').at(-1)).toBe('INCOMPLETE');
      expect(result.messages.errors).toEqual([]);
      expect(readdirSync(temporary)).toEqual([]);
    },
  );

  it('given SIGTERM while several months of activities are exported, then every job is cancelled and forgotten', async () => {
    simulator.faults.job({ kind: 'activity', times: FOREVER }, 'NEVER_ENDS');
    let started = 0;
    const result = await sync(simulator, {
      catalog: catalogOf({ activities: 'incremental' }),
      config: { start_date: daysBefore(100) },
      onLine: (line, _, child) => {
        if (line.includes(' started"') && ++started === 3) child.kill('SIGTERM');
      },
    });
    expect(result.exitCode).toBe(143);
    checkConversation(result.messages, ['activities']);
    expect(simulator.jobs.map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    expect(result.messages.states('activities').at(-1)).toEqual({ pendingJobs: [] });
  });

  it('given SIGTERM while a POST stays unanswered, then the state says so, and the next sync finds its job', async () => {
    simulator.faults.add({ method: 'POST', action: { type: 'hang', afterProcessing: true } });
    const posted = () => expect(simulator.requests.some(({ method }) => method === 'POST')).toBe(true);
    const result = await sync(simulator, {
      timing: { firstByteTimeoutMs: 30_000, lastAnswerMs: 200 },
      onLine: (line, _, child) => {
        if (line.includes('"submitting"'))
          void vi.waitFor(posted, { timeout: 10_000, interval: 5 }).then(() => child.kill('SIGTERM'));
      },
    });
    expect(result.exitCode).toBe(143);
    // Its id was never learned: the state says that it may be there, and the next sync takes it over.
    expect(result.messages.states('forecast_entries').at(-1)).toMatchObject({
      submitting: [{ forecastId: 'net_new', timePeriod: null }],
    });
    const next = await sync(simulator, { state: result.messages.lastStates });
    expect(next.exitCode).toBe(0);
    expect(simulator.jobs.filter(({ timePeriod }) => timePeriod === null)).toHaveLength(1);
  });

  it('given SIGTERM while Clari refuses a POST as one too many, then the state holds no POST: it surely started nothing', async () => {
    simulator.faults.add({ method: 'POST', action: { type: 'status', status: 429, headers: { 'retry-after': '30' } } });
    const result = await sync(simulator, {
      onLine: (line, _, child) => {
        if (line.includes('Retrying /export/forecast')) child.kill('SIGTERM');
      },
    });
    expect(result.exitCode).toBe(143);
    expect(simulator.jobs).toEqual([]);
    const state = result.messages.states('forecast_entries').at(-1);
    expect(state).toMatchObject({ pendingJobs: [] });
    expect(state).not.toHaveProperty('submitting');
  });

  it('given a reader that closes stdout, then the running jobs are cancelled and the exit code is 1', async () => {
    simulator.faults.job({ timePeriod: null }, 'NEVER_ENDS');
    const result = await sync(simulator, {
      timing: { heartbeatMs: 100 },
      onLine: (line, _, child) => {
        if (line.includes(' started"')) child.stdout?.destroy();
      },
    });
    expect(result.exitCode).toBe(1);
    expect(simulator.jobs.map(({ status }) => status)).toEqual(['CANCELLED']);
  });

  it('given a temporary folder without space, then one sentence says so, and the job stays in the state', async () => {
    const config = { start_period: CLOSED, end_period: CLOSED, include_historical: true };
    const result = await sync(simulator, { config, fileBlocks: 16 });
    expect(result.exitCode).toBe(1);
    expect(result.messages.errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('The temporary folder is full') }),
    ]);
    expect(result.messages.states('forecast_entries').at(-1)).toMatchObject({
      pendingJobs: [{ timePeriod: CLOSED }],
    });
    const next = await sync(simulator, { config, state: result.messages.lastStates });
    expect(next.exitCode).toBe(0);
    expect(simulator.jobs).toHaveLength(1);
  });
});

describe('a failing part', () => {
  it('given an open quarter that fails, then the closed ones move the cursor and nothing is owed', async () => {
    simulator.faults.job({ timePeriod: '2027_Q4', times: 3 }, 'FAILED');
    const state = stateOf('forecast_entries', {
      forecasts: { net_new: { since: '2027_Q1', timePeriod: '2027_Q1', missing: [] } },
    });
    const config = { end_period: '2027_Q4', start_period: '2027_Q1' };
    const result = await sync(simulator, { config, state });
    expect(result.exitCode).toBe(1);
    expect(result.messages.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Forecast "net_new", quarter 2027_Q4: .* ended as FAILED/),
    ]);
    simulator.faults.clear();
    const next = await sync(simulator, { config, state: result.messages.lastStates });
    expect(quartersOf([...result.entries, ...next.entries])).toEqual(['2027_Q2', CLOSED, '2027_Q4']);
    expect(progressOf(next)).toEqual({ net_new: { since: '2027_Q1', timePeriod: CLOSED, missing: [] } });
  });
});
