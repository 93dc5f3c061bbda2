import { isObject } from '../json';
import { ClariError } from './errors';
import type { ClariForecast, ClariJob, ClariLimits, JobPhase, SubmittedJob } from './types';

/** The parsing of both contracts' answers: the one place that knows how they differ. */

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
/** A number, or one in quotes. */
const number = (value: unknown): number | null => {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : null;
};

const unexpected = (what: string, landed?: 'unknown'): ClariError =>
  new ClariError(
    `Clari's answer is not ${what} as its API describes it. Check "base_url"; if it is right, tell Clari.`,
    { kind: 'unexpected_answer', landed },
  );

/** Clari's words for a job's state, in both contracts. A word that is not here counts as running, until the job times out. */
const PHASES: Readonly<Record<string, JobPhase>> = {
  DONE: 'succeeded',
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  ABORTED: 'failed',
  CANCELLED: 'cancelled',
  CANCELED: 'cancelled',
};

/** The forecasts of a list; undefined when the answer is no list, which is how the published contract is told. */
export function parseForecastList(body: unknown): ClariForecast[] | undefined {
  if (!isObject(body) || !Array.isArray(body['forecasts'])) return undefined;
  return body['forecasts'].filter(isObject).map(({ forecastId, forecastName, timePeriods, ...rest }) => ({
    // Only the name is sure to be there in the oldest description of this list.
    forecastId: text(forecastId) ?? text(forecastName) ?? '',
    forecastName: text(forecastName),
    timePeriods: Array.isArray(timePeriods) ? timePeriods.filter((period) => typeof period === 'string') : [],
    additionalFields: Object.keys(rest).length > 0 ? rest : null,
  }));
}

/** The answer to a POST. One without a job id was an answer all the same: a job may run. */
export function parseSubmitted(body: unknown): SubmittedJob {
  const jobId = isObject(body) ? text(body['jobId']) : null;
  if (jobId === null || jobId === '') throw unexpected('a started job', 'unknown');
  return { jobId };
}

/** A job, flat or under `job`. */
export function parseJob(body: unknown): ClariJob {
  const job = isObject(body) && isObject(body['job']) ? body['job'] : body;
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
    startTime: number(job['startTime']),
    endTime: number(job['endTime']),
    expiredTime: number(job['expiredTime']),
    rowsTruncated: job['rowsTruncated'] === true,
    cellsTruncated: job['cellsTruncated'] === true,
    downloadUrl: text(job['downloadUrl']),
    error: text(job['error']),
  };
}

/** The jobs of a list, bare or under `jobs`. */
export function parseJobs(body: unknown): ClariJob[] {
  const jobs = isObject(body) ? body['jobs'] : body;
  if (!Array.isArray(jobs)) throw unexpected('a list of jobs');
  return jobs.map(parseJob);
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

/** A page of audit events. */
export function parseAuditPage(body: unknown): { items: unknown[]; actors: unknown[]; nextLink: string | undefined } {
  if (!isObject(body) || !Array.isArray(body['items'])) throw unexpected('a page of audit events');
  const { items, actors, nextLink } = body;
  return { items, actors: Array.isArray(actors) ? actors : [], nextLink: text(nextLink) || undefined };
}

/** Opportunities, bare or under `opportunities`. */
export function parseOpportunities(body: unknown): unknown[] {
  const opportunities = isObject(body) ? body['opportunities'] : body;
  if (!Array.isArray(opportunities)) throw unexpected('a list of opportunities');
  return opportunities;
}
