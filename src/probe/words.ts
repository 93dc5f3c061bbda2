/** The words from Clari that a report may hold: those that are the same for every customer. */

/** The job statuses the connector knows. */
export const KNOWN_STATUS_WORDS = new Set([
  ...['SCHEDULED', 'STARTED', 'PENDING', 'DONE', 'COMPLETED', 'FAILED', 'CANCELLED', 'CANCELED', 'ABORTED'],
]);

/** Other words Clari might use for a job's status. */
const POSSIBLE_STATUS_WORDS = [
  ...['QUEUED', 'SUBMITTED', 'CREATED', 'NEW', 'WAITING', 'READY', 'RUNNING', 'IN_PROGRESS', 'INPROGRESS'],
  ...['PROCESSING', 'ACTIVE', 'PAUSED', 'RETRYING', 'COMPLETE', 'FINISHED', 'SUCCESS', 'SUCCEEDED', 'SUCCESSFUL'],
  ...['FAILURE', 'FAILING', 'ERROR', 'ERRORED', 'CANCELLING', 'CANCELING', 'ABORTING', 'STOPPED', 'KILLED'],
  ...['TIMEOUT', 'TIMED_OUT', 'TIMEDOUT', 'EXPIRED', 'DELETED', 'SKIPPED', 'PARTIAL', 'UNKNOWN'],
];

/** Values that may be shown, in lower case, by their key. Any other value is shown as `other`. */
const SAFE_WORDS: Readonly<Record<string, ReadonlySet<string>>> = {
  status: safe([...KNOWN_STATUS_WORDS, ...POSSIBLE_STATUS_WORDS]),
  // For time periods.
  type: safe([
    'quarter',
    'month',
    'year',
    'week',
    'day',
    'half',
    'half_year',
    'fiscal_quarter',
    'fiscal_year',
    'custom',
  ]),
  fieldType: safe([
    ...['forecast', 'quota', 'adjustment', 'crm', 'crm_total', 'crm_closed', 'total', 'closed', 'rollup', 'formula'],
    ...['calculated', 'metric', 'currency', 'number', 'numeric', 'percent', 'percentage', 'count', 'amount', 'text'],
    ...['string', 'boolean', 'date', 'manual', 'aggregate', 'aggregation', 'target', 'pipeline', 'commit'],
  ]),
  fileType: safe(['json', 'csv', 'xlsx', 'zip']),
  module: safe(['forecast', 'activity', 'audit', 'opportunity']),
  sessionType: safe(['web', 'ios', 'android', 'api']),
  actorType: safe(['user', 'system', 'job', 'api']),
  trend: safe(['up', 'down', 'flat', 'none', 'same']),
};

function safe(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map((word) => word.toLowerCase()));
}

const EVERY_SAFE_WORD = new Set(Object.values(SAFE_WORDS).flatMap((words) => [...words]));

/** Whether a text is one of the words a report may hold. */
export const isSafeWord = (text: string): boolean => EVERY_SAFE_WORD.has(text.toLowerCase());

/** Whether a key has a list of words for its values. */
export const holdsWords = (key: string): boolean => Object.hasOwn(SAFE_WORDS, key);

/** A value as it may be shown under that key: a safe word unchanged, anything else as `other`. */
export const safeWord = (key: string, value: string): string =>
  holdsWords(key) && SAFE_WORDS[key]?.has(value.toLowerCase()) === true ? value : 'other';

/**
 * Whether a name was certainly given by a program: 1 to 40 letters, underscores, dashes or dollar signs. A digit, a blank
 * or an `@` may be data.
 */
export const looksLikeName = (name: string): boolean => /^[A-Za-z_$-]{1,40}$/.test(name);

/** Header names sometimes hold digits; three in a row may be data. */
export const looksLikeHeader = (name: string): boolean => /^[a-z0-9_-]{1,60}$/.test(name) && !/\d{3}/.test(name);
