import { describe, expect, it } from 'vitest';
import { RESULTS_KEPT_MS } from '../../../src/clari/entries/results';
import type { ClariConfig } from '../../../src/config';
import { parseConfig } from '../../../src/config';
import { DAY_MS } from '../../../src/days';
import { JobLedger } from '../../../src/exports/ledger';
import type { ExportHandle, ExportRequest } from '../../../src/exports/request';
import type { StreamContext } from '../../../src/streams/context';
import {
  ForecastExports,
  type ForecastKey,
  forecastRequestHash,
  isExportOf,
  parseForecastKey,
} from '../../../src/streams/forecast-entries/exports';
import { error, job } from '../../support/jobs';

describe('telling by its file name whether a job is the export of a forecast and quarter', () => {
  const file = 'clari_export_net_new_2027_Q4901_20261123_080005.json';

  it.each([
    ['net_new', '2027_Q4', file, true],
    ['net_new', null, file, true],
    ['net_new', '2027_Q3', file, false],
    ['net', '2027_Q4', file, false],
    ['net', null, file, false],
    ['new', null, file, false],
    // A forecast's id may end like a quarter.
    ['net', '2027_Q1', 'clari_export_net_2027_Q1_2027_Q4901_20261123_080005.json', false],
    ['net_2027_Q1', '2027_Q4', 'clari_export_net_2027_Q1_2027_Q4901_20261123_080005.json', true],
    // The first digits of what follows may be the month's: it can't be told which month it is.
    ['net_new', '2027_Q1', 'clari_export_net_new_2027_M10901_20261123_080005.json', false],
    ['net_new', null, 'clari_export_net_new_activities.json', false],
    ['net_new', null, null, false],
  ])('given forecast %s, quarter %s and file %s, then %s', (forecastId, quarter, fileName, expected) => {
    expect(isExportOf(job('job-1', { fileName }), forecastId, quarter)).toBe(expected);
  });
});

const configOf = (more: Record<string, unknown> = {}): ClariConfig =>
  parseConfig({ api_key: 'secret', forecast_ids: ['net_new'], ...more }).config;

/** What the exports of a forecast ask the pool for. */
function setUp(more: Record<string, unknown> = {}) {
  const requests: ExportRequest[] = [];
  const asked: unknown[] = [];
  const warnings: string[] = [];
  const refusals: Error[] = [];
  const context = {
    config: configOf(more),
    client: {
      exportForecast: async (_id: string, timePeriod: string | null, { typesToExport }: { typesToExport: unknown }) => {
        asked.push([timePeriod, typesToExport]);
        const refusal = refusals.shift();
        if (refusal !== undefined) throw refusal;
        return { jobId: 'job-1' };
      },
    },
    pool: {
      start: (request: ExportRequest) => {
        requests.push(request);
        return {} as ExportHandle;
      },
    },
    log: { warn: (message: string) => void warnings.push(message) },
  } as unknown as StreamContext;
  const forecast = {
    forecastId: 'net_new',
    forecastName: null,
    timePeriods: [],
    additionalFields: null,
    source: 'configured',
  } as const;
  const ledger = new JobLedger<ForecastKey>(parseForecastKey, 'now', async () => undefined);
  const exports = new ForecastExports(forecast, context, ledger, () => undefined);
  const request = (quarter: string | null, mayChange = false): ExportRequest => {
    exports.start(quarter, mayChange);
    const last = requests.at(-1);
    if (last === undefined) throw new Error('nothing was asked for');
    return last;
  };
  const { signal } = new AbortController();
  return { request, asked, warnings, refusals, submit: (of: ExportRequest) => of.submit({ signal }) };
}

describe('what an export asks the pool for', () => {
  const fileName = 'clari_export_net_new_2027_Q4901.json';

  it.each([
    ['USD', 'USD', true],
    ['USD', 'usd', true],
    ['USD', 'EUR', false],
    ['USD', null, true],
    ['USD', '', true],
    ['', 'EUR', true],
  ])('given the currency %j, then a job in %j matches: %s', (wanted, currency, expected) => {
    const request = setUp({ currency: wanted }).request('2027_Q4');
    expect(request.matches(job('x', { fileName, currency }))).toBe(expected);
  });

  it("given results that may be the current quarter's, then these are of use for a day, others for as long as Clari keeps them", () => {
    const { request } = setUp();
    expect(request(null, true).maxAgeMs).toBe(DAY_MS);
    expect(request('2027_Q3').maxAgeMs).toBe(RESULTS_KEPT_MS);
  });

  it('given jobs of several quarters for the current one, then the newest quarter is the likeliest', () => {
    const { request } = setUp();
    const { likelier } = request(null, true);
    const named = ['2027_Q3', '2027_Q4', '2027_Q2'].map((quarter) =>
      job(quarter, { fileName: `clari_export_net_new_${quarter}901.json` }),
    );
    expect(named.toSorted(likelier).map(({ jobId }) => jobId)).toEqual(['2027_Q4', '2027_Q3', '2027_Q2']);
    expect(request('2027_Q3').likelier).toBeUndefined();
    expect(request('2027_Q3').proves).toBeUndefined();
  });

  it('given CRM types that Clari refuses, then this forecast is exported without them, with one warning', async () => {
    const { request, asked, warnings, submit } = setUp();
    const first = request('2027_Q3');
    expect(first.adapt?.(error('type_not_supported'))).toBe(true);
    await submit(first);
    await submit(request('2027_Q4'));
    const rest = ['forecast', 'quota', 'forecast_updated', 'adjustment'];
    expect(asked).toEqual([
      ['2027_Q3', rest],
      ['2027_Q4', rest],
    ]);
    expect(warnings).toHaveLength(1);
    expect(first.adapt?.(error('type_not_supported')), 'nothing is left to leave out').toBe(false);
  });

  it("given a refusal of the whole forecast, then its other exports fail with it, unsent; given one quarter's, then they don't", async () => {
    for (const [kind, sent] of [
      ['no_optin', 0],
      ['unknown_forecast', 0],
      ['bad_request', 1],
    ] as const) {
      const { request, asked, submit } = setUp();
      const refusal = error(kind);
      expect(request('2027_Q3').adapt?.(refusal)).toBe(false);
      const outcome = await submit(request('2027_Q4')).catch((reason: unknown) => reason);
      expect(asked).toHaveLength(sent);
      if (sent === 0) expect(outcome).toBe(refusal);
    }
  });
});

describe('the settings that an export is asked for with', () => {
  const hashOf = (more: Record<string, unknown>) => forecastRequestHash({ config: configOf(more) });

  it("given other settings of the rows, then the hash is another; given the same in another order, or settings that rows don't depend on, then it isn't", () => {
    const hashes = [
      {},
      { currency: 'EUR' },
      { include_historical: true },
      { scope_id: 'x' },
      { types_to_export: ['quota'] },
    ].map(hashOf);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashOf({ types_to_export: ['quota', 'forecast'] })).toBe(hashOf({ types_to_export: ['forecast', 'quota'] }));
    expect(hashOf({ settling_days: 3, lookback_periods: 2, schedule: 'MAX' })).toBe(hashOf({}));
  });
});

describe("the key of a forecast's job in a state", () => {
  it.each([
    [{ forecastId: 'a', timePeriod: '2027_Q4' }, true],
    [{ forecastId: 'a', timePeriod: null }, true],
    [{ forecastId: 'a' }, false],
    [{ forecastId: 'a', timePeriod: '2027_M4' }, false],
    [{ forecastId: 5, timePeriod: null }, false],
  ])('given %j, then it is one: %s', (entry, expected) => {
    expect(parseForecastKey(entry) !== undefined).toBe(expected);
  });
});
