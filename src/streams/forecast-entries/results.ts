import { periodsOf, RESULT_PARTS, type ResultParts } from '../../clari/entries/mapper';
import type { Day } from '../../days';
import type { SpooledDocument } from '../../exports/document';
import type { OpenExport } from '../../exports/request';
import { newestOf, type Quarter, quarterOf } from '../../period';
import { asDate } from '../../values';

/** The results of one forecast's quarter, in either contract: which quarters they hold, and when those end. */
export class ForecastResults {
  private constructor(
    readonly source: OpenExport,
    readonly parts: ResultParts,
    /** The quarters the answer names. */
    readonly quarters: ReadonlySet<Quarter>,
  ) {}

  static async of(source: OpenExport): Promise<ForecastResults> {
    const { document } = source;
    const parts: ResultParts = Object.fromEntries(
      await Promise.all(RESULT_PARTS.map(async (name) => [name, await document.value(name)] as const)),
    );
    return new ForecastResults(source, parts, quartersOf(await namedPeriods(parts, document)));
  }

  /** The newest quarter in the answer: the current one if none was requested. */
  get newestQuarter(): Quarter | undefined {
    return newestOf(this.quarters);
  }

  /** The day of the export. */
  get exportedOn(): Day {
    return this.source.exportedAt.slice(0, 10);
  }

  /** A quarter's last day, from the quarter itself or its third month; undefined if the answer doesn't say. */
  lastDayOf(quarter: Quarter): Day | undefined {
    return this.periodDay(quarter, 3, 'endDate');
  }

  /**
   * Whether a quarter isn't over on `today`, by the answer's dates; undefined if it has none of that quarter. On a monthly
   * tab, a quarter whose last month isn't there yet isn't over.
   */
  isOpen(quarter: Quarter, today: Day): boolean | undefined {
    const lastDay = this.lastDayOf(quarter);
    if (lastDay !== undefined) return lastDay >= today;
    const { timePeriods } = this.parts;
    const hasDates = (Array.isArray(timePeriods) ? timePeriods : []).some((period: Record<string, unknown> | null) => {
      const id = period?.['timePeriodId'];
      return typeof id === 'string' && quarterOf(id) === quarter && dayIn(period?.['endDate']) !== null;
    });
    return hasDates ? true : undefined;
  }

  firstDayOf(quarter: Quarter): Day | undefined {
    return this.periodDay(quarter, 1, 'startDate');
  }

  /** Whether a quarter has weeks before all those in the answer. */
  hasEarlierWeeks(quarter: Quarter): boolean {
    const { timeFrames } = this.parts;
    const starts = (Array.isArray(timeFrames) ? timeFrames : []).flatMap((frame: { startDate?: unknown } | null) =>
      typeof frame?.startDate === 'string' ? frame.startDate : [],
    );
    const firstDay = this.firstDayOf(quarter);
    return starts.length > 0 && firstDay !== undefined && starts.every((start) => start > firstDay);
  }

  private periodDay(quarter: Quarter, monthOfQuarter: number, key: 'startDate' | 'endDate'): Day | undefined {
    const { timePeriods } = this.parts;
    if (!Array.isArray(timePeriods)) return undefined;
    const month = `${quarter.slice(0, 4)}_M${(Number(quarter.slice(6)) - 1) * 3 + monthOfQuarter}`;
    for (const period of timePeriods as (Record<string, unknown> | null)[]) {
      const id = period?.['timePeriodId'];
      const named = typeof id === 'string' ? id.replace(/_M0/, '_M') : undefined;
      const day = dayIn(period?.[key]);
      if ((named === quarter || named === month) && day !== null) return day;
    }
    return undefined;
  }
}

/** The day a text begins with. */
const dayIn = (value: unknown): Day | null => (typeof value === 'string' ? asDate(value.slice(0, 10)) : null);

/**
 * The periods the answer names. The listed contract, and answers without `timePeriods`, name them in each entry; the
 * first batch is enough.
 */
async function namedPeriods(parts: ResultParts, document: SpooledDocument): Promise<string[]> {
  const named = periodsOf(parts, []);
  if (named.length > 0) return named;
  for await (const batch of document.batches('entries')) return periodsOf(parts, batch);
  return [];
}

const quartersOf = (periods: readonly string[]): Set<Quarter> =>
  new Set(periods.flatMap((period) => quarterOf(period) ?? []));
