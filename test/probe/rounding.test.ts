import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countRange, countRanges, duration, rounded, size } from '../../src/probe/rounding';

describe('rounding', () => {
  it.each([
    [0, '0'],
    [1, '1'],
    [2, '2-9'],
    [10, '10-99'],
    [99, '10-99'],
    [100, '100-999'],
    [123_456, '100000-999999'],
  ])('given %i of something, then the report says %s', (count, range) => {
    expect(countRange(count)).toBe(range);
  });

  it('given several, then one range holds them all', () => {
    expect(countRanges(0, 0)).toBe('0');
    expect(countRanges(0, 57)).toBe('0-99');
    expect(countRanges(3, 400)).toBe('2-999');
  });

  it('given times and sizes, then one digit of them is left', () => {
    expect([duration(7), duration(340), duration(12_345)]).toEqual(['under 100 ms', 'about 300 ms', 'about 10 s']);
    expect([size(999), size(45_678), size(3_456_789)]).toEqual(['under 1 kB', 'about 50 kB', 'about 3 MB']);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (value) => {
        expect(String(rounded(value)).replace(/0+$/, '')).toHaveLength(1);
      }),
    );
  });
});
