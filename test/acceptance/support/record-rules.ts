import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { isObject } from '../../../src/json';
import type { Json, SourceMessage } from '../../support/messages';
import type { ConfiguredCatalog, DiscoveredStream } from './catalogs';

const DATE_TIME = /^\d{4}-\d?\d-\d?\d(\s|T)\d?\d:\d?\d:\d?\d(.\d+)?.*$/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/**
 * Parses JSON so that a number written as a float is none to `type: integer`, whatever its value: 1.0 gets a fraction, since JavaScript
 * would not tell it from 1.
 */
export const parseStrictly = (text: string): unknown =>
  JSON.parse(text.replace(STRING_OR_NUMBER, (token) => (isWholeFloat(token) ? String(Number(token) + 0.5) : token)));

const isWholeFloat = (token: string): boolean =>
  !token.startsWith('"') && /[.eE]/.test(token) && Number.isInteger(Number(token));

/**
 * What is wrong with the records among a read's lines, the first example of each: against draft-07 with strict integers and checked formats,
 * and with no column that the stream's schema doesn't declare.
 */
export function recordProblems(lines: readonly string[], catalog: ConfiguredCatalog): string[] {
  const validators = new Map(catalog.streams.map(({ stream }) => [stream.name, validatorOf(stream)]));
  const problems = new Map<string, string>();
  for (const line of lines) {
    if (!line.startsWith('{"type":"RECORD"')) continue;
    const { record } = parseStrictly(line) as SourceMessage;
    const valid = validators.get(record?.stream ?? '');
    if (valid === undefined) problems.set(line, `a record of ${record?.stream}, which is not in the catalog`);
    else if (!valid(record?.data)) {
      for (const { instancePath, schemaPath, message, params } of valid.errors ?? []) {
        const example = `${record?.stream}${instancePath}: ${message} ${JSON.stringify(params)}`;
        if (!problems.has(`${record?.stream} ${schemaPath}`)) problems.set(`${record?.stream} ${schemaPath}`, example);
      }
    }
  }
  return [...problems.values()];
}

function validatorOf({ json_schema }: DiscoveredStream): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addFormat('date-time', {
    type: 'string',
    validate: (text: string) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  });
  return ajv.compile({ ...json_schema, additionalProperties: false });
}

/** What is wrong with the primary keys of a stream's records. */
export function keyProblems(records: readonly Json[], { name, source_defined_primary_key: key }: DiscoveredStream) {
  if (key === undefined) return [];
  return records.flatMap((record) => {
    const parts = key.map((path) => valueAt(record, path));
    if (parts.some((part) => typeof part === 'object' && part !== null))
      return [`${name}: an object or array in the primary key: ${JSON.stringify(parts)}`];
    return parts.some((part) => part !== null && part !== undefined) ? [] : [`${name}: a primary key of nulls`];
  });
}

/** A record's primary key, as text; undefined for a stream that has none. */
export const keyOf = (record: Json, { source_defined_primary_key: key }: DiscoveredStream): string | undefined =>
  key === undefined ? undefined : JSON.stringify(key.map((path) => valueAt(record, path) ?? null));

/** A record without some of its fields, each a path such as `crmScore/score`. */
export function without(record: Json, fields: readonly string[]): Json {
  return fields.reduce((rest, field) => withoutOne(rest, field.split('/')), record);
}

function withoutOne(record: Json, [name = '', ...inner]: readonly string[]): Json {
  const { [name]: value, ...rest } = record;
  return inner.length > 0 && isObject(value) ? { ...rest, [name]: withoutOne(value, inner) } : rest;
}

const valueAt = (record: Json, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), record);
