import type { RecordJson } from '../../airbyte/record-json';
import { ClariError } from '../../clari/errors';
import { asObjects, type ColumnPicker } from '../columns';

/**
 * The streams made from the arrays a forecast export holds besides its entries, by array.
 */
export const DIMENSION_STREAMS = {
  users: 'forecast_users',
  fields: 'forecast_fields',
  timeFrames: 'forecast_time_frames',
  timePeriods: 'forecast_time_periods',
} as const;

/** What all rows of an export have in common. */
export interface ExportColumns {
  readonly forecastId: string;
  /** The quarter that was exported. */
  readonly timePeriod: string;
  /** Null when no job was needed. */
  readonly jobId: string | null;
  /** ISO 8601. */
  readonly exportedAt: string;
}

/**
 * The items of one of an export's arrays as rows of the picker's stream: one row per item, in Clari's order; none if
 * Clari sent no such array. Throws a ClariError (`unexpected_answer`) if it isn't an array of JSON objects.
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
