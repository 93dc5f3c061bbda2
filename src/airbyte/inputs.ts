import { readFileSync } from 'node:fs';
import type { AirbyteConfiguredCatalog } from 'faros-airbyte-cdk';
import { isObject } from '../json';
import { describeJsonError } from './json-text';
import { type StreamState, SyncError } from './stream';
import { checkOf } from './validation';

const configError = (message: string): SyncError => new SyncError(message, { failureType: 'config_error' });

/**
 * Reads any file as JSON, whatever its extension; never as a module. Throws a config error that names the file but
 * never quotes it.
 */
export function readJson(path: string, what: string): unknown {
  return parse(readText(path, what), path, what);
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw configError(
      `The ${what} file ${path} can't be read: ${whyUnreadable(error as NodeJS.ErrnoException, path)}.`,
    );
  }
}

/** Why a file can't be read, and what to do about it. */
export function whyUnreadable({ code, message }: NodeJS.ErrnoException, path: string): string {
  switch (code) {
    case 'ENOENT':
      return 'it does not exist';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
    case 'EPERM':
      // In a container the process runs as the image's user, while the file belongs to a person.
      return (
        `the connector runs as user id ${process.getuid?.() ?? 'unknown'}, which has no permission. ` +
        `Allow it (chmod a+r ${path}), or run the container as the owner of the file (--user "$(id -u)")`
      );
    default:
      return code ?? message;
  }
}

function parse(text: string, path: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw configError(`The ${what} file ${path} is not JSON: ${describeJsonError(text)}.`);
  }
}

/** What the read loop needs from a configured catalog; platforms add their own keys, and nulls. */
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

/** Reads a configured catalog. Throws a config error that lists everything wrong with it. */
export function readCatalog(path: string): AirbyteConfiguredCatalog {
  const text = readText(path, 'catalog');
  const messages = messagesIn(text);
  if (messages.some(({ type }) => type === 'CATALOG')) throw configError(discovered(path));
  if (messages.length > 0)
    throw configError(
      `The catalog file ${path} holds messages of the connector, not a configured catalog. ${MAKE_ONE}`,
    );
  const catalog = parse(text, path, 'catalog');
  if (isDiscovered(catalog)) throw configError(discovered(path));
  const problems = catalogProblems(catalog);
  if (problems.length > 0)
    throw configError(`The catalog file ${path} is not valid: ${problems.join('; ')}. ${MAKE_ONE}`);
  return catalog as AirbyteConfiguredCatalog;
}

const MAKE_ONE = 'Create one with `source-clari catalog`.';
const discovered = (path: string): string =>
  `The catalog file ${path} holds what discover prints; read takes a configured catalog. ${MAKE_ONE}`;

/** Whether a catalog is discover's output: the streams only, without how to sync them. */
const isDiscovered = (catalog: unknown): boolean =>
  isObject(catalog) &&
  Array.isArray(catalog['streams']) &&
  catalog['streams'].some((stream) => isObject(stream) && 'json_schema' in stream && !('stream' in stream));

/**
 * The protocol messages in a text with one message per line, as every command prints them; empty for any other text.
 */
function messagesIn(text: string): { type: unknown }[] {
  const messages: { type: unknown }[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    try {
      const message: unknown = JSON.parse(line);
      if (!isObject(message) || typeof message['type'] !== 'string') return [];
      messages.push({ type: message['type'] });
    } catch {
      return [];
    }
  }
  return messages;
}

function catalogProblems(catalog: unknown): string[] {
  const problems = checkOf(CATALOG_SCHEMA)(catalog);
  if (problems.length > 0) return problems;
  const names = (catalog as AirbyteConfiguredCatalog).streams.map(({ stream }) => stream.name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(twice)].map((name) => `streams: ${name} is listed twice`);
}

/**
 * Reads a state: an array of STREAM states, `[]`, `{}` or nothing. A null state and the marker of a stream without
 * cursor count as no state; if a stream has two states, the later one counts. Throws a config error for every other
 * kind of state.
 */
export function readStates(path: string): Map<string, StreamState> {
  const text = readText(path, 'state');
  if (text.trim() === '') return new Map();
  const messages = messagesIn(text);
  if (messages.length > 1 || messages.some(({ type }) => type === 'STATE')) {
    throw configError(
      `The state file ${path} holds messages of the connector, one per line. Collect the last STATE of each stream in a JSON array, [{"type":"STREAM",…},…].`,
    );
  }
  return parseStates(parse(text, path, 'state'), `file ${path}`);
}

/** Like `readStates`, for a state that is already parsed. `which` names it in errors. */
export function parseStates(given: unknown, which: string): Map<string, StreamState> {
  const messages = given === null || isEmptyObject(given) ? [] : given;
  if (!Array.isArray(messages)) {
    throw configError(
      `The state ${which} is not valid: it must be an array of STREAM states. Pass what this connector printed, or clear the connection's data.`,
    );
  }
  const states = new Map<string, StreamState>();
  const problems: string[] = [];
  messages.forEach((message: unknown, index) => {
    // A whole STATE message, as the connector prints it, is accepted too.
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
    throw configError(
      `The state ${which} is not valid: ${problems.join('; ')}. Pass what this connector printed, or clear the connection's data.`,
    );
  return states;
}

const isEmptyObject = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;
