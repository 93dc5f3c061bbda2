import { SyncMode } from 'faros-airbyte-cdk';
import { describe, expect, it } from 'vitest';
import type { RecordJson } from '../../src/airbyte/record-json';
import type { StreamState } from '../../src/airbyte/stream';
import { parseAuditPage } from '../../src/clari/contract';
import type { AuditFilter } from '../../src/clari/types';
import type { JsonObject } from '../../src/json';
import { auditEvents, hashOfEvent } from '../../src/streams/audit-events';
import type { StreamContext } from '../../src/streams/context';

const NOW = Date.parse('2026-11-23T10:00:00.500Z');

interface Read {
  readonly rows: JsonObject[];
  readonly states: StreamState[];
  readonly warnings: string[];
  readonly asked: AuditFilter[];
}

/** Reads the stream from a Clari that answers with these pages. */
async function read(
  pages: readonly { items: readonly unknown[]; actors?: readonly unknown[] }[],
  { state, config = {} }: { state?: StreamState; config?: object } = {},
): Promise<Read> {
  const result: Read = { rows: [], states: [], warnings: [], asked: [] };
  const context = {
    config: { startDate: undefined, lookbackDays: 3, ...config },
    client: {
      async *auditEvents(filter: AuditFilter) {
        result.asked.push(filter);
        for (const page of pages) yield parseAuditPage(page);
      },
    },
    log: { warn: (message: string) => result.warnings.push(message) },
    startedAt: async () => NOW,
  } as unknown as StreamContext;
  await auditEvents.read(context, {
    syncMode: SyncMode.INCREMENTAL,
    state,
    signal: new AbortController().signal,
    output: {
      async records(records) {
        for (const record of records) result.rows.push(JSON.parse((record as RecordJson).text));
      },
      async state(saved) {
        result.states.push(saved);
      },
      failure: () => undefined,
      rateLimited: () => undefined,
    },
  });
  return result;
}

const event = (eventTimestamp: unknown, more: object = {}) => ({
  event: 'user.login',
  actorId: '7',
  eventTimestamp,
  ...more,
});

const eventIdOf = (of: Parameters<typeof hashOfEvent>[0]) => hashOfEvent(of).toString('hex');

describe('the id of an event', () => {
  it('given the same event, then it is the same, whatever the order of its keys, at every depth', () => {
    const id = eventIdOf({ a: 1, b: { c: [{ d: 1, e: '\ud800' }], f: null } });
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(eventIdOf({ b: { f: null, c: [{ e: '\ud800', d: 1 }] }, a: 1 })).toBe(id);
    expect(eventIdOf({ a: 1, b: { c: [{ d: 1, e: '\ud801' }], f: null } })).not.toBe(id);
    expect(eventIdOf({ a: '1', b: { c: [{ d: 1, e: '\ud800' }], f: null } })).not.toBe(id);
  });

  it('given an event, then it is the SHA-256 of its JSON with sorted keys', () => {
    // printf '{"a":[1,2],"b":"x"}' | sha256sum
    expect(eventIdOf({ b: 'x', a: [1, 2] })).toBe('d0f56dda38d34376527524ddd98f7ec117d5cbfb240f86e11bfb9d2d01a717d9');
  });

  it('given nesting without end, then that is an error of Clari’s answer', () => {
    const deep = JSON.parse(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
    expect(() => eventIdOf(deep)).toThrow(expect.objectContaining({ kind: 'unexpected_answer' }));
  });
});

describe('audit events', () => {
  it('given a first sync without any event, then the next one reads from the same day, after any pause', async () => {
    const { states } = await read([], { config: { startDate: '2026-11-01' } });
    expect(states).toEqual([{ eventTimestamp: '2026-11-01T00:00:00Z', since: '2026-11-01' }]);
  });

  it('given no cursor, then the last 30 days are read; given a start date, then from there', async () => {
    expect((await read([])).asked).toMatchObject([
      { dateFrom: '2026-10-24T00:00:00.000Z', dateTo: '2026-11-23T10:00:00.500Z' },
    ]);
    expect((await read([], { config: { startDate: '2026-11-01' } })).asked).toMatchObject([
      { dateFrom: '2026-11-01T00:00:00.000Z' },
    ]);
  });

  it('given a cursor, then the days before it are read again, but none before the start date', async () => {
    const state = { eventTimestamp: '2026-11-20T10:00:00Z' };
    expect((await read([], { state })).asked).toMatchObject([{ dateFrom: '2026-11-17T10:00:00.000Z' }]);
    const { asked, states } = await read([], { state, config: { startDate: '2026-11-19' } });
    expect(asked).toMatchObject([{ dateFrom: '2026-11-19T00:00:00.000Z' }]);
    expect(states, 'nothing new moves nothing').toMatchObject([state]);
  });

  it('given a start date that has moved back, then the earlier days are read once', async () => {
    const state = { eventTimestamp: '2026-11-20T10:00:00Z', since: '2026-11-01' };
    const config = { startDate: '2026-09-15' };
    const { asked, states } = await read([], { state, config });
    expect(asked).toMatchObject([{ dateFrom: '2026-09-15T00:00:00.000Z' }]);
    expect(states).toEqual([{ ...state, since: '2026-09-15' }]);
    const next = await read([], { state: states[0] as StreamState, config });
    expect(next.asked).toMatchObject([{ dateFrom: '2026-11-17T10:00:00.000Z' }]);
  });

  it('given a start date that has moved past the cursor and back again, then the days between are read', async () => {
    const state = { eventTimestamp: '2026-11-01T10:00:00Z', since: '2026-10-01' };
    const later = await read([{ items: [event('2026-11-22T00:00:00Z')] }], {
      state,
      config: { startDate: '2026-11-20' },
    });
    expect(later.asked).toMatchObject([{ dateFrom: '2026-11-20T00:00:00.000Z' }]);
    const back = await read([], { state: later.states[0] as StreamState, config: { startDate: '2026-10-01' } });
    expect(back.asked).toMatchObject([{ dateFrom: '2026-10-01T00:00:00.000Z' }]);
  });

  it('given times in several ISO forms, then they arrive in UTC, and the newest instant is the cursor', async () => {
    const { rows, states } = await read([
      {
        items: [
          event('2026-11-23T00:30:00-08:00'),
          event('2026-11-23T08:00:00Z'),
          event(1795420811663),
          event('yesterday'),
        ],
      },
    ]);
    expect(rows.map(({ eventTimestamp }) => eventTimestamp)).toEqual([
      '2026-11-23T08:30:00.000Z',
      '2026-11-23T08:00:00Z',
      '2026-11-23T08:00:11.663Z',
      null,
    ]);
    expect(rows[3]).toMatchObject({ additionalFields: { eventTimestamp: 'yesterday' } });
    expect(states).toMatchObject([{ eventTimestamp: '2026-11-23T08:30:00.000Z' }]);
  });

  it('given an event in the future, then it is a row, and the cursor stays at the sync’s start', async () => {
    const { rows, states } = await read([{ items: [event('2099-01-01T00:00:00Z'), event('2026-11-23T08:00:00Z')] }]);
    expect(rows).toHaveLength(2);
    expect(states).toMatchObject([{ eventTimestamp: '2026-11-23T10:00:00Z' }]);
  });

  it('given a cursor in the future, then it counts as now, with a warning, and the next sync reads on', async () => {
    const { states, warnings, asked } = await read([], { state: { eventTimestamp: '2099-12-31T00:00:00Z' } });
    expect(asked).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('is in the future')]);
    expect(states).toMatchObject([{ eventTimestamp: '2026-11-23T10:00:00Z' }]);
    const next = await read([{ items: [event('2026-11-22T00:00:00Z')] }], { state: states[0] as StreamState });
    expect(next.rows).toHaveLength(1);
  });

  it('given an event on two pages, then it is one row', async () => {
    const { rows } = await read([
      { items: [event('2026-11-23T08:00:00Z'), event('2026-11-23T08:00:00Z', { sessionId: 's' })] },
      { items: [{ eventTimestamp: '2026-11-23T08:00:00Z', actorId: '7', event: 'user.login' }] },
    ]);
    expect(rows).toHaveLength(2);
    expect(new Set(rows.map(({ eventId }) => eventId)).size).toBe(2);
    expect(rows[0]?.['eventId']).toBe(eventIdOf(event('2026-11-23T08:00:00Z')));
  });

  it('given an event without the type of its actor, or with another one, then the actor’s is kept', async () => {
    const { rows } = await read([
      {
        items: [event('2026-11-23T08:00:00Z'), event('2026-11-23T09:00:00Z', { actorType: 'USER' })],
        actors: [{ actorId: '7', actorType: 'JOB' }],
      },
    ]);
    expect(rows).toMatchObject([
      { actorType: 'JOB', additionalFields: null },
      { actorType: 'USER', additionalFields: { actors: { actorType: 'JOB' } } },
    ]);
  });

  it('given actors that are none, of other types, or with more to them, then nothing breaks and nothing is lost', async () => {
    const { rows, warnings } = await read([
      {
        items: [event('2026-11-23T08:00:00Z'), event('2026-11-23T08:00:00Z', { actorId: '8' })],
        actors: [
          null,
          'x',
          { actorId: 7, name: { first: 'Maya' }, email: 'm@example.com' },
          { actorId: '8', team: 'EMEA' },
        ],
      },
    ]);
    expect(rows).toMatchObject([
      { actorName: null, actorEmail: 'm@example.com', additionalFields: { actors: { name: { first: 'Maya' } } } },
      { actorId: '8', actorName: null, additionalFields: { actors: { team: 'EMEA' } } },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/additionalFields: actors$/)]);
  });

  it('given an event that is no object, then that is an error, and no state moves the cursor', async () => {
    await expect(read([{ items: [event('2026-11-23T08:00:00Z'), null] }])).rejects.toMatchObject({
      kind: 'unexpected_answer',
    });
  });
});
