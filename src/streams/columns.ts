import { ClariError } from '../clari/errors';
import { isObject } from '../json';

/** Splits what Clari sent into a stream's own columns and `additionalFields`, so that nothing is lost and every column is there. */
export class ColumnPicker<Column extends string> {
  private readonly known: ReadonlySet<string>;
  /** Every key met that has no column. */
  readonly unknownKeys = new Set<string>();

  constructor(private readonly columns: readonly Column[]) {
    this.known = new Set(columns);
  }

  pick(item: Readonly<Record<string, unknown>>): Record<Column | 'additionalFields', unknown> {
    const row: Record<string, unknown> = {};
    for (const column of this.columns) row[column] = item[column] ?? null;
    row['additionalFields'] = null;
    for (const key of Object.keys(item)) if (!this.known.has(key)) this.keep(row, key, item[key]);
    return row as Record<Column | 'additionalFields', unknown>;
  }

  /** Puts a value that has no column, or doesn't fit its own, into the row's `additionalFields`. */
  keep(row: Record<string, unknown>, key: string, value: unknown): void {
    this.unknownKeys.add(key);
    row['additionalFields'] = { ...(row['additionalFields'] as object | null), [key]: value };
  }

  /** A sentence for the log when there were unknown keys, else undefined. */
  surprise(stream: string): string | undefined {
    if (this.unknownKeys.size === 0) return undefined;
    return `Clari sent keys that have no column in ${stream}; they are kept in additionalFields: ${[...this.unknownKeys].join(', ')}`;
  }
}

/** An ISO 8601 date-time from epoch milliseconds (a number, or one in quotes) or from text that is a date-time already; else undefined. */
export function toDateTime(value: unknown): string | undefined {
  const epochMs = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  const time = typeof epochMs === 'string' ? Date.parse(epochMs) : epochMs;
  if (typeof time !== 'number' || Math.abs(time) > 8.64e15 || Number.isNaN(time)) return undefined;
  return typeof value === 'string' && typeof epochMs === 'string' ? value : new Date(time).toISOString();
}

/** The items as objects. Throws when one isn't: it can't become a record, and leaving it out would lose it silently. */
export function asObjects(items: readonly unknown[], what: string): readonly Record<string, unknown>[] {
  if (items.every(isObject)) return items;
  throw new ClariError(
    `Clari's answer holds ${what} that are no JSON objects; nothing can be made of them. Sync again later, or tell Clari.`,
    {
      kind: 'unexpected_answer',
    },
  );
}
