import { RecordJson } from '../airbyte/record-json';
import type { StreamDefinition } from './define';

/** The columns that hold what Clari sends. */
const COLUMNS = ['forecastId', 'forecastName', 'timePeriods'];

/** The Forecast Tabs themselves, with what is known about them. */
export const forecasts: StreamDefinition = {
  name: 'forecasts',
  primaryKey: ['forecastId'],

  async read(context, { output }) {
    const selection = await context.forecasts();
    await output.records(
      selection.forecasts.map(({ forecastId, forecastName, timePeriods, source, additionalFields }) => {
        // A column's own key among the leftovers means that its value didn't fit.
        const nulled = COLUMNS.filter((name) => additionalFields !== null && Object.hasOwn(additionalFields, name));
        const periods = nulled.includes('timePeriods') ? null : timePeriods;
        const record = { forecastId, forecastName, timePeriods: periods, source, additionalFields };
        return new RecordJson(JSON.stringify(record), nulled);
      }),
    );
    for (const failure of selection.failures) output.failure(failure);
  },
};
