import type { Readable } from 'node:stream';
import { ClariError } from '../errors';
import type { CallOptions } from '../types';
import { brokenBody, interrupted, oversizedBody, silentBody } from './failures';

export interface BodyRead extends CallOptions {
  /** The path of the answer, without a query. */
  readonly what: string;
  /** Longest silence. */
  readonly idleTimeoutMs: number;
}

/**
 * A body's bytes as they arrive. Rejects with a ClariError when the body breaks off or falls silent, or when `signal`
 * fires; stopping early is fine.
 */
export async function* readBody(
  body: Readable,
  { signal, what, idleTimeoutMs }: BodyRead,
): AsyncGenerator<Buffer, void, undefined> {
  const chunks = body[Symbol.asyncIterator]();
  const stop = () => body.destroy(interrupted('unknown'));
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    for (;;) {
      const silent = setTimeout(() => body.destroy(silentBody(what, idleTimeoutMs)), idleTimeoutMs);
      const next = await chunks.next().finally(() => clearTimeout(silent));
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    // axios itself cuts the body off when the signal fires.
    if (signal?.aborted) throw interrupted('unknown');
    throw error instanceof ClariError ? error : brokenBody(what, error);
  } finally {
    signal?.removeEventListener('abort', stop);
    body.destroy();
  }
}

/** A whole body as text. Rejects as `readBody` does, and when it is larger than `maxBytes`. */
export async function readText(body: Readable, read: BodyRead, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readBody(body, read)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw oversizedBody(read.what, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
