import { describe, expect, it } from 'vitest';
import type { Json, SourceMessage } from '../support/messages';
import type { DiscoveredStream } from './support/catalogs';
import { recordProblems } from './support/record-rules';
import { formProblems, slicesOf } from './support/state-rules';

const STREAM: DiscoveredStream = {
  name: 'deals',
  json_schema: { properties: { id: {}, owner: {} } },
  supported_sync_modes: ['full_refresh'],
  source_defined_primary_key: [['id'], ['owner', 'id']],
};

describe('the rules for records', () => {
  it.each<[string, Json, string]>([
    ['a column that the schema lacks', { id: 'a', owner: { id: 'b' }, colour: 'red' }, 'the column colour'],
    ['an object in the key', { id: {}, owner: { id: 'b' } }, 'with an object or array'],
    ['a null in the key', { id: null, owner: { id: 'b' } }, 'with a null'],
    ['a part of the key that is not there', { id: 'a' }, 'with a null'],
  ])('given %s, then that is told', (_, record, problem) => {
    expect(recordProblems([record], STREAM).join('\n')).toContain(problem);
  });

  it('given what is allowed, then nothing is told', () => {
    expect(recordProblems([{ id: 'a', owner: { id: 'b' } }], STREAM)).toEqual([]);
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

  it.each<[string, Json, string]>([
    ['another shape', { at: '2026-11-23' }, 'at: 0000-00-00'],
    ['another name', { on: '2026-11-23T10:00:00Z' }, 'on: 0000-00-00a00:00:00a'],
    ['one deep inside', { deals: [{ at: 'soon' }] }, 'at: aaaa'],
  ])('given a state of %s than its model, then that is told', (_, state, problem) => {
    expect(formProblems(state, { at: '2099-12-31T00:00:00Z' })).toEqual([problem]);
  });

  it('given the same form, or what only the connector reads, then nothing is told', () => {
    const state = { at: '2026-11-23T10:00:00.123Z', missing: [], pendingJobs: [{ jobId: 'x' }] };
    expect(formProblems(state, { at: '2099-12-31T00:00:00Z' })).toEqual([]);
  });
});
