import type { JsonObject } from '../../json';
import type { ColumnPicker, Row } from '../columns';

/** An activity as a row, and what has to be known of it to leave it out or not. */
export interface ActivityRow {
  /** Empty where Clari sent none. */
  readonly activityId: string;
  /**
   * When it took place, epoch ms; undefined where Clari sent nothing that is a point in time. Such a row is a row all
   * the same.
   */
  readonly instant: number | undefined;
  readonly row: Row;
}

/** One activity as a row of `activities`. Its date, in any form that `asDateTime` reads, becomes UTC. */
export function activityRow(picker: ColumnPicker, activity: JsonObject, exportedAt: string): ActivityRow {
  const row = picker.row(activity, { exportedAt });
  const { activityId, date } = row.columns;
  return {
    activityId: String(activityId),
    instant: typeof date === 'string' ? Date.parse(date) : undefined,
    row,
  };
}
