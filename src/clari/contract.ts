import { isObject, type JsonObject } from '../json';
import { ClariError } from './errors';
import type {
  AuditActor,
  AuditPage,
  ClariForecast,
  ClariJob,
  ClariLimits,
  JobPhase,
  Opportunity,
  SubmittedJob,
} from './types';

/** Parses both contracts' answers. Other code sees only what they have in common. */

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
/** Text, or a number as text. */
const id = (value: unknown): string | null => (typeof value === 'number' ? String(value) : text(value));
/** A number, or one in quotes. */
const number = (value: unknown): number | null => {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : null;
};

/** The farthest a `Date` can be from 1970, in ms. */
const MAX_TIME_MS = 8.64e15;
/** Epoch ms; null if it isn't a time. */
const time = (value: unknown): number | null => {
  const ms = number(value);
  return ms !== null && Math.abs(ms) <= MAX_TIME_MS ? ms : null;
};
const flag = (value: unknown): boolean =>
  value === true || value === 1 || (typeof value === 'string' && value.toLowerCase() === 'true');

const unexpected = (what: string, landed?: 'unknown'): ClariError =>
  new ClariError(
    `Clari's answer can't be read as ${what}. Check "base_url"; if it is correct, contact Clari support.`,
    { kind: 'unexpected_answer', landed },
  );

/**
 * Clari's words for a job's state, in both contracts. Any other word counts as running, until the job times out.
 */
const PHASES: Readonly<Record<string, JobPhase>> = {
  DONE: 'succeeded',
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  ABORTED: 'failed',
  CANCELLED: 'cancelled',
  CANCELED: 'cancelled',
};

/**
 * The forecasts of a list, each id once; undefined when the answer isn't a list, which is how the published contract is
 * recognized.
 */
export function parseForecastList(body: unknown): ClariForecast[] | undefined {
  if (!isObject(body) || !Array.isArray(body['forecasts'])) return undefined;
  const forecasts = new Map<string, ClariForecast>();
  for (const forecast of body['forecasts'].filter(isObject).map(parseForecast)) {
    if (!forecasts.has(forecast.forecastId)) forecasts.set(forecast.forecastId, forecast);
  }
  return [...forecasts.values()];
}

function parseForecast(forecast: JsonObject): ClariForecast {
  const { forecastId, forecastName, timePeriods, ...rest } = forecast;
  const listedId = id(forecastId);
  const listedName = id(forecastName);
  const periods = Array.isArray(timePeriods) ? timePeriods.filter((period) => typeof period === 'string') : [];
  const fits: Readonly<Record<string, boolean>> = {
    forecastId: listedId !== null,
    forecastName: listedName !== null,
    timePeriods: Array.isArray(timePeriods) && periods.length === timePeriods.length,
  };
  for (const name of Object.keys(fits)) if (fits[name] === false && forecast[name] != null) rest[name] = forecast[name];
  return {
    // The oldest description of this list guarantees only the name.
    forecastId: listedId ?? listedName ?? '',
    forecastName: listedName,
    timePeriods: periods,
    additionalFields: Object.keys(rest).length > 0 ? rest : null,
  };
}

/** The answer to a POST. Without a job id it is still an answer: a job may be running. */
export function parseSubmitted(body: unknown): SubmittedJob {
  const jobId = isObject(body) ? text(body['jobId']) : null;
  if (jobId === null || jobId === '') throw unexpected('a started job', 'unknown');
  return { jobId };
}

/** What holds a job's keys: the body itself, or its `job`. */
const jobIn = (body: unknown): unknown => (isObject(body) && isObject(body['job']) ? body['job'] : body);

/** A job, flat or under `job`. */
export function parseJob(body: unknown): ClariJob {
  const job = jobIn(body);
  const jobId = isObject(job) ? text(job['jobId']) : null;
  const status = isObject(job) ? text(job['status']) : null;
  if (!isObject(job) || jobId === null || status === null) throw unexpected('a job');
  return {
    jobId,
    status,
    phase: PHASES[status.toUpperCase()] ?? 'running',
    title: text(job['title']),
    module: text(job['module']),
    fileName: text(job['fileName']),
    fileType: text(job['fileType']),
    currency: text(job['currency']),
    startTime: time(job['startTime']),
    endTime: time(job['endTime']),
    expiredTime: time(job['expiredTime']),
    rowsTruncated: flag(job['rowsTruncated']),
    cellsTruncated: flag(job['cellsTruncated']),
    downloadUrl: text(job['downloadUrl']),
    error: text(job['error']),
  };
}

/**
 * The jobs of a list, bare or under `jobs`. One without an id is left out, so that it doesn't hide the others; one
 * without a status counts as running until it is checked.
 */
export function parseJobs(body: unknown): ClariJob[] {
  const jobs = isObject(body) ? body['jobs'] : body;
  if (!Array.isArray(jobs)) throw unexpected('a list of jobs');
  return jobs.flatMap((item: unknown) => {
    const job = jobIn(item);
    if (!isObject(job) || !text(job['jobId'])) return [];
    return parseJob({ ...job, status: text(job['status']) ?? 'UNKNOWN' });
  });
}

export function parseLimits(body: unknown): ClariLimits {
  const jobs = isObject(body) && isObject(body['jobs']) ? body['jobs'] : undefined;
  const concurrentLimit = number(jobs?.['concurrentLimit']);
  const monthlyQuota = number(jobs?.['monthlyQuota']);
  const availableConcurrentLimit = number(jobs?.['availableConcurrentLimit']);
  const availableMonthlyQuota = number(jobs?.['availableMonthlyQuota']);
  if (
    concurrentLimit === null ||
    monthlyQuota === null ||
    availableConcurrentLimit === null ||
    availableMonthlyQuota === null
  ) {
    throw unexpected('the export limits');
  }
  const ids = (value: unknown): string[] => (Array.isArray(value) ? value.filter((id) => typeof id === 'string') : []);
  return {
    concurrentLimit,
    monthlyQuota,
    availableConcurrentLimit,
    availableMonthlyQuota,
    submittedJobIds: ids(jobs?.['submittedJobIds']),
    // Absent, not empty, when nothing runs.
    runningJobIds: ids(jobs?.['runningJobIds']),
  };
}

/** A page of audit events, and the link to the next one. */
export function parseAuditPage(body: unknown): AuditPage & { readonly nextLink: string | undefined } {
  if (!isObject(body) || !Array.isArray(body['items'])) throw unexpected('a page of audit events');
  const { items, actors, nextLink } = body;
  return {
    items: objects(items, 'a page of audit events'),
    actors: Array.isArray(actors) ? actors.flatMap(parseActor) : [],
    nextLink: text(nextLink) || undefined,
  };
}

/** Empty when Clari doesn't say who it is. */
function parseActor(actor: unknown): AuditActor[] {
  const actorId = isObject(actor) ? id(actor['actorId']) : null;
  if (!isObject(actor) || actorId === null) return [];
  return [{ ...actor, actorId }];
}

/** Opportunities, bare or under `opportunities`. */
export function parseOpportunities(body: unknown): readonly Opportunity[] {
  const opportunities = isObject(body) ? body['opportunities'] : body;
  if (!Array.isArray(opportunities)) throw unexpected('a list of opportunities');
  return objects(opportunities, 'a list of opportunities');
}

/** Throws if any item isn't an object: leaving it out would lose it silently. */
function objects(items: readonly unknown[], what: string): readonly JsonObject[] {
  if (!items.every(isObject)) throw unexpected(what);
  return items;
}
