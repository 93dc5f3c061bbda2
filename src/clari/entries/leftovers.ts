import type { JsonObject } from '../../json';
import { asBoolean, asDate, asDateTime, asNumber, asText } from '../../values';

/** How many unknown keys are remembered: keys that are ids would fill the memory. */
export const MAX_UNKNOWN_KEYS = 10_000;

const NONE: readonly string[] = [];

/**
 * What fits no column of a row: keys without a column, and values of a type their column can't hold. The latter leave
 * the column null.
 */
export class Leftovers {
  /** For the row's `additionalFields`; null when there is nothing. */
  fields: JsonObject | null = null;
  private misfits: string[] | undefined;

  constructor(private readonly unknownKeys: Set<string>) {}

  /** The columns that are null because their value didn't fit. */
  get nulled(): readonly string[] {
    return this.misfits ?? NONE;
  }

  /** Keeps a key that has no column. `name`: its key in `additionalFields`. */
  keep(name: string, value: unknown): void {
    if (this.unknownKeys.size < MAX_UNKNOWN_KEYS) this.unknownKeys.add(name);
    this.keepKnown(name, value);
  }

  /** Keeps an expected value. If its name is already taken by another value, an underscore is appended. */
  keepKnown(name: string, value: unknown): void {
    // No prototype, so that a key `__proto__` is a key like any other.
    this.fields ??= Object.create(null) as JsonObject;
    if (name in this.fields && this.fields[name] !== value) this.keepKnown(`${name}_`, value);
    else this.fields[name] = value;
  }

  /** Keeps a value its column can't hold. */
  misfit(column: string, name: string, value: unknown): void {
    this.keepKnown(name, value);
    this.markNulled(column);
  }

  markNulled(column: string): void {
    this.misfits ??= [];
    if (!this.misfits.includes(column)) this.misfits.push(column);
  }

  number(column: string, name: string, value: unknown): number | null {
    if (value === null || value === undefined) return null;
    const number = asNumber(value);
    if (number === null) this.misfit(column, name, value);
    return number;
  }

  text(column: string, name: string, value: unknown): string | null {
    if (value === null || value === undefined) return null;
    const text = asText(value);
    if (text === null) this.misfit(column, name, value);
    return text;
  }

  /** Part of a primary key, which can't be null: a missing one becomes an empty string. */
  key(column: string, name: string, value: unknown): string {
    return this.text(column, name, value) ?? '';
  }

  boolean(column: string, name: string, value: unknown): boolean | null {
    if (value === null || value === undefined) return null;
    const boolean = asBoolean(value);
    if (boolean === null) this.misfit(column, name, value);
    return boolean;
  }

  date(column: string, name: string, value: unknown): string | null {
    if (value === null || value === undefined) return null;
    const date = asDate(value);
    if (date === null) this.misfit(column, name, value);
    return date;
  }

  dateTime(column: string, name: string, value: unknown): string | null {
    if (value === null || value === undefined) return null;
    const dateTime = asDateTime(value);
    if (dateTime === null) this.misfit(column, name, value);
    return dateTime;
  }
}
