import { existsSync, fstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DocumentError, SpooledDocument } from '../../src/exports/document';
import { DocumentIndexer } from '../../src/exports/document-index';
import { JsonScanner } from '../../src/exports/json-scanner';
import { parseJson } from '../../src/json';

const bytesOf = (text: string | Buffer): Buffer => (typeof text === 'string' ? Buffer.from(text) : text);
const spool = (text: string | Buffer) => SpooledDocument.spool(Readable.from([bytesOf(text)]));

async function elementsOf(document: SpooledDocument, name: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const batch of document.batches(name)) all.push(...batch);
  return all;
}

/** Cuts the bytes into chunks that end where `cuts` say. */
function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

function accepts(bytes: Buffer): boolean {
  const indexer = new DocumentIndexer();
  try {
    indexer.write(bytes);
    indexer.end();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(DocumentError);
    return false;
  }
}

const documents = fc
  .dictionary(fc.string({ unit: 'binary' }), fc.oneof(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.jsonValue()), {
    maxKeys: 5,
  })
  .map((object) => JSON.parse(JSON.stringify(object)) as Record<string, unknown>);

describe('a spooled document', () => {
  it('given any JSON object in any chunks, then its members and elements are what parsing it at once makes of them', async () => {
    await fc.assert(
      fc.asyncProperty(documents, fc.boolean(), fc.array(fc.nat()), async (object, pretty, cuts) => {
        const text = JSON.stringify(object, null, pretty ? 2 : 0);
        const document = await SpooledDocument.spool(Readable.from(chunksOf(Buffer.from(text), cuts)));
        for (const [name, value] of Object.entries(parseJson(text) as object)) {
          expect(await document.value(name)).toEqual(value);
          if (Array.isArray(value)) expect(await elementsOf(document, name)).toEqual(value);
        }
        await document.dispose();
      }),
      { numRuns: 200 },
    );
  });

  it('given any JSON object, when it ends too early, then it is refused', () => {
    fc.assert(
      fc.property(documents, fc.nat(), (object, cut) => {
        const bytes = Buffer.from(JSON.stringify(object));
        expect(accepts(bytes.subarray(0, cut % bytes.length))).toBe(false);
      }),
    );
  });

  it('given any JSON object, when one byte is another, then it is refused unless JSON.parse takes it as well', () => {
    fc.assert(
      fc.property(documents, fc.nat(), fc.integer({ min: 0, max: 255 }), (object, at, byte) => {
        const bytes = Buffer.from(JSON.stringify(object));
        bytes[at % bytes.length] = byte;
        if (accepts(bytes)) expect(() => JSON.parse(bytes.toString('utf8'))).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });

  it('given an array larger than a batch, then it comes in several batches, in order', async () => {
    const entries = Array.from({ length: 20_000 }, (_, index) => ({
      index,
      text: `„${'é'.repeat(index % 50)}“ ],[{"`,
    }));
    const document = await spool(JSON.stringify({ before: 1, entries, after: [1, 2] }));
    let batches = 0;
    const all: unknown[] = [];
    for await (const batch of document.batches('entries')) {
      batches++;
      all.push(...batch);
    }
    expect(batches).toBeGreaterThan(3);
    expect(all).toEqual(entries);
    expect(await document.value('after')).toEqual([1, 2]);
    await document.dispose();
  });

  it.each([
    ['nothing at all', ''],
    ['white space', ' \n'],
    ['HTML', '<html><body>Bad gateway</body></html>'],
    ['an array', '[1]'],
    ['a scalar', '1'],
    ['a second document', '{"entries":[]}{"entries":[]}'],
    ['something after the end', '{"entries":[]} x'],
    ['a trailing comma between members', '{"a":1,}'],
    ['a double comma between members', '{"a":1,,"b":2}'],
    ['a leading comma', '{,"a":1}'],
    ['a trailing comma in an array', '{"a":[1,]}'],
    ['a leading comma in an array', '{"a":[,1]}'],
    ['a double comma in an array', '{"a":[1,,2]}'],
    ['a lone comma in an array', '{"a":[,]}'],
    ['the wrong bracket at an array', '{"a":[1}}'],
    ['the wrong bracket inside', '{"a":[{"b":1]]}'],
    ['the wrong bracket at the end', '{"a":1]'],
    ['NaN', '{"a":[NaN]}'],
    ['a comment', '{"a":[1/* one */]}'],
    ['a name twice', '{"a":[],"a":[]}'],
    ['a name twice, once escaped', '{"a":1,"\\u0061":[]}'],
    ['no name', '{[1]}'],
    ['no colon', '{"a"[1]}'],
    ['something after an array', '{"a":[1]2}'],
    ['half a byte order mark', Buffer.from([0xef, 0xbb, 0x7b, 0x7d])],
    ['a byte order mark at the end', '{"a":[1]}\ufeff'],
    ['white space that JSON has not', '{"a":[1\u00a0]}'],
    ['a character that is cut off', Buffer.from([...Buffer.from('{"a":["'), 0xe2, 0x82, ...Buffer.from('"]}')])],
    ['half a surrogate pair as bytes', Buffer.from([...Buffer.from('{"a":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')])],
    ['a name that is no UTF-8', Buffer.from([...Buffer.from('{"'), 0xff, ...Buffer.from('":[1]}')])],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x5b, 0x22, 0xff, 0x22, 0x5d, 0x7d])],
  ])('given %s, then it is refused', async (_, text) => {
    await expect(spool(text)).rejects.toBeInstanceOf(DocumentError);
  });

  it('given an element of a thousand chunks, then it is whole, and is not walked over again for each of them', async () => {
    const walks = vi.spyOn(JsonScanner.prototype, 'afterString');
    const bytes = Buffer.from(JSON.stringify({ a: ['x'.repeat(1_000_000), 1] }));
    const chunks = Array.from({ length: 1001 }, (_, index) => bytes.subarray(1000 * index, 1000 * (index + 1)));
    const document = await SpooledDocument.spool(Readable.from(chunks));
    expect(await elementsOf(document, 'a')).toEqual(['x'.repeat(1_000_000), 1]);
    expect(walks.mock.calls.length).toBeLessThan(20);
    walks.mockRestore();
    await document.dispose();
  });

  it('given a comma without an element at a batch border, then it is refused', async () => {
    const large = JSON.stringify('x'.repeat(300_000));
    await expect(spool(`{"a":[${large},]}`)).rejects.toBeInstanceOf(DocumentError);
    await expect(spool(`{"a":[${large},,${large}]}`)).rejects.toBeInstanceOf(DocumentError);
  });

  it('given a document that is cut short, then the error says so, and quotes nothing of it', async () => {
    await expect(spool('{"entries":["secret"')).rejects.toMatchObject({
      kind: 'truncated',
      message: 'the document ends too early (at byte 20)',
    });
    await expect(spool('{"entries":["secret" x]}')).rejects.toMatchObject({
      kind: 'malformed',
      message: 'the text is not JSON (at byte 21)',
    });
  });

  it.each([
    ['a byte order mark', '\ufeff{"a":[1]}', [1]],
    ['an empty array', '{"a":[ \n ]}', []],
    ['null for an array', '{"a":null}', []],
    ['no such member', '{"b":[1]}', []],
    ['no members', '{}', []],
    ['scalars and null as elements', '{"a":[1,null,"x",true]}', [1, null, 'x', true]],
    ['a key that is called __proto__', '{"a":[{"__proto__":{"x":1}}]}', [JSON.parse('{"__proto__":{"x":1}}')]],
    ['half a surrogate pair', '{"a":["\\ud800"]}', ['\ud800']],
    ['arrays in arrays', '{"a":[[1,2],[],[[3]]]}', [[1, 2], [], [[3]]]],
    ['a member that is called __proto__', '{"__proto__":[9],"a":[1]}', [1]],
    ['a key twice in an element', '{"a":[{"b":1,"b":2}]}', [{ b: 2 }]],
    [
      'brackets, quotes and escapes in strings',
      '{"a":["]},{[","\\"],","\\\\","\\\\\\"]"]}',
      [']},{[', '"],', '\\', '\\"]'],
    ],
    ['escapes in a name', '{"\\u0061":[1],"b\\"]":[2]}', [1]],
    ['numbers of every form', '{"a":[1.50,-0.5,1e3,1E-2,9007199254740991]}', [1.5, -0.5, 1000, 0.01, 9007199254740991]],
    ['white space of every kind', '\r\n{\t"a" :\r\n[\r\n1 ,\r\n\t2\r\n]\r\n,"b"\r\n:\r\n1\r\n}\r\n', [1, 2]],
    ['an array below another member', '{"b":{"a":[9]},"a":[1]}', [1]],
  ])('given %s, then the array is what it should be', async (_, text, expected) => {
    const document = await spool(text);
    expect(await elementsOf(document, 'a')).toEqual(expected);
    await document.dispose();
  });

  it('given characters of several bytes, escapes and a byte order mark, when the bytes come in any two chunks or one by one, then they are whole', async () => {
    const element = { 'naïve €': '“𝄞\\"],\u2028', deep: [['é', null]] };
    const bytes = Buffer.from(`\ufeff{"a":[${JSON.stringify(element)},"𝄞"]}`);
    const inTwo = [...bytes.keys()].map((cut) => [bytes.subarray(0, cut), bytes.subarray(cut)]);
    const oneByOne = [...bytes].map((byte) => Buffer.from([byte]));
    for (const chunks of [...inTwo, oneByOne]) {
      const document = await SpooledDocument.spool(Readable.from(chunks));
      expect(await elementsOf(document, 'a')).toEqual([element, '𝄞']);
      await document.dispose();
    }
  });

  it('given deep nesting, then what can become a message of Airbyte is read, and more is refused', async () => {
    const nested = (depth: number) => `{"a":[${'['.repeat(depth)}${']'.repeat(depth)}]}`;
    const document = await spool(nested(800));
    const [element] = await elementsOf(document, 'a');
    expect(JSON.stringify(element)).toHaveLength(1600);
    await document.dispose();
    for (const depth of [1_000, 10_000, 1_000_000])
      await expect(spool(nested(depth))).rejects.toMatchObject({ kind: 'malformed', message: /nested too deeply/ });
    await expect(spool(`{"a":${'{"b":'.repeat(10_000)}1${'}'.repeat(10_000)}}`)).rejects.toBeInstanceOf(DocumentError);
  });

  it('given numbers that JavaScript can not hold, then they are text, in elements and in members alike', async () => {
    const document = await spool('{"a":[{"id":12345678901234567890,"n":1e400,"x":1.5}],"total":9007199254740993}');
    expect(await elementsOf(document, 'a')).toEqual([{ id: '12345678901234567890', n: '1e400', x: 1.5 }]);
    expect(await document.value('total')).toBe('9007199254740993');
    await document.dispose();
  });

  const COMPANIONS = ['users', 'fields'];
  it.each([
    ['an array', '{"entries":[1]}'],
    ['an empty array', '{"entries":[]}'],
    ['null', '{"entries":null,"users":null}'],
    ['an array beside what nobody knows', '{"entries":[],"more":{}}'],
  ])('given %s where an array is expected, then that is what results are', async (_, text) => {
    const document = await spool(text);
    expect(() => document.expectArray('entries', COMPANIONS)).not.toThrow();
    await document.dispose();
  });

  it.each([
    ['no member at all', '{}', /the member entries is missing/],
    ['an error', '{"code":"internal_server_error","message":"later"}', /the member entries is missing/],
    ['nothing but a companion', '{"users":[]}', /the member entries is missing/],
    ['a companion and an error', '{"users":[],"message":"later"}', /the member entries is missing/],
    ['an object', '{"entries":{}}', /the member entries isn't an array/],
    ['text', '{"entries":"none"}', /the member entries isn't an array/],
    ['a companion that is an object', '{"entries":[],"users":{}}', /the member users isn't an array/],
  ])('given %s where an array is expected, then it is no results', async (_, text, message) => {
    const document = await spool(text);
    expect(() => document.expectArray('entries', COMPANIONS)).toThrow(message);
    expect(() => document.expectArray('entries', COMPANIONS)).toThrow(DocumentError);
    await document.dispose();
  });

  it('given no companions, then a document without the array is no results', async () => {
    const document = await spool('{"users":[]}');
    expect(() => document.expectArray('activities')).toThrow(/the member activities is missing/);
    await document.dispose();
  });

  it('given a member that is no array, when its elements are asked for, then that is an error', async () => {
    const document = await spool('{"entries":{"a":1}}');
    await expect(elementsOf(document, 'entries')).rejects.toBeInstanceOf(DocumentError);
    expect(await document.value('entries')).toEqual({ a: 1 });
    await document.dispose();
  });

  it('given a body that breaks off, then its own failure is passed on', async () => {
    const broken = async function* () {
      yield Buffer.from('{"entries":[');
      throw new Error('connection reset');
    };
    await expect(SpooledDocument.spool(broken())).rejects.toThrow('connection reset');
  });

  describe('on disk', () => {
    let folder: string;
    const usual = process.env['TMPDIR'];
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'document-test-'));
      process.env['TMPDIR'] = folder;
    });
    afterEach(() => {
      if (usual === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = usual;
      rmSync(folder, { recursive: true });
    });

    it('given a document, then no file of it has a name', async () => {
      const document = await spool('{"entries":[1]}');
      expect(readdirSync(folder)).toEqual([]);
      await document.dispose();
      await document.dispose();
    });

    it.runIf(existsSync('/proc/self/fd'))('given a document, then only its own user may read the file', async () => {
      const document = await spool('{"entries":[1]}');
      const open = readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(folder));
      expect(open).toHaveLength(1);
      expect(fstatSync(Number(open[0])).mode & 0o777).toBe(0o600);
      await document.dispose();
    });
  });
});

/** What a file descriptor of this process leads to; empty when it has been closed meanwhile. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
