import { describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator';
import { addQuarters } from '../../src/period';
import { progressOf, type SyncResult, sync, valuesByKey } from '../support/sync';

/** Three quarters. No pinned date: a POST that was never answered is looked for by the time of day. */
const configOf = (simulator: Simulator) => ({ start_period: addQuarters(simulator.currentPeriod(), -2) });

/** Jobs that were paid for, by the quarter they are for; more than one each is money lost. */
function jobsPerQuarter(simulator: Simulator): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { period, status } of simulator.jobs)
    if (status !== 'CANCELLED') counts[String(period)] = (counts[String(period)] ?? 0) + 1;
  return counts;
}

async function killAfter(n: number, undisturbed: Map<string, string>): Promise<void> {
  const simulator = await startSimulator();
  try {
    const killed = await sync(simulator, {
      config: configOf(simulator),
      onLine: (_, index, child) => {
        if (index === n) child.kill('SIGKILL');
      },
    });
    // The pipe may still hold what was written before the kill; a last line that was cut off is no message.
    const resumed = await sync(simulator, { config: configOf(simulator), state: killed.messages.lastStates });
    expect(resumed.exitCode, `killed after message ${n}`).toBe(0);
    const union = valuesByKey([...killed.entries, ...resumed.entries]);
    expect(union, `killed after message ${n}`).toEqual(undisturbed);
    const quarters = Object.values(jobsPerQuarter(simulator));
    // A quarter that was out with its state before the kill is read again only where the lookback asks for it.
    const again = killed.messages
      .states('forecast_entries')
      .some(({ forecasts }) => JSON.stringify(forecasts).includes(addQuarters(simulator.currentPeriod(), -1)));
    expect(
      Math.max(...quarters),
      `killed after message ${n}: ${JSON.stringify(jobsPerQuarter(simulator))}`,
    ).toBeLessThanOrEqual(again ? 2 : 1);
  } finally {
    await simulator.close();
  }
}

describe('a job that was left behind', () => {
  it('given one that was asked for while its quarter was open, when taken over after the quarter closed, then its rows do not count as final', async () => {
    const until = (date: string) => Date.parse(date) - Date.now();
    let ahead = until('2027-01-25T08:00:00Z');
    const simulator = await startSimulator({ now: () => Date.now() + ahead });
    try {
      const killed = await sync(simulator, {
        config: { start_period: '2027_Q4', end_period: '2027_Q4' },
        onLine: (line, _, child) => {
          if (line.includes(' started"')) child.kill('SIGKILL');
        },
      });
      ahead = until('2027-02-05T08:00:00Z');
      const resumed = await sync(simulator, {
        config: { start_period: '2027_Q4' },
        state: killed.messages.lastStates,
      });
      expect(resumed.exitCode).toBe(0);
      expect(simulator.jobs.map(({ timePeriod }) => timePeriod)).toEqual(['2027_Q4', null]);
      expect(progressOf(resumed)).toEqual({});
      const next = await sync(simulator, { config: { start_period: '2027_Q4' }, state: resumed.messages.lastStates });
      expect(progressOf(next)).toEqual({ net_new: { timePeriod: '2027_Q4', missing: [] } });
    } finally {
      await simulator.close();
    }
  });
});

describe('kill -9', () => {
  it('given a kill after any message, when resumed, then no job is paid for twice and the records of both runs are complete', async () => {
    const simulator = await startSimulator();
    let whole: SyncResult;
    try {
      whole = await sync(simulator, { config: configOf(simulator) });
    } finally {
      await simulator.close();
    }
    const undisturbed = valuesByKey(whole.entries);
    const ns = whole.lines.map((_, index) => index);
    for (let first = 0; first < ns.length; first += 2)
      await Promise.all(ns.slice(first, first + 2).map((n) => killAfter(n, undisturbed)));
  }, 300_000);
});
