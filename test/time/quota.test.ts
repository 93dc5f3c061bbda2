import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SimulatorOptions } from '../../simulator';
import { Organization, type Synced } from './organization';

/** In the middle of 2027_Q4, which ends on 2027-01-31; the quarter before has settled. */
const MID_QUARTER = '2026-12-01T06:00:00Z';
const ONE_FORECAST = { forecast_ids: ['net_new'] };

const organizations: Organization[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const { simulator } of organizations) expect(simulator.faults.unused()).toEqual([]);
  await Promise.all(organizations.splice(0).map(({ simulator }) => simulator.close()));
});

async function start(options: SimulatorOptions = {}, day = MID_QUARTER): Promise<Organization> {
  const organization = await Organization.start(options, day);
  organizations.push(organization);
  return organization;
}

/** Syncs day by day; resolves with how many exports each sync has cost. */
async function syncDaily(organization: Organization, days: number, config: Record<string, unknown>): Promise<number[]> {
  const costs: number[] = [];
  for (let day = 0; day < days; day++) {
    const before = organization.simulator.jobs.length;
    const { failed, errors } = await organization.sync({ config: { ...ONE_FORECAST, ...config } });
    expect({ failed, errors }).toEqual({ failed: false, errors: [] });
    costs.push(organization.simulator.jobs.length - before);
    organization.passDays(1);
  }
  return costs;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('what syncs cost', () => {
  it('given the defaults in the middle of a quarter, then the first sync costs two exports and each later one a single one', async () => {
    const organization = await start();
    expect(await syncDaily(organization, 6, {})).toEqual([2, 1, 1, 1, 1, 1]);
  });

  it('given a quarter that ends, then it costs one export more a day until it has settled, and its final values are there', async () => {
    const organization = await start({}, '2027-01-29T06:00:00Z');
    const costs = await syncDaily(organization, 22, {});
    // 2027-01-31 is the last day; 14 days later, on 02-15, the export is final.
    expect(costs).toEqual([2, 1, 1, ...Array(15).fill(2), 1, 1, 1, 1]);
    expect(organization.held('net_new', '2027_Q4')).toEqual(
      expect.objectContaining(organization.final('net_new', '2027_Q4', 'published')),
    );
  });

  it('given a lookback, then so many closed quarters more', async () => {
    const organization = await start();
    expect(await syncDaily(organization, 3, { lookback_periods: 2 })).toEqual([3, 3, 3]);
  });

  it('given quarters ahead, then each costs one more, and none is final or warned of', async () => {
    const organization = await start({ futurePeriods: 1 });
    expect(await syncDaily(organization, 2, { lookahead_periods: 1 })).toEqual([3, 2]);
    const { warnings } = await organization.sync({ config: { ...ONE_FORECAST, lookahead_periods: 2 } });
    expect(warnings).toEqual([]);
    expect(organization.held('net_new', '2028_Q1').size).toBeGreaterThan(0);
    expect(organization.stateOf()).toMatchObject({ forecasts: { net_new: { timePeriod: '2027_Q3', missing: [] } } });
  });

  it('given an end period that is done, then nothing', async () => {
    const organization = await start();
    expect(await syncDaily(organization, 3, { start_period: '2027_Q1', end_period: '2027_Q2' })).toEqual([2, 0, 0]);
  });

  it('given an end period that is still ahead, and a Clari that has it, then it costs nothing after the first sync', async () => {
    const organization = await start({ futurePeriods: 1 }, '2027-01-10T06:00:00Z');
    const config = { start_period: '2027_Q3', end_period: '2028_Q1' };
    expect(await syncDaily(organization, 4, config)).toEqual([3, 1, 1, 1]);
  });

  it('given a lookback at an end period that is done, then its quarter stays final', async () => {
    const organization = await start({ contract: 'listed' });
    const config = { start_period: '2027_Q2', end_period: '2027_Q3' };
    // The first sync also exports the current quarter: nothing else shows that these are over.
    expect(await syncDaily(organization, 3, { ...config, lookback_periods: 1 })).toEqual([3, 1, 1]);
    expect(await syncDaily(organization, 1, config)).toEqual([0]);
  });

  it('given all five forecast streams, then no more than one of them', async () => {
    const organization = await start();
    const streams = Object.fromEntries(
      ['forecast_entries', 'forecast_users', 'forecast_fields', 'forecast_time_frames', 'forecast_time_periods'].map(
        (name) => [name, 'incremental' as const],
      ),
    );
    await organization.sync({ config: ONE_FORECAST, streams });
    expect(organization.simulator.jobs).toHaveLength(2);
    await organization.sync({ config: ONE_FORECAST, streams });
    expect(organization.simulator.jobs).toHaveLength(3);
  });

  it('given a hundred forecasts, 20 exports at a time, then states take less than 30,000 bytes an export', async () => {
    const forecast_ids = Array.from({ length: 100 }, (_, index) => `forecast_${index}`);
    const organization = await start({
      concurrentLimit: 20,
      forecasts: forecast_ids.map((id) => ({ forecastId: id, forecastName: id, owners: 1, fields: 1 })),
    });
    const { failed, stateBytes } = await organization.sync({ config: { forecast_ids, start_period: '2027_Q1' } });
    expect([failed, organization.simulator.jobs.length]).toEqual([false, 400]);
    expect(stateBytes / 400).toBeLessThan(30_000);
  });

  it('given a stream that is added later, then it starts from its own beginning and the others go their way', async () => {
    const organization = await start();
    const config = { ...ONE_FORECAST, start_period: '2027_Q1' };
    await organization.sync({ config });
    expect(organization.simulator.jobs).toHaveLength(4);
    await organization.sync({ config, streams: { forecast_entries: 'incremental', forecast_users: 'incremental' } });
    expect(organization.simulator.jobs).toHaveLength(8);
    expect(organization.stateOf('forecast_users')).toMatchObject({
      forecasts: { net_new: { since: '2027_Q1', timePeriod: '2027_Q3', missing: [] } },
    });
  });
});

describe('the direct call', () => {
  const DIRECT = { read_method: 'direct' };

  it.each([true, false])(
    'given history %s, then after the first sync a forecast costs one export a quarter',
    async (history) => {
      const organization = await start({}, '2027-01-20T06:00:00Z');
      const config = { ...DIRECT, include_historical: history };
      const [first, ...later] = await syncDaily(organization, 40, config);
      // The quarter before, and with history the earlier weeks of the open one.
      expect(first).toBe(history ? 2 : 1);
      expect(sum(later)).toBe(1);
      expect(organization.simulator.jobs.at(-1)?.period).toBe('2027_Q4');
      const final = organization.final('net_new', '2027_Q4', 'published');
      for (const [key, amounts] of final) expect(organization.held('net_new', '2027_Q4').get(key)).toBe(amounts);
    },
  );

  it('given its rows, then they name no job, and the time of the answer', async () => {
    const organization = await start();
    await organization.sync({ config: { ...ONE_FORECAST, ...DIRECT } });
    const open = [...organization.table.values()].filter(({ timePeriod }) => timePeriod === '2027_Q4');
    expect(new Set(open.map(({ jobId }) => jobId))).toEqual(new Set([null]));
    expect(String(open[0]?.['exportedAt'])).toMatch(/^2026-12-01T/);
  });

  it.each(['no_route', 'forbidden', 'html'] as const)(
    'given a Clari that refuses it (%s), then exports take its place, with one warning',
    async (forecastGet) => {
      const organization = await start({ forecastGet });
      const config = { forecast_ids: ['net_new', 'renewals_emea'], ...DIRECT };
      const { failed, warnings } = await organization.sync({ config });
      expect(failed).toBe(false);
      expect(warnings.filter((text) => text.includes('direct calls'))).toHaveLength(1);
      expect(organization.simulator.jobs).toHaveLength(4);
      expect(organization.held('renewals_emea', '2027_Q4').size).toBeGreaterThan(0);
    },
  );
});

describe('a direct call that fails', () => {
  const config = { forecast_ids: ['net_new', 'renewals_emea'], read_method: 'direct' };
  const direct = (warnings: readonly string[]) => warnings.filter((text) => text.includes('direct call'));

  it('given an answer that breaks off each time, then only that quarter fails, and nothing is exported instead', async () => {
    const organization = await start();
    await organization.sync({ config });
    const before = organization.simulator.jobs.length;
    organization.simulator.faults.add({ path: '/forecast/net_new', times: 3, action: { type: 'shortBody' } });
    const { errors, warnings } = await organization.sync({ config });
    expect(errors).toEqual([expect.stringMatching(/"net_new".*cut short/)]);
    expect(direct(warnings)).toEqual([]);
    expect(organization.simulator.jobs).toHaveLength(before);
  });

  it('given one forecast that Clari refuses after others were answered, then it is exported, and a warning names it', async () => {
    const organization = await start();
    await organization.sync({ config });
    const before = organization.simulator.jobs.length;
    organization.simulator.faults.add({ path: '/forecast/renewals_emea', action: { type: 'status', status: 403 } });
    const { errors, warnings } = await organization.sync({ config });
    expect(errors).toEqual([]);
    expect(direct(warnings)).toEqual([
      expect.stringMatching(/^Clari does not answer the direct call for forecast "ren/),
    ]);
    expect(organization.simulator.jobs.slice(before).map(({ forecastId }) => forecastId)).toEqual(['renewals_emea']);
  });
});

describe('a later attempt of the same sync', () => {
  const FULL: Record<string, 'full_refresh'> = { forecast_entries: 'full_refresh' };

  /** An attempt that has paid for the current quarter, can't read it, and whose states the platform has thrown away. */
  async function failedAttempt(organization: Organization): Promise<Synced> {
    organization.simulator.faults.add({ path: '/results', times: 3, action: { type: 'garbage' } });
    return organization.sync({ config: ONE_FORECAST, streams: FULL, keepUntil: 0 });
  }

  it('given a first attempt, then it never takes over a job that no state names', async () => {
    const organization = await start();
    expect((await failedAttempt(organization)).failed).toBe(true);
    await organization.sync({ config: ONE_FORECAST, streams: FULL });
    expect(organization.simulator.jobs).toHaveLength(3);
  });

  it('given a second attempt, then what the first one paid for is read', async () => {
    const organization = await start();
    await failedAttempt(organization);
    vi.stubEnv('WORKER_JOB_ATTEMPT', '1');
    const { failed, records } = await organization.sync({ config: ONE_FORECAST, streams: FULL });
    expect({ failed, jobs: organization.simulator.jobs.length }).toEqual({ failed: false, jobs: 2 });
    expect(records).toBeGreaterThan(0);
  });

  it('given a second attempt, when the jobs are in another currency or older than a day, then they are not taken', async () => {
    const organization = await start();
    organization.simulator.addForeignJob({
      forecastId: 'net_new',
      timePeriod: '2027_Q3',
      currency: 'EUR',
      startTime: '2026-12-01T05:00:00Z',
    });
    organization.simulator.addForeignJob({
      forecastId: 'net_new',
      timePeriod: '2027_Q3',
      startTime: '2026-11-29T05:00:00Z',
    });
    const before = organization.simulator.jobs.length;
    vi.stubEnv('WORKER_JOB_ATTEMPT', '1');
    await organization.sync({ config: ONE_FORECAST, streams: FULL });
    expect(organization.simulator.jobs.length - before).toBe(2);
  });
});

describe('a forecast that Clari refuses', () => {
  it('given streams that want different quarters of it, then each of them fails', async () => {
    const organization = await start();
    const config = { ...ONE_FORECAST, start_period: '2024_Q3', end_period: '2024_Q3' };
    await organization.sync({ config });
    organization.simulator.faults.add({
      method: 'POST',
      times: 2,
      action: { type: 'status', status: 401, body: { code: 'no_optin', message: 'no' } },
    });
    const { errors } = await organization.sync({
      config: { ...config, end_period: '2024_Q4' },
      streams: { forecast_entries: 'incremental', forecast_users: 'incremental' },
    });
    expect(errors).toHaveLength(2);
    organization.simulator.faults.clear();
  });
});

describe('a dry quota', () => {
  it('given quota for one export, then every stream says what it still wants and when exports leave the window', async () => {
    const organization = await start();
    await organization.sync({ config: ONE_FORECAST });
    organization.simulator.setAvailableQuota(0);
    const { errors } = await organization.sync({
      config: { ...ONE_FORECAST, start_date: '2026-10-05' },
      streams: { forecast_entries: 'incremental', activities: 'incremental' },
    });
    expect(errors).toHaveLength(2);
    for (const error of errors) {
      expect(error).toMatch(/Clari's export quota is used up: \d+ of 100000 exports in the last 30 days/);
      expect(error).toMatch(/This stream still needs (at least )?[12] exports?/);
      expect(error).toContain('leaves the 30-day window on 2027-01-01');
    }
  });
});
