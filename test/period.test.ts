import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addQuarters, isQuarter, mayBeCurrent, quarterOf, quarterRange } from '../src/period';

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

describe('whether a quarter can be the current one in any fiscal calendar', () => {
  it.each([
    // The earliest calendar: fiscal year 2027 begins in January 2026.
    ['2027_Q1', '2025-12-31', 'ahead'],
    ['2027_Q1', '2026-01-01', 'maybe'],
    ['2027_Q4', '2026-09-30', 'ahead'],
    ['2027_Q4', '2026-10-01', 'maybe'],
    // The latest one: it begins in the last days of 2027.
    ['2027_Q1', '2028-03-31', 'maybe'],
    ['2027_Q1', '2028-04-01', 'past'],
    ['2027_Q4', '2028-12-31', 'maybe'],
    ['2027_Q4', '2029-01-01', 'past'],
    ['9999_Q4', '2026-11-23', 'ahead'],
    ['2027', '2026-11-23', 'maybe'],
  ])('given %s on %s, then %s', (quarter, day, expected) => {
    expect(mayBeCurrent(quarter, day)).toBe(expected);
  });

  it('given any calendar, then the quarter that a day belongs to may be current', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2000, max: 2090 }),
        fc.integer({ min: 0, max: 11 }),
        fc.constantFrom(0, 1),
        fc.integer({ min: 0, max: 364 }),
        (year, firstMonth, namedByItsEnd, dayOfYear) => {
          const day = new Date(Date.UTC(year, firstMonth, 1 + dayOfYear));
          const months = (day.getUTCFullYear() - year) * 12 + day.getUTCMonth() - firstMonth;
          const quarter = `${year + namedByItsEnd}_Q${Math.floor(months / 3) + 1}`;
          expect(mayBeCurrent(quarter, day.toISOString().slice(0, 10)), quarter).toBe('maybe');
        },
      ),
    );
  });
});
