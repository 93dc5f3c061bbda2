import { isObject } from '../../../src/json';
import type { Json, SourceMessage } from '../../support/messages';

/** About so many states of a stream are read from. */
const SAMPLES = 5;
/** What only the connector itself reads, and is free to change. */
const ITS_OWN = ['settings', 'pendingJobs', 'submitting'];

/** A state as the platform hands it back. */
export interface StreamState {
  readonly type: 'STREAM';
  readonly stream: { readonly stream_descriptor: { readonly name: string }; readonly stream_state: Json };
}

/** A state of a read, and how many records the read counted after it. */
export interface Slice {
  readonly state: Json;
  readonly recordsAfter: number;
}

export const streamState = (name: string, stream_state: Json): StreamState => ({
  type: 'STREAM',
  stream: { stream_descriptor: { name }, stream_state },
});

/**
 * The states of one stream's read that a further read is to be made from: of those that differ and follow records,
 * about five, not the first or the last; of fewer than three, the last.
 */
export function slicesOf(messages: readonly SourceMessage[]): Slice[] {
  const distinct: { state: Json; records: number }[] = [];
  for (const { state: message } of messages) {
    if (message === undefined) continue;
    const state = message.stream.stream_state;
    const { recordCount: records } = message.sourceStats;
    const last = distinct.at(-1);
    if (last !== undefined && JSON.stringify(last.state) === JSON.stringify(state)) last.records += records;
    else distinct.push({ state, records });
  }
  const counted = distinct.filter(({ records }) => records > 0);
  const slices = counted.map(({ state }, index) => ({
    state,
    recordsAfter: counted.slice(index + 1).reduce((sum, { records }) => sum + records, 0),
  }));
  if (slices.length < 3) return slices.slice(-1);
  const every = Math.floor(slices.length / SAMPLES) || 1;
  return slices.filter((_, index) => index > 0 && index < slices.length - 1 && index % every === 0);
}

/**
 * What of a state isn't of the form of `model`: each text in it has a text of the same name there, with letters, digits
 * and signs at the same places. So that a file with a state stays one that the connector could have emitted.
 */
export function formProblems(state: Json, model: Json): string[] {
  const shapes = new Set(formsOf(model));
  return [...new Set(formsOf(state))].filter((form) => !shapes.has(form));
}

/** Every text of a state, however deep, as `name: shape`. */
function formsOf(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return [`${name}: ${shapeOf(value)}`];
  if (Array.isArray(value)) return value.flatMap((item) => formsOf(item, name));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => (ITS_OWN.includes(key) ? [] : formsOf(inner, key)));
}

/** Fractions of a second may be there or not. */
const shapeOf = (text: string): string =>
  text
    .replace(/\.\d+Z$/, 'Z')
    .replace(/\p{L}/gu, 'a')
    .replace(/\p{N}/gu, '0');
