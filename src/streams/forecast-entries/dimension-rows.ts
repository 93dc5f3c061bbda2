import type { RecordJson } from '../../airbyte/record-json';
import { ClariError } from '../../clari/errors';
import { asObjects, type ColumnPicker } from '../columns';

/**
 * The streams made of the arrays that a forecast export holds beside its entries, by the array that each is made of.
 */
export const DIMENSION_STREAMS = {
  users: 'forecast_users',
  fields: 'forecast_fields',
  timeFrames: 'forecast_time_frames',
  timePeriods: 'forecast_time_periods',
} as const;

/** What every row of one export has in common. */
export interface ExportColumns {
  readonly forecastId: string;
  /** The quarter that was exported. */
  readonly timePeriod: string;
  /** Null where no job was needed. */
  readonly jobId: string | null;
  /** ISO 8601. */
  readonly exportedAt: string;
}

/**
 * The items of one of an export's arrays as rows of the picker's stream; none when Clari sent no such array. One for
 * each item, in Clari's order. Throws a ClariError (`unexpected_answer`) when it isn't an array of JSON objects.
 */
export function dimensionRows(picker: ColumnPicker, items: unknown, columns: ExportColumns): RecordJson[] {
  if (items === null || items === undefined) return [];
  const what = `items of ${picker.stream}`;
  if (!Array.isArray(items))
    throw new ClariError(`Clari's answer holds no list of ${what}. Sync again later, or contact Clari support.`, {
      kind: 'unexpected_answer',
    });
  const { forecastId, timePeriod, jobId, exportedAt } = columns;
  return asObjects(items, what).map((item) =>
    picker.row(item, { forecastId, timePeriod, jobId, exportedAt }).toRecord(),
  );
}
