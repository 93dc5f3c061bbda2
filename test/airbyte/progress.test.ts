import { describe, expect, it } from 'vitest';
import { createProgress } from '../../src/airbyte/progress';
import { FastClock } from '../support/clock';

describe('progress on stderr', () => {
  it('given a terminal, then one line tells of exports and records, not more often than one can read it', async () => {
    const written: string[] = [];
    const clock = new FastClock();
    const progress = createProgress({ isTTY: true, write: (text) => written.push(text) }, clock);
    progress.update({ running: 2, waiting: 1 });
    progress.update({ records: 1_234_567 });
    await clock.sleep(100);
    progress.update({ done: 1 });
    progress.stop();
    expect(written).toEqual([
      '\r\x1b[Kexports: 2 running, 1 waiting, 0 done; records: 0',
      '\r\x1b[Kexports: 2 running, 1 waiting, 1 done; records: 1,234,567',
      '\r\x1b[Kexports: 2 running, 1 waiting, 1 done; records: 1,234,567',
      '\n',
    ]);
  });

  it('given no terminal, then nothing is written: platforms take stderr for errors', () => {
    const written: string[] = [];
    const progress = createProgress({ write: (text) => written.push(text) }, new FastClock());
    progress.update({ running: 2 });
    progress.stop();
    expect(written).toEqual([]);
  });
});
