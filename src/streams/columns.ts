import { RecordJson } from '../airbyte/record-json';
import { Leftovers, MAX_UNKNOWN_KEYS } from '../clari/entries/leftovers';
import { ClariError } from '../clari/errors';
import { isObject, type JsonObject } from '../json';
import { columnsOf, type SchemaColumn } from '../schema';

/** The most unknown keys that a log line names, and the most characters of each. */
const MAX_KEYS_NAMED = 50;
const MAX_NAME_LENGTH = 100;

/** A row of a stream: every column of its schema, each of the type that the schema says. */
export class Row {
  constructor(
    /** By name; `additionalFields` among them. */
    readonly columns: Readonly<Record<string, unknown>>,
    /**
     * The columns that are null (a key: empty) because Clari's value is of another type; the value is in
     * `additionalFields`.
     */
    readonly nulled: readonly string[],
  ) {}

  /** Throws a ClariError (`unexpected_answer`) for a row that is nested too deeply to become JSON. */
  toRecord(): RecordJson {
    try {
      return new RecordJson(JSON.stringify(this.columns), this.nulled);
    } catch (cause) {
      if (cause instanceof RangeError) throw nestedTooDeeply(cause);
      throw cause;
    }
  }
}

/**
 * Turns what Clari sends into rows of a stream, by its schema, so that nothing is lost and every column is there and of
 * its type.
 */
export class ColumnPicker {
  /** Every key met that has no column; their values are in `additionalFields`. */
  readonly unknownKeys = new Set<string>();
  private readonly columns: readonly SchemaColumn[];
  private readonly known: ReadonlySet<string>;

  /** Throws when the stream has no schema. */
  constructor(readonly stream: string) {
    this.columns = columnsOf(stream).filter(({ name }) => name !== 'additionalFields');
    this.known = new Set(this.columns.map(({ name }) => name));
  }

  /** Collects what else belongs into a row's `additionalFields`, to be handed to `row`. */
  leftovers(): Leftovers {
    return new Leftovers(this.unknownKeys);
  }

  /**
   * One item of Clari's as a row. `given` holds the columns that aren't Clari's keys (when it was exported, say), of
   * the right type; a key of Clari's that has such a column's name goes to `additionalFields`, like every key without a
   * column. A key column that Clari left out is an empty text.
   */
  row(item: JsonObject, given: Readonly<Record<string, unknown>> = {}, leftovers = this.leftovers()): Row {
    const row: Record<string, unknown> = {};
    for (const column of this.columns) {
      const { name } = column;
      row[name] = Object.hasOwn(given, name) ? given[name] : convertedOf(column, item, leftovers);
    }
    for (const key of Object.keys(item))
      if (!this.known.has(key) || Object.hasOwn(given, key)) leftovers.keep(key, item[key]);
    row['additionalFields'] = leftovers.fields;
    return new Row(row, leftovers.nulled);
  }

  /** A sentence for the log when there were unknown keys, else undefined. */
  unknownKeysWarning(): string | undefined {
    return unknownKeysWarning(this.stream, this.unknownKeys);
  }
}

function convertedOf({ name, isKey, convert }: SchemaColumn, item: JsonObject, leftovers: Leftovers): unknown {
  const sent = Object.hasOwn(item, name) ? item[name] : undefined;
  const value = sent === null || sent === undefined ? null : (convert(sent) ?? null);
  if (value === null && sent !== null && sent !== undefined) leftovers.misfit(name, name, sent);
  return value ?? (isKey ? '' : null);
}

/** A sentence for the log about keys that have no column: names the first of them. Undefined when there are none. */
export function unknownKeysWarning(stream: string, keys: ReadonlySet<string>): string | undefined {
  if (keys.size === 0) return undefined;
  const named = [...keys].map((key) => (key.length > MAX_NAME_LENGTH ? `${key.slice(0, MAX_NAME_LENGTH)}…` : key));
  const count = keys.size >= MAX_UNKNOWN_KEYS ? `${MAX_UNKNOWN_KEYS} or more` : undefined;
  return `Clari sent keys that have no column in ${stream}; they are kept in additionalFields: ${nameSome(named, MAX_KEYS_NAMED, count)}`;
}

/** The first names, and how many there are in all where that isn't all of them: `a, b … (7 in all)`. */
export function nameSome(names: readonly string[], most: number, count: number | string = names.length): string {
  const named = names.slice(0, most).join(', ');
  return names.length > most ? `${named} … (${count} in all)` : named;
}

/** The items as objects. Throws when one isn't: it can't become a record, and leaving it out would lose it silently. */
export function asObjects(items: readonly unknown[], what: string): readonly JsonObject[] {
  if (items.every(isObject)) return items;
  throw new ClariError(
    `Clari's answer holds ${what} that are no JSON objects; nothing can be made of them. Sync again later, or contact Clari support.`,
    { kind: 'unexpected_answer' },
  );
}

export const nestedTooDeeply = (cause: unknown): ClariError =>
  new ClariError(
    "Clari's answer is nested too deeply to become a record. Sync again later; if it happens again, contact Clari support.",
    { kind: 'unexpected_answer', detail: String(cause), cause },
  );
