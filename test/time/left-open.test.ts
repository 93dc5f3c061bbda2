import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../simulator';
import { Organization } from './organization';

const HOUR_MS = 3_600_000;
const ONE_FORECAST = { forecast_ids: ['net_new'] };
const MONTHLY: SimulatorOptions = {
  forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', periodType: 'month' }],
};

const organizations: Organization[] = [];
afterEach(async () => {
  for (const { simulator } of organizations) expect(simulator.faults.unused()).toEqual([]);
  await Promise.all(organizations.splice(0).map(({ simulator }) => simulator.close()));
});

async function start(options: SimulatorOptions, day: string): Promise<Organization> {
  const organization = await Organization.start(options, day);
  organizations.push(organization);
  return organization;
}

function expectFinal(organization: Organization, quarter: string, contract: 'published' | 'listed'): void {
  const held = organization.held('net_new', quarter);
  for (const [key, amounts] of organization.final('net_new', quarter, contract))
    expect(held.get(key), key).toBe(amounts);
}

describe('a job that was left behind while its quarter was current', () => {
  it('given a contract that names no days, when the quarter has turned, then its old values are not the last ones', async () => {
    let jobDurationMs = 5 * HOUR_MS;
    const organization = await start(
      { contract: 'listed', settlesAfterDays: 0, jobDurationMs: () => jobDurationMs },
      '2027-01-15T06:00:00Z',
    );
    const config = { ...ONE_FORECAST, start_period: '2027_Q3', max_poll_attempts: 3 };
    const left = await organization.sync({ config: { ...config, end_period: '2027_Q4' } });
    expect(left.failed).toBe(true);
    expect(organization.stateOf()).toMatchObject({ pendingJobs: [{ timePeriod: null }] });

    jobDurationMs = 0;
    organization.passDays(20);
    for (let syncs = 0; syncs < 2; syncs++) {
      const { failed, errors } = await organization.sync({ config });
      expect({ failed, errors }).toEqual({ failed: false, errors: [] });
    }

    expect(organization.stateOf()).toMatchObject({ forecasts: { net_new: { timePeriod: '2027_Q4', missing: [] } } });
    expectFinal(organization, '2027_Q4', 'listed');
  });

  it('given a monthly tab in its quarter’s second month, then the job is taken over and not paid for again', async () => {
    let jobDurationMs = 5 * HOUR_MS;
    const organization = await start({ ...MONTHLY, jobDurationMs: () => jobDurationMs }, '2026-12-01T06:00:00Z');
    const config = { ...ONE_FORECAST, start_period: '2027_Q4', max_poll_attempts: 3 };
    expect((await organization.sync({ config })).failed).toBe(true);
    jobDurationMs = 0;
    organization.passDays(0.5);
    expect((await organization.sync({ config })).errors).toEqual([]);
    expect(organization.simulator.jobs).toHaveLength(1);
    expect(organization.held('net_new', '2027_Q4').size).toBeGreaterThan(0);
  });

  it('given a job that was asked for before its quarter had settled and done after, then its values are not the last ones', async () => {
    let jobDurationMs = 50 * HOUR_MS;
    const organization = await start(
      { jobDurationMs: ({ timePeriod }) => (timePeriod === '2027_Q4' ? jobDurationMs : 0) },
      '2027-02-04T06:00:00Z',
    );
    const config = { ...ONE_FORECAST, start_period: '2027_Q4', settling_days: 5 };
    await organization.sync({ config: { ...config, max_poll_attempts: 3 } });
    jobDurationMs = 0;
    organization.passDays(5);
    const ofQ4 = () => organization.simulator.jobs.filter(({ period }) => period === '2027_Q4');
    await organization.sync({ config });
    const row = [...organization.table.values()].find(({ timePeriod }) => timePeriod === '2027_Q4');
    expect(row?.['exportedAt']).toBe(new Date(ofQ4()[0]?.endTime ?? 0).toISOString());
    for (let syncs = 0; syncs < 2; syncs++) await organization.sync({ config });
    expect(ofQ4()).toHaveLength(2);
    expectFinal(organization, '2027_Q4', 'published');
  });

  it('given the direct call, when the last export takes over such a job, then its values are not the last ones', async () => {
    let jobDurationMs = 80 * HOUR_MS;
    const organization = await start(
      { jobDurationMs: () => jobDurationMs, settlesAfterDays: 0 },
      '2027-01-30T06:00:00Z',
    );
    const config = {
      ...ONE_FORECAST,
      ...{ start_period: '2027_Q4', end_period: '2027_Q4', settling_days: 0 },
      ...{ read_method: 'direct', include_historical: true },
    };
    await organization.sync({ config: { ...config, max_poll_attempts: 3 } });
    expect(organization.stateOf()).toMatchObject({ pendingJobs: [{ timePeriod: '2027_Q4' }] });
    jobDurationMs = 0;
    organization.passDays(5);
    for (let syncs = 0; syncs < 3; syncs++) await organization.sync({ config });
    expect(organization.simulator.jobs).toHaveLength(2);
    expectFinal(organization, '2027_Q4', 'published');
  });

  it('given a job that does not say when it ended, then it counts as of when it was asked for', async () => {
    const organization = await start({}, '2027-02-02T06:00:00Z');
    const { faults } = organization.simulator;
    faults.job({ timePeriod: '2027_Q4' }, 'END_TIME_OUT_OF_RANGE');
    faults.add({ path: '/results', nth: 2, times: 6, action: { type: 'garbage' } });
    const left = await organization.sync({ config: ONE_FORECAST });
    expect(left.failed).toBe(true);

    organization.passDays(20);
    for (let syncs = 0; syncs < 2; syncs++)
      expect((await organization.sync({ config: ONE_FORECAST })).errors).toEqual([]);
    expectFinal(organization, '2027_Q4', 'published');
  });
});

describe('a quarter that is over in UTC and not where the organization is', () => {
  it('given no days to settle, then it is exported once more when it is over there, too', async () => {
    const organization = await start({ clockSkewMs: 8 * HOUR_MS }, '2027-01-31T20:00:00Z');
    const config = { ...ONE_FORECAST, start_period: '2027_Q4', settling_days: 0 };
    await organization.sync({ config });
    organization.passDays(1);
    await organization.sync({ config });
    expect(organization.exportsAfter('2027-01-31', 'net_new', '2027_Q4')).toBe(1);
    expect(organization.stateOf()).toMatchObject({ forecasts: { net_new: { timePeriod: '2027_Q4', missing: [] } } });
  });

  it.each(['export', 'direct'])('given it is the end period, read by %s, then so it is', async (read_method) => {
    const organization = await start({ clockSkewMs: 8 * HOUR_MS }, '2027-01-31T20:00:00Z');
    const config = { ...ONE_FORECAST, start_period: '2027_Q4', end_period: '2027_Q4', settling_days: 0, read_method };
    const done = () => organization.stateOf()?.['forecasts'];
    await organization.sync({ config });
    expect(done()).toMatchObject({ net_new: { timePeriod: '2027_Q3' } });
    organization.passDays(1);
    for (let syncs = 0; syncs < 2; syncs++) await organization.sync({ config });
    expect(done()).toMatchObject({ net_new: { timePeriod: '2027_Q4', missing: [] } });
    expect(organization.exportsAfter('2027-01-31', 'net_new', '2027_Q4')).toBe(1);
  });

  it('given an end period that follows, when Clari answers what lies ahead, then the next quarter is not the current one', async () => {
    const organization = await start({ clockSkewMs: 8 * HOUR_MS, futurePeriods: 1 }, '2027-01-31T20:00:00Z');
    const config = { ...ONE_FORECAST, start_period: '2027_Q4', end_period: '2028_Q1', settling_days: 0 };
    await organization.sync({ config });
    expect(organization.stateOf()).toMatchObject({ forecasts: { net_new: { timePeriod: '2027_Q3' } } });
    organization.passDays(1);
    await organization.sync({ config });
    expect(organization.stateOf()).toMatchObject({ forecasts: { net_new: { timePeriod: '2027_Q4', missing: [] } } });
  });
});

describe('an end period that is over, where answers have no dates', () => {
  const config = { ...ONE_FORECAST, end_period: '2027_Q3' };
  const end = async (organization: Organization, more: object) => {
    for (let syncs = 0; syncs < 3; syncs++) await organization.sync({ config: { ...config, ...more } });
    expect(organization.stateOf()).toMatchObject({ forecasts: { net_new: { timePeriod: '2027_Q3', missing: [] } } });
  };

  it('given a start period that moves back, then each is exported once, and the current one to learn that they are over', async () => {
    const organization = await start({ contract: 'listed' }, '2026-12-01T06:00:00Z');
    await end(organization, { start_period: '2027_Q3' });
    await end(organization, { start_period: '2027_Q1' });
    expect(organization.simulator.jobs.map(({ period }) => period)).toEqual([
      '2027_Q4',
      '2027_Q3',
      '2027_Q1',
      '2027_Q2',
    ]);
  });

  it('given a list without quarters, then each is exported once, and the current one to learn that they are over', async () => {
    const organization = await start({ contract: 'listed', listedPeriods: 0 }, '2026-12-01T06:00:00Z');
    await end(organization, { start_period: '2027_Q2' });
    expect(organization.simulator.jobs.map(({ period }) => period)).toEqual(['2027_Q4', '2027_Q2', '2027_Q3']);
  });

  it('given a list without quarters and a tab without entries, then it is no failure', async () => {
    const forecasts = [{ forecastId: 'net_new', forecastName: 'Net New', empty: true }];
    const organization = await start({ contract: 'listed', listedPeriods: 0, forecasts }, '2026-12-01T06:00:00Z');
    const { failed, errors } = await organization.sync({ config: { ...config, start_period: '2027_Q2' } });
    expect({ failed, errors }).toEqual({ failed: false, errors: [] });
    expect(organization.stateOf()).toMatchObject({ pendingJobs: [] });
  });

  it('given a state of the first release candidate, then so it is', async () => {
    const organization = await start({ contract: 'listed' }, '2026-12-01T06:00:00Z');
    organization.haveState({ forecasts: { net_new: { timePeriod: '2027_Q3', missing: [] } }, pendingJobs: [] });
    await end(organization, { start_period: '2027_Q3' });
    expect(organization.simulator.jobs.map(({ period }) => period)).toEqual(['2027_Q4', '2027_Q3']);
  });
});

describe('the direct call with history', () => {
  it.each(['2027_Q4', '2028_Q1'])(
    'given the end period %s, then the first sync brings the earlier weeks of the open quarter too',
    async (end_period) => {
      const organization = await start({}, '2027-01-20T06:00:00Z');
      const config = { ...ONE_FORECAST, end_period, read_method: 'direct', include_historical: true };
      await organization.sync({ config });
      const weeks = () =>
        new Set([...organization.held('net_new', '2027_Q4').keys()].map((key) => key.split('|')[1])).size;
      expect(weeks()).toBeGreaterThan(10);
      const jobs = organization.simulator.jobs.length;
      await organization.sync({ config });
      expect(organization.simulator.jobs.length).toBe(jobs);
    },
  );

  it('given a monthly tab in its quarter’s second month, then the first sync brings the earlier weeks too', async () => {
    const organization = await start(MONTHLY, '2026-12-01T06:00:00Z');
    const config = { ...ONE_FORECAST, end_period: '2027_Q4', read_method: 'direct', include_historical: true };
    await organization.sync({ config });
    const truth = organization.simulator.truth.forecastResults('net_new', '2027_Q4', { includeHistorical: true });
    expect(organization.held('net_new', '2027_Q4').size).toBe(truth.entries.length);
  });

  it('given settings that changed, then the earlier weeks of the open quarter are read with the new ones, once', async () => {
    const organization = await start({}, '2027-01-20T06:00:00Z');
    const config = { ...ONE_FORECAST, read_method: 'direct', include_historical: true };
    await organization.sync({ config: { ...config, types_to_export: ['forecast'] } });
    const jobs = organization.simulator.jobs.length;
    for (let syncs = 0; syncs < 2; syncs++) {
      const { warnings } = await organization.sync({ config });
      expect(warnings.length).toBe(1 - syncs);
    }
    const truth = organization.simulator.truth.forecastResults('net_new', '2027_Q4', { includeHistorical: true });
    const quotas = new Set(truth.entries.map(({ timeFrameId, quotaValue }) => `${timeFrameId} ${quotaValue ?? null}`));
    const held = [...organization.table.values()].filter(({ timePeriod }) => timePeriod === '2027_Q4');
    expect(new Set(held.map(({ timeFrameId, quotaAmount }) => `${timeFrameId} ${quotaAmount}`))).toEqual(quotas);
    expect(organization.simulator.jobs.length).toBe(jobs + 1);
  });
});

describe('a state of the first release candidate', () => {
  it('given a quarter that had ended but not settled, then its last values arrive all the same', async () => {
    const organization = await start({}, '2027-02-02T06:00:00Z');
    organization.haveState({ forecasts: { net_new: { timePeriod: '2027_Q4', missing: [] } }, pendingJobs: [] });
    for (let syncs = 0; syncs < 3; syncs++) {
      await organization.sync({ config: ONE_FORECAST });
      organization.passDays(10);
    }
    expect(organization.held('net_new', '2027_Q4').size).toBeGreaterThan(0);
    expectFinal(organization, '2027_Q4', 'published');
  });
});
