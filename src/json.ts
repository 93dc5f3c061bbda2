/** A JSON object as `JSON.parse` makes it. */
export type JsonObject = Record<string, unknown>;

/** Whether a parsed value is a JSON object: neither an array nor null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
