import { describe, expect, it } from 'vitest';
import type { Entry } from '../../simulator';
import { Lab, sample, shapeOf } from './client';

describe('the direct call', () => {
  it('given types, currency and scope, when called, then the five arrays of the latest week honour them, and there is no job', async () => {
    await using lab = await Lab.start({ monthlyQuota: 0, concurrentLimit: 0 });
    const answer = await lab.get(
      '/forecast/net_new?timePeriod=2027_Q3&typesToExport=forecast&typesToExport=quota&currency=EUR&scopeId=300103::REP&includeHistorical=true',
    );
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual(['entries', 'fields', 'users', 'timeFrames', 'timePeriods']);
    expect(answer.body).toEqual(
      lab.simulator.truth.forecastResults('net_new', '2027_Q3', {
        typesToExport: ['forecast', 'quota'],
        currency: 'EUR',
        scopeId: '300103::REP',
      }),
    );
    expect(answer.body.timeFrames).toHaveLength(1);
    expect(answer.body.entries[0].currency.code).toBe('EUR');
    expect(lab.simulator.jobs).toEqual([]);
    expect(lab.simulator.directCalls.map(({ path, status }) => [path.split('?')[0], status])).toEqual([
      ['/v4/forecast/net_new', 200],
    ]);
  });

  it('given types in one value, then they are none: production repeats the name', async () => {
    await using lab = await Lab.start();
    const answer = await lab.get('/forecast/net_new?typesToExport=forecast,quota');
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_request']);
  });

  it('given an unusable quarter, then it is silently the current one', async () => {
    await using lab = await Lab.start();
    const { body } = await lab.get('/forecast/net_new?timePeriod=2031_Q1');
    expect(body.timePeriods[0].timePeriodId).toBe('2027_Q4');
  });

  it('given amounts that drift, then each day has its own', async () => {
    await using lab = await Lab.start({ drift: true });
    const monday = (await lab.get('/forecast/net_new')).text;
    lab.time.advance(3_600_000);
    expect((await lab.get('/forecast/net_new')).text).toBe(monday);
    lab.time.advance(86_400_000);
    expect((await lab.get('/forecast/net_new')).text).not.toBe(monday);
  });

  it.each([
    ['no_route', 404, 'application/json'],
    [false, 404, 'application/json'],
    ['forbidden', 403, 'application/json'],
    ['html', 200, 'text/html'],
  ] as const)('given forecastGet %s, then it answers %i', async (forecastGet, status, type) => {
    await using lab = await Lab.start({ forecastGet });
    const answer = await lab.get('/forecast/net_new');
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain(type);
    if (status === 404) expect(shapeOf(answer.body)).toEqual(shapeOf(sample('errors_gateway_no_route')));
    if (status === 200) expect(answer.body).toBeUndefined();
    expect(lab.simulator.directCalls).toHaveLength(1);
  });
});

describe('quarters ahead', () => {
  const forecasts = [
    { forecastId: 'net_new', forecastName: 'Net New' },
    { forecastId: 'monthly', forecastName: 'Monthly', periodType: 'month' },
  ] as const;

  it('given two of them, when exported or called, then they hold the managers alone, and the third is the current quarter', async () => {
    await using lab = await Lab.start({ futurePeriods: 2, forecasts });
    const periodOf = (results: { timePeriods: { timePeriodId: string }[] }) => results.timePeriods[0]?.timePeriodId;
    for (const includeHistorical of [false, true]) {
      const ahead = await lab.export('net_new', { timePeriod: '2028_Q2', includeHistorical });
      expect(periodOf(ahead)).toBe('2028_Q2');
      expect(new Set(ahead.entries.map((entry: Entry) => entry.userId))).toEqual(
        new Set(['300102:00E5x000001ZzYyUAK']),
      );
      expect(ahead.users).toHaveLength(4);
      expect(ahead.timeFrames).toEqual([
        { timeFrameId: 'TF:2027-04-28', startDate: '2027-04-28', endDate: '2027-05-04' },
      ]);
      expect(ahead.entries).toHaveLength(lab.simulator.truth.entryCount('net_new', '2028_Q2', { includeHistorical }));
    }
    expect((await lab.get('/forecast/net_new?timePeriod=2028_Q1')).body.timePeriods[0].timePeriodId).toBe('2028_Q1');
    expect(periodOf(await lab.export('net_new', { timePeriod: '2028_Q3' }))).toBe('2027_Q4');
    const months = (await lab.export('monthly', { timePeriod: '2028_Q1' })).timePeriods;
    expect(months.map((period: { timePeriodId: string }) => period.timePeriodId)).toEqual([
      '2028_M1',
      '2028_M2',
      '2028_M3',
    ]);
  });

  it('given the listed contract, then it holds the managers alone too', async () => {
    await using lab = await Lab.start({ contract: 'listed', futurePeriods: 1 });
    const entries = lab.simulator.truth.listedEntries('net_new', '2028_Q1');
    expect(entries.map(({ ownerName, timePeriod }) => [ownerName, timePeriod])).toEqual([['Jonas Lind', '2028_Q1']]);
  });

  it('given a job for a quarter ahead that has begun by the download, then it holds what there was at its start', async () => {
    await using lab = await Lab.start({ futurePeriods: 1 });
    const jobId = await lab.submit('net_new', { timePeriod: '2028_Q1' });
    const before = lab.simulator.truth.entryCount('net_new', '2028_Q1');
    lab.time.advance(29 * 86_400_000);
    expect((await lab.get(`/export/jobs/${jobId}/results`)).body.entries).toHaveLength(before);
  });
});
