import { Writable } from 'node:stream';
import { SyncMode } from 'faros-airbyte-cdk';
import { describe, expect, it } from 'vitest';
import { MessageOutput } from '../../src/airbyte/output';
import { readStreams } from '../../src/airbyte/read-loop';
import { Redactor } from '../../src/airbyte/redact';
import { type ProtocolStream, type StreamReadRequest, type StreamState, SyncError } from '../../src/airbyte/stream';
import { checkConversation, Messages } from '../support/messages';
import { ManualClock, QuietLogger, settled, TestStream } from '../support/test-stream';

interface ReadSetup {
  readonly stop?: AbortController;
  readonly states?: ReadonlyMap<string, StreamState>;
  readonly clock?: ManualClock;
  readonly stdout?: Writable;
  readonly heartbeatMs?: number;
}

async function read(streams: readonly ProtocolStream[], setup: ReadSetup = {}) {
  const { stop = new AbortController(), states = new Map(), clock = new ManualClock(), heartbeatMs } = setup;
  const chunks: Buffer[] = [];
  const stdout =
    setup.stdout ??
    new Writable({
      write: (chunk, _, done) => {
        chunks.push(chunk);
        done();
      },
    });
  const log = new QuietLogger();
  const complete = await readStreams({
    catalog: {
      streams: streams.map(({ name }) => ({ stream: { name, json_schema: {} }, sync_mode: SyncMode.INCREMENTAL })),
    } as never,
    states,
    streams,
    output: new MessageOutput(stdout, new Redactor(), clock),
    clock,
    log,
    signal: stop.signal,
    heartbeatMs,
  });
  const messages = new Messages(Buffer.concat(chunks).toString('utf8').trim().split('\n'));
  checkConversation(
    messages,
    streams.map(({ name }) => name),
  );
  return { complete, messages, logs: log.lines };
}

/** Each STATE of a stream with its count of records. */
const statesOf = (messages: Messages) =>
  messages.all.flatMap(({ state }) => (state ? [[state.stream.stream_state, state.sourceStats.recordCount]] : []));

describe('the read loop', () => {
  it('given a stream that waits for Clari, then it says so, and that it goes on, once each', async () => {
    const { messages } = await read([
      new TestStream('s', 'day', async ({ output }) => {
        output.rateLimited(null);
        output.rateLimited(1_795_400_000_000);
        output.rateLimited(null);
        output.rateLimited(null);
        await output.state({ day: '1' });
      }),
    ]);
    const statuses = messages.all.flatMap(({ trace }) => trace?.stream_status ?? []);
    expect(statuses.map(({ status, reasons }) => [status, reasons])).toEqual([
      ['STARTED', undefined],
      ['RUNNING', [{ type: 'RATE_LIMITED', rate_limited: { quota_reset: 1_795_400_000_000 } }]],
      ['RUNNING', undefined],
      ['COMPLETE', undefined],
    ]);
  });

  it('given one record or several, then the log counts them in plain words', async () => {
    const stream = (name: string, ...records: object[]) =>
      new TestStream(name, 'day', async ({ output }) => output.records(records as never));
    const { logs } = await read([stream('one', { day: '1' }), stream('two', { day: '1' }, { day: '2' })]);
    expect(logs.filter((line) => /Completed/.test(line))).toEqual([
      expect.stringContaining('Completed one: 1 record'),
      expect.stringContaining('Completed two: 2 records'),
    ]);
    expect(logs.join()).not.toContain('1 records');
  });

  it('given a stream that still says something after its end, then nothing of it goes out', async () => {
    let late: StreamReadRequest | undefined;
    const { complete, messages, logs } = await read([
      new TestStream('early', 'day', async (request) => {
        late = request;
        await request.output.state({ day: '1' });
        throw new SyncError('it failed', { failureType: 'transient_error' });
      }),
      new TestStream('later', 'day', async ({ output }) => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        await late?.output.state({ day: '2' });
        await late?.output.records([{ a: 1 }]);
        late?.output.failure(new SyncError('too late', { failureType: 'transient_error' }));
        late?.output.rateLimited(1);
        late?.output.rateLimited(null);
        await output.state({ day: '1' });
      }),
    ]);
    expect(complete).toBe(false);
    expect(messages.states('early')).toEqual([{ day: '1' }]);
    expect(messages.records('early')).toEqual([]);
    expect(messages.errors.map(({ message }) => message)).toEqual(['it failed']);
    expect(messages.statuses('early')).toEqual(['STARTED', 'RUNNING', 'INCOMPLETE']);
    // It is not swallowed either.
    expect(logs).toContain('A part of early failed after the stream had ended: too late');
  });

  it('given a failure that ends the sync, then the other streams are told, and only the cause is an error', async () => {
    const { messages } = await read([
      new TestStream('first', undefined, async () => {
        throw new SyncError('the key is refused', { failureType: 'config_error', endsSync: true });
      }),
      new TestStream('second', undefined, ({ signal }) => {
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('interrupted')));
        });
      }),
    ]);
    expect(messages.errors.map(({ message }) => message)).toEqual(['the key is refused']);
    expect(messages.statuses('second').at(-1)).toBe('INCOMPLETE');
  });

  it('given an unforeseen error, then it is a system error with a stack, and its text is only in the detail', async () => {
    const { messages } = await read([
      new TestStream('s', undefined, async () => {
        throw new TypeError('x is not a function');
      }),
    ]);
    expect(messages.errors[0]).toMatchObject({
      failure_type: 'system_error',
      message: expect.stringMatching(/^The connector hit an unexpected error/),
      internal_message: 'TypeError: x is not a function',
      stack_trace: expect.stringContaining('read-loop.test'),
    });
  });

  it('given records between two states, then each STATE counts those since the one before', async () => {
    const { messages } = await read([
      new TestStream('s', 'day', async ({ output }) => {
        await output.records([{ a: 1 }, { a: 2 }]);
        await output.state({ day: '1' });
        await output.records([{ a: 3 }]);
        await output.state({ day: '2' });
      }),
    ]);
    expect(statesOf(messages).map(([, count]) => count)).toEqual([2, 1]);
  });

  it('given records that are still being written when their stream ends, then those after the end are not', async () => {
    const { messages } = await read([
      new TestStream('early', 'day', async ({ output }) => {
        // Nobody awaits it; it fills a batch, and its rest would follow once that has left.
        void output.records(
          (function* () {
            for (let i = 0; i < 3; i++) yield { text: 'x'.repeat(100_000) };
          })(),
        );
        throw new SyncError('it failed', { failureType: 'transient_error' });
      }),
      new TestStream('later', 'day', () => new Promise((resolve) => setTimeout(resolve, 20))),
    ]);
    expect(messages.statuses('early').at(-1)).toBe('INCOMPLETE');
    expect(messages.records('early').length).toBeLessThan(3);
  });

  it('given a state that says nothing new, then it is not repeated, but it is after more records', async () => {
    const { messages } = await read([
      new TestStream('s', 'day', async ({ output }) => {
        await output.state({ day: '1' });
        await output.state({ day: '1' });
        await output.records([{ a: 1 }]);
        await output.state({ day: '1' });
        await output.state({ day: '2' });
        await output.state({ day: '1' });
      }),
    ]);
    expect(statesOf(messages)).toEqual([
      [{ day: '1' }, 0],
      [{ day: '1' }, 1],
      [{ day: '2' }, 0],
      [{ day: '1' }, 0],
    ]);
  });

  it('given a stream that takes long, then a STATE goes out at least every 5 minutes, with the true count, also while records flow', async () => {
    const clock = new ManualClock();
    const sentAt: number[] = [];
    const started = clock.now();
    const stdout = new Writable({
      write: (chunk, _, done) => {
        if (String(chunk).includes('"STATE"')) sentAt.push(clock.now() - started);
        chunks.push(chunk);
        done();
      },
    });
    const chunks: Buffer[] = [];
    await read(
      [
        new TestStream('s', 'day', async ({ output }) => {
          await output.state({ day: '1' });
          await output.records([{ a: 1 }, { a: 2 }]);
          await clock.advance(10 * 60_000);
          for (let minute = 0; minute < 10; minute++) {
            await output.records([{ a: 3 }]);
            await clock.advance(60_000);
          }
          await output.state({ day: '2' });
        }),
      ],
      { clock, stdout },
    ).catch(() => undefined); // its own look at the messages sees none
    const messages = new Messages(Buffer.concat(chunks).toString('utf8').trim().split('\n'));
    checkConversation(messages, ['s']);
    const gaps = sentAt.map((at, index) => at - (sentAt[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5 * 60_000);
    const states = statesOf(messages);
    expect(states.slice(0, 3)).toEqual([
      [{ day: '1' }, 0],
      [{ day: '1' }, 2],
      [{ day: '1' }, 0],
    ]);
    expect(states.at(-1)).toEqual([{ day: '2' }, expect.any(Number)]);
    expect(states.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(12);
  });

  it('given the state of another connector, then that stream fails before it is read; states of unknown streams are ignored', async () => {
    let reads = 0;
    const count = async () => void reads++;
    const states = new Map<string, StreamState>([
      ['s', { cursor: 5 }],
      ['ours', { day: '1', more: true }],
      ['reset', {}],
      ['users', { cursor: 5 }],
    ]);
    const { messages, complete, logs } = await read(
      ['s', 'ours', 'reset'].map((name) => new TestStream(name, 'day', count, ['day', 'jobs'])),
      { states },
    );
    expect([reads, complete]).toEqual([2, false]);
    expect(messages.errors).toEqual([
      expect.objectContaining({
        failure_type: 'config_error',
        stream_descriptor: { name: 's' },
        message: expect.stringMatching(
          /^The state of the stream s was not written by this connector \(it holds cursor\)\./,
        ),
      }),
    ]);
    expect(logs).toContain("The state names streams that this connector doesn't have: users; ignored");
  });

  it('given a full stdout, when the sync is interrupted, then a stream that waits for its STATE to leave can clean up', async () => {
    const stuck = new Writable({ write: () => undefined, highWaterMark: 1 });
    const stop = new AbortController();
    let cleanedUp = false;
    void read(
      [
        new TestStream('s', 'day', async ({ output }) => {
          await output.state({ day: '1' });
          cleanedUp = true;
        }),
      ],
      { stop, stdout: stuck },
    );
    await settled();
    expect(cleanedUp).toBe(false);
    stop.abort();
    await settled();
    expect(cleanedUp).toBe(true);
  });
});
