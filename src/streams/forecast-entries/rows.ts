import { RecordJson } from '../../airbyte/record-json';
import { createEntryMapper, type EntryContext, RESULT_PARTS } from '../../clari/entries/mapper';
import { quarterOf } from '../../period';
import { ColumnPicker } from '../columns';
import { DIMENSION_STREAMS, dimensionRows } from './dimension-rows';
import type { ForecastResults } from './results';

/** What was unexpected in the results. */
export interface Surprises {
  /** Keys without a column; their values are in `additionalFields`. */
  readonly unknownKeys: Set<string>;
  /** Members besides the five arrays. */
  readonly unknownMembers: Set<string>;
  /** Streams whose part is missing from the results: the listed contract has only entries. */
  readonly withoutPart: Set<string>;
  /** Rows of quarters other than the requested one. */
  skipped: number;
}

/** The rows a forecast stream makes from one export's results, in batches. */
export type RowsOf = (
  results: ForecastResults,
  context: EntryContext,
  seen: Surprises,
) => AsyncIterable<readonly RecordJson[]>;

/** The entries. Those of another quarter are left out: they belong to that quarter's export. */
export async function* entryRows(
  { source, parts }: ForecastResults,
  context: EntryContext,
  seen: Surprises,
): AsyncGenerator<readonly RecordJson[]> {
  const { document } = source;
  for (const name of document.memberNames)
    if (name !== 'entries' && !(RESULT_PARTS as readonly string[]).includes(name)) seen.unknownMembers.add(name);
  const mapper = createEntryMapper(parts, context);
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

/** What an export holds besides its entries, with or without an entry that refers to it. */
export const dimensionRowsOf = (part: keyof typeof DIMENSION_STREAMS): RowsOf =>
  async function* ({ parts }, context, seen) {
    const picker = new ColumnPicker(DIMENSION_STREAMS[part]);
    if (parts[part] === undefined) seen.withoutPart.add(picker.stream);
    const rows = dimensionRows(picker, parts[part], context);
    for (const key of picker.unknownKeys) seen.unknownKeys.add(key);
    yield rows;
  };
