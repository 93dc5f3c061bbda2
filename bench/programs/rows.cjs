// The join as anyone would write it first: the whole document in memory, a Map per array, the same columns as the
// connector's.
const { readFileSync } = require('node:fs');

const byKey = (items, key) => new Map(items.map((item) => [item[key], item]));
const isoOf = (epochMs) => (epochMs == null ? null : new Date(epochMs).toISOString());

exports.rowsOf = function* rowsOf(file) {
  const { entries, users, fields, timeFrames, timePeriods } = documentOf(file);
  const owners = byKey(users, 'userId');
  const names = byKey(fields, 'fieldId');
  const frames = byKey(timeFrames, 'timeFrameId');
  const periods = byKey(timePeriods, 'timePeriodId');
  for (const entry of entries) {
    const owner = owners.get(entry.userId);
    const field = names.get(entry.fieldId);
    const frame = frames.get(entry.timeFrameId);
    const period = periods.get(entry.timePeriodId);
    yield {
      forecastId: 'bench',
      forecastName: null,
      timePeriod: '2027_Q4',
      timePeriodId: entry.timePeriodId,
      timePeriodType: period.type,
      timePeriodLabel: period.label,
      timePeriodYear: period.year,
      timePeriodStartDate: period.startDate,
      timePeriodEndDate: period.endDate,
      timePeriodCrmId: period.crmId,
      timeFrameId: entry.timeFrameId,
      timeFrameStartDate: frame.startDate,
      timeFrameEndDate: frame.endDate,
      ownerId: entry.userId,
      ownerName: owner.name,
      ownerEmail: owner.email,
      ownerCrmId: owner.crmId,
      scopeId: owner.scopeId,
      hierarchyId: owner.hierarchyId,
      hierarchyName: owner.hierarchyName,
      parentHierarchyId: owner.parentHierarchyId,
      parentHierarchyName: owner.parentHierarchyName,
      fieldId: entry.fieldId,
      fieldName: field.fieldName,
      fieldType: field.fieldType,
      forecastAmount: entry.forecastValue ?? null,
      quotaAmount: entry.quotaValue ?? null,
      adjustmentAmount: entry.adjustmentValue ?? null,
      crmTotal: entry.aggregationTotal ?? null,
      crmClosed: entry.crmClosed ?? null,
      isUpdated: entry.isUpdated ?? null,
      updatedBy: entry.updatedBy ?? null,
      updatedOn: isoOf(entry.updatedOn),
      adjustedBy: entry.adjustedBy ?? null,
      adjustedOn: isoOf(entry.adjustedOn),
      currencyCode: entry.currency?.code ?? null,
      currencySymbol: entry.currency?.symbol ?? null,
      jobId: 'job-1',
      exportedAt: '2026-11-23T12:00:00.000Z',
      additionalFields: entry.aggregationTotal === undefined ? null : { aggregationTotal: entry.aggregationTotal },
    };
  }
};

function documentOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // The framework's runner would report it on stdout.
    process.stderr.write(`${error}\n`);
    throw error;
  }
}
