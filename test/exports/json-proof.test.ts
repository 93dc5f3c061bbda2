import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areJsonValues } from '../../src/exports/json-proof';

/** What `JSON.parse` says of it. Bytes count as characters of their own: the proof leaves UTF-8 to others. */
function parses(bytes: Buffer): boolean {
  try {
    const parsed: unknown = JSON.parse(`[${bytes.toString('latin1')}]`);
    return (parsed as unknown[]).length > 0;
  } catch {
    return false;
  }
}

/** Characters that mean something to JSON, so that many of the texts made of them are JSON, or nearly. */
const JSON_LIKE = fc.string({
  unit: fc.constantFrom(
    ...'[]{}:,"\\/bfnrtu0123456789abcdefE+-. \n\t\u0001\u00ff',
    '""',
    '"a":',
    'true',
    'null',
    'false',
  ),
  maxLength: 12,
});

describe('the proof that bytes are JSON values', () => {
  it('given any text of JSON characters, then it says what JSON.parse says', () => {
    fc.assert(
      fc.property(JSON_LIKE, (text) => {
        const bytes = Buffer.from(text, 'latin1');
        // An extra bracket would close the one that `parses` puts around it.
        fc.pre(!/^[^"]*\]/.test(text) || !parses(bytes) || areJsonValues(bytes));
        expect(areJsonValues(bytes)).toBe(parses(bytes));
      }),
      { numRuns: 20_000 },
    );
  });

  it('given any values, when one byte is another, then it says what JSON.parse says', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (value, at, byte, pretty) => {
          const bytes = Buffer.from(JSON.stringify([value, value], null, pretty ? 1 : 0).slice(1, -1));
          expect(areJsonValues(bytes)).toBe(true);
          bytes[at % bytes.length] = byte;
          expect(areJsonValues(bytes)).toBe(parses(bytes));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it.each([
    '0',
    '-0',
    '1e5',
    '1E+5',
    '-1.5e-05',
    '01',
    '-',
    '-null',
    '6.false',
    '1etrue',
    '+1',
    '1.',
    '.5',
    '1e',
    '1e+',
    '0x1',
    '1 2',
    '"\\u00eF"',
    '"\\u00e"',
    '"\\u00g0"',
    '"\\x41"',
    '"\\',
    '"',
    '"a',
    '"\t"',
    '"\u007f"',
    'true',
    'tru',
    'truee',
    'nul',
    'null',
    'False',
    '',
    ' ',
    ',',
    '1,',
    ',1',
    '1,,2',
    '{}',
    '{ }',
    '{"a":1,}',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    '{"a":1 "b":2}',
    '[ ]',
    '[1,]',
    '[1',
    '{"a":1',
  ])('given %j, then it says what JSON.parse says', (text) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(areJsonValues(bytes)).toBe(parses(bytes));
  });
});
