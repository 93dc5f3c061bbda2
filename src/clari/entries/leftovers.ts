import type { JsonObject } from '../../json';

/** Values as Clari sends them, made fit for columns. Nothing here throws: what doesn't fit is null. */

/** Text as it is, a number as text (an id may be either), anything else null. */
export function asText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : null;
}

/** A number, or a text that is one and loses nothing by becoming it; else null. */
export function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^-?\d+(\.\d+)?$/.test(value)) return null;
  const digits = value.replace(/[-.]/g, '').replace(/^0+/, '');
  return digits.length <= 15 ? Number(value) : null;
}

/** Collects what of one row fits no column: keys without one, and values of the wrong type, which leave their column null. */
export class Extra {
  fields: JsonObject | null = null;

  constructor(private readonly unknownKeys: Set<string>) {}

  /** `name`: where it stands in the row's `additionalFields`. */
  keep(name: string, value: unknown): void {
    this.unknownKeys.add(name);
    this.keepKnown(name, value);
  }

  /** Keeps what is no surprise. */
  keepKnown(name: string, value: unknown): void {
    // Without a prototype, so that a key `__proto__` is a key like any other.
    this.fields ??= Object.create(null) as JsonObject;
    this.fields[name] = value;
  }

  number(name: string, value: unknown): number | null {
    if (typeof value === 'number' || value === null || value === undefined) return value ?? null;
    const parsed = asNumber(value);
    if (parsed === null) this.keep(name, value);
    return parsed;
  }

  text(name: string, value: unknown): string | null {
    const found = asText(value);
    if (found === null && value !== null && value !== undefined) this.keep(name, value);
    return found;
  }

  /** A part of a primary key, which can't be null: what isn't there is an empty text. */
  key(name: string, value: unknown): string {
    return this.text(name, value) ?? '';
  }

  boolean(name: string, value: unknown): boolean | null {
    if (typeof value === 'boolean' || value === null || value === undefined) return value ?? null;
    this.keep(name, value);
    return null;
  }

  /** From epoch milliseconds, as a number or in quotes. */
  dateTime(name: string, value: unknown): string | null {
    if (value === null || value === undefined) return null;
    const epochMs = asNumber(value);
    if (epochMs !== null && Math.abs(epochMs) <= 8.64e15) return new Date(epochMs).toISOString();
    this.keep(name, value);
    return null;
  }
}
