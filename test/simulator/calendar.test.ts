import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, dayOf, FiscalCalendar, timeOf } from '../../simulator/calendar';

const startMonths = fc.integer({ min: 1, max: 12 });
const moments = fc.date({ min: new Date('2015-01-01'), max: new Date('2035-12-31'), noInvalidDate: true }).map(Number);

function quarterOf(calendar: FiscalCalendar, time: number) {
  const quarter = calendar.quarter(calendar.quarterAt(time));
  if (quarter === undefined) throw new Error('no quarter');
  return quarter;
}

describe('FiscalCalendar', () => {
  it('names a February fiscal year by the calendar year it ends in', () => {
    const calendar = new FiscalCalendar(2);
    expect(calendar.quarterAt(Date.parse('2026-11-23T08:00:00Z'))).toBe('2027_Q4');
    expect(calendar.quarter('2027_Q4')).toEqual({
      id: '2027_Q4',
      type: 'quarter',
      label: 'Quarter 4',
      year: '2027',
      startDate: '2026-11-01',
      endDate: '2027-01-31',
    });
    expect(calendar.quarter('2023_Q4')).toMatchObject({ startDate: '2022-11-01', endDate: '2023-01-31' });
  });

  it('names a January fiscal year by its calendar year', () => {
    const calendar = new FiscalCalendar(1);
    expect(calendar.quarterAt(Date.parse('2026-12-31T23:59:59Z'))).toBe('2026_Q4');
    expect(calendar.quarter('2026_Q1')).toMatchObject({ startDate: '2026-01-01', endDate: '2026-03-31' });
  });

  it('puts every day into exactly one quarter', () => {
    fc.assert(
      fc.property(startMonths, moments, (month, time) => {
        const calendar = new FiscalCalendar(month);
        const day = dayOf(time);
        const id = calendar.quarterAt(time);
        const around = [...calendar.quartersUpTo(id, 3), calendar.quarterAt(time + 95 * DAY_MS)];
        const holding = around.filter((each) => {
          const quarter = calendar.quarter(each);
          return quarter !== undefined && quarter.startDate <= day && day <= quarter.endDate;
        });
        expect(holding).toEqual([id]);
      }),
    );
  });

  it('leaves no day between a quarter and the next', () => {
    fc.assert(
      fc.property(startMonths, moments, (month, time) => {
        const calendar = new FiscalCalendar(month);
        const quarter = quarterOf(calendar, time);
        const next = quarterOf(calendar, timeOf(quarter.endDate) + DAY_MS);
        expect(next.startDate).toBe(dayOf(timeOf(quarter.endDate) + DAY_MS));
        expect(calendar.quartersUpTo(next.id, 2)).toEqual([quarter.id, next.id]);
      }),
    );
  });

  it('cuts a quarter into three months, numbered within the fiscal year', () => {
    const months = new FiscalCalendar(2).monthsOf('2027_Q4');
    expect(months.map(({ id, startDate, endDate }) => [id, startDate, endDate])).toEqual([
      ['2027_M10', '2026-11-01', '2026-11-30'],
      ['2027_M11', '2026-12-01', '2026-12-31'],
      ['2027_M12', '2027-01-01', '2027-01-31'],
    ]);
  });

  it('begins with a week before the quarter, on a Wednesday, even where the quarter begins on one', () => {
    const calendar = new FiscalCalendar(2);
    const first = (id: string) => calendar.weeks(quarterOf(calendar, timeOf(id)), Infinity)[0];
    expect(first('2026-11-01')).toEqual({
      timeFrameId: 'TF:2026-10-28',
      startDate: '2026-10-28',
      endDate: '2026-11-03',
    });
    expect(first('2023-02-01')?.timeFrameId).toBe('TF:2023-01-25');
  });

  it('covers every day of a quarter with weeks, and shares a week with the next', () => {
    fc.assert(
      fc.property(startMonths, fc.integer({ min: 0, max: 6 }), moments, (month, weekday, time) => {
        const calendar = new FiscalCalendar(month, weekday);
        const quarter = quarterOf(calendar, time);
        const weeks = calendar.weeks(quarter, Infinity);
        expect(weeks.every((week) => new Date(timeOf(week.startDate)).getUTCDay() === weekday)).toBe(true);
        expect(weeks[0] !== undefined && weeks[0].startDate < quarter.startDate).toBe(true);
        expect(weeks.at(-1)?.endDate.localeCompare(quarter.endDate)).toBeGreaterThanOrEqual(0);
        const next = calendar.weeks(quarterOf(calendar, timeOf(quarter.endDate) + DAY_MS), Infinity);
        expect(weeks.map((week) => week.timeFrameId)).toContain(next[0]?.timeFrameId);
      }),
    );
  });

  it('refuses a start month that is none', () => {
    expect(() => new FiscalCalendar(13)).toThrow(RangeError);
  });
});
