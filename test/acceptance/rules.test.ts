import { describe, expect, it } from 'vitest';
import type { Json, SourceMessage } from '../support/messages';
import { readJsonFile } from './support/acceptance-config';
import { catalogProblems } from './support/catalog-rules';
import type { DiscoveredStream } from './support/catalogs';
import { keyProblems, recordProblems, without } from './support/record-rules';
import { specProblems } from './support/spec-rules';
import { cursorProblems, slicesOf } from './support/state-rules';

/** A specification with one more property. */
function specWith(name: string, property: Json): Json {
  const { connectionSpecification } = readJsonFile<{ connectionSpecification: Json }>('resources/spec.json');
  return {
    ...connectionSpecification,
    properties: { ...(connectionSpecification['properties'] as Json), [name]: property },
  };
}

const text = { type: 'string' };
const variant = (properties: Json): Json => ({ type: 'object', properties });

describe('the rules for a specification', () => {
  it.each<[string, string, Json, string]>([
    ['an enum with a duplicate', 'x', { type: 'string', enum: ['a', 'a'] }, 'twice'],
    ['a choice that is no object', 'x', { oneOf: [variant({ kind: { const: 'a' } })] }, 'type must be object'],
    ['a variant without properties', 'x', { type: 'object', oneOf: [{ type: 'object' }] }, 'must have properties'],
    ['variants without a constant', 'x', { type: 'object', oneOf: [variant({ kind: text })] }, 'exactly one property'],
    [
      'a constant with another default',
      'x',
      { type: 'object', oneOf: [variant({ kind: { const: 'a', default: 'b' } })] },
      'must equal its const',
    ],
    ['a secret that is not marked', 'token', text, 'by its name a secret'],
    ['a mark on what is no secret', 'password', { type: 'boolean', airbyte_secret: true }, 'can hold no secret'],
    ['two types', 'x', { type: ['string', 'integer'] }, 'type must be one'],
    ['null as the first type', 'x', { type: ['null', 'string'] }, 'type must be one'],
    ['an empty object', 'x', { type: 'object', properties: {} }, 'without properties'],
    ['items of several kinds', 'x', { type: 'array', items: [text, text] }, 'items must be of one type'],
    ['items that are arrays', 'x', { type: 'array', items: { type: 'array' } }, 'items must be of one type'],
    ['allOf', 'x', { type: 'string', allOf: [text] }, 'keyword allOf'],
    ['a reference deep inside', 'x', variant({ y: { $ref: '#' } }), 'keyword $ref'],
    ['an order that is taken', 'x', { type: 'string', order: 0 }, 'same order'],
    ['a group deep inside', 'x', variant({ y: { type: 'string', group: 'g' } }), 'group'],
    ['a display type without a choice', 'x', { type: 'string', display_type: 'radio' }, 'display_type'],
    ['further properties refused', 'x', { ...variant({ y: text }), additionalProperties: false }, 'must be true'],
  ])('given %s, then that is told', (_, name, property, problem) => {
    expect(specProblems(specWith(name, property)).join('\n')).toContain(problem);
  });

  it('given what is allowed, then nothing is told', () => {
    const choice = { type: 'object', display_type: 'radio', oneOf: [variant({ kind: { const: 'a' }, not: text })] };
    expect(specProblems(specWith('x', choice))).toEqual([]);
    expect(specProblems(specWith('token', { type: 'string', airbyte_secret: true }))).toEqual([]);
    expect(specProblems(specWith('x', { type: 'string', order: 0, group: 'another' }))).toEqual([]);
    expect(specProblems(specWith('x', { type: ['string', 'null'] }))).toEqual([]);
  });
});

const STREAM: DiscoveredStream = {
  name: 'deals',
  json_schema: {
    type: 'object',
    additionalProperties: true,
    properties: {
      id: text,
      at: { type: ['null', 'string'], format: 'date-time' },
      day: { type: ['null', 'string'], format: 'date' },
      count: { type: ['null', 'integer'] },
      amount: { type: ['null', 'number'] },
      tags: { type: ['null', 'array'], items: text },
    },
  },
  supported_sync_modes: ['full_refresh', 'incremental'],
  default_cursor_field: ['at'],
  source_defined_primary_key: [['id']],
};
const withColumn = (column: Json): DiscoveredStream => ({
  ...STREAM,
  json_schema: { ...STREAM.json_schema, properties: { ...(STREAM.json_schema['properties'] as Json), x: column } },
});

describe('the rules for a catalog', () => {
  it.each<[string, readonly DiscoveredStream[], string]>([
    ['no streams', [], 'no streams'],
    ['a stream twice', [STREAM, STREAM], 'deals: is there twice'],
    ['a schema that is none', [withColumn({ type: 'text' })], 'not draft-07'],
    ['a type of another draft', [withColumn({ type: 'string', enum: 'a' })], 'not draft-07'],
    ['allOf', [withColumn({ allOf: [text] })], 'keyword allOf'],
    ['closed objects', [withColumn({ type: 'object', additionalProperties: false })], 'must be true'],
    ['a cursor that is no column', [{ ...STREAM, default_cursor_field: ['date'] }], 'cursor date is no column'],
    ['a key that is no column', [{ ...STREAM, source_defined_primary_key: [['key']] }], 'key is no column'],
    ['a key of arrays', [{ ...STREAM, source_defined_primary_key: [['tags']] }], 'may be an object or an array'],
    ['no sync mode', [{ ...STREAM, supported_sync_modes: [] }], 'no sync mode'],
    ['a format that is unknown', [withColumn({ type: 'string', format: 'email' })], 'the format email'],
    ['a date that is a number', [withColumn({ type: 'number', format: 'date' })], 'the format date'],
    [
      'a timestamp that is a number',
      [withColumn({ type: 'number', airbyte_type: 'timestamp_with_timezone' })],
      'airbyte',
    ],
  ])('given %s, then that is told', (_, streams, problem) => {
    expect(catalogProblems(streams).join('\n')).toContain(problem);
  });

  it('given what is allowed, then nothing is told', () => {
    expect(catalogProblems([STREAM])).toEqual([]);
    expect(catalogProblems([withColumn({ type: ['null', 'number'], airbyte_type: 'integer' })])).toEqual([]);
    expect(catalogProblems([withColumn({ type: 'object', properties: { not: text, allOf: text } })])).toEqual([]);
  });
});

const CONFIGURED = { stream: STREAM, sync_mode: 'incremental', destination_sync_mode: 'append' };
const CATALOG = { streams: [CONFIGURED] };
const line = (data: string, stream = 'deals'): string =>
  `{"type":"RECORD","record":{"stream":"${stream}","emitted_at":1,"data":${data}}}`;

describe('the rules for records', () => {
  it.each([
    ['{"count":1.0}', '/count: must be null,integer'],
    ['{"count":1e3}', '/count: must be null,integer'],
    ['{"count":true}', '/count: must be null,integer'],
    ['{"id":null}', '/id: must be string'],
    ['{"at":"2026-11-23"}', '/at: must match format "date-time"'],
    ['{"at":"2026-13-45T10:00:00Z"}', '/at: must match format "date-time"'],
    ['{"day":"2026-02-30"}', '/day: must match format "date"'],
    ['{"day":"23/11/2026"}', '/day: must match format "date"'],
    ['{"tags":[1]}', '/tags/0: must be string'],
    ['{"colour":"red"}', 'deals: must NOT have additional properties {"additionalProperty":"colour"}'],
  ])('given the record %s, then that is told: %s', (data, problem) => {
    expect(recordProblems([line(data)], CATALOG).join('\n')).toContain(problem);
  });

  it('given what is allowed, then nothing is told', () => {
    const data = '{"id":"1.0","at":"2026-11-23 10:00:00","day":"2026-11-23","count":-1000,"amount":1.0,"tags":["1e3"]}';
    expect(recordProblems([line(data)], CATALOG)).toEqual([]);
  });

  it('given a record of a stream that is not in the catalog, then that is told', () => {
    expect(recordProblems([line('{}', 'leads')], CATALOG)).toEqual(['a record of leads, which is not in the catalog']);
  });

  it('given primary keys, then objects and nothing but nulls are told', () => {
    const key = { ...STREAM, source_defined_primary_key: [['id'], ['owner', 'id']] };
    expect(keyProblems([{ id: null, owner: { id: 'a' } }, { id: 'b' }], key)).toEqual([]);
    expect(keyProblems([{ id: {} }, { id: null, owner: null }], key)).toHaveLength(2);
  });

  it('given fields to leave out, then paths lead into objects', () => {
    expect(without({ a: 1, b: { c: 2, d: 3 } }, ['a', 'b/c', 'e/f'])).toEqual({ b: { d: 3 } });
  });
});

describe('the rules for states', () => {
  const stateAt = (at: string, recordCount: number): SourceMessage => ({
    type: 'STATE',
    state: { stream: { stream_descriptor: { name: 'deals' }, stream_state: { at } }, sourceStats: { recordCount } },
  });

  it('given few states, then the last one that follows records is read from', () => {
    expect(slicesOf([stateAt('1', 0), stateAt('2', 3), stateAt('3', 2), stateAt('4', 0)])).toEqual([
      { state: { at: '3' }, recordsAfter: 0 },
    ]);
  });

  it('given many, then some between the first and the last are, each with the records after it; equal ones count as one', () => {
    const messages = ['1', '2', '2', '3', '4'].map((at) => stateAt(at, 10));
    expect(slicesOf(messages)).toEqual([
      { state: { at: '2' }, recordsAfter: 20 },
      { state: { at: '3' }, recordsAfter: 10 },
    ]);
    expect(slicesOf(Array.from({ length: 40 }, (_, at) => stateAt(String(at), 1)))).toHaveLength(4);
  });

  it.each<[string, Json, Json, object | undefined, string]>([
    ['another type', { at: 5 }, { at: '2099' }, undefined, 'must be null or string'],
    ['another shape', { at: '2026-11-23' }, { at: '2099-12-31T00:00:00Z' }, undefined, 'not of the form'],
    ['no cursor', {}, { at: '2099' }, undefined, 'its state has no cursor'],
    ['no model', { at: '2099' }, {}, undefined, 'compared with has no cursor'],
    ['another pattern', { at: '26' }, { at: '99' }, { format: '\\d{4}' }, 'not of the form'],
  ])('given a cursor of %s, then that is told', (_, state, model, format, problem) => {
    expect(cursorProblems(CONFIGURED, state, model, format).join('\n')).toContain(problem);
  });

  it('given cursors of the same shape, or of the pattern, however deep, then nothing is told', () => {
    const state = { parts: [{ at: '2026-01-02' }], at: null };
    expect(cursorProblems(CONFIGURED, state, { at: '2099-12-31' })).toEqual([]);
    const streams = [{ name: 'deals', format: '\\d+' }];
    expect(cursorProblems(CONFIGURED, state, { at: '2099' }, { format: 'x', streams })).toEqual([]);
  });
});
