import Ajv from 'ajv';
import type { DiscoveredStream } from './catalogs';
import { propertyAt, type SchemaNode, schemaNodes, typesOf } from './schema-nodes';

const TYPES = ['null', 'string', 'number', 'integer', 'boolean', 'object', 'array'];
const FORMATS = ['date', 'date-time'];
/** What a column's airbyte_type may stand beside, "null" aside. */
const AIRBYTE_TYPES: Readonly<Record<string, readonly string[]>> = {
  timestamp_with_timezone: ['string'],
  timestamp_without_timezone: ['string'],
  integer: ['integer', 'number'],
};
const FORBIDDEN = ['$ref', 'allOf', 'not'];

/** Everything that is wrong with a discovered catalog, each as `stream: what is wrong`. */
export function catalogProblems(streams: readonly DiscoveredStream[]): string[] {
  const names = streams.map(({ name }) => name);
  return [
    ...(streams.length === 0 ? ['the catalog has no streams'] : []),
    ...names.filter((name, index) => names.indexOf(name) < index).map((name) => `${name}: is there twice`),
    ...streams.flatMap((stream) => streamProblems(stream).map((problem) => `${stream.name}: ${problem}`)),
  ];
}

function streamProblems(stream: DiscoveredStream): string[] {
  const { json_schema, supported_sync_modes, default_cursor_field: cursor, source_defined_primary_key: key } = stream;
  const ajv = new Ajv({ strict: false });
  return [
    ...(supported_sync_modes.length > 0 ? [] : ['no sync mode']),
    ...(ajv.validateSchema(json_schema) === true ? [] : [`not draft-07: ${ajv.errorsText()}`]),
    ...[...schemaNodes(json_schema)].flatMap(nodeProblems),
    ...(cursor === undefined || propertyAt(json_schema, cursor) ? [] : [`its cursor ${cursor.join('.')} is no column`]),
    ...(key ?? []).flatMap((path) => {
      const column = propertyAt(json_schema, path);
      if (column === undefined) return [`the part ${path.join('.')} of its primary key is no column`];
      const composed = typesOf(column).some((type) => type === 'object' || type === 'array');
      return composed ? [`the part ${path.join('.')} of its primary key may be an object or an array`] : [];
    }),
  ];
}

function nodeProblems({ path, schema }: SchemaNode): string[] {
  const { format, airbyte_type: airbyteType, additionalProperties = true } = schema;
  const types = typesOf(schema);
  const own = types.filter((type) => type !== 'null');
  const onlyOneOf = (allowed: readonly string[]) => own.length === 1 && allowed.includes(String(own[0]));
  const problems = [
    ...FORBIDDEN.filter((keyword) => keyword in schema).map((keyword) => `the keyword ${keyword} is not allowed`),
    ...(additionalProperties === true ? [] : ['additionalProperties must be true']),
    ...types.filter((type) => !TYPES.includes(type)).map((type) => `there is no type ${type}`),
    ...(format === undefined || (FORMATS.includes(String(format)) && onlyOneOf(['string']))
      ? []
      : [`the format ${format} is not for ${own.join(', ')}`]),
    ...(airbyteType === undefined || onlyOneOf(AIRBYTE_TYPES[String(airbyteType)] ?? [])
      ? []
      : [`the airbyte_type ${airbyteType} is not for ${own.join(', ')}`]),
  ];
  return problems.map((problem) => `${path || 'the root'}: ${problem}`);
}
