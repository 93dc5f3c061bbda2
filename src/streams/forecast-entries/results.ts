import { RecordJson } from '../../airbyte/record-json';
import { createEntryMapper, type EntryMapper, periodsOf, type ResultParts } from '../../clari/entries/mapper';
import { newestQuarter } from '../../clari/entries/results';
import type { SpooledDocument } from '../../exports/document';
import type { OpenExport } from '../../exports/request';
import { type Quarter, quarterOf } from '../../period';

/** What is written into every row of one export. */
export interface RowContext {
  readonly forecastId: string;
  readonly forecastName: string | null;
  readonly timePeriod: Quarter;
}

/** What results held beyond what was expected of them. */
export interface Surprises {
  /** Keys without a column; their values are in `additionalFields`. */
  readonly unknownKeys: Set<string>;
  /** Members beside the five arrays. */
  readonly unknownMembers: Set<string>;
  /** Rows of another quarter than the one asked for. */
  skipped: number;
}

const PARTS = ['fields', 'users', 'timeFrames', 'timePeriods'] as const;

/** The results of one forecast export, of either contract: which quarters it holds, and its rows. */
export class ForecastResults {
  private constructor(
    private readonly source: OpenExport,
    private readonly parts: ResultParts,
    /** The quarters that the answer names; empty where it names none. */
    readonly quarters: ReadonlySet<Quarter>,
  ) {}

  static async of(source: OpenExport): Promise<ForecastResults> {
    const { document } = source;
    const parts: ResultParts = Object.fromEntries(
      await Promise.all(PARTS.map(async (name) => [name, await document.value(name)] as const)),
    );
    return new ForecastResults(source, parts, quartersOf(await namedPeriods(parts, document)));
  }

  /** The newest quarter of the answer: the current one, when none was asked for. */
  get newestQuarter(): Quarter | undefined {
    return newestQuarter(this.quarters);
  }

  /** Whether `quarter` had ended when this export was made; undefined where the answer doesn't tell its last day. */
  hadEnded(quarter: Quarter): boolean | undefined {
    const endDate = lastDayOf(this.parts.timePeriods, quarter);
    // Up to and including its last day it is open.
    return endDate === undefined ? undefined : this.source.exportedAt.slice(0, 10) > endDate;
  }

  /** The rows, in batches. Rows of another quarter are left out: they belong to that quarter's own export. */
  async *rows(context: RowContext, seen: Surprises): AsyncGenerator<RecordJson[]> {
    const { document, job, exportedAt } = this.source;
    for (const name of document.memberNames)
      if (name !== 'entries' && !(PARTS as readonly string[]).includes(name)) seen.unknownMembers.add(name);
    const mapper: EntryMapper = createEntryMapper(this.parts, { ...context, jobId: job.jobId, exportedAt });
    const belongs = new Map<string, boolean>();
    for await (const batch of document.batches('entries')) {
      const rows: RecordJson[] = [];
      for (const entry of batch) {
        const { timePeriodId, json, nulled } = mapper.mapToJson(entry);
        let own = belongs.get(timePeriodId);
        if (own === undefined) {
          own = (quarterOf(timePeriodId) ?? context.timePeriod) === context.timePeriod;
          belongs.set(timePeriodId, own);
        }
        if (own) rows.push(new RecordJson(json, nulled));
        else seen.skipped++;
      }
      yield rows;
    }
    for (const key of mapper.unknownKeys) seen.unknownKeys.add(key);
  }
}

/** The periods that the answer names. The listed contract, and an answer without `timePeriods`, name them in each entry: the first ones tell. */
async function namedPeriods(parts: ResultParts, document: SpooledDocument): Promise<string[]> {
  const named = periodsOf(parts, []);
  if (named.length > 0) return named;
  for await (const batch of document.batches('entries')) return periodsOf(parts, batch);
  return [];
}

const quartersOf = (periods: readonly string[]): Set<Quarter> =>
  new Set(periods.flatMap((period) => quarterOf(period) ?? []));

/** The last day (YYYY-MM-DD) of a quarter, of the quarter itself or of its third month. */
function lastDayOf(timePeriods: unknown, quarter: Quarter): string | undefined {
  if (!Array.isArray(timePeriods)) return undefined;
  const lastMonth = `${quarter.slice(0, 4)}_M${Number(quarter.slice(6)) * 3}`;
  for (const period of timePeriods as Record<string, unknown>[]) {
    const id = period?.['timePeriodId'];
    const normalized = typeof id === 'string' ? id.replace(/_M0/, '_M') : undefined;
    if ((normalized === quarter || normalized === lastMonth) && typeof period['endDate'] === 'string')
      return period['endDate'];
  }
  return undefined;
}
