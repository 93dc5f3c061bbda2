import { isObject, type JsonObject } from '../../json';
import type { ForecastEntry } from '../types';
import { asNumber, type Extra, asText as text } from './leftovers';

/** The columns of a row, by where they come from. */
export type PeriodColumns = Pick<
  ForecastEntry,
  | 'timePeriodId'
  | 'timePeriodType'
  | 'timePeriodLabel'
  | 'timePeriodYear'
  | 'timePeriodStartDate'
  | 'timePeriodEndDate'
  | 'timePeriodCrmId'
>;
export type FrameColumns = Pick<ForecastEntry, 'timeFrameId' | 'timeFrameStartDate' | 'timeFrameEndDate'>;
export type OwnerColumns = Pick<
  ForecastEntry,
  | 'ownerId'
  | 'ownerName'
  | 'ownerEmail'
  | 'ownerCrmId'
  | 'scopeId'
  | 'hierarchyId'
  | 'hierarchyName'
  | 'parentHierarchyId'
  | 'parentHierarchyName'
>;
export type FieldColumns = Pick<ForecastEntry, 'fieldId' | 'fieldName' | 'fieldType'>;
/** What the entry alone holds. */
export type OwnColumns = Pick<
  ForecastEntry,
  | 'forecastAmount'
  | 'quotaAmount'
  | 'adjustmentAmount'
  | 'crmTotal'
  | 'crmClosed'
  | 'isUpdated'
  | 'updatedBy'
  | 'updatedOn'
  | 'adjustedBy'
  | 'adjustedOn'
  | 'currencyCode'
  | 'currencySymbol'
  | 'additionalFields'
>;

/** Keys of an entry that have a column, in either contract. What is not here goes to `additionalFields`. */
export const PUBLISHED_KEYS = new Set([
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
export const LISTED_KEYS = new Set([
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
export const PROBABLY_CRM_TOTAL = 'aggregationTotal';

export const periodColumns = (timePeriodId: string, period: JsonObject): PeriodColumns => ({
  timePeriodId,
  timePeriodType: text(period['type']),
  timePeriodLabel: text(period['label']),
  timePeriodYear: text(period['year']),
  timePeriodStartDate: text(period['startDate']),
  timePeriodEndDate: text(period['endDate']),
  timePeriodCrmId: text(period['crmId']),
});

export const frameColumns = (timeFrameId: string, frame: JsonObject): FrameColumns => ({
  timeFrameId,
  timeFrameStartDate: text(frame['startDate']),
  timeFrameEndDate: text(frame['endDate']),
});

export const ownerColumns = (ownerId: string, user: JsonObject): OwnerColumns => ({
  ownerId,
  ownerName: text(user['name']),
  ownerEmail: text(user['email']),
  ownerCrmId: text(user['crmId']),
  scopeId: text(user['scopeId']),
  hierarchyId: text(user['hierarchyId']),
  hierarchyName: text(user['hierarchyName']),
  parentHierarchyId: text(user['parentHierarchyId']),
  parentHierarchyName: text(user['parentHierarchyName']),
});

export const fieldColumns = (fieldId: string, field: JsonObject): FieldColumns => ({
  fieldId,
  fieldName: text(field['fieldName']),
  fieldType: text(field['fieldType']),
});

export function publishedColumns(entry: JsonObject, extra: Extra): OwnColumns {
  const { currency } = entry;
  const money = isObject(currency) ? currency : undefined;
  if (money === undefined ? currency != null : hasFurtherKeys(money)) extra.keep('currency', currency);
  const crmTotal = extra.number('crmTotal', entry['crmTotal']);
  return {
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
    additionalFields: null,
  };
}

function hasFurtherKeys(currency: JsonObject): boolean {
  for (const key in currency) if (key !== 'code' && key !== 'symbol') return true;
  return false;
}

export const listedColumns = (entry: JsonObject, extra: Extra): OwnColumns => ({
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
  additionalFields: null,
});

/** In the listed contract the owner is in the entry itself. Two people may share a name, hardly an address; but a row without an address still has to have a key. */
export function listedOwnerColumns(entry: JsonObject, extra: Extra): OwnerColumns {
  const name = extra.text('ownerName', entry['ownerName']);
  const email = extra.text('ownerEmail', entry['ownerEmail']);
  return ownerColumns(email ?? name ?? '', { name, email });
}
