import { isObject, type JsonObject } from '../json';
import { ClariError } from './errors';
import { type Joined, type Joins, joinsOf, type ResultParts } from './parts';
import type { ForecastEntry } from './types';
import { asNumber, Extra, asText as text } from './values';

export { periodsOf, type ResultParts } from './parts';

/** What every row of one export has in common. */
export interface EntryContext {
  readonly forecastId: string;
  readonly forecastName: string | null;
  /** The quarter asked for, or learned from the answer. */
  readonly timePeriod: string;
  readonly jobId: string;
  /** ISO 8601. */
  readonly exportedAt: string;
}

export interface EntryMapper {
  /** One entry as a row. Throws a ClariError (`unexpected_answer`) for what is no JSON object. */
  map(entry: unknown): ForecastEntry;
  /** The keys met so far that have no column; their values are in `additionalFields`. */
  readonly unknownKeys: ReadonlySet<string>;
}

/** Keys of an entry that have a column, in either contract. What is not here goes to `additionalFields`. */
const PUBLISHED_KEYS = new Set([
  'userId',
  'fieldId',
  'timeFrameId',
  'timePeriodId',
  'forecastValue',
  'quotaValue',
  'adjustmentValue',
  'crmTotal',
  'crmClosed',
  'isUpdated',
  'updatedBy',
  'updatedOn',
  'adjustedBy',
  'adjustedOn',
  'currency',
]);
const LISTED_KEYS = new Set([
  'ownerName',
  'ownerEmail',
  'forecastAmount',
  'quotaAmount',
  'crmTotal',
  'crmClosed',
  'adjustmentAmount',
  'timePeriod',
]);

/** Clari's key for the CRM's total, as production code has met it; nobody has published what it is. So it stays in `additionalFields` too. */
const PROBABLY_CRM_TOTAL = 'aggregationTotal';

/** In the listed contract an entry is a whole owner, not one field of theirs. */
const ALL_FIELDS = 'all';

/**
 * Turns the entries of one export into rows, joining owners, fields, weeks and periods. An entry whose user, field, week or period isn't in the parts is a row
 * all the same, with nulls beside the id. A key that Clari left out is an empty text, since a part of a primary key can't be null.
 */
export function createEntryMapper(parts: ResultParts, context: EntryContext): EntryMapper {
  const unknownKeys = new Set<string>();
  const joins = joinsOf(parts);
  const publishedParts = joins.fields.size > 0 || joins.timeFrames.size > 0;
  return {
    unknownKeys,
    map(entry) {
      if (!isObject(entry)) throw noEntry(context.jobId);
      const extra = new Extra(unknownKeys);
      const isListed =
        entry['fieldId'] === undefined &&
        (entry['ownerEmail'] !== undefined || entry['ownerName'] !== undefined || !publishedParts);
      const row = isListed ? listedRow(entry, context, joins, extra) : publishedRow(entry, context, joins, extra);
      const known = isListed ? LISTED_KEYS : PUBLISHED_KEYS;
      for (const key in entry) {
        if (key === PROBABLY_CRM_TOTAL) extra.keepKnown(key, entry[key]);
        else if (!known.has(key)) extra.keep(key, entry[key]);
      }
      row.additionalFields = extra.fields;
      return row;
    },
  };
}

/** The joined item, if there is one; its keys without a column are kept under the name of its part. */
function join(
  items: ReadonlyMap<unknown, Joined>,
  id: unknown,
  part: keyof Joins,
  extra: Extra,
): JsonObject | undefined {
  const joined = items.get(id);
  if (joined !== undefined && joined.rest !== null) extra.keep(part, joined.rest);
  return joined?.item;
}

function publishedRow(entry: JsonObject, context: EntryContext, joins: Joins, extra: Extra): ForecastEntry {
  const user = join(joins.users, entry['userId'], 'users', extra);
  const field = join(joins.fields, entry['fieldId'], 'fields', extra);
  const frame = join(joins.timeFrames, entry['timeFrameId'], 'timeFrames', extra);
  const period = join(joins.timePeriods, entry['timePeriodId'], 'timePeriods', extra);
  const { currency } = entry;
  const money = isObject(currency) ? currency : undefined;
  if (money === undefined ? currency != null : hasFurtherKeys(money)) extra.keep('currency', currency);
  const crmTotal = extra.number('crmTotal', entry['crmTotal']);
  return {
    forecastId: context.forecastId,
    forecastName: context.forecastName,
    timePeriod: context.timePeriod,
    timePeriodId: extra.key('timePeriodId', entry['timePeriodId']),
    timePeriodType: text(period?.['type']),
    timePeriodLabel: text(period?.['label']),
    timePeriodYear: text(period?.['year']),
    timePeriodStartDate: text(period?.['startDate']),
    timePeriodEndDate: text(period?.['endDate']),
    timePeriodCrmId: text(period?.['crmId']),
    timeFrameId: extra.key('timeFrameId', entry['timeFrameId']),
    timeFrameStartDate: text(frame?.['startDate']),
    timeFrameEndDate: text(frame?.['endDate']),
    ownerId: extra.key('userId', entry['userId']),
    ownerName: text(user?.['name']),
    ownerEmail: text(user?.['email']),
    ownerCrmId: text(user?.['crmId']),
    scopeId: text(user?.['scopeId']),
    hierarchyId: text(user?.['hierarchyId']),
    hierarchyName: text(user?.['hierarchyName']),
    parentHierarchyId: text(user?.['parentHierarchyId']),
    parentHierarchyName: text(user?.['parentHierarchyName']),
    fieldId: extra.key('fieldId', entry['fieldId']),
    fieldName: text(field?.['fieldName']),
    fieldType: text(field?.['fieldType']),
    forecastAmount: extra.number('forecastValue', entry['forecastValue']),
    quotaAmount: extra.number('quotaValue', entry['quotaValue']),
    adjustmentAmount: extra.number('adjustmentValue', entry['adjustmentValue']),
    crmTotal: crmTotal ?? (entry['crmTotal'] === undefined ? asNumber(entry[PROBABLY_CRM_TOTAL]) : null),
    crmClosed: extra.number('crmClosed', entry['crmClosed']),
    isUpdated: extra.boolean('isUpdated', entry['isUpdated']),
    updatedBy: extra.text('updatedBy', entry['updatedBy']),
    updatedOn: extra.dateTime('updatedOn', entry['updatedOn']),
    adjustedBy: extra.text('adjustedBy', entry['adjustedBy']),
    adjustedOn: extra.dateTime('adjustedOn', entry['adjustedOn']),
    currencyCode: text(money?.['code']),
    currencySymbol: text(money?.['symbol']),
    jobId: context.jobId,
    exportedAt: context.exportedAt,
    additionalFields: null,
  };
}

function hasFurtherKeys(currency: JsonObject): boolean {
  for (const key in currency) if (key !== 'code' && key !== 'symbol') return true;
  return false;
}

function listedRow(entry: JsonObject, context: EntryContext, joins: Joins, extra: Extra): ForecastEntry {
  const timePeriodId = extra.text('timePeriod', entry['timePeriod']) ?? context.timePeriod;
  const ownerName = extra.text('ownerName', entry['ownerName']);
  const ownerEmail = extra.text('ownerEmail', entry['ownerEmail']);
  const period = join(joins.timePeriods, timePeriodId, 'timePeriods', extra);
  return {
    forecastId: context.forecastId,
    forecastName: context.forecastName,
    timePeriod: context.timePeriod,
    timePeriodId,
    timePeriodType: text(period?.['type']),
    timePeriodLabel: text(period?.['label']),
    timePeriodYear: text(period?.['year']),
    timePeriodStartDate: text(period?.['startDate']),
    timePeriodEndDate: text(period?.['endDate']),
    timePeriodCrmId: text(period?.['crmId']),
    timeFrameId: timePeriodId,
    timeFrameStartDate: null,
    timeFrameEndDate: null,
    // Two people may share a name, hardly an address; but a row without an address still has to have a key.
    ownerId: ownerEmail ?? ownerName ?? '',
    ownerName,
    ownerEmail,
    ownerCrmId: null,
    scopeId: null,
    hierarchyId: null,
    hierarchyName: null,
    parentHierarchyId: null,
    parentHierarchyName: null,
    fieldId: ALL_FIELDS,
    fieldName: null,
    fieldType: null,
    forecastAmount: extra.number('forecastAmount', entry['forecastAmount']),
    quotaAmount: extra.number('quotaAmount', entry['quotaAmount']),
    adjustmentAmount: extra.number('adjustmentAmount', entry['adjustmentAmount']),
    crmTotal: extra.number('crmTotal', entry['crmTotal']),
    crmClosed: extra.number('crmClosed', entry['crmClosed']),
    isUpdated: null,
    updatedBy: null,
    updatedOn: null,
    adjustedBy: null,
    adjustedOn: null,
    currencyCode: null,
    currencySymbol: null,
    jobId: context.jobId,
    exportedAt: context.exportedAt,
    additionalFields: null,
  };
}

const noEntry = (jobId: string): ClariError =>
  new ClariError(
    `The results of Clari's job ${jobId} hold entries that are no JSON objects. Sync again later; if it stays so, tell Clari the job's id.`,
    {
      kind: 'unexpected_answer',
      jobId,
    },
  );
