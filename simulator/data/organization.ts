import type { Currency, FieldSpec, ForecastSpec, OwnerSpec } from '../forecast-spec';
import { crmIdOf } from '../hash';

export const ORG_ID = 901;
/** The user the key belongs to. */
export const USER_ID = 300102;

const DIRECTOR = { hierarchyId: '00E5x000001ZzYyUAK', hierarchyName: 'Director - West' };

/** Maya Ortiz appears twice: she changed roles, so she has two userIds but one crmId and one email. */
const OWNERS: readonly OwnerSpec[] = [
  {
    userId: `300102:${DIRECTOR.hierarchyId}`,
    crmId: '0055x00000DdEeFAAV',
    name: 'Jonas Lind',
    email: 'jonas.lind@example.com',
    ...DIRECTOR,
    parentHierarchyId: null,
    parentHierarchyName: null,
    userType: 'MGR',
  },
  rep('300101', '00E5x000001AbCdUAK', 'AE - West', '0055x00000AaBbCAAV', 'Maya Ortiz', 'maya.ortiz@example.com'),
  rep('300101', '00E5x000002QrStUAK', 'AE - East', '0055x00000AaBbCAAV', 'Maya Ortiz', 'maya.ortiz@example.com'),
  rep('300103', '00E5x000003GhIjUAK', 'AE - South', '0055x00000GgHhIAAV', 'Tomás Brøgger', 'tomas.brogger@example.com'),
];

const FIELDS: readonly FieldSpec[] = [
  { fieldId: 'fc_commit', fieldName: 'Commit', fieldType: 'forecast' },
  { fieldId: 'fc_best_case', fieldName: 'Best Case', fieldType: 'forecast' },
  { fieldId: 'adj_commit', fieldName: 'Commit Adjustment', fieldType: 'adjustment' },
  { fieldId: 'quota_new_business', fieldName: 'Quota', fieldType: 'quota' },
];

/** Someone with entries but no row in `users`, for specs with `unknownUsers`. */
export const STRANGER: OwnerSpec = rep(
  '399999',
  '00E5x000009XxXxUAK',
  'AE - Gone',
  '0055x00000XxXxXAAV',
  'Nobody Known',
  'nobody.known@example.com',
);

/** The users with entries. */
export function ownersOf(spec: ForecastSpec): readonly OwnerSpec[] {
  if (typeof spec.owners !== 'number') return spec.owners ?? OWNERS;
  return Array.from({ length: spec.owners }, (_, index): OwnerSpec => {
    const known = index === 0 ? OWNERS[0] : undefined;
    if (known !== undefined) return known;
    const id = `${400_000 + index}`;
    const role = crmIdOf('00E5x', `role ${id}`);
    return rep(id, role, `AE - ${index}`, crmIdOf('0055x', id), `Owner ${index}`, `owner${index}@example.com`);
  });
}

/** Users who never enter anything; every third is a manager. */
function idleUsersOf(spec: ForecastSpec): readonly OwnerSpec[] {
  return Array.from({ length: spec.idleUsers ?? 0 }, (_, index): OwnerSpec => {
    const id = `${500_000 + index}`;
    const isManager = index % 3 === 0;
    const role = crmIdOf('00E5x', `idle role ${id}`);
    const roleName = isManager ? `Manager - Idle ${index + 1}` : `AE - Idle ${index + 1}`;
    const email = `idle${index + 1}@example.com`;
    const user = rep(id, role, roleName, crmIdOf('0055x', id), `Idle User ${index + 1}`, email);
    return isManager ? { ...user, userType: 'MGR' } : user;
  });
}

/** Everyone in `users`, with or without entries. */
export const everyoneIn = (spec: ForecastSpec): readonly OwnerSpec[] => [...ownersOf(spec), ...idleUsersOf(spec)];

/** Fields nobody ever enters anything in. */
export function idleFieldsOf(spec: ForecastSpec): readonly FieldSpec[] {
  return Array.from({ length: spec.emptyFields ?? 0 }, (_, index) => ({
    fieldId: `fc_unused_${index + 1}`,
    fieldName: `Unused ${index + 1}`,
    fieldType: 'forecast',
  }));
}

/** The fields with entries. */
export function fieldsOf(spec: ForecastSpec): readonly FieldSpec[] {
  if (typeof spec.fields !== 'number') return spec.fields ?? FIELDS;
  return Array.from({ length: spec.fields }, (_, index) => ({
    fieldId: `fc_${index}`,
    fieldName: `Field ${index}`,
    fieldType: 'forecast',
  }));
}

/** The Clari user id inside a userId. */
export const clariUserId = (owner: OwnerSpec): string => owner.userId.split(':')[0] ?? owner.userId;

/** JSON inside a string, as newer tenants have it. */
export function scopeIdOf(owner: OwnerSpec): string {
  return JSON.stringify({ type: 'FORECAST_ROLE', userId: Number(clariUserId(owner)), userType: owner.userType });
}

/** The owners in a scope: a manager and everyone below, or a single person. Undefined if nobody has that scope. */
export function ownersInScope(owners: readonly OwnerSpec[], scopeId: string): readonly OwnerSpec[] | undefined {
  const roots = owners.filter(
    (owner) => scopeIdOf(owner) === scopeId || `${clariUserId(owner)}::${owner.userType}` === scopeId,
  );
  if (roots.length === 0) return undefined;
  const inside = new Set(roots);
  for (let before = -1; before !== inside.size; ) {
    before = inside.size;
    const roles = new Set([...inside].filter((owner) => owner.userType === 'MGR').map((owner) => owner.hierarchyId));
    for (const owner of owners) {
      if (owner.parentHierarchyId !== null && roles.has(owner.parentHierarchyId)) inside.add(owner);
    }
  }
  return owners.filter((owner) => inside.has(owner));
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

export const isCurrency = (code: unknown): code is string => typeof code === 'string' && CURRENCIES.has(code);

export function currencyOf(spec: ForecastSpec, asked: string | null): Currency {
  const own = spec.currency ?? { code: 'USD', symbol: '$' };
  if (asked === null || asked === own.code) return own;
  const parts = new Intl.NumberFormat('en', {
    style: 'currency',
    currency: asked,
    currencyDisplay: 'narrowSymbol',
  }).formatToParts(1);
  return { code: asked, symbol: parts.find((part) => part.type === 'currency')?.value ?? asked };
}

function rep(id: string, role: string, roleName: string, crmId: string, name: string, email: string): OwnerSpec {
  return {
    userId: `${id}:${role}`,
    crmId,
    name,
    email,
    hierarchyId: role,
    hierarchyName: roleName,
    parentHierarchyId: DIRECTOR.hierarchyId,
    parentHierarchyName: DIRECTOR.hierarchyName,
    userType: 'REP',
  };
}
