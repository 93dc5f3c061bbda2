import { constants } from 'node:buffer';
import { ClariError } from './errors';

/** A whole body as text. Rejects with a ClariError when it is longer than a string can be. */
export async function wholeText(
  body: AsyncIterable<Buffer>,
  maxBytes: number = constants.MAX_STRING_LENGTH,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLong(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const tooLong = (maxBytes: number): ClariError =>
  new ClariError(
    `Clari's results are larger than ${Math.floor(maxBytes / 1e6)} MB, too large to be read at once. ` +
      'Read them as they come, with openResults or openForecast, or narrow the export.',
    { kind: 'bad_request', landed: 'no' },
  );
