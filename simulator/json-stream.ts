import { Readable } from 'node:stream';

const CHUNK_CHARACTERS = 32_768;

/**
 * A JSON object of arrays as a stream, in the given order; items are taken from their iterables only as fast as the
 * reader reads, so an export of any size needs no memory.
 */
export function streamArrays(arrays: readonly (readonly [key: string, items: Iterable<unknown>])[]): Readable {
  return Readable.from(chunks(arrays), { objectMode: false });
}

function* chunks(arrays: readonly (readonly [string, Iterable<unknown>])[]): Generator<Buffer> {
  let text = '{';
  let first = true;
  for (const [key, items] of arrays) {
    text += `${first ? '' : ','}${JSON.stringify(key)}:[`;
    first = false;
    let separator = '';
    for (const item of items) {
      text += separator + JSON.stringify(item);
      separator = ',';
      if (text.length < CHUNK_CHARACTERS) continue;
      yield Buffer.from(text);
      text = '';
    }
    text += ']';
  }
  yield Buffer.from(`${text}}`);
}
