import { ClariError } from './errors';
import type { ForecastEntry } from './types';

/** The parts of an export's results that entries are joined with; absent in the listed contract. */
export interface ResultParts {
  readonly fields?: unknown;
  readonly users?: unknown;
  readonly timeFrames?: unknown;
  readonly timePeriods?: unknown;
}

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

type Json = Record<string, unknown>;

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

/** In the listed contract an entry is a whole owner, not one field of theirs. */
const ALL_FIELDS = 'all';

/**
 * Turns the entries of one export into rows, joining owners, fields, weeks and periods. An entry whose user, field, week or period isn't in the parts is a row
 * all the same, with nulls beside the id. A key that Clari left out is an empty text, since a part of a primary key can't be null.
 */
export function createEntryMapper(parts: ResultParts, context: EntryContext): EntryMapper {
  const unknownKeys = new Set<string>();
  const users = byKey(parts.users, 'userId');
  const fields = byKey(parts.fields, 'fieldId');
  const frames = byKey(parts.timeFrames, 'timeFrameId');
  const periods = byKey(parts.timePeriods, 'timePeriodId');
  const publishedParts = fields.size > 0 || frames.size > 0;
  return {
    unknownKeys,
    map(entry) {
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw noEntry(context.jobId);
      const json = entry as Json;
      const extra = new Extra(unknownKeys);
      const isListed =
        json['fieldId'] === undefined &&
        (json['ownerEmail'] !== undefined || json['ownerName'] !== undefined || !publishedParts);
      const row = isListed
        ? listedRow(json, context, periods, extra)
        : publishedRow(json, context, { users, fields, frames, periods }, extra);
      const known = isListed ? LISTED_KEYS : PUBLISHED_KEYS;
      for (const key in json) if (!known.has(key)) extra.keep(key, json[key]);
      row.additionalFields = extra.fields;
      return row;
    },
  };
}

/** The ids of the periods that results name: of `timePeriods`, else of the entries themselves. */
export function periodsOf(parts: ResultParts, entries: readonly unknown[]): string[] {
  const ids = (items: unknown, key: string): string[] =>
    Array.isArray(items)
      ? items.map((item) => (item as Json | null)?.[key]).filter((id): id is string => typeof id === 'string')
      : [];
  const named = ids(parts.timePeriods, 'timePeriodId');
  return [
    ...new Set(named.length > 0 ? named : [...ids(entries, 'timePeriod'), ...ids(entries, 'timePeriodId')]),
  ].sort();
}

interface Joins {
  readonly users: ReadonlyMap<unknown, Json>;
  readonly fields: ReadonlyMap<unknown, Json>;
  readonly frames: ReadonlyMap<unknown, Json>;
  readonly periods: ReadonlyMap<unknown, Json>;
}

function publishedRow(
  entry: Json,
  context: EntryContext,
  { users, fields, frames, periods }: Joins,
  extra: Extra,
): ForecastEntry {
  const user = users.get(entry['userId']);
  const field = fields.get(entry['fieldId']);
  const frame = frames.get(entry['timeFrameId']);
  const period = periods.get(entry['timePeriodId']);
  const currency = entry['currency'] as Json | null | undefined;
  const hasCurrency = typeof currency === 'object' && currency !== null;
  if (!hasCurrency && currency !== null && currency !== undefined) extra.keep('currency', currency);
  const crmTotal = extra.number('crmTotal', entry['crmTotal']);
  return {
    forecastId: context.forecastId,
    forecastName: context.forecastName,
    timePeriod: context.timePeriod,
    timePeriodId: key(entry['timePeriodId']),
    timePeriodType: text(period?.['type']),
    timePeriodLabel: text(period?.['label']),
    timePeriodYear: text(period?.['year']),
    timePeriodStartDate: text(period?.['startDate']),
    timePeriodEndDate: text(period?.['endDate']),
    timePeriodCrmId: text(period?.['crmId']),
    timeFrameId: key(entry['timeFrameId']),
    timeFrameStartDate: text(frame?.['startDate']),
    timeFrameEndDate: text(frame?.['endDate']),
    ownerId: key(entry['userId']),
    ownerName: text(user?.['name']),
    ownerEmail: text(user?.['email']),
    ownerCrmId: text(user?.['crmId']),
    scopeId: text(user?.['scopeId']),
    hierarchyId: text(user?.['hierarchyId']),
    hierarchyName: text(user?.['hierarchyName']),
    parentHierarchyId: text(user?.['parentHierarchyId']),
    parentHierarchyName: text(user?.['parentHierarchyName']),
    fieldId: key(entry['fieldId']),
    fieldName: text(field?.['fieldName']),
    fieldType: text(field?.['fieldType']),
    forecastAmount: extra.number('forecastValue', entry['forecastValue']),
    quotaAmount: extra.number('quotaValue', entry['quotaValue']),
    adjustmentAmount: extra.number('adjustmentValue', entry['adjustmentValue']),
    // Clari's key for the CRM's total is probably this one (nobody has published it); the original stays in additionalFields.
    crmTotal: crmTotal ?? (entry['crmTotal'] === undefined ? asNumber(entry['aggregationTotal']) : null),
    crmClosed: extra.number('crmClosed', entry['crmClosed']),
    isUpdated: extra.boolean('isUpdated', entry['isUpdated']),
    updatedBy: extra.text('updatedBy', entry['updatedBy']),
    updatedOn: extra.dateTime('updatedOn', entry['updatedOn']),
    adjustedBy: extra.text('adjustedBy', entry['adjustedBy']),
    adjustedOn: extra.dateTime('adjustedOn', entry['adjustedOn']),
    currencyCode: hasCurrency ? text(currency['code']) : null,
    currencySymbol: hasCurrency ? text(currency['symbol']) : null,
    jobId: context.jobId,
    exportedAt: context.exportedAt,
    additionalFields: null,
  };
}

function listedRow(
  entry: Json,
  context: EntryContext,
  periods: ReadonlyMap<unknown, Json>,
  extra: Extra,
): ForecastEntry {
  const timePeriodId = text(entry['timePeriod']) ?? context.timePeriod;
  const period = periods.get(timePeriodId);
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
    ownerId: text(entry['ownerEmail']) ?? key(entry['ownerName']),
    ownerName: text(entry['ownerName']),
    ownerEmail: text(entry['ownerEmail']),
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

/** Collects what of one entry fits no column: unknown keys, and values of the wrong type, which leave their column null. */
class Extra {
  fields: Json | null = null;

  constructor(private readonly unknownKeys: Set<string>) {}

  keep(name: string, value: unknown): void {
    this.unknownKeys.add(name);
    this.fields ??= {};
    this.fields[name] = value;
  }

  number(name: string, value: unknown): number | null {
    if (typeof value === 'number' || value === null || value === undefined) return value ?? null;
    const parsed = asNumber(value);
    if (parsed === null) this.keep(name, value);
    return parsed;
  }

  text(name: string, value: unknown): string | null {
    const found = text(value);
    if (found === null && value !== null && value !== undefined) this.keep(name, value);
    return found;
  }

  boolean(name: string, value: unknown): boolean | null {
    if (typeof value === 'boolean' || value === null || value === undefined) return value ?? null;
    this.keep(name, value);
    return null;
  }

  /** From epoch milliseconds, as a number or in quotes. */
  dateTime(name: string, value: unknown): string | null {
    if (value === null || value === undefined) return null;
    const epochMs = asNumber(value);
    if (epochMs !== null && Math.abs(epochMs) <= 8.64e15) return new Date(epochMs).toISOString();
    this.keep(name, value);
    return null;
  }
}

/** A number, or a text that is one and loses nothing by becoming it; else null. */
function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^-?\d+(\.\d+)?$/.test(value)) return null;
  const digits = value.replace(/[-.]/g, '').replace(/^0+/, '');
  return digits.length <= 15 ? Number(value) : null;
}

/** Text as it is, a number as text (an id may be either), anything else null. */
function text(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : null;
}

const key = (value: unknown): string => text(value) ?? '';

function byKey(items: unknown, name: string): Map<unknown, Json> {
  const map = new Map<unknown, Json>();
  if (!Array.isArray(items)) return map;
  for (const item of items) if (typeof item === 'object' && item !== null) map.set((item as Json)[name], item as Json);
  return map;
}

const noEntry = (jobId: string): ClariError =>
  new ClariError(
    `The results of Clari's job ${jobId} hold entries that are no JSON objects. Sync again later; if it stays so, tell Clari the job's id.`,
    {
      kind: 'unexpected_answer',
      jobId,
    },
  );
