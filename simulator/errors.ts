import { STATUS_CODES } from 'node:http';
import { ORG_ID, USER_ID } from './data/organization';
import { hexOf } from './hash';
import type { Area, Contract, UnknownJobAnswer } from './options';

/** The status and body of an answer that isn't 200. */
export interface Refusal {
  readonly status: number;
  readonly body: unknown;
}

let errorsSoFar = 0;

/** Clari's usual body. */
function clari(status: number, code: string, namespace: string, message: string, more: object = {}): Refusal {
  errorsSoFar += 1;
  const errorId = `c16ae643-${hexOf(`error ${errorsSoFar}`, 4)}-11f1-a48d-a7e5677d0000`;
  return { status, body: { code, namespace, errorId, message, orgId: ORG_ID, ...more } };
}

/** The gateway's answer for a path it doesn't know, before it checks the key. */
export const noRoute = (): Refusal => ({
  status: 404,
  body: { message: 'no Route matched with those values', request_id: hexOf(`request ${++errorsSoFar}`, 32) },
});

export const invalidKey = (contract: Contract): Refusal =>
  contract === 'listed'
    ? { status: 401, body: { error: 'Unauthorized', message: 'Invalid API key' } }
    : { status: 401, body: { message: 'Invalid authentication credentials' } };

/** The listed contract's 404. */
export const notFound = (message: string): Refusal => ({ status: 404, body: { error: 'Not Found', message } });

/**
 * A refusal with Clari's usual body, in that contract's words: the listed one has no codes, and uses 401 only for the
 * key.
 */
export function inWordsOf(contract: Contract, { status, body }: Refusal): Refusal {
  if (contract === 'published') return { status, body };
  const refused = status === 401 ? 403 : status;
  const { message } = body as { message: string };
  return { status: refused, body: { error: STATUS_CODES[refused] ?? 'Error', message } };
}

export const unknownForecast = (forecastId: string): Refusal =>
  clari(400, 'no_such_forecast_config', 'fcw', `Forecast ${forecastId} does not exist in the ForecastTemplate.`);

export const noOptin = (forecastId: string, scope = `${USER_ID}::MGR`): Refusal =>
  clari(401, 'no_optin', 'fcw', `No optins for scope ${scope} for forecast '${forecastId}'.`);

export const missingForecastId = (): Refusal =>
  clari(400, 'missing_forecast_id', 'fcw', 'The forecastId query parameter is required.');

export const typeNotSupported = (): Refusal =>
  clari(
    400,
    'type_not_supported',
    'fcw',
    'CRM Totals and CRM Closed are not supported typeToExport values for Export API. Please see Forecast API documentation if you’d like to retrieve CRM Totals or CRM Closed values.',
  );

export const badRequest = (message: string): Refusal => clari(400, 'bad_request', 'fcw', message);

export const limitReached = (monthlyQuota: number, concurrentLimit: number): Refusal =>
  clari(
    400,
    'export_monthly_quota_reached',
    'exports',
    `The monthly quota limit of ${monthlyQuota} or concurrent limit of ${concurrentLimit} has been reached.`,
    { source: 'Export' },
  );

export const resultsNotReady = (): Refusal =>
  clari(400, 'invalid_jobId', 'exports', 'Cannot retrieve data for job because it has not finished executing.');

export const resultsGone = (): Refusal =>
  clari(400, 'invalid_jobId', 'exports', 'Cannot retrieve data for job because its results have expired.');

export const unknownJob = (): Refusal => clari(400, 'SWW', 'exports', 'Something went wrong');

/** The answer for a job Clari knows but doesn't show yet. */
export function hiddenJob(contract: Contract, answer: UnknownJobAnswer): Refusal {
  if (answer === 'no_route') return noRoute();
  if (contract === 'listed') return notFound('Job not found');
  const statuses = { sww: 400, forbidden: 403, not_found: 404 } as const;
  return { ...unknownJob(), status: statuses[answer] };
}

export const cannotCancel = (): Refusal =>
  clari(400, 'export_failed_to_cancel', 'exports', 'Cannot cancel the job because it already finished executing.');

/** Activities have their own spelling: ids are strings here. */
export const badActivityRequest = (message: string): Refusal =>
  clari(400, 'Bad request', 'activity', message, { orgId: `${ORG_ID}`, userId: `${USER_ID}` });

export const badAuditParameter = (target: string, details: string): Refusal =>
  auditError(400, 'invalid_parameter', 'Invalid request', { target, details });

export const badOpportunityRequest = (details: string): Refusal =>
  opportunityError(400, 'Bad Request', 'invalid query parameter', details);

/**
 * The key's user lacks a permission; this body is unpublished, so it has the shape of the area's other errors.
 */
export function forbidden(contract: Contract, area: Area): Refusal {
  const message = 'API access not enabled for this user';
  if (contract === 'listed') return { status: 403, body: { error: 'Forbidden', message } };
  if (area === 'audit') return auditError(403, 'forbidden', message, {});
  if (area === 'opportunity') return opportunityError(403, 'Forbidden', message, '');
  return clari(403, 'SWW', area === 'activity' ? 'activity' : 'exports', 'Something went wrong');
}

/** The body Clari would send with a fault's status. */
export function bodyOfStatus(status: number): unknown {
  if (status === 429) return { message: 'API rate limit exceeded' };
  if (status === 500) return clari(500, 'internal_server_error', 'exports', 'An unexpected error occurred.').body;
  if (status === 401) return invalidKey('published').body;
  return { message: STATUS_CODES[status] ?? 'Error' };
}

function auditError(status: number, code: string, message: string, more: object): Refusal {
  return { status, body: { errors: [{ status: `${status}`, code, message, ...more }] } };
}

/** The misspelled key is the document's own. */
function opportunityError(status: number, phrase: string, description: string, details: string): Refusal {
  return { status, body: [{ statusCode: status, reaspnPhrase: phrase, description, details }] };
}
