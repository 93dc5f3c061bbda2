import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonScanner, NONE } from '../../src/exports/json-scanner';
import { isExact } from '../../src/json';

/** What `JSON.parse` says of it. Bytes count as characters of their own: the scanner leaves UTF-8 to others. */
function parses(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('latin1'));
    return true;
  } catch {
    return false;
  }
}

function scannerOf(bytes: Buffer): JsonScanner {
  const scanner = new JsonScanner();
  scanner.bytes = bytes;
  return scanner;
}

const isWhole = (bytes: Buffer): boolean => scannerOf(bytes).afterValue(0, 0) === bytes.length;

/** An array of them, so that every number is followed by something. */
const inBrackets = (text: string): Buffer => Buffer.from(`[${text}]`, 'latin1');

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

describe('the scanner of JSON in bytes', () => {
  it('given any text of JSON characters, then it takes what JSON.parse takes', () => {
    fc.assert(
      fc.property(JSON_LIKE, (text) => {
        const bytes = inBrackets(text);
        expect(isWhole(bytes)).toBe(parses(bytes));
      }),
      { numRuns: 20_000 },
    );
  });

  it('given any value, when one byte is another, then it takes what JSON.parse takes', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (value, at, byte, pretty) => {
          const bytes = Buffer.from(JSON.stringify([value, value], null, pretty ? 1 : 0));
          expect(isWhole(bytes)).toBe(true);
          bytes[at % bytes.length] = byte;
          fc.pre(bytes[0] === 0x5b);
          expect(isWhole(bytes)).toBe(parses(bytes));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('given any value, when its end is not here yet, then it says that it stopped at the end', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, cut) => {
        const bytes = Buffer.from(JSON.stringify([value, value]));
        const scanner = scannerOf(bytes.subarray(0, cut % bytes.length));
        expect(scanner.afterValue(0, 0)).toBe(NONE);
        expect(scanner.stoppedAt).toBe(scanner.bytes.length);
      }),
    );
  });

  it('given a number, when it is more than a double holds, then it is marked as long', () => {
    const digits = fc.stringMatching(/^[0-9]{1,25}$/);
    fc.assert(
      fc.property(
        fc.boolean(),
        digits,
        fc.option(digits),
        fc.option(fc.integer({ min: -400, max: 400 })),
        (...parts) => {
          const [isNegative, whole, fraction, exponent] = parts;
          const number = `${isNegative ? '-' : ''}${whole.replace(/^0+(?=\d)/, '')}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`;
          const scanner = scannerOf(inBrackets(number));
          scanner.afterValue(0, 0);
          if (!isExact(number)) expect(scanner.metLongNumber).toBe(true);
        },
      ),
      { numRuns: 2_000 },
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
  ])('given %j in an array, then it takes what JSON.parse takes', (text) => {
    const bytes = inBrackets(text);
    expect(isWhole(bytes)).toBe(parses(bytes));
  });
});
