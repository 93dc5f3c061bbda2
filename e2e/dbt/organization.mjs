// The sales organization of this test: three levels, a person with two roles, and somebody who leaves.
// Ids are as long as Salesforce's: PyAirbyte's PostgreSQL cache takes one like 00E1 for the number 0.

const owner = (id, roleId, role, name, parent, userType) => ({
  userId: `${id}:${roleId}`,
  crmId: `0055x0000${id}AAV`,
  name,
  email: `${name.toLowerCase().replace(' ', '.')}@example.com`,
  hierarchyId: roleId,
  hierarchyName: role,
  parentHierarchyId: parent?.hierarchyId ?? null,
  parentHierarchyName: parent?.hierarchyName ?? null,
  userType,
});

const chief = owner('300100', '00E5x000000ZzYyUAK', 'VP Sales', 'Ines Rocha', null, 'MGR');
const west = owner('300102', '00E5x000001WeStUAK', 'Director - West', 'Jonas Lind', chief, 'MGR');
const east = owner('300104', '00E5x000002EaStUAK', 'Director - East', 'Amara Obi', chief, 'MGR');

export const OWNERS_NOW = [
  chief,
  west,
  east,
  owner('300101', '00E5x000003AbCdUAK', 'AE - West', 'Maya Ortiz', west, 'REP'),
  owner('300101', '00E5x000004QrStUAK', 'AE - East', 'Maya Ortiz', east, 'REP'),
  owner('300103', '00E5x000005GhIjUAK', 'AE - South', 'Paul Berg', east, 'REP'),
];

/** A week earlier Rosa was still there. */
export const OWNERS_BEFORE = [
  ...OWNERS_NOW,
  owner('300105', '00E5x000006NoRtUAK', 'AE - North', 'Rosa Klein', west, 'REP'),
];

const FIELDS = [
  { fieldId: 'fc_closed', fieldName: 'Closed', fieldType: 'forecast' },
  { fieldId: 'fc_commit', fieldName: 'Commit', fieldType: 'forecast' },
  { fieldId: 'fc_best_case', fieldName: 'Best Case', fieldType: 'forecast' },
  { fieldId: 'adj_commit', fieldName: 'Commit Adjustment', fieldType: 'adjustment' },
  { fieldId: 'quota_new_business', fieldName: 'Quota', fieldType: 'quota' },
];

/** Two tabs with the same fields, and a monthly one. */
export const TABS = (owners) => [
  { forecastId: 'net_new', forecastName: 'Net New', owners, fields: FIELDS },
  { forecastId: 'renewals_emea', forecastName: 'Renewals EMEA', owners, fields: FIELDS },
  { forecastId: 'monthly', forecastName: 'Monthly', owners, fields: FIELDS, periodType: 'month' },
];
