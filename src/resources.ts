import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from './json';

/**
 * Where the package keeps what it reads at run time: the spec and the streams' schemas. The path is right from both
 * `src` and `dist`.
 */
export const RESOURCES = join(__dirname, '..', 'resources');

/** The JSON Schema of a stream's records, as a new object each time. Throws when there is no such stream. */
export const schemaOf = (stream: string): JsonObject & { readonly properties: Readonly<Record<string, JsonObject>> } =>
  JSON.parse(readFileSync(join(RESOURCES, 'schemas', `${stream}.json`), 'utf8'));

/** The SPEC message's body, from `resources/spec.json`. */
export function loadSpec(): { connectionSpecification: { properties: Record<string, unknown> } } & Record<
  string,
  unknown
> {
  return JSON.parse(readFileSync(join(RESOURCES, 'spec.json'), 'utf8'));
}
