import { describe, expect, it } from 'vitest';
import { parseConfig } from '../src/config';
import { costOfSyncs } from '../src/costs';

const TODAY = '2026-12-20';

/** What a first sync and later ones cost, from the sentences. */
function costs(raw: Record<string, unknown>, forecasts = 1): string[] {
  const { config } = parseConfig({ api_key: 'a-key', ...raw }, {}, { now: () => Date.parse(`${TODAY}T06:00:00Z`) });
  const [, first = '', later = ''] =
    /forecasts costs (.*?)\. Each later sync costs (.*?)\. /.exec(costOfSyncs(config, forecasts, TODAY)) ?? [];
  return [first, later];
}

describe('what syncs cost', () => {
  it.each([
    [{}, 'about 2 exports', '1 export, and 1 export more until a quarter has settled, 14 days after its end'],
    [{ lookback_periods: 2 }, 'about 3 exports', '3 exports'],
    [
      { lookahead_periods: 2 },
      'about 4 exports',
      '3 exports, and 1 export more until a quarter has settled, 14 days after its end',
    ],
    [{ read_method: 'direct' }, 'about 1 export', 'nothing, and 1 export once a quarter has settled'],
    [
      { read_method: 'direct', include_historical: true },
      'about 2 exports',
      'nothing, and 1 export once a quarter has settled',
    ],
    [{ read_method: 'direct', lookahead_periods: 1, lookback_periods: 2 }, 'about 2 exports', '2 exports'],
  ])('given %j, then the first sync costs %s, each later one %s', (config, first, later) => {
    expect(costs(config)).toEqual([first, later]);
  });

  it.each([
    [{}, 'one export per forecast for each quarter from 2027_Q3 to the current one'],
    [{ read_method: 'direct' }, 'one export per forecast for each closed quarter from 2027_Q3 to the current one'],
    [
      { read_method: 'direct', include_historical: true },
      'one export per forecast for each quarter from 2027_Q3 to the current one',
    ],
    [
      { lookahead_periods: 2 },
      'one export per forecast for each quarter from 2027_Q3 to the current one, and 2 exports for the quarters ahead',
    ],
    [{ end_period: '2028_Q1' }, 'one export per forecast for each quarter from 2027_Q3 to 2028_Q1'],
  ])('given a start_period and %j, then the first sync costs %s', (config, first) => {
    expect(costs({ start_period: '2027_Q3', ...config })[0]).toBe(first);
  });

  it.each([
    [{ end_period: '2024_Q4' }, 'nothing'],
    [{ end_period: '2024_Q4', lookback_periods: 1 }, '1 export'],
    [{ end_period: '2027_Q4' }, '1 export, and nothing once every quarter up to 2027_Q4 has settled'],
    [
      { end_period: '2027_Q4', lookback_periods: 1 },
      '2 exports, and 1 export once every quarter up to 2027_Q4 has settled',
    ],
    [{ end_period: '2027_Q4', read_method: 'direct' }, 'nothing, and 1 export once a quarter has settled'],
  ])('given %j, then later syncs cost %s', (config, later) => {
    expect(costs(config)[1]).toBe(later);
  });

  it('given several forecasts, then the exports of all of them are counted', () => {
    expect(costs({}, 3)).toEqual([
      'about 6 exports',
      '3 exports, and 3 exports more until a quarter has settled, 14 days after its end',
    ]);
  });
});
