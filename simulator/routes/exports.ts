import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DAY_MS, timeOf } from '../calendar';
import { ACTIVITY_TYPES } from '../data/crm';
import { badActivityRequest, inWordsOf, limitReached } from '../errors';
import type { JobOrder, SimulatedJob } from '../jobs';
import type { ForecastSpec } from '../options';
import { currentPeriod, resolvePeriod, type World } from '../world';
import { bodyOf, json, permitted, refuse } from './answer';
import { malformedBody, parseBody, readForecastRequest } from './export-request';

/** Queues an export of `forecast` as the request's body asks for it, and answers with the job. */
export function submitForecast(
  world: World,
  forecast: ForecastSpec,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const text = bodyOf(request);
  const body = parseBody(text);
  const { contract } = world.options;
  if (body === undefined) return refuse(reply, inWordsOf(contract, malformedBody(text)));
  const read = readForecastRequest(body, forecast);
  if ('refusal' in read) return refuse(reply, inWordsOf(contract, read.refusal));
  const { timePeriod, request: forecastRequest } = read;
  return submit(world, reply, 200, {
    kind: 'forecast',
    forecast,
    timePeriod,
    period: resolvePeriod(world, timePeriod).id,
    body,
    forecastRequest,
    activityWindow: null,
    currency: forecastRequest.currency ?? forecast.currency?.code ?? 'USD',
  });
}

/** POST /export/activity: whole days, by both bounds' date and zone; whether the last day counts is an option. */
export function registerActivityExport(scope: FastifyInstance, world: World): void {
  scope.post(
    '/export/activity',
    permitted(world, 'activity', async (request, reply) => {
      const text = bodyOf(request);
      const body = parseBody(text);
      if (body === undefined) return refuse(reply, badActivityRequest('The request body was malformed'));
      const { startDate, endDate, activityTypes } = body;
      if (startDate === undefined || startDate === null)
        return refuse(reply, badActivityRequest('startDate is required'));
      const from = startOfDay(startDate);
      if (from === undefined) return refuse(reply, badActivityRequest('startDate must be an ISO 8601 date-time'));
      const lastDay = endDate === undefined || endDate === null ? world.options.now() : startOfDay(endDate);
      if (lastDay === undefined) return refuse(reply, badActivityRequest('endDate must be an ISO 8601 date-time'));
      if (lastDay < from) return refuse(reply, badActivityRequest('endDate must not be before startDate'));
      const types: unknown = activityTypes ?? ACTIVITY_TYPES;
      if (!Array.isArray(types) || !types.every((type) => (ACTIVITY_TYPES as readonly unknown[]).includes(type))) {
        return refuse(reply, badActivityRequest('activityTypes is invalid'));
      }
      if ((body['exportFormat'] ?? 'JSON') !== 'JSON')
        return refuse(reply, badActivityRequest('exportFormat is invalid'));
      return submit(world, reply, 202, {
        kind: 'activity',
        forecast: null,
        timePeriod: null,
        period: null,
        body,
        forecastRequest: null,
        activityWindow: {
          from,
          to: lastDay + (world.options.activityEndIncluded ? DAY_MS : 0) - 1,
          types: types as string[],
        },
        currency: null,
      });
    }),
  );
}

function submit(world: World, reply: FastifyReply, status: number, order: JobOrder): FastifyReply {
  const { options, jobs } = world;
  const limited = options.contract === 'published' || options.listedLimits;
  if (limited && jobs.limitReached) return refuse(reply, limitReached(options.monthlyQuota, options.concurrentLimit));
  const job: SimulatedJob = jobs.submit(order, currentPeriod(world));
  const withStatus = options.contract === 'listed' && options.statusOnSubmit;
  return json(reply, withStatus ? { jobId: job.jobId, status: 'PENDING' } : { jobId: job.jobId }, status);
}

/** Midnight of a date-time's day in its own zone (UTC if it names none), epoch ms. */
function startOfDay(text: unknown): number | undefined {
  if (typeof text !== 'string' || Number.isNaN(Date.parse(text))) return undefined;
  const match = /^(\d{4}-\d{2}-\d{2})(?:T.*?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(match[2] ?? '');
  const minutes = Number(offset?.[2] ?? 0) * 60 + Number(offset?.[3] ?? 0);
  return timeOf(match[1]) - (offset?.[1] === '-' ? -minutes : minutes) * 60_000;
}
