import { isObject, type JsonObject } from '../json';
import { asText } from '../values';
import { type ColumnPicker, nameSome, type Row } from './columns';

const MAX_IDS_NAMED = 20;

/**
 * One opportunity as a row of `opportunities`: `fields` with their trends as Clari sends them, and one value per field
 * in `fieldValues`, so that SQL can read `fieldValues.amount` without unnesting. A field whose id isn't text or a
 * number is only in `fields`.
 */
export function opportunityRow(picker: ColumnPicker, item: JsonObject): Row {
  return picker.row(item, { fieldValues: fieldValuesOf(item['fields']) });
}

function fieldValuesOf(fields: unknown): JsonObject | null {
  if (!Array.isArray(fields)) return null;
  const values: [string, unknown][] = [];
  for (const field of fields) {
    const id = isObject(field) ? asText(field['id']) : null;
    if (id !== null) values.push([id, field.value ?? null]);
  }
  return Object.fromEntries(values);
}

/** A sentence for the log that names the first of the ids Clari doesn't know. Undefined if there are none. */
export function unknownIdsWarning(ids: ReadonlySet<string>): string | undefined {
  if (ids.size === 0) return undefined;
  return `Clari knows no opportunity with these ids: ${nameSome([...ids], MAX_IDS_NAMED)}`;
}
