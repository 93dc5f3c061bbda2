import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MessageOutput, type OutputEvents } from '../../src/airbyte/output';
import { Redactor } from '../../src/airbyte/redact';
import { FastClock } from '../support/clock';
import { settled } from '../support/test-stream';

/** A reader that takes each write only when it is told to. */
class SlowReader extends Writable {
  readonly taken: Buffer[] = [];
  private waiting: (() => void)[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.waiting.push(() => {
      this.taken.push(chunk);
      done();
    });
  }

  take(): void {
    this.waiting.shift()?.();
  }

  get text(): string {
    return Buffer.concat(this.taken).toString('utf8');
  }
}

const outputTo = (stdout: Writable, events?: OutputEvents) =>
  new MessageOutput(stdout, new Redactor(), new FastClock(), events);

describe('the output', () => {
  it('given a reader that does not read, then records wait for it instead of piling up', async () => {
    const reader = new SlowReader();
    const output = outputTo(reader);
    const counter = { count: 0 };
    let asked = 0;
    function* records() {
      for (; asked < 10_000; asked++) yield { text: 'x'.repeat(100) };
    }
    const emitted = output.records('s', records(), counter);
    await settled();
    expect(asked).toBeLessThan(3_000);
    const reading = setInterval(() => reader.take(), 1);
    await emitted;
    await output.flush();
    clearInterval(reading);
    expect(counter.count).toBe(10_000);
    expect(reader.text.trim().split('\n')).toHaveLength(10_000);
  });

  it('given characters of every length and records larger than a batch, then each line is whole', async () => {
    const reader = new SlowReader();
    const output = outputTo(reader);
    const rows = ['a', 'ü', '漢', '😀', '\ud800'].map((character) => ({ text: character.repeat(70_000) }));
    const emitted = output.records('s', rows, { count: 0 }).then(() => output.flush());
    const reading = setInterval(() => reader.take(), 1);
    await emitted;
    clearInterval(reading);
    const lines = reader.text.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).record.data)).toEqual(rows);
  });

  it('given a message for people, then it leaves soon, though nothing follows it', async () => {
    const reader = new SlowReader();
    outputTo(reader).message({ type: 'LOG', log: { level: 'INFO', message: 'hello' } });
    await settled();
    reader.take();
    expect(reader.text).toBe('{"type":"LOG","log":{"level":"INFO","message":"hello"}}\n');
  });

  it('given a message for people, then a listener gets it too, redacted', async () => {
    const heard: unknown[] = [];
    const output = outputTo(new SlowReader(), { onMessage: (message) => heard.push(message) });
    output.redactor.add('secret');
    output.message({ type: 'LOG', log: { level: 'WARN', message: 'a secret' } });
    output.data({ type: 'STATE' });
    expect(heard).toEqual([{ type: 'LOG', log: { level: 'WARN', message: 'a ****' } }]);
  });

  it('given a terminal that shows something else too, then it makes room for each write', async () => {
    const order: string[] = [];
    const reader = new Writable({
      write: (_chunk, _encoding, done) => {
        order.push('written');
        done();
      },
    });
    const output = outputTo(reader, { beforeWrite: () => order.push('before'), afterWrite: () => order.push('after') });
    output.data({ type: 'STATE' });
    await output.flush();
    expect(order).toEqual(['before', 'written', 'after']);
  });

  it('given a stdout that can no longer be written, then that is reported once, with its cause, and nothing waits for it', async () => {
    const full = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
    });
    const causes: unknown[] = [];
    const output = outputTo(full, { onClosed: ({ code }) => causes.push(code) });
    for (let i = 0; i < 3; i++) {
      output.data({ type: 'STATE' });
      await output.flush();
    }
    expect(causes).toEqual(['ENOSPC']);
  });
});
