import { SyncMode } from 'faros-airbyte-cdk';
import { expect, it } from 'vitest';
import type { RecordJson } from '../../src/airbyte/record-json';
import { parseForecastList } from '../../src/clari/contract';
import type { StreamContext } from '../../src/streams/context';
import { selectForecasts } from '../../src/streams/forecast-selection';
import { forecasts } from '../../src/streams/forecasts';

it('given values that do not fit their columns, then these are null, kept, and named', async () => {
  const body = {
    forecasts: [{ forecastId: 'a', forecastName: { en: 'A' }, timePeriods: '2027_Q3' }, { forecastId: 7 }],
  };
  const listed = selectForecasts({ contract: 'listed', forecasts: parseForecastList(body) ?? [] }, []);
  const records: RecordJson[] = [];
  await forecasts.read({ forecasts: async () => listed } as unknown as StreamContext, {
    syncMode: SyncMode.FULL_REFRESH,
    state: undefined,
    signal: new AbortController().signal,
    output: {
      records: async (batch) => void records.push(...(batch as RecordJson[])),
      state: async () => undefined,
      failure: () => undefined,
      rateLimited: () => undefined,
    },
  });
  expect(records.map(({ text, nulled }) => [JSON.parse(text), nulled])).toEqual([
    [
      {
        forecastId: 'a',
        forecastName: null,
        timePeriods: null,
        source: 'listed',
        additionalFields: { forecastName: { en: 'A' }, timePeriods: '2027_Q3' },
      },
      ['forecastName', 'timePeriods'],
    ],
    [{ forecastId: '7', forecastName: null, timePeriods: [], source: 'listed', additionalFields: null }, []],
  ]);
});
