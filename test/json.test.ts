import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExact, parseJson } from '../src/json';

describe('parsing JSON', () => {
  it.each([
    ['1e400', '1e400'],
    ['-1E+400', '-1E+400'],
    ['9007199254740993', '9007199254740993'],
    ['12345678901234567890', '12345678901234567890'],
    ['-12345678901234567890', '-12345678901234567890'],
    ['0.12345678901234567890123', '0.12345678901234567890123'],
    ['1234567890123456.7', '1234567890123456.7'],
    ['1e-400', '1e-400'],
    ['1.0e0400', '1.0e0400'],
  ])('given %s, then it is text, as it was sent', (sent, text) => {
    expect(parseJson(sent)).toBe(text);
    expect(parseJson(`{"a":[{"b": ${sent} },${sent}]}`)).toEqual({ a: [{ b: text }, text] });
  });

  it.each([
    ['0', 0],
    ['-0.0', -0],
    ['0.1', 0.1],
    ['0.30000000000000004', 0.30000000000000004],
    ['0.10000000000000001', 0.1],
    ['3703.6799999999994', 3703.6799999999994],
    ['100.00000000000000000000', 100],
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['1795420811663', 1795420811663],
    ['1e22', 1e22],
    ['1.5e300', 1.5e300],
    ['5e-324', 5e-324],
  ])('given %s, then it is a number', (sent, number) => {
    expect(parseJson(sent)).toBe(number);
    expect(parseJson(`[1,${sent}]`)).toEqual([1, number]);
  });

  it('given numbers inside texts and names, then these stay as they are', () => {
    const text = String.raw`{"12345678901234567890":"call, 12345678901234567890","b\\":"\\\\", "c\"d": ":1e400", "e":1e400}`;
    expect(parseJson(text)).toEqual({ ...JSON.parse(text), e: '1e400' });
  });

  it('given a key twice in one object, then the last value counts', () => {
    expect(parseJson('{"a":1,"a":12345678901234567890}')).toEqual({ a: '12345678901234567890' });
    expect(parseJson('{"a":12345678901234567890,"a":1}')).toEqual({ a: 1 });
  });

  it.each(['{12345678901234567890:1}', '[012345678901234567890]', '[1e400', '12345678901234567890x'])(
    'given %s, which is no JSON, then it is refused',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it('given a text of many characters, then it is read', () => {
    const long = `${'\\"x'.repeat(500_000)}`;
    expect(parseJson(`["${long}",1e400]`)).toEqual([JSON.parse(`"${long}"`), '1e400']);
  });

  it('given any JSON that JavaScript writes, then nothing changes but integers beyond 2^53', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const large = /(?<![\d.])\d{16,}(?![\d.eE])/.test(text);
        if (!large) expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('given any double as JavaScript writes it, then it is exact, unless it is an integer beyond 2^53', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (number) => {
        if (Number.isInteger(number) && !Number.isSafeInteger(number)) return;
        expect(isExact(String(number))).toBe(true);
        expect(isExact(number.toPrecision(17))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
