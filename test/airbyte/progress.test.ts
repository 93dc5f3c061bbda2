import { describe, expect, it } from 'vitest';
import { createProgress } from '../../src/airbyte/progress';
import { Terminal } from '../../src/airbyte/terminal';
import { ManualClock } from '../support/test-stream';

/** What a person sees: a screen of lines, as wide as `columns`, that understands what the connector writes. */
class Screen {
  readonly isTTY = true;
  readonly written: string[] = [];
  lines = [''];

  constructor(public columns = 80) {}

  write(text: string): void {
    this.written.push(text);
    let column = this.lines.at(-1)?.length ?? 0;
    for (const token of text.split(/(\r|\n|\[K|)/).filter((part) => part !== '' && part !== '\x1b')) {
      const last = this.lines.pop() ?? '';
      if (token === '\r') column = 0;
      if (token === '\n') column = 0;
      const kept = token === '[K' ? last.slice(0, column) : last;
      this.lines.push(
        token.length === 1 && token >= ' ' ? `${last.slice(0, column++)}${token}${last.slice(column)}` : kept,
      );
      if (token === '\n' || column === this.columns) {
        this.lines.push('');
        column = 0;
      }
    }
  }
}

function setup(columns?: number, env: NodeJS.ProcessEnv = {}) {
  const screen = new Screen(columns);
  const clock = new ManualClock();
  const terminal = Terminal.on(screen, env);
  return { screen, clock, terminal, progress: createProgress(terminal, clock) };
}

describe('progress on a terminal', () => {
  it('given numbers, then one line shows them all, up to the last update, however fast it came', async () => {
    const { screen, clock, progress } = setup();
    progress.update({ planned: 6, running: 2, waiting: 4 });
    expect(screen.lines).toEqual(['exports: 0/6 done, 2 running, 4 waiting, 0 failed; records: 0; 0:00']);
    progress.update({ running: 3, waiting: 0, done: 2, failed: 1 });
    progress.update({ records: 1_234_567 });
    expect(screen.written).toHaveLength(1);
    await clock.advance(100);
    expect(screen.lines).toEqual(['exports: 2/6 done, 3 running, 0 waiting, 1 failed; records: 1,234,567; 0:00']);
    expect(screen.written).toHaveLength(2);
  });

  it('given no update at all, then the time goes on, second by second', async () => {
    const { screen, clock, progress } = setup();
    progress.update({ running: 1 });
    await clock.advance(65_000);
    expect(screen.lines).toEqual(['exports: 0/1 done, 1 running, 0 waiting, 0 failed; records: 0; 1:05']);
    await clock.advance(7_200_000);
    expect(screen.lines[0]).toMatch(/; 2:01:05$/);
  });

  it('given the end, then the final numbers stay, on a line of their own, and nothing follows', async () => {
    const { screen, clock, progress } = setup();
    progress.update({ planned: 1, running: 1 });
    progress.update({ running: 0, done: 1 });
    progress.stop();
    progress.update({ records: 5 });
    progress.stop();
    await clock.advance(60_000);
    expect(screen.lines).toEqual(['exports: 1/1 done, 0 running, 0 waiting, 0 failed; records: 0; 0:00', '']);
  });

  it('given a read that ends before it begins, then there is nothing to show', () => {
    const { screen, progress } = setup();
    progress.stop();
    expect(screen.written).toEqual([]);
  });

  it.each([70, 40, 30, 12, 5])('given %i columns, then the line never wraps', async (columns) => {
    const { screen, clock, progress } = setup(columns);
    for (let i = 0; i < 20; i++) {
      progress.update({ planned: 100, running: 10, waiting: 90 - i, done: i, records: i * 123_456 });
      await clock.advance(1_000);
    }
    progress.stop();
    expect(screen.lines).toHaveLength(2);
    expect(screen.lines[0]?.length).toBeLessThan(columns);
    if (columns > 10) expect(screen.lines[0]).toMatch(/19\/100/);
  });

  it('given a terminal that was made narrower, then the next line fits it', async () => {
    const { screen, clock, progress } = setup(80);
    progress.update({ running: 1 });
    screen.columns = 20;
    await clock.advance(1_000);
    expect(screen.written.at(-1)?.replace('\r\x1b[K', '').length).toBeLessThan(20);
  });

  it('given lines in between, then they stand above it whole, without what could move the cursor', async () => {
    const { screen, terminal, progress } = setup();
    progress.update({ running: 1 });
    terminal?.line('warning: \x1b[2Jfirst\nof two');
    terminal?.line('error: second');
    expect(screen.lines).toEqual([
      'warning:  [2Jfirst of two',
      'error: second',
      'exports: 0/1 done, 1 running, 0 waiting, 0 failed; records: 0; 0:00',
    ]);
  });

  it('given somebody else who writes to the same terminal, then the line makes room and comes back', () => {
    const { screen, terminal, progress } = setup();
    progress.update({ running: 1 });
    terminal?.hide();
    screen.write('{"type":"LOG"}\n');
    terminal?.show();
    expect(screen.lines).toEqual(['{"type":"LOG"}', expect.stringMatching(/^exports: 0\/1 done/)]);
  });

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])(
    'given %j, then no escape is written, and a plain line now and then',
    async (env) => {
      const { screen, clock, terminal, progress } = setup(80, env);
      progress.update({ planned: 3, running: 3 });
      for (let second = 0; second < 60; second++) {
        progress.update({ records: second });
        await clock.advance(1_000);
      }
      terminal?.line('warning: plain');
      progress.stop();
      for (const control of ['\r', '\x1b']) expect(screen.written.join('')).not.toContain(control);
      expect(screen.lines.map((line) => line.replace(/.*records: \d+; /, ''))).toEqual([
        '0:00',
        '0:30',
        '1:00',
        'warning: plain',
        '1:00',
        '',
      ]);
      expect(screen.lines.at(-2)).toMatch(/records: 59;/);
    },
  );

  it('given no terminal, then nothing is written: platforms take stderr for errors', () => {
    const written: string[] = [];
    expect(Terminal.on({ write: (text) => written.push(text) }, {})).toBeUndefined();
    const progress = createProgress(undefined, new ManualClock());
    progress.update({ running: 2 });
    progress.stop();
    expect(written).toEqual([]);
  });
});
