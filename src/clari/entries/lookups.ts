import { isObject, type JsonObject } from '../../json';
import { asText } from '../../values';
import {
  type FieldColumns,
  type FrameColumns,
  fieldColumns,
  frameColumns,
  type OwnerColumns,
  ownerColumns,
  type PeriodColumns,
  periodColumns,
} from './columns';
import { Leftovers } from './leftovers';

/** The parts of an export's results that entries are joined with; the listed contract has none. */
export interface ResultParts {
  readonly fields?: unknown;
  readonly users?: unknown;
  readonly timeFrames?: unknown;
  readonly timePeriods?: unknown;
}

/** The names of those parts. */
export const RESULT_PARTS = ['fields', 'users', 'timeFrames', 'timePeriods'] as const satisfies (keyof ResultParts)[];

/** Columns many rows have in common, and their JSON. */
export class SharedColumns<Columns extends object> {
  private text: string | undefined;

  constructor(
    readonly columns: Columns,
    /** What fits no column of the item they come from; null when there is nothing. */
    readonly rest: JsonObject | null = null,
    /** The columns that are null because the item's value didn't fit. */
    readonly nulled: readonly string[] = [],
    /** Whether the item has keys without a column. */
    readonly hasUnknownKeys = false,
  ) {}

  /** Without braces; built once. */
  get json(): string {
    this.text ??= JSON.stringify(this.columns).slice(1, -1);
    return this.text;
  }
}

/** Makes an item's columns; what fits none goes to `leftovers`. */
type ColumnsOf<Columns> = (id: string, item: JsonObject, leftovers: Leftovers) => Columns;

/** One of the arrays that entries are joined with, by id. An id may be a number in one place and text in another. */
export class Lookup<Columns extends object> {
  private readonly byId = new Map<string, SharedColumns<Columns>>();
  private readonly idName: string;

  constructor(
    private readonly name: keyof typeof KEYS,
    /** The column that holds the id. */
    private readonly idColumn: string,
    items: unknown,
    private readonly columnsOf: ColumnsOf<Columns>,
  ) {
    this.idName = KEYS[name][0];
    if (!Array.isArray(items)) return;
    for (const item of items) {
      const id = isObject(item) ? asText(item[this.idName]) : null;
      if (id !== null) this.byId.set(id, this.shared(id, item));
    }
  }

  get isEmpty(): boolean {
    return this.byId.size === 0;
  }

  /**
   * The columns for that id; all null except the id when there is no such item. What has no column goes to `leftovers`,
   * under the array's name.
   */
  of(id: unknown, leftovers: Leftovers): SharedColumns<Columns> {
    const text = leftovers.key(this.idColumn, this.idName, id);
    const shared = this.byId.get(text);
    if (shared === undefined) return new SharedColumns(this.columnsOf(text, {}, leftovers));
    if (shared.rest !== null) {
      if (shared.hasUnknownKeys) leftovers.keep(this.name, shared.rest);
      else leftovers.keepKnown(this.name, shared.rest);
      for (const column of shared.nulled) leftovers.markNulled(column);
    }
    return shared;
  }

  private shared(id: string, item: JsonObject): SharedColumns<Columns> {
    const unknownKeys = new Set<string>();
    const leftovers = new Leftovers(unknownKeys);
    const columns = this.columnsOf(id, item, leftovers);
    const known: readonly string[] = KEYS[this.name];
    for (const key of Object.keys(item)) if (!known.includes(key)) leftovers.keep(key, item[key]);
    return new SharedColumns(columns, leftovers.fields, leftovers.nulled, unknownKeys.size > 0);
  }
}

/** Everything one export's entries are joined with. */
export interface Lookups {
  readonly users: Lookup<OwnerColumns>;
  readonly fields: Lookup<FieldColumns>;
  readonly timeFrames: Lookup<FrameColumns>;
  readonly timePeriods: Lookup<PeriodColumns>;
  /** Whether there are parts that only the published contract has. */
  readonly arePublished: boolean;
}

/** The keys of each array's items that have a column, the id first. */
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

export function lookupsOf(parts: ResultParts): Lookups {
  const fields = new Lookup('fields', 'fieldId', parts.fields, fieldColumns);
  const timeFrames = new Lookup('timeFrames', 'timeFrameId', parts.timeFrames, frameColumns);
  return {
    users: new Lookup('users', 'ownerId', parts.users, ownerColumns),
    fields,
    timeFrames,
    timePeriods: new Lookup('timePeriods', 'timePeriodId', parts.timePeriods, periodColumns),
    arePublished: !fields.isEmpty || !timeFrames.isEmpty,
  };
}

/** The ids of the periods that results name: those in `timePeriods`, otherwise those in the entries themselves. */
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
