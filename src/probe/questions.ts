import type { ClariClient } from '../clari/client';
import { parseForecastList } from '../clari/contract';
import type { ClariError } from '../clari/errors';
import { hasNoList } from '../clari/forecasts';
import type { ClariHttp } from '../clari/http/http';
import { jobPath } from '../clari/ids';
import type { Contract } from '../clari/types';
import type { ClariConfig } from '../config';
import { DAY_MS } from '../days';
import { isObject, type JsonObject } from '../json';
import type { Clock } from '../timing';
import type { Conversation } from './conversation';
import * as documented from './documented';
import type { Facts } from './facts';
import { objectsIn } from './results';
import { countRange, duration, rounded } from './rounding';
import { KNOWN_STATUS_WORDS, safeWord } from './words';

/** The questions that cost nothing. Each resolves with what it learned; a refusal is an answer. */

export interface Questioner {
  readonly conversation: Conversation;
  readonly http: ClariHttp;
  readonly client: ClariClient;
  readonly config: ClariConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** `forecastId`: the first configured forecast; if none is configured, the first one Clari lists. */
export interface ForecastList {
  readonly contract: Contract | 'unknown';
  readonly forecastId: string | undefined;
  readonly facts: Facts;
}

/** More distinct values than this would be data. */
const MAX_LISTED = 5;

/** The answer to a question that Clari refuses. */
export const refusal = ({ status, kind }: ClariError): string =>
  kind === 'aborted' ? 'interrupted' : `refused (${status === undefined ? kind : `HTTP ${status}`})`;

export async function askForList({ conversation, http, config, signal }: Questioner): Promise<ForecastList> {
  const reply = await conversation.ask(
    { question: 'forecast list', call: 'GET /export/forecast/list' },
    () => http.json({ method: 'GET', path: '/export/forecast/list', signal }),
    () => documented.LIST,
  );
  const [first] = config.forecastIds;
  if (reply.error !== undefined) {
    const { error } = reply;
    const isAbsent = hasNoList(error);
    return {
      contract: isAbsent ? 'published' : 'unknown',
      forecastId: first,
      facts: { listOfForecasts: isAbsent ? `none (HTTP ${error.status})` : refusal(error) },
    };
  }
  const forecasts = parseForecastList(reply.value);
  if (forecasts === undefined)
    return { contract: 'published', forecastId: first, facts: { listOfForecasts: 'no list' } };
  const found = forecasts.find(({ forecastId, forecastName }) => forecastId === first || forecastName === first);
  return {
    contract: 'listed',
    forecastId: first ?? forecasts[0]?.forecastId,
    facts: {
      listOfForecasts: countRange(forecasts.length),
      ...(first !== undefined && { listHoldsConfiguredForecast: found !== undefined }),
      listNamesPeriods: forecasts.some(({ timePeriods }) => timePeriods.length > 0),
    },
  };
}

/** Kept only to compare them; never reported. */
export interface Limits {
  readonly available: unknown;
  readonly jobIds: unknown;
}

export async function askForLimits(
  { conversation, http, signal }: Questioner,
  question = 'limits',
): Promise<{ readonly facts: Facts; readonly limits: Limits | undefined }> {
  const reply = await conversation.ask(
    { question, call: 'GET /admin/limits' },
    () => http.json({ method: 'GET', path: '/admin/limits', signal }),
    () => documented.LIMITS,
  );
  if (reply.error !== undefined) return { facts: { limits: refusal(reply.error) }, limits: undefined };
  const jobs = isObject(reply.value) && isObject(reply.value['jobs']) ? reply.value['jobs'] : undefined;
  const { submittedJobIds, runningJobIds, availableMonthlyQuota } = jobs ?? {};
  return {
    facts: {
      limits: jobs === undefined ? 'not under `jobs`' : 'under `jobs`',
      runningJobIds: Array.isArray(runningJobIds) ? `array of ${countRange(runningJobIds.length)}` : 'absent',
    },
    limits: { available: availableMonthlyQuota, jobIds: JSON.stringify([submittedJobIds, runningJobIds]) },
  };
}

/** How many exports the quota shrank by; colleagues' exports count too. */
export const cost = (before: Limits | undefined, after: Limits | undefined): string => {
  if (typeof before?.available !== 'number' || typeof after?.available !== 'number') return 'unknown';
  const spent = before.available - after.available;
  return spent === 0 ? 'none' : spent === 1 ? 'one' : spent > 1 ? 'more than one' : 'less than none';
};

export async function askForJobs(
  { conversation, http, config, signal }: Questioner,
  when: string = '',
): Promise<Facts> {
  const reply = await conversation.ask(
    { question: `jobs list${when}`, call: 'GET /export/jobs' },
    () => http.json({ method: 'GET', path: '/export/jobs', signal }),
    (body) => (Array.isArray(body) ? documented.BARE_JOBS : documented.ENVELOPED_JOBS),
  );
  if (reply.error !== undefined) return { jobsList: refusal(reply.error) };
  const { value } = reply;
  const jobs = Array.isArray(value) ? value.filter(isObject) : objectsIn(value, 'jobs');
  const envelope = Array.isArray(value)
    ? 'bare array'
    : isObject(value) && Array.isArray(value['jobs'])
      ? 'under `jobs`'
      : 'neither an array nor under `jobs`';
  const facts: Facts = { jobsList: envelope, jobsListLength: countRange(jobs.length) };
  if (jobs.length === 0) return facts;
  const [first] = jobs;
  const job =
    typeof first?.['jobId'] === 'string' ? await askForJob(first['jobId'], when, { conversation, http, signal }) : {};
  return {
    ...facts,
    jobsListOrder: orderOf(jobs.map(({ startTime }) => startTime)),
    ...wordFacts(jobs.map(({ status }) => status)),
    jobDurations: durations(jobs, 'startTime', 'endTime'),
    daysUntilResultsExpire: [
      ...new Set(differences(jobs, 'endTime', 'expiredTime').map((ms) => Math.round(ms / DAY_MS))),
    ].slice(0, MAX_LISTED),
    fileNameHoldsForecastId: jobs.some(
      ({ fileName }) => typeof fileName === 'string' && config.forecastIds.some((id) => fileName.includes(id)),
    ),
    truncatedJobs: jobs.some(({ rowsTruncated, cellsTruncated }) => rowsTruncated === true || cellsTruncated === true),
    ...job,
  };
}

/** Asks for a job from the list, so that no new one is started. */
async function askForJob(
  jobId: string,
  when: string,
  { conversation, http, signal }: Pick<Questioner, 'conversation' | 'http' | 'signal'>,
): Promise<Facts> {
  const reply = await conversation.ask(
    { question: `job${when}`, call: 'GET /export/jobs/{jobId}' },
    () => http.json({ method: 'GET', path: jobPath(jobId), signal }),
    documentedJob,
  );
  return { job: reply.error === undefined ? envelopeOfJob(reply.value) : refusal(reply.error) };
}

export const documentedJob = (body: unknown): readonly string[] => {
  if (isObject(body) && isObject(body['job'])) return documented.ENVELOPED_JOB;
  return isObject(body) && !('orgId' in body) ? documented.LISTED_JOB : documented.FLAT_JOB;
};

export const envelopeOfJob = (body: unknown): string => {
  if (!isObject(body)) return 'no object';
  if (isObject(body['job'])) return 'under `job`';
  return 'jobId' in body ? 'flat' : 'neither flat nor under `job`';
};

/** The status words seen, insofar as they may be shown. */
export function wordFacts(statuses: readonly unknown[]): Facts {
  const words = [...new Set(statuses.filter((status) => typeof status === 'string'))];
  return {
    statusWords: [...new Set(words.map((word) => safeWord('status', word)))].sort(),
    statusWordsAreKnown: words.every((word) => KNOWN_STATUS_WORDS.has(word.toUpperCase())),
  };
}

/** An id no opportunity has: the answer still shows the envelope. */
const NO_OPPORTUNITY = '006000000000000AAA';

export async function askForOpportunities({ conversation, http, config, signal }: Questioner): Promise<Facts> {
  const [id = NO_OPPORTUNITY] = config.opportunityIds;
  const query = new URLSearchParams({ oppId: id });
  const reply = await conversation.ask(
    {
      question: id === NO_OPPORTUNITY ? 'opportunity, an id that does not exist' : 'opportunity',
      call: 'GET /opportunity (oppId)',
    },
    () => http.json({ method: 'GET', path: '/opportunity', query, area: 'opportunities', signal }),
    (body) => (Array.isArray(body) ? documented.BARE_OPPORTUNITIES : documented.ENVELOPED_OPPORTUNITIES),
  );
  if (reply.error !== undefined) return { opportunities: refusal(reply.error) };
  if (Array.isArray(reply.value)) return { opportunities: 'bare array' };
  const isEnveloped = isObject(reply.value) && Array.isArray(reply.value['opportunities']);
  return { opportunities: isEnveloped ? 'under `opportunities`' : 'neither an array nor under `opportunities`' };
}

const differences = (jobs: readonly JsonObject[], from: string, to: string): number[] =>
  jobs.flatMap(({ [from]: start, [to]: end }) =>
    typeof start === 'number' && typeof end === 'number' && end >= start ? [end - start] : [],
  );

function durations(jobs: readonly JsonObject[], from: string, to: string): string {
  const taken = differences(jobs, from, to);
  if (taken.length === 0) return 'unknown';
  const [least, most] = [taken.reduce((a, b) => Math.min(a, b)), taken.reduce((a, b) => Math.max(a, b))];
  return rounded(least) === rounded(most) ? duration(most) : `${duration(least)} to ${duration(most)}`;
}

/** The order of times; `unknown` unless at least two differ. */
export function orderOf(times: readonly unknown[]): string {
  const known = times.filter((time): time is number => typeof time === 'number' && !Number.isNaN(time));
  if (new Set(known).size < 2) return 'unknown';
  const steps = known.slice(1).map((time, index) => time - (known[index] ?? time));
  if (steps.every((step) => step >= 0)) return 'oldest first';
  return steps.every((step) => step <= 0) ? 'newest first' : 'none';
}
