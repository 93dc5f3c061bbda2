import Ajv, { type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';

/**
 * A check of values against one of our JSON Schemas. It fills in the schema's defaults and returns every problem once,
 * as `path: what is wrong`. Values are never shown: one of them may be a secret.
 */
export function checkOf(schema: object): (value: unknown) => string[] {
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    verbose: true,
    // The spec's own keywords (order, airbyte_secret, …) aren't part of JSON Schema.
    strict: false,
    // Tests check the schemas. Doing that, and optimizing the generated code, at every start takes longer than
    // everything else.
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  const valid = addFormats(ajv).compile(schema);
  return (value) => (valid(value) ? [] : problemsOf(valid.errors ?? []));
}

function problemsOf(errors: readonly ErrorObject[]): string[] {
  const badPatterns = new Set(
    errors.filter(({ keyword }) => keyword === 'pattern').map(({ instancePath }) => instancePath),
  );
  const reported = errors.filter(
    ({ keyword, instancePath }) => !CONTAINERS.has(keyword) && !(keyword === 'format' && badPatterns.has(instancePath)),
  );
  return [...new Set(reported.map(describe))];
}

/** Keywords that only say that something inside them failed; that is reported separately. */
const CONTAINERS = new Set(['if', 'anyOf', 'oneOf', 'allOf']);

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  array: 'an array',
  object: 'an object',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};
const FORMATS: Readonly<Record<string, string>> = { date: 'a day that exists, as YYYY-MM-DD' };

function describe({ instancePath, keyword, message = 'is not valid', params, parentSchema }: ErrorObject): string {
  const path = readable(instancePath);
  switch (keyword) {
    case 'required':
      return `${readable(`${instancePath}/${params['missingProperty']}`)}: is missing`;
    case 'enum':
      return `${path}: must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    case 'type': {
      const types = [params['type']].flat().map((type) => TYPES[String(type)] ?? String(type));
      return `${path}: must be ${types.join(' or ')}`;
    }
    case 'pattern': {
      const wanted: unknown = parentSchema?.['pattern_descriptor'];
      return `${path}: must look like ${typeof wanted === 'string' ? wanted : params['pattern']}`;
    }
    case 'format':
      return `${path}: must be ${FORMATS[String(params['format'])] ?? `a ${params['format']}`}`;
    case 'minimum':
      return `${path}: must be at least ${params['limit']}`;
    case 'maximum':
      return `${path}: must be at most ${params['limit']}`;
    case 'minLength':
    case 'minItems':
      return `${path}: must not be empty`;
    case 'uniqueItems':
      return `${path}: must not contain duplicates`;
    default:
      return `${path}: ${message}`;
  }
}

/** `/streams/0/stream/name` as `streams[0].stream.name`. */
const readable = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '') ||
  'the file';
