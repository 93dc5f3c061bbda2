import { isObject } from '../json';

const LEVELS: Readonly<Record<string, string>> = { WARN: 'warning', ERROR: 'error', FATAL: 'error' };

/**
 * A message in plain words, for a terminal while stdout goes to a file: warnings, errors, and the outcome of a check.
 * Undefined for everything else.
 */
export function plainWords(message: Readonly<Record<string, unknown>>): string | undefined {
  const { log, trace, connectionStatus } = message;
  if (isObject(log)) {
    const level = LEVELS[String(log['level'])];
    return level && `${level}: ${String(log['message'])}`;
  }
  if (isObject(trace) && isObject(trace['error'])) {
    const { message: text, stream_descriptor: stream } = trace['error'];
    return `error${isObject(stream) ? ` (${String(stream['name'])})` : ''}: ${String(text)}`;
  }
  if (isObject(connectionStatus)) {
    const { status, message: text } = connectionStatus;
    return status === 'SUCCEEDED' ? 'check succeeded' : `check failed: ${String(text)}`;
  }
  return undefined;
}
