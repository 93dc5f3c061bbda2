import { afterEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator';
import { catalogOf, configFor, runConnector } from '../support/connector';
import { checkConversation, Messages } from '../support/messages';

let simulator: Simulator;
afterEach(() => simulator.close());

describe('what a reader of stdout gets', () => {
  it('given a slow reader, when synced, then every message arrives', async () => {
    simulator = await startSimulator({
      forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', owners: 500, fields: 4 }],
    });
    const run = await runConnector('read', {
      config: configFor(simulator, { lookback_periods: 0 }),
      catalog: catalogOf({ forecast_entries: 'incremental' }),
      slowReaderMs: 5,
    });
    const messages = new Messages(run.lines);
    expect(run.exitCode).toBe(0);
    checkConversation(messages, ['forecast_entries']);
    expect(messages.records('forecast_entries')).toHaveLength(simulator.truth.entryCount('net_new'));
  });

  it('given a hundred thousand records before a failure, then every one of them arrives, and the failure, and the state', async () => {
    simulator = await startSimulator({
      forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', owners: 2_000, fields: 50 }],
    });
    const current = simulator.currentPeriod();
    simulator.faults.job({ timePeriod: null, times: Number.POSITIVE_INFINITY }, 'FAILED');
    simulator.faults.add({
      method: 'GET',
      path: '/audit/events',
      times: Number.POSITIVE_INFINITY,
      action: { type: 'status', status: 400 },
    });
    const closed = `${Number(current.slice(0, 4)) - 1}_Q1`;
    const run = await runConnector('read', {
      config: configFor(simulator, { start_period: closed, end_period: closed }),
      catalog: catalogOf({ forecast_entries: 'incremental', audit_events: 'incremental' }),
    });
    expect(run.exitCode).toBe(1);
    expect(run.lines.filter((line) => line.startsWith('{"type":"RECORD"'))).toHaveLength(100_000);
    const others = new Messages(run.lines.filter((line) => !line.startsWith('{"type":"RECORD"')));
    expect(others.errors).toHaveLength(1);
    expect(others.statuses('audit_events').at(-1)).toBe('INCOMPLETE');
    expect(others.statuses('forecast_entries').at(-1)).toBe('COMPLETE');
    expect(
      others.all
        .filter(({ state }) => state !== undefined)
        .reduce((total, { state }) => total + (state?.sourceStats.recordCount ?? 0), 0),
    ).toBe(100_000);
  });
});
