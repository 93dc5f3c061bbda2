import { describe, expect, it } from 'vitest';
import type { Simulator, SimulatorOptions } from '../../simulator';
import { catalogOf, configFor, runConnector } from '../support/connector';
import { checkConversation, type Json, Messages } from '../support/messages';
import { simulatedClari, stateOf } from '../support/simulated';

const KEY = ['forecastId', 'timePeriodId', 'timeFrameId', 'ownerId', 'fieldId'];
const BOTH = catalogOf({ forecasts: 'full_refresh', forecast_entries: 'incremental' });

const startClari = simulatedClari();
let simulator: Simulator;

async function sync(config: Record<string, unknown>, state?: unknown, catalog: unknown = BOTH) {
  const run = await runConnector('read', { config: configFor(simulator, config), catalog, state });
  const messages = new Messages(run.lines);
  return { ...run, messages, entries: messages.records('forecast_entries') };
}

const jobPeriods = () => simulator.jobs.map(({ timePeriod }) => timePeriod);
const quartersOf = (rows: readonly Json[]) => [...new Set(rows.map(({ timePeriod }) => timePeriod))];
const start = async (options: SimulatorOptions = {}) => {
  simulator = await startClari(options);
};

const keyOf = (row: Json) => KEY.map((column) => row[column]).join('|');
const sum = (rows: readonly Json[], column: string) => rows.reduce((total, row) => total + Number(row[column] ?? 0), 0);

describe('syncing forecasts in the published contract', () => {
  it('given a start period, when synced, then every entry of every quarter is there once, with the amounts that Clari holds', async () => {
    await start();
    const { exitCode, messages, entries } = await sync({ start_period: '2027_Q1', include_historical: true });
    expect(exitCode).toBe(0);
    checkConversation(messages, ['forecasts', 'forecast_entries']);
    expect(new Set(entries.map(keyOf)).size).toBe(entries.length);
    for (const quarter of ['2027_Q1', '2027_Q2', '2027_Q3', '2027_Q4']) {
      const truth = simulator.truth.forecastResults('net_new', quarter, { includeHistorical: true });
      const rows = entries.filter(({ timePeriod }) => timePeriod === quarter);
      expect(rows).toHaveLength(truth.entries.length);
      expect(sum(rows, 'forecastAmount')).toBeCloseTo(sum(truth.entries as never, 'forecastValue'), 4);
      expect(sum(rows, 'quotaAmount')).toBeCloseTo(sum(truth.entries as never, 'quotaValue'), 4);
      expect(sum(rows, 'adjustmentAmount')).toBeCloseTo(sum(truth.entries as never, 'adjustmentValue'), 4);
    }
    expect(messages.records('forecasts')).toEqual([
      { forecastId: 'net_new', forecastName: null, timePeriods: [], source: 'configured', additionalFields: null },
    ]);
    expect(messages.states('forecast_entries').at(-1)).toEqual({
      forecasts: { net_new: { since: '2027_Q1', timePeriod: '2027_Q3', missing: [] } },
      settings: {
        currency: 'USD',
        typesToExport: ['adjustment', 'crm_closed', 'crm_total', 'forecast', 'forecast_updated', 'quota'],
        includeHistorical: true,
        scopeId: null,
      },
      pendingJobs: [],
    });
  });

  it('given an entry, then its row is joined with owner, field, week and period', async () => {
    await start();
    const { entries } = await sync({ start_period: '2027_Q4' });
    const truth = simulator.truth.forecastResults('net_new');
    const source = truth.entries.find(({ forecastValue }) => typeof forecastValue === 'number');
    const user = truth.users.find(({ userId }) => userId === source?.userId);
    const row = entries.find(({ ownerId, fieldId }) => ownerId === source?.userId && fieldId === source?.fieldId);
    expect(row).toMatchObject({
      forecastId: 'net_new',
      timePeriod: '2027_Q4',
      timePeriodId: '2027_Q4',
      timePeriodType: 'quarter',
      timePeriodYear: '2027',
      timePeriodStartDate: '2026-11-01',
      timePeriodEndDate: '2027-01-31',
      ownerName: user?.name,
      ownerEmail: user?.email,
      ownerCrmId: user?.crmId,
      hierarchyName: user?.hierarchyName,
      forecastAmount: source?.forecastValue,
      currencyCode: 'USD',
    });
    expect(row?.['exportedAt']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(row?.['jobId']).toBe(simulator.jobs[0]?.jobId);
  });

  it('given no start period, then the quarter before the current one and that itself', async () => {
    await start();
    const { messages, entries } = await sync({});
    expect(quartersOf(entries)).toEqual(['2027_Q3', '2027_Q4']);
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { since: '2027_Q3', timePeriod: '2027_Q3', missing: [] } },
    });
  });

  it('given the state of a sync, when synced again, then only the current quarter is exported: settled ones cost nothing', async () => {
    await start();
    const first = await sync({ start_period: '2026_Q4' });
    expect(jobPeriods()).toEqual([null, '2026_Q4', '2027_Q1', '2027_Q2', '2027_Q3']);
    const second = await sync({ start_period: '2026_Q4' }, first.messages.lastStates);
    expect(second.exitCode).toBe(0);
    expect(jobPeriods().slice(5)).toEqual([null]);
    expect(quartersOf(second.entries)).toEqual(['2027_Q4']);
  });

  it('given a lookback, then that many closed quarters are exported again', async () => {
    await start();
    const config = { start_period: '2026_Q4', lookback_periods: 2 };
    const first = await sync(config);
    const second = await sync(config, first.messages.lastStates);
    expect(jobPeriods().slice(5)).toEqual([null, '2027_Q2', '2027_Q3']);
    expect(quartersOf(second.entries)).toEqual(['2027_Q2', '2027_Q3', '2027_Q4']);
  });

  it('given a closed quarter that may still change, then each sync exports it again until it has settled', async () => {
    await start({ now: '2026-11-10T08:00:00Z' });
    const first = await sync({});
    expect(first.messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { since: '2027_Q3', timePeriod: '2027_Q2', missing: [] } },
    });
    const second = await sync({}, first.messages.lastStates);
    expect(quartersOf(second.entries)).toEqual(['2027_Q3', '2027_Q4']);
    const settled = await sync({ settling_days: 5 }, second.messages.lastStates);
    expect(settled.messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { since: '2027_Q3', timePeriod: '2027_Q3', missing: [] } },
    });
  });

  it('given a start period that moved back, then the earlier quarters are fetched, once', async () => {
    await start();
    const first = await sync({ start_period: '2027_Q3' });
    const earlier = { start_period: '2027_Q1' };
    const second = await sync(earlier, first.messages.lastStates);
    expect(quartersOf(second.entries)).toEqual(['2027_Q1', '2027_Q2', '2027_Q4']);
    const third = await sync(earlier, second.messages.lastStates);
    expect(quartersOf(third.entries)).toEqual(['2027_Q4']);
  });

  it('given quarters that lie ahead, then they are exported too, never final, and without a warning where Clari has none', async () => {
    await start({ futurePeriods: 1 });
    const { exitCode, messages, entries } = await sync({ lookahead_periods: 2 });
    expect(exitCode).toBe(0);
    expect(quartersOf(entries)).toEqual(['2027_Q3', '2027_Q4', '2028_Q1']);
    expect(messages.logs('WARN')).toEqual([]);
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { timePeriod: '2027_Q3', missing: [] } },
    });
  });

  it('given records of several quarters, then they come oldest quarter first, each followed by a state that has it', async () => {
    await start({ jobDurationMs: ({ index }) => 200 - index * 40 });
    const { messages, entries } = await sync({ start_period: '2027_Q1' });
    const quarters = entries.map(({ timePeriod }) => String(timePeriod));
    expect(quarters).toEqual([...quarters].sort());
    const cursors = messages
      .states('forecast_entries')
      .map(({ forecasts }) => (forecasts as Record<string, Json>)['net_new']?.['timePeriod']);
    expect([...new Set(cursors)]).toEqual(['2026_Q4', '2027_Q1', '2027_Q2', '2027_Q3']);
  });

  it('given a fiscal year that begins in January, then its quarters are counted back over the turn of the year', async () => {
    await start({ fiscalYearStartMonth: 1, now: '2026-02-10T08:00:00Z' });
    const { entries } = await sync({ lookback_periods: 2 });
    expect(quartersOf(entries)).toEqual(['2025_Q3', '2025_Q4', '2026_Q1']);
  });

  it("given a monthly tab, then months are the rows' own periods, and quarters the cursor", async () => {
    await start({ forecasts: [{ forecastId: 'monthly', forecastName: 'Monthly', periodType: 'month' }] });
    const { exitCode, messages, entries } = await sync({ forecast_ids: ['monthly'] });
    expect(exitCode).toBe(0);
    const periods = [...new Set(entries.map(({ timePeriod, timePeriodId }) => `${timePeriod} ${timePeriodId}`))];
    expect(periods).toEqual(['2027_Q3 2027_M7', '2027_Q3 2027_M8', '2027_Q3 2027_M9', '2027_Q4 2027_M10']);
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { monthly: { timePeriod: '2027_Q3' } },
    });
  });

  it('given an end period, then it is asked for first, and tells whether it is over', async () => {
    await start();
    const { messages, entries } = await sync({ start_period: '2027_Q2', end_period: '2027_Q3' });
    expect(jobPeriods()).toEqual(['2027_Q3', '2027_Q2']);
    expect(quartersOf(entries)).toEqual(['2027_Q2', '2027_Q3']);
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { timePeriod: '2027_Q3' } },
    });
  });

  it('given an end period that is done, then a further sync exports nothing', async () => {
    await start();
    const config = { start_period: '2027_Q2', end_period: '2027_Q3' };
    const first = await sync(config);
    const second = await sync(config, first.messages.lastStates);
    expect([second.exitCode, second.entries, jobPeriods().slice(2)]).toEqual([0, [], []]);
  });

  it('given an end period that is still open, then it does not move the cursor', async () => {
    await start();
    const { messages } = await sync({ start_period: '2027_Q3', end_period: '2027_Q4' });
    expect(jobPeriods()).toEqual(['2027_Q4', '2027_Q3']);
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { timePeriod: '2027_Q3' } },
    });
  });

  it.each(['2028_Q1', '2028_Q4'])(
    'given an end period of %s, then only quarters up to the current one are exported, and none is skipped',
    async (end_period) => {
      await start();
      const { exitCode, messages, entries } = await sync({ start_period: '2027_Q3', end_period });
      expect(exitCode).toBe(0);
      expect(simulator.jobs).toHaveLength(2);
      expect(quartersOf(entries)).toEqual(['2027_Q3', '2027_Q4']);
      expect(messages.states('forecast_entries').at(-1)).toMatchObject({
        forecasts: { net_new: { since: '2027_Q3', timePeriod: '2027_Q3', missing: [] } },
      });
    },
  );

  it('given a quarter that Clari does not know, then no row is taken from its answer, and a warning says so', async () => {
    await start({ dataStartPeriod: '2027_Q3' });
    const { exitCode, messages, entries } = await sync({ start_period: '2027_Q2' });
    expect(exitCode).toBe(0);
    expect(quartersOf(entries)).toEqual(['2027_Q3', '2027_Q4']);
    expect(messages.logs('WARN').join()).toContain('quarter 2027_Q2: Clari answered with 2027_Q4 instead');
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { timePeriod: '2027_Q3', missing: [] } },
    });
  });

  it('given several forecasts, then each has its rows and its progress', async () => {
    await start();
    const { messages, entries } = await sync({ forecast_ids: ['net_new', 'renewals_emea'] });
    for (const id of ['net_new', 'renewals_emea']) {
      const rows = entries.filter(({ forecastId, timePeriod }) => forecastId === id && timePeriod === '2027_Q4');
      expect(rows).toHaveLength(simulator.truth.entryCount(id));
    }
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { timePeriod: '2027_Q3' }, renewals_emea: { timePeriod: '2027_Q3' } },
    });
  });

  it('given a full refresh, then the cursor has no say and the last state is the one without cursor', async () => {
    await start();
    const first = await sync({});
    const again = await sync({}, first.messages.lastStates, catalogOf({ forecast_entries: 'full_refresh' }));
    expect(again.entries).toHaveLength(first.entries.length);
    expect(again.messages.states('forecast_entries').at(-1)).toEqual({ __ab_no_cursor_state_message: true });
  });

  it('given a state from the future, then there are no records, and the state is as it came', async () => {
    await start();
    const future = { since: '2027_Q2', timePeriod: '2099_Q4', missing: [] };
    const state = stateOf('forecast_entries', { forecasts: { net_new: future }, pendingJobs: [] });
    const { exitCode, messages, entries } = await sync({}, state, catalogOf({ forecast_entries: 'incremental' }));
    expect(exitCode).toBe(0);
    expect(entries).toEqual([]);
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: future },
      pendingJobs: [],
    });
    expect(messages.logs('WARN').join()).toContain('nothing to export, since its state or start_period is later than');
  });
});

describe('syncing forecasts in the listed contract', () => {
  it('given nothing configured, then all that Clari lists is synced, by name, and the key never goes to the download host', async () => {
    await start({ contract: 'listed' });
    const { exitCode, messages, entries } = await sync({ forecast_ids: [] });
    expect(exitCode).toBe(0);
    checkConversation(messages, ['forecasts', 'forecast_entries']);
    expect(
      messages.records('forecasts').map(({ forecastId, forecastName, source }) => [forecastId, forecastName, source]),
    ).toEqual([
      ['net_new', 'Net New', 'listed'],
      ['renewals_emea', 'Renewals EMEA', 'listed'],
    ]);
    expect(new Set(entries.map(keyOf)).size).toBe(entries.length);
    for (const id of ['net_new', 'renewals_emea']) {
      for (const quarter of ['2027_Q3', '2027_Q4']) {
        const truth = simulator.truth.listedEntries(id, quarter);
        const rows = entries.filter(({ forecastId, timePeriod }) => forecastId === id && timePeriod === quarter);
        expect(rows).toHaveLength(truth.length);
        for (const column of ['forecastAmount', 'quotaAmount', 'crmTotal', 'crmClosed', 'adjustmentAmount']) {
          expect(sum(rows, column)).toBeCloseTo(sum(truth as never, column), 4);
        }
        expect(rows[0]).toMatchObject({
          fieldId: 'all',
          timeFrameId: quarter,
          timePeriodId: quarter,
          ownerId: rows[0]?.['ownerEmail'],
        });
      }
    }
    expect(simulator.leakedKeys).toEqual([]);
    expect(simulator.requests.filter(({ origin }) => origin === 'download').length).toBeGreaterThan(0);
  });

  it('given a name in place of an id, then it is that forecast; an unknown one is named with those that exist', async () => {
    await start({ contract: 'listed' });
    const { exitCode, messages, entries } = await sync(
      { forecast_ids: ['Net New', 'nothing'] },
      undefined,
      catalogOf({ forecast_entries: 'incremental' }),
    );
    expect(exitCode).toBe(1);
    expect(new Set(entries.map(({ forecastId }) => forecastId))).toEqual(new Set(['net_new']));
    expect(messages.errors).toHaveLength(1);
    expect(messages.errors[0]).toMatchObject({
      failure_type: 'config_error',
      stream_descriptor: { name: 'forecast_entries' },
    });
    expect(messages.errors[0]?.message).toContain(
      'no forecast "nothing"; it lists: net_new (Net New), renewals_emea (Renewals EMEA)',
    );
  });

  it('given an export without entries, then the last quarter that Clari lists serves as the current one', async () => {
    await start({ contract: 'listed', forecasts: [{ forecastId: 'quiet', forecastName: 'Quiet', empty: true }] });
    const { exitCode, messages } = await sync({ forecast_ids: [] });
    expect(exitCode).toBe(0);
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { quiet: { timePeriod: '2027_Q3' } },
    });
  });
});
