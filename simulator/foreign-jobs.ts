import { DEFAULT_TYPES } from './data/forecast-request';
import type { SimulatedJob } from './jobs';
import type { ForeignJobSpec } from './options';
import { findForecast, resolvePeriod, type World } from './world';

/**
 * Adds a job started by another connection of the same user.
 * @throws RangeError for an unknown forecast, or a `startTime` that isn't a date-time.
 */
export function addForeignJob(world: World, spec: ForeignJobSpec): SimulatedJob {
  const { forecastId, timePeriod = null, currency = null, status = 'DONE' } = spec;
  const forecast = findForecast(world, forecastId);
  if (forecast === undefined) throw new RangeError(`foreignJobs: no such forecast: ${forecastId}`);
  const startTime = typeof spec.startTime === 'number' ? spec.startTime : Date.parse(spec.startTime);
  if (Number.isNaN(startTime)) throw new RangeError(`foreignJobs: startTime is not a date-time: ${spec.startTime}`);
  const { typesToExport = DEFAULT_TYPES, includeHistorical = false, scopeId = null } = spec;
  const order = {
    kind: 'forecast',
    forecast,
    timePeriod,
    period: resolvePeriod(world, timePeriod, startTime).id,
    body: { timePeriod, currency, typesToExport, includeHistorical, scopeId },
    forecastRequest: { typesToExport, currency, includeHistorical, scopeId },
    activityWindow: null,
    currency: currency ?? forecast.currency?.code ?? 'USD',
  } as const;
  return world.jobs.addForeign(order, startTime, status);
}
