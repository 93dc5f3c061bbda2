import type { FastifyInstance } from 'fastify';
import { SIGN_IN_PAGE } from '../broken-answers';
import { DEFAULT_TYPES } from '../data/forecast-request';
import { forecastResults } from '../data/forecast-results';
import { ORG_ID, USER_ID } from '../data/organization';
import {
  badRequest,
  cannotCancel,
  forbidden,
  hiddenJob,
  missingForecastId,
  resultsGone,
  resultsNotReady,
  unknownForecast,
  unknownJob,
} from '../errors';
import type { SimulatedJob } from '../jobs';
import { streamForecastResults, streamJobResults } from '../results';
import { findForecast, resolvePeriod, type World } from '../world';
import { bodyOf, json, parameterOf, permitted, queryOf, refuse, stream, truncated } from './answer';
import { parseBody, readForecastRequest } from './export-request';
import { submitForecast } from './exports';

/** What only the published contract has: forecasts by id, jobs under `job`, results with the key. */
export function registerPublished(scope: FastifyInstance, world: World): void {
  registerForecasts(scope, world);
  registerJobs(scope, world);
  const { listRefusal } = world.options;
  if (listRefusal !== 'no_route') {
    scope.get('/export/forecast/list', async (_, reply) =>
      listRefusal === 'method_not_allowed'
        ? json(reply.header('allow', 'POST'), { message: 'Method Not Allowed' }, 405)
        : refuse(reply, badRequest('The request was malformed.')),
    );
  }
}

function registerForecasts(scope: FastifyInstance, world: World): void {
  for (const path of ['/export/forecast', '/export/forecast/']) {
    scope.post(path, async (_, reply) => refuse(reply, missingForecastId()));
  }
  scope.post(
    '/export/forecast/:forecastId',
    permitted(world, 'forecast', async (request, reply) => {
      const forecastId = parameterOf(request, 'forecastId');
      const forecast = findForecast(world, forecastId);
      if (forecast === undefined) return refuse(reply, unknownForecast(forecastId));
      return submitForecast(world, forecast, request, reply);
    }),
  );
  const { forecastGet } = world.options;
  if (forecastGet === false || forecastGet === 'no_route') return;
  scope.get(
    '/forecast/:forecastId',
    permitted(world, 'forecast', async (request, reply) => {
      if (forecastGet === 'forbidden') return refuse(reply, forbidden('published', 'forecast'));
      if (forecastGet === 'html') return reply.type('text/html; charset=utf-8').send(SIGN_IN_PAGE);
      const forecastId = parameterOf(request, 'forecastId');
      const forecast = findForecast(world, forecastId);
      if (forecast === undefined) return refuse(reply, unknownForecast(forecastId));
      // Repeated, as production code sends them; whether commas also work is unknown.
      const types = queryOf(request, 'typesToExport');
      const [timePeriod] = queryOf(request, 'timePeriod');
      const [currency] = queryOf(request, 'currency');
      const [scopeId] = queryOf(request, 'scopeId');
      const typesToExport = types.length === 0 ? DEFAULT_TYPES : types;
      // This call exists for crm_*, so it always supports them.
      const read = readForecastRequest(
        { timePeriod, currency, typesToExport, scopeId },
        { ...forecast, supportsCrmTypes: true },
      );
      if ('refusal' in read) return refuse(reply, read.refusal);
      const now = world.options.now();
      const period = resolvePeriod(world, read.timePeriod, now);
      const results = forecastResults(world.calendar, forecast, period, read.request, now, world.options);
      return stream(reply, streamForecastResults(world, results));
    }),
  );
}

function registerJobs(scope: FastifyInstance, world: World): void {
  const { jobs, options } = world;
  const view = (job: SimulatedJob): object => (options.jobEnvelope ? { job: jobView(job) } : jobView(job));

  scope.get('/export/jobs', async (_, reply) => {
    const list = jobs.listed().map(jobView);
    return json(reply, options.jobsListEnvelope ? { jobs: list } : list);
  });
  scope.get('/export/jobs/:jobId', async (request, reply) => {
    const job = jobs.find(parameterOf(request, 'jobId'));
    if (job?.hiddenAnswer !== undefined) return refuse(reply, hiddenJob('published', job.hiddenAnswer));
    if (job === undefined) return refuse(reply, unknownJob());
    const shown = view(job);
    job.countCheck();
    return json(reply, shown);
  });
  scope.patch('/export/jobs/:jobId', async (request, reply) => {
    const job = jobs.find(parameterOf(request, 'jobId'));
    if (job?.hiddenAnswer !== undefined) return refuse(reply, hiddenJob('published', job.hiddenAnswer));
    if (job === undefined) return refuse(reply, unknownJob());
    if (parseBody(bodyOf(request))?.['type'] !== 'CANCEL')
      return refuse(reply, badRequest('The type parameter is invalid.'));
    if (!jobs.cancel(job)) return refuse(reply, cannotCancel());
    return json(reply, { status: job.status, successful: true });
  });
  scope.get('/export/jobs/:jobId/results', async (request, reply) => {
    const job = jobs.find(parameterOf(request, 'jobId'));
    if (job === undefined || job.hiddenAnswer !== undefined || !job.isDone) return refuse(reply, resultsNotReady());
    if (job.isExpired) return refuse(reply, resultsGone());
    if (job.refusesResults()) return refuse(reply, resultsNotReady());
    job.downloads += 1;
    return stream(reply, streamJobResults(world, job));
  });
}

function jobView(job: SimulatedJob): object {
  return {
    jobId: job.jobId,
    userId: USER_ID,
    orgId: ORG_ID,
    title: job.kind === 'forecast' ? 'Forecast Export' : 'Activity Export',
    module: job.kind === 'forecast' ? 'FORECAST' : 'ACTIVITY',
    startTime: job.skewed(job.submittedAt),
    endTime: timeOfEnd(job, job.endTime),
    expiredTime: timeOfEnd(job, job.expiredTime),
    version: 1,
    fileName: job.fileName,
    fileType: 'JSON',
    status: job.status,
    viewed: false,
    cellsTruncated: truncated(job, 'CELLS_TRUNCATED'),
    rowsTruncated: truncated(job, 'ROWS_TRUNCATED'),
    downloads: job.downloads,
    deliveryStatusMap: {},
    currency: job.order.currency,
  };
}

/** Milliseconds no date can hold. */
const OUT_OF_RANGE = 9e15;

function timeOfEnd(job: SimulatedJob, time: number | null): number | null {
  if (time === null) return null;
  return job.outcome === 'END_TIME_OUT_OF_RANGE' ? OUT_OF_RANGE : job.skewed(time);
}
