import type { StreamDefinition } from '../define';
import { ForecastEntriesRead } from './read';

/** What everyone called for which quarter, against which quota: one row per forecast, period, week, owner and field. */
export const forecastEntries: StreamDefinition = {
  name: 'forecast_entries',
  primaryKey: ['forecastId', 'timePeriodId', 'timeFrameId', 'ownerId', 'fieldId'],
  cursorField: 'timePeriod',

  async read(context, request) {
    await new ForecastEntriesRead(context, request).run();
  },
};
