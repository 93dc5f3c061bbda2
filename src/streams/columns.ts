import { RecordJson } from '../airbyte/record-json';
import { Leftovers, MAX_UNKNOWN_KEYS } from '../clari/entries/leftovers';
import { ClariError } from '../clari/errors';
import { isObject, type JsonObject } from '../json';
import { columnsOf, type SchemaColumn } from '../schema';

/** The most unknown keys a log line names, and the most characters of each. */
const MAX_KEYS_NAMED = 50;
const MAX_NAME_LENGTH = 100;

/** A row of a stream: every column of its schema, each with the type the schema gives it. */
export class Row {
  constructor(
    /** By name, including `additionalFields`. */
    readonly columns: Readonly<Record<string, unknown>>,
    /**
     * The columns that are null (a key: empty) because Clari's value has a different type; the value is in
     * `additionalFields`.
     */
    readonly nulled: readonly string[],
  ) {}

  /** Throws a ClariError (`unexpected_answer`) if the row is nested too deeply to become JSON. */
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
 * Turns what Clari sends into rows of a stream according to its schema: nothing is lost, and every column is present
 * with its type.
 */
export class ColumnPicker {
  /** Every key seen that has no column; their values are in `additionalFields`. */
  readonly unknownKeys = new Set<string>();
  private readonly columns: readonly SchemaColumn[];
  private readonly known: ReadonlySet<string>;

  /** Throws when the stream has no schema. */
  constructor(readonly stream: string) {
    this.columns = columnsOf(stream).filter(({ name }) => name !== 'additionalFields');
    this.known = new Set(this.columns.map(({ name }) => name));
  }

  /** Collects what else belongs in a row's `additionalFields`; to be passed to `row`. */
  leftovers(): Leftovers {
    return new Leftovers(this.unknownKeys);
  }

  /**
   * One of Clari's items as a row. `given` holds the columns that aren't Clari's keys (such as when it was exported),
   * with the right type; if Clari sends a key with such a column's name, it goes to `additionalFields`, like every key
   * without a column. A key column Clari left out is an empty string.
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

  /** A sentence for the log if there were unknown keys, otherwise undefined. */
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

/** A sentence for the log that names the first of the keys without a column. Undefined if there are none. */
export function unknownKeysWarning(stream: string, keys: ReadonlySet<string>): string | undefined {
  if (keys.size === 0) return undefined;
  // Not its beginning: a cut may leave a part of the API key, which nothing would recognize.
  const named = [...keys].map((key) => (key.length > MAX_NAME_LENGTH ? `a name of ${key.length} characters` : key));
  const count = keys.size >= MAX_UNKNOWN_KEYS ? `${MAX_UNKNOWN_KEYS} or more` : undefined;
  return `Clari sent keys that have no column in ${stream}; they are kept in additionalFields: ${nameSome(named, MAX_KEYS_NAMED, count)}`;
}

/** The first names, plus the total if there are more: `a, b … (7 in all)`. */
export function nameSome(names: readonly string[], most: number, count: number | string = names.length): string {
  const named = names.slice(0, most).join(', ');
  return names.length > most ? `${named} … (${count} in all)` : named;
}

/** The items as objects. Throws if one isn't: it can't become a record, and leaving it out would lose it silently. */
export function asObjects(items: readonly unknown[], what: string): readonly JsonObject[] {
  if (items.every(isObject)) return items;
  throw new ClariError(
    `Clari's answer holds ${what} that aren't JSON objects. Sync again later, or contact Clari support.`,
    { kind: 'unexpected_answer' },
  );
}

export const nestedTooDeeply = (cause: unknown): ClariError =>
  new ClariError(
    "Clari's answer is nested too deeply to become a record. Sync again later; if it happens again, contact Clari support.",
    { kind: 'unexpected_answer', detail: String(cause), cause },
  );
