import type { Clock } from '../../timing';

/** Clocks this close count as equal: `Date` has only whole seconds, and an answer takes time to arrive. */
const SAME_TIME_MS = 2_000;

/** The server's time, learned from its answers' `Date` headers; this machine's until the first one. */
export class ServerClock {
  /** How far the server's clock is ahead of ours. */
  private offsetMs = 0;

  constructor(private readonly own: Clock) {}

  /** Epoch ms. */
  now(): number {
    return this.own.now() + this.offsetMs;
  }

  /**
   * `sentAt`: when the answer that just arrived was sent, epoch ms by the server's clock; undefined if it doesn't say.
   */
  learn(sentAt: number | undefined): void {
    if (sentAt === undefined) return;
    const offsetMs = sentAt - this.own.now();
    this.offsetMs = Math.abs(offsetMs) < SAME_TIME_MS ? 0 : offsetMs;
  }
}
