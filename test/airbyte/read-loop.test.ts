import { Writable } from 'node:stream';
import { AirbyteLogger, type AirbyteMessage, SyncMode } from 'faros-airbyte-cdk';
import { describe, expect, it } from 'vitest';
import { MessageOutput } from '../../src/airbyte/output';
import { readStreams } from '../../src/airbyte/read-loop';
import { Redactor } from '../../src/airbyte/redact';
import { ProtocolStream, type StreamReadRequest, SyncError } from '../../src/airbyte/stream';
import { FastClock } from '../support/clock';
import { checkConversation, Messages } from '../support/messages';

class QuietLogger extends AirbyteLogger {
  override write(_: AirbyteMessage): void {}
}

/** Time stands still: no heartbeat comes in between. */
class StandingClock extends FastClock {
  override sleep(_: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
  }
}

/** A stream that reads as the test says. */
class TestStream extends ProtocolStream {
  constructor(
    private readonly streamName: string,
    private readonly cursor: string | undefined,
    private readonly act: (request: StreamReadRequest) => Promise<void>,
  ) {
    super(new QuietLogger());
  }
  override get name(): string {
    return this.streamName;
  }
  override get primaryKey(): undefined {
    return undefined;
  }
  override get cursorField(): string | string[] {
    return this.cursor ?? [];
  }
  override getJsonSchema(): Record<string, unknown> {
    return {};
  }
  override readRecords(): AsyncGenerator<Record<string, unknown>> {
    throw new Error('not used');
  }
  override read(request: StreamReadRequest): Promise<void> {
    return this.act(request);
  }
}

async function read(streams: readonly ProtocolStream[], stop = new AbortController()) {
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write: (chunk, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  const clock = new StandingClock();
  const complete = await readStreams({
    catalog: {
      streams: streams.map(({ name }) => ({ stream: { name, json_schema: {} }, sync_mode: SyncMode.INCREMENTAL })),
    } as never,
    states: new Map(),
    streams,
    output: new MessageOutput(stdout, new Redactor(), clock),
    clock,
    log: new QuietLogger(),
    signal: stop.signal,
  });
  const messages = new Messages(Buffer.concat(chunks).toString('utf8').trim().split('\n'));
  checkConversation(
    messages,
    streams.map(({ name }) => name),
  );
  return { complete, messages };
}

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

  it('given a stream that still says something after its end, then nothing of it goes out: a STATE after the last status counts for nothing', async () => {
    let late: StreamReadRequest | undefined;
    const { complete, messages } = await read([
      new TestStream('early', 'day', async (request) => {
        late = request;
        await request.output.state({ day: '1' });
        throw new SyncError('it failed', { failureType: 'transient_error' });
      }),
      new TestStream('later', 'day', async ({ output }) => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        await late?.output.state({ day: '2' });
        late?.output.rateLimited(1);
        await output.state({ day: '1' });
      }),
    ]);
    expect(complete).toBe(false);
    expect(messages.states('early')).toEqual([{ day: '1' }]);
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

  it('given an error that nobody foresaw, then it is a system error with a stack, and its text is only in the detail', async () => {
    const { messages } = await read([
      new TestStream('s', undefined, async () => {
        throw new TypeError('x is not a function');
      }),
    ]);
    expect(messages.errors[0]).toMatchObject({
      failure_type: 'system_error',
      message: expect.stringMatching(/^The connector met something it does not expect/),
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
    expect(messages.all.flatMap(({ state }) => state?.sourceStats.recordCount ?? [])).toEqual([2, 1]);
  });
});
