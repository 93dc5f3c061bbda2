import { isObject } from '../../../src/json';
import type { Json } from '../../support/messages';

export interface SchemaNode {
  /** From the root: `properties/accounts/items`; empty for the root itself. */
  readonly path: string;
  readonly schema: Json;
}

const HOLDS_ONE = ['items', 'additionalItems', 'additionalProperties', 'contains', 'not', 'if', 'then', 'else'];
const HOLDS_LIST = ['items', 'oneOf', 'anyOf', 'allOf', 'prefixItems'];
const HOLDS_NAMED = ['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas'];

/** A JSON Schema and every schema inside it. A property that happens to be called like a keyword is no keyword here. */
export function* schemaNodes(schema: Json, path = ''): Generator<SchemaNode> {
  yield { path, schema };
  for (const [keyword, value] of Object.entries(schema)) {
    if (HOLDS_ONE.includes(keyword) && isObject(value)) yield* schemaNodes(value, join(path, keyword));
    if (HOLDS_LIST.includes(keyword) && Array.isArray(value)) {
      for (const [index, item] of value.entries())
        if (isObject(item)) yield* schemaNodes(item, join(path, keyword, index));
    }
    if (HOLDS_NAMED.includes(keyword) && isObject(value)) {
      for (const [name, item] of Object.entries(value))
        if (isObject(item)) yield* schemaNodes(item, join(path, keyword, name));
    }
  }
}

/** The schema of a path of property names; undefined when it isn't there. */
export function propertyAt(schema: Json, path: readonly string[]): Json | undefined {
  let found: unknown = schema;
  for (const name of path) found = propertiesOf(found)[name];
  return isObject(found) ? found : undefined;
}

/** The properties that a schema names. */
export function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> {
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) ? properties : {};
}

/** A schema's types, as a list. */
export const typesOf = ({ type }: Json): string[] => (type === undefined ? [] : [type].flat().map(String));

const join = (...parts: (string | number)[]): string => parts.filter((part) => part !== '').join('/');
