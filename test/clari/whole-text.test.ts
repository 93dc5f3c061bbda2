import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { wholeText } from '../../src/clari/whole-text';

const bodyOf = (...chunks: Buffer[]) => Readable.from(chunks) as AsyncIterable<Buffer>;

it('given a character that two chunks share, then the text is whole', async () => {
  const text = Buffer.from('Brøgger');
  expect(await wholeText(bodyOf(text.subarray(0, 3), text.subarray(3)))).toBe('Brøgger');
});

it('given a body longer than a text can be, then the error says how else to read it', async () => {
  expect(await wholeText(bodyOf(Buffer.alloc(60), Buffer.alloc(40)), 100)).toHaveLength(100);
  await expect(wholeText(bodyOf(Buffer.alloc(60), Buffer.alloc(41)), 100)).rejects.toMatchObject({
    name: 'ClariError',
    kind: 'bad_request',
    message: expect.stringContaining('openResults'),
  });
});
