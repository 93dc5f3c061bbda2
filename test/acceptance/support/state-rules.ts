import { isObject } from '../../../src/json';
import type { Json, SourceMessage } from '../../support/messages';
import type { CursorFormat } from './acceptance-config';
import { type ConfiguredStream, cursorFieldOf } from './catalogs';
import { propertyAt, typesOf } from './schema-nodes';

/** About so many states of a stream are read from. */
const SAMPLES = 5;

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

/** The states of one stream's read that a further read is to be made from: of those that differ and follow records, about five, not the first or the last; of fewer than three, the last. */
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

/** Every value in a state, however deep, that stands at the cursor's name. */
export function cursorValues(state: unknown, cursorField: string): unknown[] {
  if (Array.isArray(state)) return state.flatMap((item) => cursorValues(item, cursorField));
  if (!isObject(state)) return [];
  return Object.entries(state).flatMap(([key, value]) => [
    ...(key === cursorField ? [value] : []),
    ...cursorValues(value, cursorField),
  ]);
}

/**
 * What is wrong with the cursors of a stream's state: each must have the type that the stream's schema gives the cursor, and the shape
 * (letters, digits and signs at the same places) of one in `model`, or match the stream's cursor format.
 */
export function cursorProblems(
  configured: ConfiguredStream,
  state: Json,
  model: Json,
  { format, streams = [] }: CursorFormat = {},
): string[] {
  const { name, json_schema } = configured.stream;
  const field = cursorFieldOf(configured);
  if (field === undefined) return [`${name}: has no cursor`];
  const types = typesOf(propertyAt(json_schema, [field]) ?? {});
  const pattern = streams.find((stream) => stream.name === name)?.format ?? format;
  const models = cursorValues(model, field).filter(isSet);
  const shapes = models.map(shapeOf);
  const values = cursorValues(state, field).filter(isSet);
  return [
    ...(models.length > 0 ? [] : [`${name}: the state that it is compared with has no cursor`]),
    ...(values.length > 0 ? [] : [`${name}: its state has no cursor`]),
    ...[...values, ...models].flatMap((value) => {
      if (!types.some((type) => isOfType(value, type)))
        return [`${name}: its cursor ${JSON.stringify(value)} must be ${types.join(' or ')}`];
      if (typeof value !== 'string') return [];
      const fits = pattern === undefined ? shapes.includes(shapeOf(value)) : new RegExp(`^(?:${pattern})`).test(value);
      return fits ? [] : [`${name}: its cursor ${value} is not of the form ${pattern ?? shapes.join(' or ')}`];
    }),
  ];
}

const isSet = (value: unknown): boolean => value !== null && value !== undefined && value !== '';

const shapeOf = (value: unknown): string => String(value).replace(/\p{L}/gu, 'a').replace(/\p{N}/gu, '0');

function isOfType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
