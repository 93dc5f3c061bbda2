// The sales organization of the demo: three levels, a role that two people share, and one person in two roles.

const VP = { hierarchyId: '00E5x000000VpSaUAK', hierarchyName: 'VP Sales' };
const WEST = { hierarchyId: '00E5x000001ZzYyUAK', hierarchyName: 'Director - West' };
const EAST = { hierarchyId: '00E5x000004EaStUAK', hierarchyName: 'Director - East' };
const AE_WEST = { hierarchyId: '00E5x000001AbCdUAK', hierarchyName: 'AE - West' };
const AE_EAST = { hierarchyId: '00E5x000002QrStUAK', hierarchyName: 'AE - East' };
const AE_SOUTH = { hierarchyId: '00E5x000003GhIjUAK', hierarchyName: 'AE - South' };

function person(id, name, role, parent, userType = 'REP') {
  const email = `${name
    .normalize('NFD')
    .replace(/ø/g, 'o')
    .replace(/[^a-z ]/gi, '')
    .toLowerCase()
    .replace(' ', '.')}@example.com`;
  return {
    userId: `${id}:${role.hierarchyId}`,
    crmId: `0055x00000${id}AAV`,
    name,
    email,
    ...role,
    parentHierarchyId: parent?.hierarchyId ?? null,
    parentHierarchyName: parent?.hierarchyName ?? null,
    userType,
  };
}

export const owners = [
  person(300104, 'Ingrid Solheim', VP, null, 'MGR'),
  person(300102, 'Jonas Lind', WEST, VP, 'MGR'),
  person(300105, 'Amara Okafor', EAST, VP, 'MGR'),
  person(300101, 'Maya Ortiz', AE_WEST, WEST),
  person(300106, 'Ben Castellano', AE_WEST, WEST),
  person(300103, 'Tomás Brøgger', AE_SOUTH, WEST),
  person(300101, 'Maya Ortiz', AE_EAST, EAST),
  person(300107, 'Li Wei', AE_EAST, EAST),
  person(300108, 'Sofia Marchetti', AE_EAST, EAST),
];

/** The Forecast Tabs. In the first one, three more people are asked for a call and never make one. */
export const forecasts = [
  { forecastId: 'net_new', forecastName: 'Net New', owners, idleUsers: 3 },
  { forecastId: 'renewals_emea', forecastName: 'Renewals EMEA', owners },
];

/** The same for the listed contract, which sends no hierarchy: nothing there tells managers from reports. */
export const listedForecasts = [
  { forecastId: 'net_new', forecastName: 'Net New', owners: owners.filter(({ userType }) => userType === 'REP') },
];
