import { readFileSync } from 'node:fs';
import Ajv, { type ValidateFunction } from 'ajv';
import type { AirbyteConfiguredCatalog } from 'faros-airbyte-cdk';
import { isObject } from '../json';
import { type StreamState, SyncError } from './stream';
import { describeAjvErrors } from './validation';

const configError = (message: string): SyncError => new SyncError(message, { failureType: 'config_error' });

/** Reads a JSON file, whatever its suffix; never as a module. Throws a config error that names the file and quotes nothing of it. */
export function readJson(path: string, what: string): unknown {
  return parse(readText(path, what), path, what);
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'it does not exist'
        : code === 'EACCES'
          ? 'it may not be read'
          : code === 'EISDIR'
            ? 'it is a folder'
            : String(code);
    throw configError(`The ${what} file ${path} can't be read: ${why}.`);
  }
}

function parse(text: string, path: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw configError(`The ${what} file ${path} is not JSON${text.trim() === '' ? ': it is empty' : ''}.`);
  }
}

/** What the read loop needs of a configured catalog; platforms add keys of their own, and nulls. */
const CATALOG_SCHEMA = {
  type: 'object',
  required: ['streams'],
  properties: {
    streams: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['stream', 'sync_mode'],
        properties: {
          stream: { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 1 } } },
          sync_mode: { enum: ['full_refresh', 'incremental'] },
        },
      },
    },
  },
};

/** Reads a configured catalog. Throws a config error that names everything that is wrong with it. */
export function readCatalog(path: string): AirbyteConfiguredCatalog {
  const catalog = readJson(path, 'catalog');
  const problems = catalogProblems(catalog);
  if (problems.length > 0) throw configError(`The catalog file ${path} is not valid: ${problems.join('; ')}.`);
  return catalog as AirbyteConfiguredCatalog;
}

function catalogProblems(catalog: unknown): string[] {
  const ajv = new Ajv({ allErrors: true });
  const valid: ValidateFunction = ajv.compile(CATALOG_SCHEMA);
  if (!valid(catalog)) return describeAjvErrors(valid.errors ?? []);
  const names = (catalog as AirbyteConfiguredCatalog).streams.map(({ stream }) => stream.name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(twice)].map((name) => `streams: ${name} is there twice`);
}

/**
 * Reads a state: an array of STREAM states, `[]`, `{}` or nothing. A null state and the marker of a stream without cursor count as no state; of two states of the same
 * stream the later one counts. Throws a config error for the kinds of state that this connector never wrote.
 */
export function readStates(path: string): Map<string, StreamState> {
  const text = readText(path, 'state');
  return parseStates(text.trim() === '' ? [] : parse(text, path, 'state'), path);
}

/** `source` names it in errors. */
export function parseStates(given: unknown, source: string): Map<string, StreamState> {
  const messages = given === null || isEmptyObject(given) ? [] : given;
  if (!Array.isArray(messages)) {
    throw configError(
      `The state ${source} is not valid: it must be an array of STREAM states. Reset the connection's state.`,
    );
  }
  const states = new Map<string, StreamState>();
  const problems: string[] = [];
  messages.forEach((message: unknown, index) => {
    // A whole STATE message, as the connector prints it, does as well.
    const state = (isObject(message) && message['type'] === 'STATE' ? message['state'] : message) as Record<
      string,
      unknown
    > | null;
    const stream = isObject(state) && isObject(state['stream']) ? state['stream'] : undefined;
    const descriptor = stream?.['stream_descriptor'];
    const name = isObject(descriptor) ? descriptor['name'] : undefined;
    const value = stream?.['stream_state'];
    if (typeof name !== 'string') problems.push(`[${index}]: must be a STREAM state with a stream_descriptor.name`);
    else if (
      value === null ||
      value === undefined ||
      (isObject(value) && value['__ab_no_cursor_state_message'] === true)
    )
      states.delete(name);
    else if (!isObject(value)) problems.push(`[${index}].stream.stream_state: must be an object`);
    else states.set(name, value);
  });
  if (problems.length > 0)
    throw configError(`The state ${source} is not valid: ${problems.join('; ')}. Reset the connection's state.`);
  return states;
}

const isEmptyObject = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;
