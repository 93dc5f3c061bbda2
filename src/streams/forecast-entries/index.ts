import type { StreamDefinition } from '../define';
import { DIMENSION_STREAMS } from './dimension-rows';
import { dimensionRowsOf, entryRows, type RowsOf } from './rows';

/** A stream read from forecast exports. All such streams of a sync share one export of each quarter. */
const forecastStream = (name: string, ...key: readonly string[]): StreamDefinition => ({
  name,
  primaryKey: ['forecastId', ...key],
  cursorField: 'timePeriod',
  shares: ({ forecastReads }) => forecastReads,
  read: (context, request) => context.forecastReads.join({ stream: name, request }),
});

/** What everyone called for which quarter, against which quota: one row per forecast, period, week, owner and field. */
const forecastEntries = forecastStream('forecast_entries', 'timePeriodId', 'timeFrameId', 'ownerId', 'fieldId');
/** Everyone in the exported scope, with or without an entry: shows who has not submitted, and the tree of managers. */
const forecastUsers = forecastStream('forecast_users', 'timePeriod', 'userId');
/** The columns of the Forecast Tab. */
const forecastFields = forecastStream('forecast_fields', 'timePeriod', 'fieldId');
/** The weeks. */
const forecastTimeFrames = forecastStream('forecast_time_frames', 'timePeriod', 'timeFrameId');
/** The quarters, or the months of a monthly tab. */
const forecastTimePeriods = forecastStream('forecast_time_periods', 'timePeriodId');

export const FORECAST_STREAMS: readonly StreamDefinition[] = [
  forecastEntries,
  forecastUsers,
  forecastFields,
  forecastTimeFrames,
  forecastTimePeriods,
];

/** How each of them turns an export into rows. */
export function forecastRowsOf(stream: string): RowsOf {
  const part = PARTS.find((name) => DIMENSION_STREAMS[name] === stream);
  return part === undefined ? entryRows : dimensionRowsOf(part);
}

const PARTS = Object.keys(DIMENSION_STREAMS) as (keyof typeof DIMENSION_STREAMS)[];
