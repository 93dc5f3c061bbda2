import { isObject, type JsonObject } from '../json';
import { isQuarter } from '../period';
import { LISTED_RESULTS, RESULTS } from './documented';
import type { Facts } from './facts';
import { countRange } from './rounding';

/** What can be said about a forecast's results without revealing them. */

const PARTS = ['entries', 'fields', 'users', 'timeFrames', 'timePeriods'];

export const objectsIn = (body: unknown, part: string): JsonObject[] => {
  const items = isObject(body) ? body[part] : undefined;
  return Array.isArray(items) ? items.filter(isObject) : [];
};

/** Which contract these results follow; undefined if nothing shows it. */
function contractOf(body: unknown): 'published' | 'listed' | undefined {
  const entries = objectsIn(body, 'entries');
  const parts = isObject(body) ? PARTS.filter((part) => part in body) : [];
  if (parts.length > 1 || entries.some((entry) => 'fieldId' in entry)) return 'published';
  return entries.some((entry) => 'ownerEmail' in entry || 'ownerName' in entry) ? 'listed' : undefined;
}

export const documentedResults = (body: unknown): readonly string[] =>
  contractOf(body) === 'listed' ? LISTED_RESULTS : RESULTS;

/** The keys that at least one entry has. */
export const entryKeysOf = (body: unknown): ReadonlySet<string> =>
  new Set(objectsIn(body, 'entries').flatMap((entry) => Object.keys(entry)));

/** The time periods named in the results. */
export const namedPeriods = (body: unknown): string[] => [
  ...new Set(
    [...objectsIn(body, 'timePeriods'), ...objectsIn(body, 'entries')]
      .flatMap((item) => [item['timePeriodId'], item['timePeriod']])
      .filter((id) => typeof id === 'string'),
  ),
];

const IDS = ['userId', 'fieldId', 'timeFrameId', 'timePeriodId'];

/** Checks what the connector takes for granted. */
export function resultFacts(body: unknown): Facts {
  if (!isObject(body)) return { isObject: false };
  const entries = objectsIn(body, 'entries');
  const users = new Set(objectsIn(body, 'users').map(({ userId }) => userId));
  const fields = new Set(objectsIn(body, 'fields').map(({ fieldId }) => fieldId));
  const frames = new Set(objectsIn(body, 'timeFrames').map(({ timeFrameId }) => timeFrameId));
  const periods = namedPeriods(body);
  const published = contractOf(body) !== 'listed';
  return {
    contract: contractOf(body) ?? 'unknown',
    arrays: PARTS.filter((part) => Array.isArray(body[part])),
    entriesFirst: Object.keys(body)[0] === 'entries',
    entries: countRange(entries.length),
    periodForms: [...new Set(periods.map(formOfPeriod))].sort(),
    ...(published &&
      entries.length > 0 && {
        rowKeyIsUnique:
          new Set(entries.map((entry) => JSON.stringify(IDS.map((id) => entry[id])))).size === entries.length,
        idsAreStrings: entries.every((entry) => IDS.every((id) => typeof entry[id] === 'string')),
        weeks: countRange(new Set(entries.map(({ timeFrameId }) => timeFrameId)).size),
        timeFrameForms: [...new Set(entries.map(({ timeFrameId }) => formOfFrame(timeFrameId)))].sort(),
        entriesOfUnlistedUsers: entries.some(({ userId }) => !users.has(userId)),
        entriesOfUnlistedFields: entries.some(({ fieldId }) => !fields.has(fieldId)),
        entriesOfUnlistedTimeFrames: entries.some(({ timeFrameId }) => !frames.has(timeFrameId)),
      }),
  };
}

function formOfPeriod(id: string): string {
  if (isQuarter(id)) return 'YYYY_Qn';
  if (/^\d{4}_M\d\d?$/.test(id)) return 'YYYY_Mn';
  return /^\d{4}$/.test(id) ? 'YYYY' : 'other';
}

const formOfFrame = (id: unknown): string =>
  typeof id === 'string' && /^TF:\d{4}-\d\d-\d\d$/.test(id) ? 'TF:YYYY-MM-DD' : 'other';
