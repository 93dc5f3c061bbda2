import type { FileHandle } from 'node:fs/promises';
import { missingArray, parseJson } from '../json';
import { type Batch, DocumentError, DocumentIndexer, type Member } from './document-index';
import { openNamelessFile } from './temporary-file';

export { DocumentError } from './document-index';

/**
 * A JSON object on disk, known to be whole, whose arrays are read batch by batch, in memory that doesn't grow with its
 * size. Numbers JavaScript can't represent arrive as text, as with `parseJson`. If an element has a key twice, the last
 * value counts.
 */
export class SpooledDocument {
  private disposed = false;

  private constructor(
    private readonly file: FileHandle,
    private readonly members: ReadonlyMap<string, Member>,
  ) {}

  /**
   * Writes `body` to a private temporary file and checks all of it. Rejects with a DocumentError when it isn't a whole
   * JSON object, or with whatever `body`, the disk (ENOSPC, say) or `check` fails with; then nothing is left behind.
   */
  static async spool(
    body: AsyncIterable<Uint8Array>,
    check: (document: SpooledDocument) => void = () => undefined,
  ): Promise<SpooledDocument> {
    const file = await openNamelessFile();
    try {
      const indexer = new DocumentIndexer();
      for await (const bytes of body) {
        const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        // The disk works while the bytes are indexed.
        const written = writeAll(file, chunk);
        try {
          indexer.write(chunk);
        } finally {
          await written;
        }
      }
      const document = new SpooledDocument(file, indexer.end());
      check(document);
      return document;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The names of the top-level members. */
  get memberNames(): Iterable<string> {
    return this.members.keys();
  }

  /**
   * Throws a DocumentError (`malformed`) unless there is a member `name` that is an array or null: without it, even a
   * whole JSON object isn't results. Any `companions` that are present must be arrays or null too.
   */
  expectArray(name: string, companions: readonly string[] = []): void {
    const members = [...this.members].map(
      ([key, member]) => [key, !('value' in member) || member.value === null] as const,
    );
    const problem = missingArray(new Map(members), name, companions);
    if (problem !== undefined) throw new DocumentError('malformed', problem, 0);
  }

  /** A whole member, for small ones; undefined when there is none of that name. */
  async value(name: string): Promise<unknown> {
    const member = this.members.get(name);
    if (member === undefined) return undefined;
    if ('value' in member) return member.value;
    const elements: unknown[] = [];
    for await (const batch of this.batches(name)) for (const element of batch) elements.push(element);
    return elements;
  }

  /**
   * The elements of an array, in order, a few hundred at a time. Nothing if it is missing or null; a DocumentError if
   * it isn't an array.
   */
  async *batches(name: string): AsyncGenerator<unknown[]> {
    const member = this.members.get(name);
    if (member === undefined) return;
    if ('value' in member) {
      if (member.value === null) return;
      throw new DocumentError('malformed', `the member ${name} isn't an array`, 0);
    }
    const { batches } = member;
    // The disk works while the previous batch is in use.
    let ahead = this.readAhead(batches[0]);
    for (let index = 0; index < batches.length; index++) {
      const bytes = await ahead;
      ahead = this.readAhead(batches[index + 1]);
      const json = `[${bytes?.toString('utf8')}]`;
      // Looking for numbers to keep as text takes time, and few batches can hold any.
      yield (batches[index]?.hasLongNumbers ? parseJson(json) : JSON.parse(json)) as unknown[];
    }
  }

  /** Frees the disk space. Calling it twice is fine. */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.file.close();
  }

  /** Starts reading a batch. It need not be awaited: an early stop doesn't. */
  private readAhead(batch: Batch | undefined): Promise<Buffer | undefined> {
    const bytes = batch === undefined ? Promise.resolve(undefined) : this.read(batch);
    bytes.catch(() => undefined); // handled where it is awaited
    return bytes;
  }

  private async read({ start, end }: Batch): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(end - start);
    for (let filled = 0; filled < buffer.length; ) {
      const { bytesRead } = await this.file.read(buffer, filled, buffer.length - filled, start + filled);
      if (bytesRead === 0) throw new Error('a temporary file has become shorter while it was read');
      filled += bytesRead;
    }
    return buffer;
  }
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, written);
    written += bytesWritten;
  }
}
