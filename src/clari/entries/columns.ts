import { isObject, type JsonObject } from '../../json';
import { asText } from '../../values';
import type { ForecastEntry } from '../types';
import type { Leftovers } from './leftovers';

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
/** What comes from the entry itself. */
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

/** Keys of an entry that have a column, in either contract. All others go to `additionalFields`. */
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

/**
 * What seems to be Clari's key for the CRM's total: production code has met it, but its meaning is unpublished. So it
 * stays in `additionalFields` too.
 */
export const PROBABLY_CRM_TOTAL = 'aggregationTotal';

export const periodColumns = (timePeriodId: string, period: JsonObject, leftovers: Leftovers): PeriodColumns => ({
  timePeriodId,
  timePeriodType: leftovers.text('timePeriodType', 'type', period['type']),
  timePeriodLabel: leftovers.text('timePeriodLabel', 'label', period['label']),
  timePeriodYear: leftovers.text('timePeriodYear', 'year', period['year']),
  timePeriodStartDate: leftovers.date('timePeriodStartDate', 'startDate', period['startDate']),
  timePeriodEndDate: leftovers.date('timePeriodEndDate', 'endDate', period['endDate']),
  timePeriodCrmId: leftovers.text('timePeriodCrmId', 'crmId', period['crmId']),
});

export const frameColumns = (timeFrameId: string, frame: JsonObject, leftovers: Leftovers): FrameColumns => ({
  timeFrameId,
  timeFrameStartDate: leftovers.date('timeFrameStartDate', 'startDate', frame['startDate']),
  timeFrameEndDate: leftovers.date('timeFrameEndDate', 'endDate', frame['endDate']),
});

export const ownerColumns = (ownerId: string, user: JsonObject, leftovers: Leftovers): OwnerColumns => ({
  ownerId,
  ownerName: leftovers.text('ownerName', 'name', user['name']),
  ownerEmail: leftovers.text('ownerEmail', 'email', user['email']),
  ownerCrmId: leftovers.text('ownerCrmId', 'crmId', user['crmId']),
  scopeId: leftovers.text('scopeId', 'scopeId', user['scopeId']),
  hierarchyId: leftovers.text('hierarchyId', 'hierarchyId', user['hierarchyId']),
  hierarchyName: leftovers.text('hierarchyName', 'hierarchyName', user['hierarchyName']),
  parentHierarchyId: leftovers.text('parentHierarchyId', 'parentHierarchyId', user['parentHierarchyId']),
  parentHierarchyName: leftovers.text('parentHierarchyName', 'parentHierarchyName', user['parentHierarchyName']),
});

export const fieldColumns = (fieldId: string, field: JsonObject, leftovers: Leftovers): FieldColumns => ({
  fieldId,
  fieldName: leftovers.text('fieldName', 'fieldName', field['fieldName']),
  fieldType: leftovers.text('fieldType', 'fieldType', field['fieldType']),
});

export function publishedColumns(entry: JsonObject, leftovers: Leftovers): OwnColumns {
  const { code, symbol } = currencyOf(entry['currency'], leftovers);
  return {
    forecastAmount: leftovers.number('forecastAmount', 'forecastValue', entry['forecastValue']),
    quotaAmount: leftovers.number('quotaAmount', 'quotaValue', entry['quotaValue']),
    adjustmentAmount: leftovers.number('adjustmentAmount', 'adjustmentValue', entry['adjustmentValue']),
    crmTotal:
      entry['crmTotal'] === undefined
        ? leftovers.number('crmTotal', PROBABLY_CRM_TOTAL, entry[PROBABLY_CRM_TOTAL])
        : leftovers.number('crmTotal', 'crmTotal', entry['crmTotal']),
    crmClosed: leftovers.number('crmClosed', 'crmClosed', entry['crmClosed']),
    isUpdated: leftovers.boolean('isUpdated', 'isUpdated', entry['isUpdated']),
    updatedBy: leftovers.text('updatedBy', 'updatedBy', entry['updatedBy']),
    updatedOn: leftovers.dateTime('updatedOn', 'updatedOn', entry['updatedOn']),
    adjustedBy: leftovers.text('adjustedBy', 'adjustedBy', entry['adjustedBy']),
    adjustedOn: leftovers.dateTime('adjustedOn', 'adjustedOn', entry['adjustedOn']),
    currencyCode: code,
    currencySymbol: symbol,
    additionalFields: null,
  };
}

/** A currency with anything its two columns can't take is also kept whole. */
function currencyOf(currency: unknown, leftovers: Leftovers): { code: string | null; symbol: string | null } {
  if (currency === null || currency === undefined) return NO_CURRENCY;
  if (!isObject(currency)) {
    leftovers.misfit('currencyCode', 'currency', currency);
    leftovers.misfit('currencySymbol', 'currency', currency);
    return NO_CURRENCY;
  }
  const code = asText(currency['code']);
  const symbol = asText(currency['symbol']);
  if (code === null && currency['code'] != null) leftovers.misfit('currencyCode', 'currency', currency);
  if (symbol === null && currency['symbol'] != null) leftovers.misfit('currencySymbol', 'currency', currency);
  if (hasFurtherKeys(currency)) leftovers.keep('currency', currency);
  return { code, symbol };
}

const NO_CURRENCY = { code: null, symbol: null };

function hasFurtherKeys(currency: JsonObject): boolean {
  for (const key in currency) if (key !== 'code' && key !== 'symbol') return true;
  return false;
}

export const listedColumns = (entry: JsonObject, leftovers: Leftovers): OwnColumns => ({
  forecastAmount: leftovers.number('forecastAmount', 'forecastAmount', entry['forecastAmount']),
  quotaAmount: leftovers.number('quotaAmount', 'quotaAmount', entry['quotaAmount']),
  adjustmentAmount: leftovers.number('adjustmentAmount', 'adjustmentAmount', entry['adjustmentAmount']),
  crmTotal: leftovers.number('crmTotal', 'crmTotal', entry['crmTotal']),
  crmClosed: leftovers.number('crmClosed', 'crmClosed', entry['crmClosed']),
  isUpdated: null,
  updatedBy: null,
  updatedOn: null,
  adjustedBy: null,
  adjustedOn: null,
  currencyCode: null,
  currencySymbol: null,
  additionalFields: null,
});

/**
 * In the listed contract the entry itself names its owner. The e-mail address identifies them, since names can clash;
 * without one, the name does.
 */
export function listedOwnerColumns(entry: JsonObject, leftovers: Leftovers): OwnerColumns {
  const name = leftovers.text('ownerName', 'ownerName', entry['ownerName']);
  const email = leftovers.text('ownerEmail', 'ownerEmail', entry['ownerEmail']);
  return ownerColumns(email || name || '', { name, email }, leftovers);
}
