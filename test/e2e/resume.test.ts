import { describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator';
import { movingClock, NOW, simulatedClari } from '../support/simulated';
import { progressOf, quartersOf, type SyncResult, sync, valuesByKey } from '../support/sync';

/** Three quarters, of which two have settled. */
const CONFIG = { start_period: '2027_Q2' };
const startClari = simulatedClari();

/** Jobs that were paid for, by the quarter they are for. */
function jobsPerQuarter(simulator: Simulator): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { period, status } of simulator.jobs)
    if (status !== 'CANCELLED') counts[String(period)] = (counts[String(period)] ?? 0) + 1;
  return counts;
}

/** The messages that say something of jobs or of what is out: between two of them, a kill finds the same. */
function tellingMessages({ messages }: SyncResult): number[] {
  let before = '';
  return messages.all.flatMap(({ state, log }, index) => {
    if (state !== undefined) {
      const now = JSON.stringify(state.stream.stream_state);
      const tells = now !== before;
      before = now;
      return tells ? [index] : [];
    }
    return / (started|is done)$/.test(log?.message ?? '') ? [index] : [];
  });
}

async function killAfter(n: number, undisturbed: Map<string, string>): Promise<void> {
  const simulator = await startSimulator({ now: NOW });
  try {
    const killed = await sync(simulator, {
      config: CONFIG,
      onLine: (_, index, child) => {
        if (index === n) child.kill('SIGKILL');
      },
    });
    // The pipe may still hold what was written before the kill; a last line that was cut off is no message.
    const resumed = await sync(simulator, { config: CONFIG, state: killed.messages.lastStates });
    expect(resumed.exitCode, `killed after message ${n}`).toBe(0);
    const union = valuesByKey([...killed.entries, ...resumed.entries]);
    expect(union, `killed after message ${n}`).toEqual(undisturbed);
    expect(progressOf(resumed)).toEqual({ net_new: { since: '2027_Q2', timePeriod: '2027_Q3', missing: [] } });
    const { '2027_Q4': current, ...settled } = jobsPerQuarter(simulator);
    expect(settled, `killed after message ${n}`).toEqual({ '2027_Q2': 1, '2027_Q3': 1 });
    // The current quarter is read again by every sync, so one that was out before the kill is paid for once more.
    const wasOut = quartersOf(killed.entries).includes('2027_Q4');
    expect(current, `killed after message ${n}`).toBeLessThanOrEqual(wasOut ? 2 : 1);
  } finally {
    await simulator.close();
  }
}

describe('a job that was left behind', () => {
  it('given one that was asked for while its quarter was open, when taken over after the quarter closed, then its rows do not count as final', async () => {
    const clock = movingClock();
    clock.goTo('2027-01-31T20:00:00Z');
    const simulator = await startClari({ now: clock.now });
    const config = { start_period: '2027_Q4', settling_days: 0 };
    const killed = await sync(simulator, {
      config,
      onLine: (line, _, child) => {
        if (line.includes(' started"')) child.kill('SIGKILL');
      },
    });
    clock.goTo('2027-02-01T08:00:00Z');
    const resumed = await sync(simulator, { config, state: killed.messages.lastStates });
    expect(resumed.exitCode).toBe(0);
    expect(
      simulator.jobs.map(({ timePeriod }) => timePeriod),
      'what was learned from it is out of date',
    ).toEqual([null, null]);
    expect(quartersOf(resumed.entries)).toEqual(['2027_Q4', '2028_Q1']);
    expect(progressOf(resumed)).toEqual({ net_new: { since: '2027_Q4', timePeriod: '2027_Q3', missing: [] } });
    const next = await sync(simulator, { config, state: resumed.messages.lastStates });
    expect(quartersOf(next.entries)).toEqual(['2027_Q4', '2028_Q1']);
    expect(progressOf(next)).toEqual({ net_new: { since: '2027_Q4', timePeriod: '2027_Q4', missing: [] } });
  });
});

describe('a job of the current quarter that was left behind where answers have no dates', () => {
  it.each([2, 0])(
    'given %i listed quarters, then it is taken over within a day, since its quarter stays open',
    async (listedPeriods) => {
      const simulator = await startClari({ contract: 'listed', listedPeriods });
      const killed = await sync(simulator, {
        config: CONFIG,
        onLine: (line, _, child) => {
          if (line.includes(' started"')) child.kill('SIGKILL');
        },
      });
      const resumed = await sync(simulator, { config: CONFIG, state: killed.messages.lastStates });
      expect(resumed.exitCode).toBe(0);
      expect(simulator.jobs.filter(({ timePeriod }) => timePeriod === null)).toHaveLength(1);
      expect(quartersOf(resumed.entries)).toEqual(['2027_Q2', '2027_Q3', '2027_Q4']);
      expect(progressOf(resumed)).toEqual({ net_new: { since: '2027_Q2', timePeriod: '2027_Q3', missing: [] } });
    },
  );
});

describe('kill -9', () => {
  it('given a kill after any message that says something new, when resumed, then no job is paid for twice and the records of both runs are complete', async () => {
    const whole = await sync(await startClari(), { config: CONFIG });
    const undisturbed = valuesByKey(whole.entries);
    const kills = tellingMessages(whole);
    expect(kills.length).toBeGreaterThan(10);
    for (let first = 0; first < kills.length; first += 2)
      await Promise.all(kills.slice(first, first + 2).map((n) => killAfter(n, undisturbed)));
  }, 300_000);
});
