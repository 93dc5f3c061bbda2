import type { Clock } from '../../src/timing';

/** A clock that never waits: every sleep ends at once and moves the time ahead by its length. */
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

/** A FastClock that holds waits of one length until the test ends them. */
export class HeldClock extends FastClock {
  private readonly held: (() => void)[] = [];

  constructor(private readonly heldMs: number) {
    super();
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms !== this.heldMs) return super.sleep(ms, signal);
    return new Promise((resolve) => {
      this.held.push(resolve);
      signal?.addEventListener('abort', () => resolve());
    });
  }

  /** Ends the held waits; the time moves ahead by their length. */
  async elapse(): Promise<void> {
    await super.sleep(this.heldMs);
    for (const end of this.held.splice(0)) end();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
