import { isObject, type JsonObject } from './json';
import { schemaOf } from './resources';
import { asBoolean, asDate, asDateTime, asNumber, asText } from './values';

/** Makes a non-null value fit a schema's type without losing any of it; undefined if that is impossible. */
export type Convert = (value: unknown) => unknown;

export interface SchemaColumn {
  readonly name: string;
  /** Whether it is part of the primary key, and so can't be null. */
  readonly isKey: boolean;
  readonly convert: Convert;
}

const cache = new Map<string, readonly SchemaColumn[]>();

/** The columns of a stream with their types, in the order of its schema in `resources/schemas`. */
export function columnsOf(stream: string): readonly SchemaColumn[] {
  let columns = cache.get(stream);
  if (columns === undefined) {
    columns = Object.entries(schemaOf(stream).properties).map(([name, schema]) => ({
      name,
      isKey: !isNullable(schema),
      convert: converterOf(schema),
    }));
    cache.set(stream, columns);
  }
  return columns;
}

const isNullable = ({ type }: JsonObject): boolean => [type].flat().includes('null');

function converterOf(schema: JsonObject): Convert {
  const type = [schema['type']].flat().find((name) => name !== 'null');
  switch (type) {
    case 'string':
      return orUndefined(TEXT_FORMATS[String(schema['format'])] ?? asText);
    case 'number':
      return orUndefined(asNumber);
    case 'boolean':
      return orUndefined(asBoolean);
    case 'array':
      return arrayConverter(schema['items']);
    case 'object':
      return objectConverter(schema['properties']);
    default:
      throw new Error(`a schema has the type ${String(type)}, for which there is no conversion`);
  }
}

const TEXT_FORMATS: Readonly<Record<string, (value: unknown) => string | null>> = {
  date: asDate,
  'date-time': asDateTime,
};

const orUndefined =
  (convert: (value: unknown) => unknown): Convert =>
  (value) =>
    convert(value) ?? undefined;

/** For values inside another value, which may be null. */
function nestedConverter(schema: JsonObject): Convert {
  const convert = converterOf(schema);
  const nullable = isNullable(schema);
  return (value) => (value === null ? (nullable ? null : undefined) : convert(value));
}

function arrayConverter(items: unknown): Convert {
  if (!isObject(items)) return (value) => (Array.isArray(value) ? value : undefined);
  const convert = nestedConverter(items);
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const converted = value.map(convert);
    if (converted.includes(undefined)) return undefined;
    return converted.every((item, index) => item === value[index]) ? value : converted;
  };
}

function objectConverter(properties: unknown): Convert {
  if (!isObject(properties)) return (value) => (isObject(value) ? value : undefined);
  const converters = Object.entries(properties).map(
    ([name, schema]) => [name, nestedConverter(schema as JsonObject)] as const,
  );
  return (value) => {
    if (!isObject(value)) return undefined;
    let result = value;
    for (const [name, convert] of converters) {
      if (!Object.hasOwn(value, name)) continue;
      const converted = convert(value[name]);
      if (converted === undefined) return undefined;
      if (converted !== value[name]) result = { ...result, [name]: converted };
    }
    return result;
  };
}
