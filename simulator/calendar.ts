/** A quarter or month of the fiscal calendar; days are `YYYY-MM-DD`, both inclusive. */
export interface FiscalPeriod {
  /** `2027_Q4`, or for a month `2027_M10`: the tenth month of that fiscal year. */
  readonly id: string;
  readonly type: 'quarter' | 'month';
  readonly label: string;
  readonly year: string;
  readonly startDate: string;
  readonly endDate: string;
}

/** A week, split the way Clari does it. */
export interface TimeFrame {
  readonly timeFrameId: string;
  readonly startDate: string;
  readonly endDate: string;
}

export const DAY_MS = 86_400_000;

/** The UTC day a moment falls in, `YYYY-MM-DD`. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Midnight UTC of a `YYYY-MM-DD`. */
export const timeOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);

const QUARTER = /^(\d{4})_Q([1-4])$/;
const MONTH_NAMES = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' });

/**
 * An organization's fiscal calendar, in UTC days. A fiscal year is named after the calendar year it ends in: if it
 * starts in February, FY2027 is 2026-02-01 to 2027-01-31, and 2027_Q4 is 2026-11-01 to 2027-01-31.
 */
export class FiscalCalendar {
  /**
   * @param startMonth 1 to 12. @param weekStartsOn 0 (Sunday) to 6; in known tenants weeks start on Wednesday (3) or
   * Tuesday.
   */
  constructor(
    private readonly startMonth = 2,
    private readonly weekStartsOn = 3,
  ) {
    if (!Number.isInteger(startMonth) || startMonth < 1 || startMonth > 12) {
      throw new RangeError(`fiscalYearStartMonth must be 1 to 12, not ${startMonth}`);
    }
  }

  /** The quarter `time` falls in. */
  quarterAt(time: number): string {
    const date = new Date(time);
    const month = date.getUTCMonth() + 1;
    const startYear = month >= this.startMonth ? date.getUTCFullYear() : date.getUTCFullYear() - 1;
    const quarter = Math.floor(((month - this.startMonth + 12) % 12) / 3) + 1;
    return `${this.startMonth > 1 ? startYear + 1 : startYear}_Q${quarter}`;
  }

  /** The quarter with that id; undefined for anything that isn't `YYYY_Qn`. */
  quarter(id: string): FiscalPeriod | undefined {
    const match = QUARTER.exec(id);
    if (match === null) return undefined;
    const year = Number(match[1]);
    const number = Number(match[2]);
    return {
      id,
      type: 'quarter',
      label: `Quarter ${number}`,
      year: `${year}`,
      ...this.span(year, 3 * (number - 1), 3),
    };
  }

  /** The three months of a quarter, in order; none for anything that isn't a quarter. */
  monthsOf(id: string): FiscalPeriod[] {
    const match = QUARTER.exec(id);
    if (match === null) return [];
    const year = Number(match[1]);
    return [0, 1, 2].map((step) => {
      const index = 3 * (Number(match[2]) - 1) + step;
      const span = this.span(year, index, 1);
      const label = `${MONTH_NAMES.format(timeOf(span.startDate))} FY ${year}`;
      return { id: `${year}_M${index + 1}`, type: 'month', label, year: `${year}`, ...span };
    });
  }

  /**
   * A period's weeks that have begun by `until`, oldest first. The first one always starts before the period
   * (2023-01-25 for the quarter that starts on Wednesday 2023-02-01), so adjacent quarters share a week.
   */
  weeks(period: FiscalPeriod, until: number): TimeFrame[] {
    const first = timeOf(period.startDate);
    const back = (new Date(first).getUTCDay() - this.weekStartsOn + 7) % 7 || 7;
    const last = Math.min(timeOf(period.endDate), until);
    const weeks: TimeFrame[] = [];
    for (let start = first - back * DAY_MS; start <= last; start += 7 * DAY_MS) weeks.push(weekAt(start));
    return weeks;
  }

  /** `count` quarters, oldest first, the last one being `id`. */
  quartersUpTo(id: string, count: number): string[] {
    const match = QUARTER.exec(id);
    if (match === null) return [];
    const index = Number(match[1]) * 4 + Number(match[2]) - 1;
    return Array.from({ length: count }, (_, step) => index - count + 1 + step).map(
      (each) => `${Math.floor(each / 4)}_Q${(each % 4) + 1}`,
    );
  }

  /** The quarter `count` quarters after `id`, or before it if negative. */
  quarterAfter(id: string, count: number): string | undefined {
    const match = QUARTER.exec(id);
    if (match === null) return undefined;
    const index = Number(match[1]) * 4 + Number(match[2]) - 1 + count;
    return `${Math.floor(index / 4)}_Q${(index % 4) + 1}`;
  }

  private span(year: number, monthIndex: number, months: number): { startDate: string; endDate: string } {
    const startYear = this.startMonth > 1 ? year - 1 : year;
    const month = this.startMonth - 1 + monthIndex;
    return {
      startDate: dayOf(Date.UTC(startYear, month, 1)),
      endDate: dayOf(Date.UTC(startYear, month + months, 0)),
    };
  }
}

/** The week that starts at `start`. */
export function weekAt(start: number): TimeFrame {
  const startDate = dayOf(start);
  return { timeFrameId: `TF:${startDate}`, startDate, endDate: dayOf(start + 6 * DAY_MS) };
}
