import type { FastifyInstance } from 'fastify';
import { hiddenJob, notFound } from '../errors';
import { hexOf } from '../hash';
import type { SimulatedJob } from '../jobs';
import type { ForecastSpec } from '../options';
import { currentPeriod, type World } from '../world';
import { json, parameterOf, permitted, refuse, truncated } from './answer';
import { submitForecast } from './exports';

/** Maps the published contract's words for a job's status to this contract's. */
const WORDS: Readonly<Record<string, string>> = { SCHEDULED: 'PENDING', STARTED: 'PENDING', DONE: 'COMPLETED' };

/** Paths the published contract has but this one doesn't. */
const ABSENT = ['/admin/limits', '/export/jobs', '/export/jobs/:jobId/results', '/forecast/:forecastId'];

/** What only the listed contract has: the list, forecasts by name, flat jobs, results at a download URL. */
export function registerListed(scope: FastifyInstance, world: World): void {
  const { options, jobs } = world;
  scope.get(
    '/export/forecast/list',
    permitted(world, 'forecast', async (_, reply) => {
      return json(reply, { forecasts: options.forecasts.flatMap((spec) => forecastViews(world, spec)) });
    }),
  );
  scope.post(
    '/export/forecast/:forecastName',
    permitted(world, 'forecast', async (request, reply) => {
      const name = parameterOf(request, 'forecastName');
      const forecast = options.forecasts.find((spec) => spec.forecastName === name);
      if (forecast === undefined) return refuse(reply, notFound(`Forecast '${name}' not found`));
      return submitForecast(world, forecast, request, reply);
    }),
  );
  scope.get('/export/jobs/:jobId', async (request, reply) => {
    const job = jobs.find(parameterOf(request, 'jobId'));
    if (job?.hiddenAnswer !== undefined) return refuse(reply, hiddenJob('listed', job.hiddenAnswer));
    if (job === undefined) return refuse(reply, notFound('Job not found'));
    const shown = jobView(world, job);
    job.countCheck();
    return json(reply, shown);
  });
  for (const path of ABSENT) {
    if (path === '/admin/limits' && options.listedLimits) continue;
    scope.get(path, async (_, reply) => refuse(reply, notFound('Resource not found')));
  }
}

/** The signature of a download URL that is valid until `expires` (epoch ms). */
export const signatureOf = (jobId: string, expires: number): string => hexOf(`signature ${jobId} ${expires}`, 32);

function forecastViews(world: World, spec: ForecastSpec): object[] {
  const { forecastId, forecastName, duplicates = 0 } = spec;
  const count = world.options.listedPeriods;
  const newest = count > 0 ? world.calendar.quartersUpTo(currentPeriod(world), count) : undefined;
  const timePeriods = spec.timePeriods ?? newest;
  const view = { forecastName, forecastId, ...(timePeriods === undefined ? {} : { timePeriods }) };
  return Array.from({ length: 1 + duplicates }, () => view);
}

function jobView(world: World, job: SimulatedJob): object {
  const { jobId } = job;
  const status = WORDS[job.status] ?? job.status;
  if (job.isRunning) return { jobId, status };
  if (!job.isDone) return { jobId, status, error: job.cancelledAt === null ? 'Export failed' : 'Export cancelled' };
  const expires = world.options.now() + world.options.downloadUrlMs;
  return {
    jobId,
    status,
    downloadUrl: `${world.downloadOrigin}/exports/${jobId}.json?expires=${expires}&sig=${signatureOf(jobId, expires)}`,
    ...(truncated(job, 'ROWS_TRUNCATED') === false ? {} : { rowsTruncated: truncated(job, 'ROWS_TRUNCATED') }),
    ...(truncated(job, 'CELLS_TRUNCATED') === false ? {} : { cellsTruncated: truncated(job, 'CELLS_TRUNCATED') }),
  };
}
