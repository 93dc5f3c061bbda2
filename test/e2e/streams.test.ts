import { describe, expect, it } from 'vitest';
import type { Simulator, SimulatorOptions } from '../../simulator';
import { catalogOf } from '../support/connector';
import { checkConversation, type Json } from '../support/messages';
import { daysBefore, simulatedClari, stateOf } from '../support/simulated';
import { sync } from '../support/sync';

const ALL = catalogOf({
  forecasts: 'full_refresh',
  forecast_entries: 'incremental',
  activities: 'incremental',
  audit_events: 'incremental',
  opportunities: 'full_refresh',
});

const startClari = simulatedClari();
let simulator: Simulator;
const start = async (options: SimulatorOptions = {}) => {
  simulator = await startClari(options);
};
const activitiesSince = (start: string) => simulator.truth.activities(start, '2099-12-31');

describe('all streams side by side', () => {
  it('given all five, when synced, then each completes with every record that Clari holds, and activities are paid for once', async () => {
    await start();
    const start_date = daysBefore(40);
    const result = await sync(simulator, { catalog: ALL, config: { start_date } });
    expect(result.exitCode).toBe(0);
    checkConversation(result.messages, [
      'forecasts',
      'forecast_entries',
      'activities',
      'audit_events',
      'opportunities',
    ]);
    const activities = activitiesSince(start_date);
    const ids = new Set(result.messages.records('activities').map(({ activityId }) => activityId));
    expect(ids).toEqual(new Set(activities.map(({ activityId }) => activityId)));
    const wanted = new Set(
      activities.flatMap(({ opportunities }) => opportunities.map(({ opportunityId }) => opportunityId)),
    );
    const known = simulator.truth.opportunities().filter(({ id }) => wanted.has(id));
    expect(new Set(result.messages.records('opportunities').map(({ id }) => id))).toEqual(
      new Set(known.map(({ id }) => id)),
    );
    expect(result.messages.records('audit_events').length).toBeGreaterThanOrEqual(
      simulator.truth.auditEvents(start_date).length - 1,
    );
    const windows = simulator.jobs
      .filter(({ kind }) => kind === 'activity')
      .map(({ body }) => body as { startDate: string; endDate: string });
    expect(new Set(windows.map(({ startDate }) => startDate)).size).toBe(windows.length);
  });

  it('given a kill in the middle, when resumed, then no activity export is paid for again', async () => {
    await start({ jobDurationMs: 200 });
    const killed = await sync(simulator, {
      catalog: ALL,
      onLine: (line, _, child) => {
        if (line.includes('is done"')) child.kill('SIGKILL');
      },
    });
    const before = simulator.jobs.filter(({ kind }) => kind === 'activity').length;
    expect(before).toBeGreaterThan(0);
    const resumed = await sync(simulator, { catalog: ALL, state: killed.messages.lastStates });
    expect(resumed.exitCode).toBe(0);
    const starts = simulator.jobs
      .filter(({ kind }) => kind === 'activity')
      .map(({ body }) => (body as { startDate: string }).startDate);
    expect(new Set(starts).size).toBe(starts.length);
    expect(resumed.messages.records('opportunities').length).toBeGreaterThan(0);
  });
});

describe('activities', () => {
  const CATALOG = catalogOf({ activities: 'incremental' });

  it('given activities, then date is a date-time whichever way Clari writes it, and the cursor is the moment of the export', async () => {
    await start();
    const { exitCode, messages } = await sync(simulator, { catalog: CATALOG });
    expect(exitCode).toBe(0);
    for (const { date } of messages.records('activities'))
      expect(date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(messages.states('activities').at(-1)).toEqual({
      date: expect.stringMatching(/^2026-11-23T08:0\d:\d\dZ$/),
      since: daysBefore(30),
      pendingJobs: [],
    });
  });

  it.each([
    [{}, 6],
    [{ lookback_days: 0 }, 3],
    [{ start_date: daysBefore(4) }, 4],
  ])(
    'given a cursor of three days ago and %j, then the days since %i days ago are exported again',
    async (config, days) => {
      await start();
      const state = stateOf('activities', { date: `${daysBefore(3)}T12:00:00Z`, since: daysBefore(4) });
      const { messages } = await sync(simulator, { catalog: CATALOG, config, state });
      const ids = messages.records('activities').map(({ activityId }) => activityId);
      expect(ids.toSorted()).toEqual(
        activitiesSince(daysBefore(days))
          .map(({ activityId }) => activityId)
          .toSorted(),
      );
    },
  );

  it('given a start date that moved back, then the earlier days are fetched', async () => {
    await start();
    const state = stateOf('activities', { date: `${daysBefore(3)}T12:00:00Z`, since: daysBefore(10) });
    const config = { start_date: daysBefore(20) };
    const { messages } = await sync(simulator, { catalog: CATALOG, config, state });
    const ids = messages.records('activities').map(({ activityId }) => activityId);
    expect(ids.toSorted()).toEqual(
      activitiesSince(daysBefore(20))
        .map(({ activityId }) => activityId)
        .toSorted(),
    );
    expect(messages.states('activities').at(-1)).toMatchObject({ since: daysBefore(20) });
  });

  it('given windows that meet on a day, then an activity of that day comes once, since not every destination looks for doubles', async () => {
    await start();
    const start_date = daysBefore(40);
    const { messages } = await sync(simulator, { catalog: CATALOG, config: { start_date } });
    const ids = messages.records('activities').map(({ activityId }) => activityId);
    const known = activitiesSince(start_date).map(({ activityId }) => activityId);
    expect(ids.toSorted()).toEqual(known.toSorted());
  });

  it('given a long history, then it comes in months, each followed by a state', async () => {
    await start();
    simulator.faults.job({ kind: 'activity', times: 3 }, { statusWord: 'SLOW', thenDone: true });
    const { messages } = await sync(simulator, { catalog: CATALOG, config: { start_date: daysBefore(100) } });
    const cursors = [
      ...new Set(messages.states('activities').flatMap(({ date }) => (date === undefined ? [] : [String(date)]))),
    ];
    expect(cursors.length).toBeGreaterThanOrEqual(4);
    expect(cursors).toEqual([...cursors].sort());
  });

  it.each([1, 2])(
    'given month %i of a long history that fails, then the cursor stays before it, and the next sync goes on from there without paying twice',
    async (nth) => {
      await start();
      simulator.faults.add({ method: 'POST', path: '/export/activity', nth, action: { type: 'status', status: 400 } });
      const config = { start_date: daysBefore(100) };
      const failed = await sync(simulator, { catalog: CATALOG, config });
      expect(failed.exitCode).toBe(1);
      checkConversation(failed.messages, ['activities']);
      expect(failed.messages.errors).toHaveLength(1);
      const windows = () =>
        simulator.jobs.map(({ body }) => (body as { startDate: string }).startDate.slice(0, 10)).sort();
      const paid = windows();
      const cursor = failed.messages.states('activities').at(-1)?.['date'];
      if (nth === 1) expect(cursor).toBeUndefined();
      else expect(String(cursor) > String(paid[0])).toBe(true);
      const next = await sync(simulator, { catalog: CATALOG, config, state: failed.messages.lastStates });
      expect(next.exitCode).toBe(0);
      const ids = [...failed.messages.records('activities'), ...next.messages.records('activities')].map(
        ({ activityId }) => activityId,
      );
      const truth = activitiesSince(config.start_date);
      expect(new Set(ids)).toEqual(new Set(truth.map(({ activityId }) => activityId)));
      expect(windows()).toEqual([...new Set(windows())]);
    },
  );

  it('given a state from the future, then it counts as now, with a warning', async () => {
    await start();
    const state = stateOf('activities', { date: '2099-12-31T00:00:00Z', pendingJobs: [] });
    const { exitCode, messages } = await sync(simulator, { catalog: CATALOG, state });
    expect(exitCode).toBe(0);
    expect(messages.records('activities')).toEqual([]);
    expect(messages.logs('WARN').join()).toContain('is in the future (2099-12-31T00:00:00Z), so it is treated as now');
    expect(messages.states('activities').at(-1)?.['date']).toMatch(/^2026-11-23T/);
    const { messages: next } = await sync(simulator, { catalog: CATALOG, state: messages.lastStates });
    expect(next.records('activities').length).toBeGreaterThan(0);
  });
});

describe('a state that makes no sense', () => {
  it.each([
    [{ date: 'nonsense' }, /date: must be an ISO 8601 date-time/],
    [{ date: '1990-01-01T00:00:00Z' }, /date: must be no more than 20 years in the past \(1990-01-01T00:00:00Z/],
    [{ pendingJobs: [{ jobId: 'x' }] }, /pendingJobs\[0\]: must have a jobId/],
  ])(
    'given %j for activities, then that stream fails, and opportunities are read all the same',
    async (state, sentence) => {
      await start();
      const { exitCode, messages } = await sync(simulator, {
        catalog: catalogOf({ activities: 'incremental', opportunities: 'full_refresh' }),
        state: stateOf('activities', state),
      });
      expect(exitCode).toBe(1);
      checkConversation(messages, ['activities', 'opportunities']);
      expect(messages.errors).toEqual([
        expect.objectContaining({
          failure_type: 'config_error',
          stream_descriptor: { name: 'activities' },
          message: expect.stringMatching(sentence),
        }),
      ]);
      expect(messages.records('activities')).toEqual([]);
      expect(messages.records('opportunities').length).toBeGreaterThan(0);
      expect(messages.statuses('opportunities').at(-1)).toBe('COMPLETE');
    },
  );

  it('given nonsense for one forecast stream, then that one fails, and the others are read from the same exports', async () => {
    await start();
    const { exitCode, messages } = await sync(simulator, {
      catalog: catalogOf({ forecast_entries: 'incremental', forecast_users: 'incremental' }),
      state: stateOf('forecast_users', { forecasts: { net_new: 7 } }),
    });
    expect(exitCode).toBe(1);
    checkConversation(messages, ['forecast_entries', 'forecast_users']);
    expect(messages.errors).toEqual([expect.objectContaining({ stream_descriptor: { name: 'forecast_users' } })]);
    expect(messages.records('forecast_entries').length).toBeGreaterThan(0);
    expect(simulator.jobs).toHaveLength(2);
  });
});

describe('audit events', () => {
  const CATALOG = catalogOf({ audit_events: 'incremental' });
  const eventIdsFrom = (events: readonly Json[], from: string) =>
    events
      .filter(({ eventTimestamp }) => Date.parse(String(eventTimestamp)) >= Date.parse(from))
      .map(({ eventId }) => eventId);

  it.each(['absolute', 'relative'] as const)(
    'given more than a page and %s links, then all pages are read, joined with their actors',
    async (auditNextLink) => {
      await start({ auditEventsPerDay: 100, auditNextLink, auditOrder: 'unordered' });
      const { exitCode, messages } = await sync(simulator, { catalog: CATALOG });
      expect(exitCode).toBe(0);
      const events = messages.records('audit_events');
      expect(events.length).toBeGreaterThan(2_000);
      expect(events.every(({ actorType, actorName }) => actorType !== 'USER' || typeof actorName === 'string')).toBe(
        true,
      );
      const newest = events
        .map(({ eventTimestamp }) => String(eventTimestamp))
        .sort()
        .at(-1);
      expect(messages.states('audit_events')).toMatchObject([{ eventTimestamp: newest }]);
      const next = await sync(simulator, { catalog: CATALOG, state: messages.lastStates });
      // Three days are read again, since some events may be recorded late.
      const from = new Date(Date.parse(String(newest)) - 3 * 86_400_000).toISOString();
      const again = next.messages.records('audit_events').map(({ eventId }) => eventId);
      expect(again).toEqual(expect.arrayContaining(eventIdsFrom(events, from)));
      expect(again.length).toBeLessThan(eventIdsFrom(events, from).length + 10);
    },
  );

  it('given a link to another host, then it is refused, and the cursor stays', async () => {
    await start({ auditEventsPerDay: 100, auditNextLink: 'elsewhere' });
    const { exitCode, messages } = await sync(simulator, { catalog: CATALOG });
    expect(exitCode).toBe(1);
    expect(messages.errors[0]?.message).toContain('a link to another host');
    expect(simulator.leakedKeys).toEqual([]);
    expect(messages.states('audit_events')).toEqual([{ __ab_no_cursor_state_message: true }]);
  });
});

describe('opportunities', () => {
  const CATALOG = catalogOf({ opportunities: 'full_refresh' });

  it.each([true, false])(
    'given ids, when the answer is enveloped: %s, then fields come as an array and by id, and unknown ids are named once',
    async (opportunityEnvelope) => {
      await start({ opportunityEnvelope, opportunities: 150 });
      const ids = simulator.truth.opportunities().map(({ id }) => id);
      const { exitCode, messages } = await sync(simulator, {
        catalog: CATALOG,
        config: { opportunity_ids: [...ids, 'unknown-1', 'unknown-2'] },
      });
      expect(exitCode).toBe(0);
      const records = messages.records('opportunities');
      expect(records.map(({ id }) => id)).toEqual(ids);
      const [first] = records;
      const fields = first?.['fields'] as { id: string; value: unknown }[];
      expect(first?.['fieldValues']).toEqual(Object.fromEntries(fields.map(({ id, value }) => [id, value ?? null])));
      expect(messages.logs('WARN')).toEqual(['Clari knows no opportunity with these ids: unknown-1, unknown-2']);
      expect(simulator.requests.filter(({ path }) => path.includes('/opportunity?')).length).toBe(2);
      expect(simulator.jobs).toEqual([]);
    },
  );

  it('given no right to read them, then that stream alone fails, and the permission is named', async () => {
    await start({ forbidden: ['opportunity'] });
    const catalog = catalogOf({ forecasts: 'full_refresh', opportunities: 'full_refresh' });
    const { exitCode, messages } = await sync(simulator, { catalog, config: { opportunity_ids: ['x'] } });
    expect(exitCode).toBe(1);
    expect(messages.statuses('forecasts').at(-1)).toBe('COMPLETE');
    expect(messages.errors[0]?.message).toContain('lacks permission for opportunities (HTTP 403)');
  });
});
