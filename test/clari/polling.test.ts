import { afterEach, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator';
import { ClariClient } from '../../src';
import { FastClock } from '../support/clock';

let simulator: Simulator;
afterEach(() => simulator.close());

/** Runs jobs of these durations, one after the other, and resolves with the waits before each one's status checks. */
async function waitsFor(durationsMs: readonly number[]): Promise<number[][]> {
  const clock = new FastClock();
  simulator = await startSimulator({
    now: () => clock.now(),
    jobDurationMs: ({ index }) => durationsMs[index] ?? 0,
  });
  const client = new ClariClient({ apiKey: simulator.apiKey, baseUrl: simulator.url, clock });
  const waits: number[][] = [];
  for (const _ of durationsMs) {
    const { jobId } = await client.exportForecast('net_new');
    clock.sleeps.length = 0;
    await client.waitForJob(jobId);
    waits.push([...clock.sleeps]);
  }
  return waits;
}

it('given a job that took 6 s, when the next one takes as long, then it is checked soon after its end', async () => {
  expect(await waitsFor([6_000, 6_000])).toEqual([
    [50, 100, 200, 400, 800, 1_600, 3_200],
    [50, 100, 200, 400, 800, 1_600, 3_150],
  ]);
});

it('given a job that took 6 s, when the next ones take more or less, then they are checked as if nothing were known, but for one check', async () => {
  expect((await waitsFor([6_000, 1_000, 6_000, 9_000])).slice(1)).toEqual([
    [50, 100, 200, 400, 800],
    [50, 100, 200, 400, 300, 800, 1_600, 3_200],
    [50, 100, 200, 400, 800, 1_600, 3_150, 3_200],
  ]);
});
