import { LISTED_KEYS, PROBABLY_CRM_TOTAL, PUBLISHED_KEYS } from '../clari/entries/columns';

/** The places in Clari's answers known from its documents or from programs in production, as paths. */

const below = (prefix: string, keys: Iterable<string>): string[] => [...keys].map((key) => `${prefix}.${key}`);

export const LIST = [
  'forecasts',
  ...below('forecasts[]', ['forecastId', 'forecastName']),
  ...['forecasts[].timePeriods', 'forecasts[].timePeriods[]'],
];

const LIMIT_KEYS = ['concurrentLimit', 'monthlyQuota', 'availableConcurrentLimit', 'availableMonthlyQuota'];
export const LIMITS = [
  'jobs',
  ...below('jobs', [...LIMIT_KEYS, 'submittedJobIds', 'submittedJobIds[]', 'runningJobIds', 'runningJobIds[]']),
];

const JOB_KEYS = [
  ...['jobId', 'userId', 'orgId', 'title', 'module', 'fileName', 'fileType', 'currency', 'startTime', 'endTime'],
  ...['expiredTime', 'version', 'status', 'viewed', 'cellsTruncated', 'rowsTruncated', 'downloads'],
  'deliveryStatusMap',
];
const LISTED_JOB_KEYS = ['jobId', 'status', 'downloadUrl', 'error'];

export const FLAT_JOB = JOB_KEYS;
export const ENVELOPED_JOB = ['job', ...below('job', JOB_KEYS)];
export const LISTED_JOB = LISTED_JOB_KEYS;
export const BARE_JOBS = below('[]', JOB_KEYS);
export const ENVELOPED_JOBS = ['jobs', ...below('jobs[]', JOB_KEYS)];

export const SUBMITTED = ['jobId'];

export const RESULTS = [
  ...['entries', 'fields', 'users', 'timeFrames', 'timePeriods'],
  ...below('entries[]', [...PUBLISHED_KEYS, PROBABLY_CRM_TOTAL, 'currency.code', 'currency.symbol']),
  ...below('fields[]', ['fieldId', 'fieldName', 'fieldType']),
  ...below('users[]', ['userId', 'crmId', 'email', 'name', 'hierarchyId', 'hierarchyName', 'scopeId']),
  ...below('users[]', ['parentHierarchyId', 'parentHierarchyName']),
  ...below('timeFrames[]', ['timeFrameId', 'startDate', 'endDate']),
  ...below('timePeriods[]', ['timePeriodId', 'type', 'label', 'year', 'startDate', 'endDate', 'crmId']),
];
export const LISTED_RESULTS = ['entries', ...below('entries[]', LISTED_KEYS)];

export const AUDIT = [
  ...['items', 'actors', 'nextLink'],
  ...below('items[]', ['actorId', 'sessionId', 'sessionType', 'event', 'ipAddress', 'actorType', 'correlationID']),
  ...below('items[]', ['impersonatingActorId', 'eventParameters', 'eventTimestamp']),
  ...below('actors[]', ['actorType', 'actorId', 'name', 'email']),
];

const OPPORTUNITY_KEYS = [
  ...['id', 'crmScore', 'crmScore.message', 'crmScore.score', 'fields'],
  ...below('fields[]', ['id', 'alias', 'value', 'originalValue', 'trend', 'trendHistory', 'imageUrl']),
  ...below('fields[].trendHistory[]', ['oldValue', 'newValue', 'date']),
];
export const BARE_OPPORTUNITIES = below('[]', OPPORTUNITY_KEYS);
export const ENVELOPED_OPPORTUNITIES = ['opportunities', ...below('opportunities[]', OPPORTUNITY_KEYS)];

/** Keys of refusals, in all known forms of their bodies. */
const REFUSAL = [
  ...['code', 'namespace', 'errorId', 'message', 'orgId', 'error', 'request_id', 'source', 'userId', 'errors'],
  ...below('errors[]', ['status', 'code', 'message', 'target', 'details']),
  ...below('[]', ['statusCode', 'reaspnPhrase', 'description', 'details']),
];

/** Every documented key: such a name reveals nothing, wherever Clari sends it. */
export const DOCUMENTED_KEYS: ReadonlySet<string> = new Set(
  [LIST, LIMITS, ENVELOPED_JOB, ENVELOPED_JOBS, LISTED_JOB, RESULTS, LISTED_RESULTS, AUDIT]
    .concat([ENVELOPED_OPPORTUNITIES, REFUSAL])
    .flat()
    .flatMap((path) => path.split(/\.|\[\]/))
    .filter((key) => key !== ''),
);

/** Clari's known error codes. */
export const KNOWN_CODES: ReadonlySet<string> = new Set([
  ...['export_monthly_quota_reached', 'no_such_forecast_config', 'type_not_supported', 'missing_forecast_id'],
  ...['bad_request', 'no_optin', 'invalid_jobId', 'SWW', 'export_failed_to_cancel', 'internal_server_error'],
  ...['Bad request', 'invalid_parameter', 'forbidden'],
]);
