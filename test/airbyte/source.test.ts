import { type AirbyteConfig, type AirbyteMessage, AirbyteSpec, SyncMode } from 'faros-airbyte-cdk';
import { describe, expect, it } from 'vitest';
import { ProtocolSource } from '../../src/airbyte/source';
import { type ProtocolStream, SyncError } from '../../src/airbyte/stream';
import { checkConversation, Messages } from '../support/messages';
import { QuietLogger, settled, TestStream } from '../support/test-stream';

class TestSource extends ProtocolSource {
  constructor(private readonly given: ProtocolStream[]) {
    super(new QuietLogger());
  }
  override get name(): string {
    return 'test';
  }
  override async spec(): Promise<AirbyteSpec> {
    return new AirbyteSpec({} as never);
  }
  override secretsIn(raw: unknown): string[] {
    return [(raw as { key: string }).key];
  }
  override async verify(): Promise<void> {}
  override streams(): ProtocolStream[] {
    return this.given;
  }
  override session(): ProtocolStream[] {
    return this.given;
  }
}

const catalogOf = (streams: readonly ProtocolStream[]) =>
  ({
    streams: streams.map(({ name }) => ({ stream: { name, json_schema: {} }, sync_mode: SyncMode.INCREMENTAL })),
  }) as never;
const readOf = (streams: ProtocolStream[], state?: unknown) =>
  new TestSource(streams).read({ key: 'a-long-secret' } as AirbyteConfig, catalogOf(streams), state);

async function all(messages: AsyncIterable<AirbyteMessage>) {
  const lines: string[] = [];
  let error: unknown;
  try {
    for await (const message of messages) lines.push(JSON.stringify(message));
  } catch (caught) {
    error = caught;
  }
  return { messages: new Messages(lines), error };
}

describe('reading from a program', () => {
  it('given streams, then their messages come in order, with states that continue from the ones given', async () => {
    const stream = new TestStream('s', 'day', async ({ state, output }) => {
      await output.records([{ a: 1 }, { a: 2 }]);
      await output.state({ day: Number(state?.['day']) + 1 });
    });
    const { messages, error } = await all(
      readOf([stream], [{ type: 'STREAM', stream: { stream_descriptor: { name: 's' }, stream_state: { day: 1 } } }]),
    );
    expect(error).toBeUndefined();
    checkConversation(messages, ['s']);
    expect(messages.records('s')).toEqual([{ a: 1 }, { a: 2 }]);
    expect(messages.states('s')).toEqual([{ day: 2 }]);
  });

  it('given any character in a value, line separators of Unicode included, then the value arrives unchanged', async () => {
    const text = 'a\u2028b\u2029c\r\nd\u0085e\u{1f600}';
    const { messages } = await all(
      readOf([new TestStream('s', undefined, ({ output }) => output.records([{ text }]))]),
    );
    expect(messages.records('s')).toEqual([{ text }]);
  });

  it('given a secret in a record and in a failure, then both come without it', async () => {
    const { messages } = await all(
      readOf([
        new TestStream('s', undefined, async ({ output }) => {
          await output.records([{ text: 'it is a-long-secret' }]);
          output.failure(new SyncError('refused a-long-secret', { failureType: 'config_error' }));
        }),
      ]),
    );
    expect(messages.records('s')).toEqual([{ text: 'it is ****' }]);
    expect(messages.errors[0]?.message).toBe('refused ****');
  });

  it('given a stream that fails, then the others are read to their end, and the last thing is a throw', async () => {
    const { messages, error } = await all(
      readOf([
        new TestStream('bad', 'day', async () => {
          throw new SyncError('it failed', { failureType: 'transient_error' });
        }),
        new TestStream('good', 'day', ({ output }) => output.state({ day: 1 })),
      ]),
    );
    checkConversation(messages, ['bad', 'good']);
    expect(messages.statuses('good').at(-1)).toBe('COMPLETE');
    expect(messages.errors.map(({ message }) => message)).toEqual(['it failed']);
    expect(error).toBeInstanceOf(SyncError);
  });

  it('given a state that is none, then the first message asked for is a throw', async () => {
    const { error } = await all(readOf([], { of: 'another kind' }));
    expect((error as SyncError).failureType).toBe('config_error');
  });

  it('given a caller that does not ask for more, then the stream waits, however much it has', async () => {
    let asked = 0;
    const stream = new TestStream('s', undefined, ({ output }) =>
      output.records(
        (function* () {
          for (; asked < 50_000; asked++) yield { text: 'x'.repeat(100) };
        })(),
      ),
    );
    const messages = readOf([stream]);
    await messages.next();
    for (let i = 0; i < 20; i++) await settled();
    expect(asked).toBeLessThan(5_000);
    await messages.return(undefined);
  });

  it('given a caller that stops early, then the sync ends, what it had started is cleaned up, and only then the caller goes on', async () => {
    const order: string[] = [];
    const stream = new TestStream('s', 'day', async ({ output, signal }) => {
      const ended = new Promise((resolve) => signal.addEventListener('abort', resolve));
      for (let i = 0; i < 10; i++) await output.records([{ text: 'x'.repeat(100_000) }]);
      await ended;
      await settled();
      order.push('cleaned up');
    });
    for await (const message of readOf([stream])) if ((message.type as string) === 'RECORD') break;
    order.push('went on');
    expect(order).toEqual(['cleaned up', 'went on']);
  });
});
