import type { Readable } from 'node:stream';
import type { ForecastRequest } from './data/forecast-request';
import { type ForecastResults, forecastResults, noResults } from './data/forecast-results';
import { listedEntries } from './data/listed-results';
import type { SimulatedJob } from './jobs';
import { streamArrays } from './json-stream';
import type { ForecastSpec } from './options';
import { resolvePeriod, type World } from './world';

/** The five arrays in the configured order. */
export function streamForecastResults(world: World, results: ForecastResults): Readable {
  const entries = ['entries', results.entries()] as const;
  const rest = [
    ['fields', results.fields],
    ['users', results.users],
    ['timeFrames', results.timeFrames],
    ['timePeriods', results.timePeriods],
  ] as const;
  return streamArrays(world.options.entriesFirst ? [entries, ...rest] : [...rest, entries]);
}

/** A finished job's results, in the contract's words. Weeks and values are as of its submission. */
export function streamJobResults(world: World, job: SimulatedJob): Readable {
  const { activityWindow, forecast, forecastRequest } = job.order;
  if (activityWindow !== null) {
    const { from, to, types } = activityWindow;
    return streamArrays([
      ['activities', world.crm.activities(from, Math.min(to, job.submittedAt), job.submittedAt, types)],
    ]);
  }
  if (forecast === null || forecastRequest === null) throw new Error(`job ${job.jobId} exports nothing`);
  const empty = job.outcome === 'EMPTY' || job.outcome === 'EMPTY_WITH_PERIOD';
  if (world.options.contract === 'listed') {
    const period = resolvePeriod(world, job.period, job.submittedAt);
    const entries = empty
      ? []
      : listedEntries(world.calendar, forecast, period, forecastRequest, job.submittedAt, world.options);
    return streamArrays([['entries', entries]]);
  }
  const results = jobForecastResults(world, job, forecast, forecastRequest);
  return streamForecastResults(world, results);
}

function jobForecastResults(
  world: World,
  job: SimulatedJob,
  forecast: ForecastSpec,
  request: ForecastRequest,
): ForecastResults {
  const period = resolvePeriod(world, job.period, job.submittedAt);
  const results = forecastResults(world.calendar, forecast, period, request, job.submittedAt, world.options);
  if (job.outcome === 'EMPTY') return noResults();
  return job.outcome === 'EMPTY_WITH_PERIOD' ? noResults(results.timePeriods) : results;
}
