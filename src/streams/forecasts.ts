import type { StreamDefinition } from './define';

/** The Forecast Tabs themselves: what can be known of them. */
export const forecasts: StreamDefinition = {
  name: 'forecasts',
  primaryKey: ['forecastId'],

  async read(context, { output }) {
    const selection = await context.forecasts();
    await output.records(
      selection.forecasts.map(({ forecastId, forecastName, timePeriods, source, additionalFields }) => ({
        forecastId,
        forecastName,
        timePeriods,
        source,
        additionalFields,
      })),
    );
    for (const failure of selection.failures) output.failure(failure);
  },
};
