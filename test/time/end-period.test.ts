import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../simulator';
import { Organization } from './organization';

const HOUR_MS = 3_600_000;
/** In 2027_Q4; no calendar's rules say for sure that 2027_Q3 is over. */
const IN_Q4 = '2026-12-01T06:00:00Z';
const ONE_FORECAST = { forecast_ids: ['net_new'] };

const organizations: Organization[] = [];
afterEach(async () => {
  for (const { simulator } of organizations) expect(simulator.faults.unused()).toEqual([]);
  await Promise.all(organizations.splice(0).map(({ simulator }) => simulator.close()));
});

async function start(options: SimulatorOptions = {}, day = IN_Q4): Promise<Organization> {
  const organization = await Organization.start(options, day);
  organizations.push(organization);
  return organization;
}

/** The quarters exported, in the order in which they were requested. */
const exported = ({ simulator }: Organization): string[] => simulator.jobs.map(({ period }) => String(period));

const doneUpTo = (organization: Organization, quarter: string): void =>
  expect(organization.stateOf()).toMatchObject({ forecasts: { net_new: { timePeriod: quarter, missing: [] } } });

describe('a backfill whose end_period moves forward', () => {
  const FIRST_PART = { ...ONE_FORECAST, start_period: '2026_Q3', end_period: '2026_Q4' };
  const WHOLE = { ...FIRST_PART, end_period: '2027_Q3' };

  it.each([{}, { read_method: 'direct', include_historical: true }])(
    'given %j, then the current quarter, which it does not want, is not exported',
    async (more) => {
      const organization = await start();
      await organization.sync({ config: { ...FIRST_PART, ...more } });
      await organization.sync({ config: { ...WHOLE, ...more } });
      expect(exported(organization).sort()).toEqual(['2026_Q3', '2026_Q4', '2027_Q1', '2027_Q2', '2027_Q3']);
      doneUpTo(organization, '2027_Q3');
    },
  );

  it('given quota for one export a day, then each day brings a quarter', async () => {
    const organization = await start();
    await organization.sync({ config: FIRST_PART });
    for (let day = 0; day < 4; day++) {
      organization.simulator.setAvailableQuota(1);
      await organization.sync({ config: WHOLE });
      organization.passDays(1.01);
    }
    doneUpTo(organization, '2027_Q3');
  });

  it('given a current quarter whose export fails in Clari, then the backfill does not need it', async () => {
    const organization = await start();
    await organization.sync({ config: FIRST_PART });
    organization.simulator.faults.job({ forecastId: 'net_new', timePeriod: '2027_Q4', times: 99 }, 'FAILED');
    expect((await organization.sync({ config: WHOLE })).errors).toEqual([]);
    doneUpTo(organization, '2027_Q3');
    organization.simulator.faults.clear();
  });

  it('given a first sync without quota, then the next ones begin with what is wanted', async () => {
    const organization = await start();
    const config = { ...ONE_FORECAST, start_period: '2027_Q1', end_period: '2027_Q3' };
    organization.simulator.setAvailableQuota(0);
    await organization.sync({ config });
    for (let day = 0; day < 3; day++) {
      organization.passDays(1.01);
      organization.simulator.setAvailableQuota(1);
      await organization.sync({ config });
    }
    doneUpTo(organization, '2027_Q3');
  });
});

describe('an end_period that has become the current quarter', () => {
  it('given results that could not be read, then the next sync takes its export over', async () => {
    const organization = await start({}, '2026-08-10T06:00:00Z');
    const config = { ...ONE_FORECAST, start_period: '2027_Q1', end_period: '2027_Q4' };
    await organization.sync({ config });
    organization.passDays(115);
    const { faults } = organization.simulator;
    faults.add({ path: '/results', nth: 4, times: 9, action: { type: 'garbage' } });
    expect((await organization.sync({ config })).failed).toBe(true);
    faults.clear();
    organization.passDays(0.05);
    expect((await organization.sync({ config })).errors).toEqual([]);
    expect(exported(organization).filter((quarter) => quarter === '2027_Q4')).toHaveLength(1);
  });

  it('given a list that names the next quarter too, then it is not final before it is over', async () => {
    const organization = await start({ contract: 'listed', futurePeriods: 1 }, '2026-12-20T06:00:00Z');
    organization.simulator.faults.add({
      path: '/export/forecast/list',
      times: 2,
      action: {
        type: 'rewrite',
        change: (body) => ({
          forecasts: (body as { forecasts: { timePeriods: string[] }[] }).forecasts.map((forecast) => ({
            ...forecast,
            timePeriods: [...forecast.timePeriods, '2028_Q1'],
          })),
        }),
      },
    });
    const config = { ...ONE_FORECAST, start_period: '2027_Q3', end_period: '2027_Q4' };
    await organization.sync({ config });
    doneUpTo(organization, '2027_Q3');
    organization.passDays(60);
    await organization.sync({ config });
    doneUpTo(organization, '2027_Q4');
    const held = organization.held('net_new', '2027_Q4');
    for (const [key, amounts] of organization.final('net_new', '2027_Q4', 'listed'))
      expect(held.get(key)).toBe(amounts);
  });
});

describe('jobs left running, where end_period is over', () => {
  it.each([
    ['the earlier quarters', '2027_Q1', ['2027_Q1', '2027_Q2']],
    ['end_period itself', '2027_Q3', ['2027_Q3']],
  ])('given %s, then they are taken over after three days', async (_, start_period, slow) => {
    const organization = await start({
      jobDurationMs: ({ timePeriod }) => (slow.includes(String(timePeriod)) ? 5 * HOUR_MS : 0),
    });
    const config = { ...ONE_FORECAST, start_period, end_period: '2027_Q3', max_poll_attempts: 3 };
    await organization.sync({ config });
    organization.passDays(3);
    expect((await organization.sync({ config })).errors).toEqual([]);
    expect(new Set(exported(organization)).size).toBe(exported(organization).length);
    doneUpTo(organization, '2027_Q3');
  });

  it('given end_period was still current when its job was requested, then the old results do not count as final', async () => {
    let jobDurationMs = 5 * HOUR_MS;
    const organization = await start(
      { jobDurationMs: () => jobDurationMs, settlesAfterDays: 0 },
      '2027-01-29T06:00:00Z',
    );
    const config = { ...ONE_FORECAST, start_period: '2027_Q4', end_period: '2027_Q4', settling_days: 0 };
    await organization.sync({ config: { ...config, max_poll_attempts: 3 } });
    jobDurationMs = 0;
    organization.passDays(4);
    for (let syncs = 0; syncs < 2; syncs++) expect((await organization.sync({ config })).errors).toEqual([]);
    expect(exported(organization)).toHaveLength(2);
    const held = organization.held('net_new', '2027_Q4');
    for (const [key, amounts] of organization.final('net_new', '2027_Q4', 'published'))
      expect(held.get(key)).toBe(amounts);
  });

  it('given end_period is still current after three days, then its job is out of date', async () => {
    const organization = await start({ jobDurationMs: () => jobDurationMs });
    let jobDurationMs = 5 * HOUR_MS;
    const config = { ...ONE_FORECAST, start_period: '2027_Q4', end_period: '2027_Q4' };
    await organization.sync({ config: { ...config, max_poll_attempts: 3 } });
    jobDurationMs = 0;
    organization.passDays(3);
    expect((await organization.sync({ config })).errors).toEqual([]);
    expect(exported(organization)).toEqual(['2027_Q4', '2027_Q4']);
    const [row] = [...organization.table.values()];
    expect(row?.['exportedAt']).toMatch(/^2026-12-04T/);
  });
});

describe('an end_period that was current, is done, and moves forward to a quarter that is over', () => {
  async function halfAYearLater(more: object) {
    const organization = await start({}, '2026-07-20T06:00:00Z');
    const config = { ...ONE_FORECAST, start_period: '2027_Q1', end_period: '2027_Q2', ...more };
    await organization.sync({ config });
    organization.passDays(30);
    await organization.sync({ config });
    doneUpTo(organization, '2027_Q2');
    organization.passDays(110);
    return { organization, before: exported(organization).length, config: { ...config, end_period: '2027_Q3' } };
  }

  it.each([{}, { read_method: 'direct' }, { read_method: 'direct', include_historical: true }])(
    'given %j, then nothing else is exported',
    async (more) => {
      const { organization, before, config } = await halfAYearLater(more);
      await organization.sync({ config });
      expect(exported(organization).slice(before)).toEqual(['2027_Q3']);
    },
  );

  it('given a current quarter whose export always fails in Clari, then it is not in the way', async () => {
    const { organization, config } = await halfAYearLater({});
    organization.simulator.faults.job({ forecastId: 'net_new', timePeriod: null, times: 99 }, 'FAILED');
    await organization.sync({ config });
    organization.simulator.faults.clear();
    doneUpTo(organization, '2027_Q3');
  });
});

describe('an end_period that is ahead, where Clari has it already', () => {
  const AHEAD = { fiscalYearStartMonth: 10, futurePeriods: 1 };
  const config = { ...ONE_FORECAST, start_period: '2027_Q1', end_period: '2027_Q2' };

  it.each([0.9, 1.01, 3])('given quota for one export every %f days, then rows arrive', async (days) => {
    const organization = await start(AHEAD, '2026-11-10T06:00:00Z');
    for (let syncs = 0; syncs < 3; syncs++) {
      organization.simulator.setAvailableQuota(1);
      await organization.sync({ config });
      organization.passDays(days);
    }
    expect(organization.held('net_new', '2027_Q1').size).toBeGreaterThan(0);
  });

  it('given syncs that pause until it is over, while the current quarter’s export always fails, then it is done', async () => {
    const organization = await start(AHEAD, '2026-11-10T06:00:00Z');
    await organization.sync({ config });
    expect(organization.stateOf()).toMatchObject({
      forecasts: { net_new: { ahead: { timePeriod: '2027_Q2', startDate: '2027-01-01' } } },
    });
    organization.passDays(170);
    organization.simulator.faults.job({ forecastId: 'net_new', timePeriod: null, times: 99 }, 'FAILED');
    await organization.sync({ config });
    organization.simulator.faults.clear();
    doneUpTo(organization, '2027_Q2');
  });

  it('given a job from just before the turn of the quarter, then the one it names is no longer the current one', async () => {
    let jobDurationMs = 5 * HOUR_MS;
    const organization = await start(
      { fiscalYearStartMonth: 10, jobDurationMs: () => jobDurationMs },
      '2026-12-31T20:00:00Z',
    );
    await organization.sync({ config: { ...config, max_poll_attempts: 3 } });
    jobDurationMs = 0;
    organization.passDays(0.5);
    await organization.sync({ config });
    expect(organization.held('net_new', '2027_Q2').size).toBeGreaterThan(0);
  });
});

describe('jobs left running, when end_period changes', () => {
  it.each(['2027_Q1', '2027_Q2'])(
    'given a job of the current quarter and then %s, then it is taken over',
    async (end_period) => {
      let jobDurationMs = 5 * HOUR_MS;
      const organization = await start(
        { fiscalYearStartMonth: 10, jobDurationMs: () => jobDurationMs },
        '2026-11-10T06:00:00Z',
      );
      const config = { ...ONE_FORECAST, start_period: '2027_Q1' };
      await organization.sync({ config: { ...config, max_poll_attempts: 3 } });
      jobDurationMs = 0;
      organization.passDays(0.3);
      await organization.sync({ config: { ...config, end_period } });
      expect(exported(organization)).toHaveLength(1);
    },
  );

  it('given one of a quarter that is not wanted for a while, then it is not paid for twice', async () => {
    const organization = await start({
      jobDurationMs: ({ timePeriod }) => (timePeriod === '2027_Q3' ? 5 * HOUR_MS : 0),
    });
    const config = { ...ONE_FORECAST, start_period: '2027_Q2', max_poll_attempts: 3 };
    await organization.sync({ config });
    organization.passDays(0.1);
    await organization.sync({ config: { ...config, end_period: '2027_Q2' } });
    organization.passDays(0.5);
    await organization.sync({ config });
    expect(exported(organization).filter((quarter) => quarter === '2027_Q3')).toHaveLength(1);
  });
});

describe('a monthly tab', () => {
  const MONTHLY: SimulatorOptions = {
    forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', periodType: 'month' }],
  };

  it.each([
    ['weeks later', { end_period: '2027_Q4' }, '2026-11-28T06:00:00Z', 22, 2],
    ['at the turn of a month', {}, '2026-11-30T20:00:00Z', 0.4, 1],
  ])(
    'given a job of the quarter’s first month, read %s, then the quarter is still current',
    async (_, more, day, days, jobs) => {
      let jobDurationMs = 5 * HOUR_MS;
      const organization = await start({ ...MONTHLY, jobDurationMs: () => jobDurationMs }, day);
      const config = { ...ONE_FORECAST, start_period: '2027_Q4', ...more };
      await organization.sync({ config: { ...config, max_poll_attempts: 3 } });
      jobDurationMs = 0;
      organization.passDays(days);
      await organization.sync({ config });
      expect(exported(organization)).toHaveLength(jobs);
      expect(organization.held('net_new', '2027_Q4').size).toBeGreaterThan(0);
    },
  );
});

describe('the listed contract, where answers have no dates', () => {
  const LISTED = ['2027_Q3', '2027_Q4', '2028_Q1'];

  it.each([
    { listedPeriods: 0 },
    { forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', timePeriods: LISTED }] },
  ])('given slow exports and %j, then rows arrive all the same', async (more) => {
    const organization = await start({ contract: 'listed', jobDurationMs: 5 * HOUR_MS, ...more });
    const config = { ...ONE_FORECAST, start_period: '2027_Q4', end_period: '2027_Q4', max_poll_attempts: 3 };
    for (let syncs = 0; syncs < 3; syncs++) {
      await organization.sync({ config });
      organization.passDays(0.25);
    }
    expect(organization.held('net_new', '2027_Q4').size).toBeGreaterThan(0);
  });

  it('given quota for one export a day, then a backfill is done in the end', async () => {
    const organization = await start({ contract: 'listed', listedLimits: true });
    for (let day = 0; day < 4; day++) {
      organization.simulator.setAvailableQuota(1);
      await organization.sync({ config: { ...ONE_FORECAST, start_period: '2027_Q2', end_period: '2027_Q3' } });
      organization.passDays(1.01);
    }
    doneUpTo(organization, '2027_Q3');
  });
});
