import { isObject, type JsonObject } from '../json';

/** The parts of an export's results that entries are joined with; absent in the listed contract. */
export interface ResultParts {
  readonly fields?: unknown;
  readonly users?: unknown;
  readonly timeFrames?: unknown;
  readonly timePeriods?: unknown;
}

/** An item of a part. */
export interface Joined {
  readonly item: JsonObject;
  /** Its keys that have no column; null when there are none. */
  readonly rest: JsonObject | null;
}

export interface Joins {
  readonly users: ReadonlyMap<unknown, Joined>;
  readonly fields: ReadonlyMap<unknown, Joined>;
  readonly timeFrames: ReadonlyMap<unknown, Joined>;
  readonly timePeriods: ReadonlyMap<unknown, Joined>;
}

/** For each part its id, first, and the other keys that have a column. */
const KEYS = {
  users: [
    'userId',
    'crmId',
    'email',
    'name',
    'hierarchyId',
    'hierarchyName',
    'scopeId',
    'parentHierarchyId',
    'parentHierarchyName',
  ],
  fields: ['fieldId', 'fieldName', 'fieldType'],
  timeFrames: ['timeFrameId', 'startDate', 'endDate'],
  timePeriods: ['timePeriodId', 'type', 'label', 'year', 'startDate', 'endDate', 'crmId'],
} as const;

/** The items of every part by their ids. */
export const joinsOf = (parts: ResultParts): Joins => ({
  users: byId(parts.users, KEYS.users),
  fields: byId(parts.fields, KEYS.fields),
  timeFrames: byId(parts.timeFrames, KEYS.timeFrames),
  timePeriods: byId(parts.timePeriods, KEYS.timePeriods),
});

function byId(items: unknown, keys: readonly string[]): Map<unknown, Joined> {
  const map = new Map<unknown, Joined>();
  if (!Array.isArray(items)) return map;
  for (const item of items) {
    if (!isObject(item)) continue;
    const rest = Object.entries(item).filter(([key]) => !keys.includes(key));
    map.set(item[keys[0] as string], { item, rest: rest.length > 0 ? Object.fromEntries(rest) : null });
  }
  return map;
}

/** The ids of the periods that results name: of `timePeriods`, else of the entries themselves. */
export function periodsOf(parts: ResultParts, entries: readonly unknown[]): string[] {
  const ids = (items: unknown, key: string): string[] =>
    Array.isArray(items)
      ? items
          .map((item) => (isObject(item) ? item[key] : undefined))
          .filter((id): id is string => typeof id === 'string')
      : [];
  const named = ids(parts.timePeriods, 'timePeriodId');
  return [
    ...new Set(named.length > 0 ? named : [...ids(entries, 'timePeriod'), ...ids(entries, 'timePeriodId')]),
  ].sort();
}
