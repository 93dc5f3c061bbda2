import type { Clock } from '../timing';
import type { Terminal } from './terminal';

export interface ProgressNumbers {
  /** Exports the sync has decided to start or take over. */
  readonly planned: number;
  readonly running: number;
  readonly waiting: number;
  readonly done: number;
  readonly failed: number;
  readonly records: number;
}

/** Where a read reports its progress. */
export interface Progress {
  update(part: Partial<ProgressNumbers>): void;
  /** Leaves the final numbers on screen. */
  stop(): void;
}

/** Shortest time between two updates of the live line. */
const EVERY_MS = 100;
/** How often the live line is redrawn even if nothing happens: it shows the elapsed time. */
const TICK_MS = 1_000;
/** How often a line of text is printed where there is no live line, if anything has changed. */
const PLAIN_EVERY_MS = 30_000;

/** Shows the progress of a read on a terminal; without a terminal, does nothing. */
export function createProgress(terminal: Terminal | undefined, clock: Clock): Progress {
  if (terminal === undefined) return { update: () => undefined, stop: () => undefined };
  return new TerminalProgress(terminal, clock);
}

class TerminalProgress implements Progress {
  private numbers: ProgressNumbers = { planned: 0, running: 0, waiting: 0, done: 0, failed: 0, records: 0 };
  private readonly startedAt: number;
  private readonly stopped = new AbortController();
  private readonly everyMs: number;
  private shownAt = Number.NEGATIVE_INFINITY;
  private due = false;
  private changed = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly clock: Clock,
  ) {
    this.startedAt = clock.now();
    this.everyMs = terminal.hasLiveLine ? EVERY_MS : PLAIN_EVERY_MS;
    if (terminal.hasLiveLine) void this.tick();
  }

  update(part: Partial<ProgressNumbers>): void {
    this.numbers = { ...this.numbers, ...part };
    this.changed = true;
    void this.showSoon();
  }

  stop(): void {
    if (this.stopped.signal.aborted) return;
    this.stopped.abort();
    // A read that never got going has nothing to show.
    if (this.changed || this.shownAt > Number.NEGATIVE_INFINITY) this.show();
    this.terminal.endLive();
  }

  /**
   * Shows the numbers now, or, if they were shown a moment ago, once enough time has passed. The last update is always
   * shown.
   */
  private async showSoon(): Promise<void> {
    if (this.due || this.stopped.signal.aborted) return;
    const waitMs = this.shownAt + this.everyMs - this.clock.now();
    if (waitMs > 0) {
      this.due = true;
      await this.clock.sleep(waitMs, this.stopped.signal);
      this.due = false;
      if (this.stopped.signal.aborted) return;
    }
    this.show();
  }

  private async tick(): Promise<void> {
    for (;;) {
      await this.clock.sleep(TICK_MS, this.stopped.signal);
      if (this.stopped.signal.aborted) return;
      this.show();
    }
  }

  private show(): void {
    this.shownAt = this.clock.now();
    this.changed = false;
    const text = progressText(this.numbers, this.clock.now() - this.startedAt, this.terminal.width);
    if (this.terminal.hasLiveLine) this.terminal.setLive(text);
    else this.terminal.line(text);
  }
}

/** The longest wording that fits. */
function progressText(numbers: ProgressNumbers, elapsedMs: number, width: number): string {
  const { running, waiting, done, failed } = numbers;
  const planned = Math.max(numbers.planned, running + waiting + done + failed);
  const records = numbers.records.toLocaleString('en');
  const time = duration(elapsedMs);
  const wordings = [
    `exports: ${done}/${planned} done, ${running} running, ${waiting} waiting, ${failed} failed; records: ${records}; ${time}`,
    `exports: ${done}/${planned}, ${running} run, ${waiting} wait, ${failed} fail; ${records} records; ${time}`,
    `exports: ${done}/${planned}, ${failed} failed; records: ${records}`,
    `${done}/${planned} exports, ${records} records`,
    `${done}/${planned}, ${records}`,
  ];
  return wordings.find(({ length }) => length <= width) ?? `${done}/${planned}`;
}

/** `1:05`, `2:01:05`. */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [first, ...rest] = parts[0] === 0 ? parts.slice(1) : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}
