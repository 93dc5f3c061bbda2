import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, nextMonth } from '../../../src/days';
import { covers, windows } from '../../../src/streams/activities/windows';

const dated = (...days: [string, string][]) => days.map(([startDate, endDate]) => ({ startDate, endDate }));

describe('the windows of activities', () => {
  it.each([
    ['a day', '2026-11-23', '2026-11-23', dated(['2026-11-23', '2026-11-23'])],
    ['part of a month', '2026-11-03', '2026-11-23', dated(['2026-11-03', '2026-11-23'])],
    [
      'the turn of a month',
      '2026-10-24',
      '2026-11-23',
      dated(['2026-10-24', '2026-11-01'], ['2026-11-01', '2026-11-23']),
    ],
    ['a whole month', '2026-10-01', '2026-11-01', dated(['2026-10-01', '2026-11-01'])],
    [
      'the turn of a year',
      '2026-12-15',
      '2027-01-15',
      dated(['2026-12-15', '2027-01-01'], ['2027-01-01', '2027-01-15']),
    ],
    ['a first day of the future', '2026-11-24', '2026-11-23', []],
  ])('given %s, from %s to %s, then they meet on a day', (_, from, to, expected) => {
    expect(windows(from, to)).toEqual(expected);
  });

  it('given any two days, then the windows cover every day between, meet, and none is longer than a month', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 700 }), (start, length) => {
        const from = addDays('2020-01-01', start);
        const to = addDays(from, length);
        const all = windows(from, to);
        expect(all[0]?.startDate).toBe(from);
        expect(all.at(-1)?.endDate).toBe(to);
        all.forEach(({ startDate, endDate }, index) => {
          expect(endDate <= nextMonth(startDate)).toBe(true);
          if (index > 0) expect(startDate).toBe(all[index - 1]?.endDate);
        });
      }),
    );
  });
});

describe('whether an export of a window holds another', () => {
  it.each([
    [['2026-10-01', '2026-11-01'], ['2026-10-01', '2026-11-01'], true],
    [['2026-10-01', '2026-11-01'], ['2026-10-02', '2026-10-31'], true],
    [['2026-10-02', '2026-11-01'], ['2026-10-01', '2026-11-01'], false],
    [['2026-10-01', '2026-10-31'], ['2026-10-01', '2026-11-01'], false],
  ] as const)('given %j and %j, then %s', (window, wanted, expected) => {
    const [of] = dated([...window]);
    const [what] = dated([...wanted]);
    if (of === undefined || what === undefined) throw new Error('no window');
    expect(covers(of, what)).toBe(expected);
  });
});
