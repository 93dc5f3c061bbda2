import type { Clock } from '../timing';

export interface ProgressNumbers {
  /** Export jobs. */
  readonly running: number;
  readonly waiting: number;
  readonly done: number;
  readonly records: number;
}

/** Where a read tells how far it is. */
export interface Progress {
  update(part: Partial<ProgressNumbers>): void;
  /** Leaves the last numbers standing. */
  stop(): void;
}

const EVERY_MS = 100;

/** One line on a terminal that is written over and over; nothing at all where `terminal` is none. */
export function createProgress(terminal: { isTTY?: boolean; write(text: string): unknown }, clock: Clock): Progress {
  if (terminal.isTTY !== true) return { update: () => undefined, stop: () => undefined };
  let numbers: ProgressNumbers = { running: 0, waiting: 0, done: 0, records: 0 };
  let shownAt = Number.NEGATIVE_INFINITY;
  const show = () => {
    const { running, waiting, done, records } = numbers;
    shownAt = clock.now();
    terminal.write(
      `\r\x1b[Kexports: ${running} running, ${waiting} waiting, ${done} done; records: ${records.toLocaleString('en')}`,
    );
  };
  return {
    update(part) {
      numbers = { ...numbers, ...part };
      if (clock.now() - shownAt >= EVERY_MS) show();
    },
    stop() {
      show();
      terminal.write('\n');
    },
  };
}
