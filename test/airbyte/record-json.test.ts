import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { MessageOutput } from '../../src/airbyte/output';
import { RecordJson } from '../../src/airbyte/record-json';
import { Redactor } from '../../src/airbyte/redact';
import { FastClock } from '../support/clock';
import { judge } from '../support/messages';

it('given records that are JSON already, then they stand in their messages like any other, and secrets are cut from them', async () => {
  const redactor = new Redactor();
  redactor.add('a-long-secret');
  const stdout = new PassThrough();
  const clock = new FastClock();
  const output = new MessageOutput(stdout, redactor, clock);
  const counter = { count: 0 };
  await output.records('s', [new RecordJson('{"a":1}'), { a: 2 }, new RecordJson('{"a":"a-long-secret"}')], counter);
  await output.flush();
  const lines = String(stdout.read()).trim().split('\n');
  const emitted_at = clock.now();
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    [1, 2, '****'].map((a) => ({ type: 'RECORD', record: { stream: 's', emitted_at, data: { a } } })),
  );
  expect(counter.count).toBe(3);
});

it('given columns that are null because their value did not fit, then the message names them, as Airbyte wants it', async () => {
  const stdout = new PassThrough();
  const clock = new FastClock();
  const output = new MessageOutput(stdout, new Redactor(), clock);
  const record = new RecordJson('{"a":null,"b":null,"c":1}', ['a', 'b']);
  await output.records('s', [record, new RecordJson('{"a":1}')], { count: 0 });
  await output.flush();
  const [first, second] = String(stdout.read()).trim().split('\n').map(judge);
  const reason = 'SOURCE_SERIALIZATION_ERROR';
  expect(first?.record).toEqual({
    stream: 's',
    emitted_at: clock.now(),
    data: { a: null, b: null, c: 1 },
    meta: {
      changes: [
        { field: 'a', change: 'NULLED', reason },
        { field: 'b', change: 'NULLED', reason },
      ],
    },
  });
  expect(second?.record).not.toHaveProperty('meta');
});
