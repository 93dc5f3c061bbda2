import type { ErrorObject } from 'ajv';

/** Problems that ajv found, each as `path: what is wrong`, once. Values are never shown: one of them may be a secret. */
export function describeAjvErrors(errors: readonly ErrorObject[]): string[] {
  return [...new Set(errors.filter(({ keyword }) => !CONTAINERS.has(keyword)).map(describe))];
}

/** Keywords that only say that something inside them failed, which is told by itself. */
const CONTAINERS = new Set(['if', 'anyOf', 'oneOf', 'allOf']);

function describe({ instancePath, keyword, message = 'is not valid', params, parentSchema }: ErrorObject): string {
  const path = readable(instancePath);
  switch (keyword) {
    case 'required': {
      const missing = readable(`${instancePath}/${params['missingProperty']}`);
      return `${missing}: is missing`;
    }
    case 'enum':
      return `${path}: must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    case 'type':
      return `${path}: must be ${[params['type']].flat().map(String).join(' or ')}`;
    case 'pattern': {
      const wanted: unknown = parentSchema?.['pattern_descriptor'];
      return `${path}: must look like ${typeof wanted === 'string' ? wanted : params['pattern']}`;
    }
    case 'minLength':
      return `${path}: must not be empty`;
    case 'uniqueItems':
      return `${path}: must not name anything twice`;
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
