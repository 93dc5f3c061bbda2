import type { Clock } from '../../src/timing';

/** A clock that never waits: every sleep ends at once and moves the time on by what was slept. */
export class FastClock implements Clock {
  readonly sleeps: number[] = [];

  constructor(
    private time = Date.parse('2026-11-23T10:00:00Z'),
    private readonly chance = 0.5,
  ) {}

  now(): number {
    return this.time;
  }

  random(): number {
    return this.chance;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted !== true) this.time += ms;
  }
}
