import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addQuarters, isQuarter, quarterOf, quarterRange } from '../src/period';

const quarters = fc
  .tuple(fc.integer({ min: 1990, max: 2090 }), fc.integer({ min: 1, max: 4 }))
  .map(([year, n]) => `${year}_Q${n}`);

describe('fiscal quarters', () => {
  it.each([
    ['2026_Q1', -1, '2025_Q4'],
    ['2026_Q4', 1, '2027_Q1'],
    ['2026_Q2', -6, '2024_Q4'],
    ['2026_Q3', 0, '2026_Q3'],
    ['9999_Q4', 1, '9999_Q4'],
    ['9998_Q3', 90, '9999_Q4'],
    ['0000_Q2', -3, '0000_Q1'],
  ])('given %s, when %i quarters are added, then it is %s', (quarter, by, expected) => {
    expect(addQuarters(quarter, by)).toBe(expected);
  });

  it('given any quarter, when quarters are added and taken away again, then it is the same quarter', () => {
    fc.assert(
      fc.property(quarters, fc.integer({ min: -200, max: 200 }), (quarter, by) => {
        expect(addQuarters(addQuarters(quarter, by), -by)).toBe(quarter);
      }),
    );
  });

  it('given two quarters, when compared as text, then their order is their order in time', () => {
    fc.assert(
      fc.property(quarters, fc.integer({ min: 1, max: 100 }), (quarter, by) => {
        expect(addQuarters(quarter, by) > quarter).toBe(true);
      }),
    );
  });

  it('given a first and a last quarter, when ranged, then every quarter between is there once, in order', () => {
    fc.assert(
      fc.property(quarters, fc.integer({ min: -5, max: 40 }), (first, length) => {
        const range = quarterRange(first, addQuarters(first, length));
        expect(range).toEqual(Array.from({ length: Math.max(0, length + 1) }, (_, index) => addQuarters(first, index)));
      }),
    );
  });

  it('given the last quarter that can be written, when ranged to it, then the range ends', () => {
    expect(quarterRange('9999_Q3', '9999_Q4')).toEqual(['9999_Q3', '9999_Q4']);
  });

  it.each([
    ['2027_Q4', '2027_Q4'],
    ['2026_M1', '2026_Q1'],
    ['2026_M3', '2026_Q1'],
    ['2026_M04', '2026_Q2'],
    ['2026_M10', '2026_Q4'],
    ['2026_M12', '2026_Q4'],
    ['2026_M13', undefined],
    ['2026_M0', undefined],
    ['2026', undefined],
    ['2026_Q5', undefined],
    ['', undefined],
  ])('given the time period %j, then its quarter is %j', (period, expected) => {
    expect(quarterOf(period)).toBe(expected);
  });

  it('given something that is no quarter, when calculated with, then it is refused', () => {
    expect(isQuarter('2026-Q1')).toBe(false);
    expect(() => addQuarters('2026_M1', 1)).toThrow(RangeError);
  });
});
