import type { JsonObject } from '../../json';
import type { ColumnPicker, Row } from '../columns';

/** An activity as a row, and what decides whether it is left out. */
export interface ActivityRow {
  /** Empty if Clari sent none. */
  readonly activityId: string;
  /**
   * When it took place, epoch ms; undefined if Clari sent nothing that is a point in time. Such an activity is still a
   * row.
   */
  readonly instant: number | undefined;
  readonly row: Row;
}

/** One activity as a row of `activities`. Its date, in any form `asDateTime` reads, becomes UTC. */
export function activityRow(picker: ColumnPicker, activity: JsonObject, exportedAt: string): ActivityRow {
  const row = picker.row(activity, { exportedAt });
  const { activityId, date } = row.columns;
  return {
    activityId: String(activityId),
    instant: typeof date === 'string' ? Date.parse(date) : undefined,
    row,
  };
}
