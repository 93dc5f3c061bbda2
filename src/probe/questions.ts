import type { ClariClient } from '../clari/client';
import { parseForecastList } from '../clari/contract';
import type { ClariError } from '../clari/errors';
import type { ClariHttp } from '../clari/http/http';
import { forecastSegment, jobPath } from '../clari/ids';
import { type Contract, EXPORT_TYPES, type ExportType } from '../clari/types';
import type { ClariConfig } from '../config';
import { isObject, type JsonObject } from '../json';
import { addQuarters, newestOf, quarterOf } from '../period';
import type { Clock } from '../timing';
import type { Conversation } from './conversation';
import * as documented from './documented';
import { type Facts, Name } from './facts';
import { documentedResults, entryKeysOf, namedPeriods, objectsIn, resultFacts } from './results';
import { countRange, duration, rounded } from './rounding';
import { KNOWN_STATUS_WORDS, safeWord } from './words';

/** The questions that cost nothing. Each asks, and resolves with what it learned; a refusal is an answer. */

export interface Questioner {
  readonly conversation: Conversation;
  readonly http: ClariHttp;
  readonly client: ClariClient;
  readonly config: ClariConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** What the first configured forecast is called; where none is configured and Clari lists some, the first of these. */
export interface ForecastList {
  readonly contract: Contract | 'unknown';
  readonly forecastId: string | undefined;
  readonly facts: Facts;
}

const DAY_MS = 86_400_000;
/** More different ones of something would be data. */
const MAX_LISTED = 5;

/** How a refused question is answered. */
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
    // As the client tells them apart: a refusal that says nothing of the key or of the moment.
    const isAbsent =
      error.status !== undefined && error.status < 500 && ![401, 403, 407, 408, 429].includes(error.status);
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

/** The numbers of the limits are kept for a comparison only. */
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

/** How many exports the quota shrank by: colleagues' count too. */
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

/** Of a job that is in the list, so that nothing new is started. */
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

/** The words for a job's state that were met, as far as they may be shown. */
export function wordFacts(statuses: readonly unknown[]): Facts {
  const words = [...new Set(statuses.filter((status) => typeof status === 'string'))];
  return {
    statusWords: [...new Set(words.map((word) => safeWord('status', word)))].sort(),
    statusWordsAreKnown: words.every((word) => KNOWN_STATUS_WORDS.has(word.toUpperCase())),
  };
}

/** By the direct call, which starts no job. */
export async function askDirectly(questioner: Questioner, forecastId: string | undefined): Promise<Facts> {
  if (forecastId === undefined) return { directCall: 'not asked: no forecast is configured' };
  const all = await direct(questioner, forecastId, 'direct call');
  if (all.error !== undefined) return { directCall: refusal(all.error) };
  const entries = objectsIn(all.value, 'entries');
  const facts: Facts = { directCall: 'answers', directResults: resultFacts(all.value) };
  const current = newestOf(namedPeriods(all.value).flatMap((id) => quarterOf(id) ?? []));
  return {
    ...facts,
    ...(await keysByType(questioner, forecastId, entryKeysOf(all.value))),
    ...(current === undefined
      ? { directFutureQuarter: 'not asked: no current quarter is known' }
      : {
          directFutureQuarter: await otherQuarter(questioner, forecastId, 'future', addQuarters(current, 1)),
          directPastQuarter: await otherQuarter(questioner, forecastId, 'past', addQuarters(current, -1)),
        }),
    ...(await inCurrency(questioner, forecastId, entries)),
  };
}

interface DirectQuery {
  readonly types?: readonly ExportType[];
  readonly timePeriod?: string;
  readonly currency?: string;
}

function direct(
  { conversation, http, config, signal }: Questioner,
  forecastId: string,
  question: string,
  { types = EXPORT_TYPES, timePeriod, currency = config.currency }: DirectQuery = {},
) {
  const query = new URLSearchParams(types.map((type): [string, string] => ['typesToExport', type]));
  if (timePeriod !== undefined) query.set('timePeriod', timePeriod);
  if (currency !== '') query.set('currency', currency);
  if (config.scopeId !== undefined) query.set('scopeId', config.scopeId);
  return conversation.ask(
    { question, call: 'GET /forecast/{forecastId}' },
    async () => {
      const path = `/forecast/${forecastSegment(forecastId)}`;
      return http.json({ method: 'GET', path, query, forecastId, undocumented: true, signal });
    },
    documentedResults,
  );
}

/** Which keys of entries come with crm_total and crm_closed: those that go when the type isn't asked for. */
async function keysByType(questioner: Questioner, forecastId: string, all: ReadonlySet<string>): Promise<Facts> {
  const facts: Record<string, Facts[string]> = {};
  for (const [type, name] of [
    ['crm_total', 'keysOfCrmTotal'],
    ['crm_closed', 'keysOfCrmClosed'],
  ] as const) {
    const types = EXPORT_TYPES.filter((other) => other !== type);
    const reply = await direct(questioner, forecastId, `direct call without ${type}`, { types });
    if (reply.error !== undefined) {
      facts[name] = refusal(reply.error);
      continue;
    }
    const without = entryKeysOf(reply.value);
    facts[name] = [...all].filter((key) => !without.has(key)).map((key) => new Name(key));
  }
  return facts;
}

async function otherQuarter(
  questioner: Questioner,
  forecastId: string,
  which: 'future' | 'past',
  timePeriod: string,
): Promise<string> {
  const reply = await direct(questioner, forecastId, `direct call, ${which} quarter`, { timePeriod });
  if (reply.error !== undefined) return refusal(reply.error);
  const named = namedPeriods(reply.value);
  const entries = countRange(objectsIn(reply.value, 'entries').length);
  if (named.length === 0) return `names no quarter, entries: ${entries}`;
  return named.some((id) => quarterOf(id) === timePeriod)
    ? `answers the quarter asked for, entries: ${entries}`
    : `answers another quarter, entries: ${entries}`;
}

async function inCurrency(questioner: Questioner, forecastId: string, entries: readonly JsonObject[]): Promise<Facts> {
  const before = currenciesOf(entries);
  const currency = before.includes('EUR') ? 'USD' : 'EUR';
  const reply = await direct(questioner, forecastId, 'direct call, other currency', { currency });
  if (reply.error !== undefined) return { directCurrency: refusal(reply.error) };
  const converted = objectsIn(reply.value, 'entries');
  const after = currenciesOf(converted);
  if (after.length === 0) return { directCurrency: 'unknown: no entry has a currency' };
  return {
    directCurrency: after.every((code) => code === currency) ? 'honoured' : 'not honoured',
    directCurrencyChangesAmounts: JSON.stringify(amountsOf(entries)) !== JSON.stringify(amountsOf(converted)),
  };
}

const currenciesOf = (entries: readonly JsonObject[]): string[] => [
  ...new Set(
    entries
      .map(({ currency }) => (isObject(currency) ? currency['code'] : currency))
      .filter((code) => typeof code === 'string'),
  ),
];

const amountsOf = (entries: readonly JsonObject[]): unknown[] =>
  entries.map((entry) => [entry['forecastValue'], entry['quotaValue']]);

/** Small pages, so that there is a second one. */
const AUDIT_PAGE = '10';

export async function askForAudit(questioner: Questioner): Promise<Facts> {
  const { clock, http, signal } = questioner;
  const first = await auditPage(questioner, 'audit events without dateFrom', { limit: AUDIT_PAGE });
  if (first.error !== undefined) return { audit: refusal(first.error) };
  const items = objectsIn(first.value, 'items');
  const link = isObject(first.value) ? first.value['nextLink'] : undefined;
  const oldest = await auditPage(questioner, 'audit events older than 30 days', {
    limit: '1',
    dateFrom: new Date(clock.now() - 120 * DAY_MS).toISOString(),
    dateTo: new Date(clock.now() - 31 * DAY_MS).toISOString(),
  });
  const facts: Facts = {
    audit: 'answers without dateFrom',
    auditPageLength: countRange(items.length),
    auditOlderThan30Days:
      oldest.error === undefined ? objectsIn(oldest.value, 'items').length > 0 : refusal(oldest.error),
    auditActorsAreListed: actorsAreListed(first.value, items),
  };
  if (typeof link !== 'string' || link === '') {
    return { ...facts, nextLink: 'absent', auditOrder: orderOf(items.map(timestampOf)) };
  }
  const second = await questioner.conversation.ask(
    { question: 'audit events, next page', call: 'GET nextLink' },
    () => http.jsonOfLink(link, { method: 'GET', area: 'audit events', signal }),
    () => documented.AUDIT,
  );
  const both = second.error === undefined ? [...items, ...objectsIn(second.value, 'items')] : items;
  return {
    ...facts,
    nextLink: formOfLink(link, questioner.config.baseUrl),
    nextLinkParameters: parametersOf(link).map((name) => new Name(name)),
    nextPage: second.error === undefined ? countRange(objectsIn(second.value, 'items').length) : refusal(second.error),
    auditOrder: orderOf(both.map(timestampOf)),
  };
}

const auditPage = ({ conversation, http, signal }: Questioner, question: string, query: Record<string, string>) =>
  conversation.ask(
    { question, call: `GET /audit/events (${Object.keys(query).join(', ')})` },
    () =>
      http.json({
        method: 'GET',
        path: '/audit/events',
        query: new URLSearchParams(query),
        area: 'audit events',
        signal,
      }),
    () => documented.AUDIT,
  );

const timestampOf = ({ eventTimestamp }: JsonObject): unknown =>
  typeof eventTimestamp === 'string' ? Date.parse(eventTimestamp) : eventTimestamp;

function actorsAreListed(body: unknown, items: readonly JsonObject[]): boolean {
  const actors = new Set(objectsIn(body, 'actors').map(({ actorId }) => actorId));
  return items.filter(({ actorType }) => actorType === 'USER').every(({ actorId }) => actors.has(actorId));
}

export function formOfLink(link: string, baseUrl: string): string {
  if (/^https?:\/\//i.test(link)) {
    const isOurs = URL.canParse(link) && new URL(link).origin === new URL(baseUrl).origin;
    return isOurs ? 'absolute, same host' : 'absolute, other host';
  }
  if (link.startsWith('//')) return 'without a scheme';
  if (link.startsWith('/')) return 'relative, from the root';
  return link.startsWith('?') ? 'query only' : 'relative';
}

export function parametersOf(link: string): string[] {
  const query = link.includes('?') ? link.slice(link.indexOf('?') + 1).replace(/#.*$/s, '') : '';
  return [...new Set(new URLSearchParams(query).keys())];
}

/** An id that no opportunity has: the answer to it shows the envelope all the same. */
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

/** The order of times, as far as they show it. */
export function orderOf(times: readonly unknown[]): string {
  const known = times.filter((time): time is number => typeof time === 'number' && !Number.isNaN(time));
  if (new Set(known).size < 2) return 'unknown';
  const steps = known.slice(1).map((time, index) => time - (known[index] ?? time));
  if (steps.every((step) => step >= 0)) return 'oldest first';
  return steps.every((step) => step <= 0) ? 'newest first' : 'none';
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
