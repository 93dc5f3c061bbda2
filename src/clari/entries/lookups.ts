import { isObject, type JsonObject } from '../../json';
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
import { asText, type Extra } from './leftovers';

/** The parts of an export's results that entries are joined with; absent in the listed contract. */
export interface ResultParts {
  readonly fields?: unknown;
  readonly users?: unknown;
  readonly timeFrames?: unknown;
  readonly timePeriods?: unknown;
}

/** Columns that many rows have in common, and their JSON. */
export class Shared<Columns extends object> {
  private text: string | undefined;

  constructor(
    readonly columns: Columns,
    /** Keys of the item they come from that have no column; null when there are none. */
    readonly rest: JsonObject | null = null,
  ) {}

  /** Without braces; made once. */
  get json(): string {
    this.text ??= JSON.stringify(this.columns).slice(1, -1);
    return this.text;
  }
}

/** One of the arrays that entries are joined with. */
export class Part<Columns extends object> {
  private readonly byId = new Map<unknown, Shared<Columns>>();
  private readonly idName: string;

  constructor(
    private readonly name: keyof typeof KEYS,
    items: unknown,
    /** The columns that an item brings. */
    private readonly columnsOf: (id: string, item: JsonObject) => Columns,
  ) {
    const keys: readonly string[] = KEYS[name];
    this.idName = KEYS[name][0];
    if (!Array.isArray(items)) return;
    for (const item of items) {
      if (!isObject(item)) continue;
      const id = item[this.idName];
      const rest = Object.entries(item).filter(([key]) => !keys.includes(key));
      this.byId.set(
        id,
        new Shared(columnsOf(asText(id) ?? '', item), rest.length > 0 ? Object.fromEntries(rest) : null),
      );
    }
  }

  get isEmpty(): boolean {
    return this.byId.size === 0;
  }

  /** The columns for that id: nulls beside it when there is no such item. Keys of the item without a column go to `extra`, under the part's name. */
  of(id: unknown, extra: Extra): Shared<Columns> {
    const text = extra.key(this.idName, id);
    const shared = this.byId.get(id) ?? new Shared(this.columnsOf(text, {}));
    if (shared.rest !== null) extra.keep(this.name, shared.rest);
    return shared;
  }
}

export interface Joins {
  readonly users: Part<OwnerColumns>;
  readonly fields: Part<FieldColumns>;
  readonly timeFrames: Part<FrameColumns>;
  readonly timePeriods: Part<PeriodColumns>;
  /** Whether there are parts that only the published contract has. */
  readonly arePublished: boolean;
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

export function joinsOf(parts: ResultParts): Joins {
  const fields = new Part('fields', parts.fields, fieldColumns);
  const timeFrames = new Part('timeFrames', parts.timeFrames, frameColumns);
  return {
    users: new Part('users', parts.users, ownerColumns),
    fields,
    timeFrames,
    timePeriods: new Part('timePeriods', parts.timePeriods, periodColumns),
    arePublished: !fields.isEmpty || !timeFrames.isEmpty,
  };
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
