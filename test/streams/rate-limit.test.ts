import { describe, expect, it } from 'vitest';
import type { StreamOutput } from '../../src/airbyte/stream';
import { RateLimit } from '../../src/streams/rate-limit';
import { FastClock } from '../support/clock';

function watching(rateLimit: RateLimit) {
  const told: (number | null)[] = [];
  const leave = rateLimit.watch({ rateLimited: (until: number | null) => told.push(until) } as unknown as StreamOutput);
  return { told, leave };
}

describe('requests that Clari refuses as too many', () => {
  it('given a wait worth telling, then every stream that is read says until when, and that it is over', async () => {
    const clock = new FastClock();
    const rateLimit = new RateLimit(clock, new AbortController().signal);
    const [first, second, gone] = [watching(rateLimit), watching(rateLimit), watching(rateLimit)];
    gone.leave();
    const until = clock.now() + 20_000;
    await rateLimit.refused(20_000);
    expect([first.told, second.told, gone.told]).toEqual([[until, null], [until, null], []]);
  });

  it('given a wait too short to be read of, then nothing is said', async () => {
    const rateLimit = new RateLimit(new FastClock(), new AbortController().signal);
    const { told } = watching(rateLimit);
    await rateLimit.refused(999);
    expect(told).toEqual([]);
  });

  it('given several waits at a time, then they are one, which ends with the longest', async () => {
    const ends: (() => void)[] = [];
    const clock = new FastClock();
    const rateLimit = new RateLimit(
      {
        now: () => clock.now(),
        random: () => 0,
        sleep: () => new Promise((resolve) => ends.push(resolve)),
      },
      new AbortController().signal,
    );
    const { told } = watching(rateLimit);
    const waits = [5_000, 9_000, 7_000].map((ms) => rateLimit.refused(ms));
    ends[0]?.();
    await waits[0];
    expect(told).toEqual([clock.now() + 5_000, clock.now() + 9_000]);
    ends[1]?.();
    await Promise.all(waits);
    expect(told.at(-1)).toBeNull();
    expect(told).toHaveLength(3);
  });
});
