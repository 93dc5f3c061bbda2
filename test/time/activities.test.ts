import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../simulator';
import { Organization } from './organization';

const ACTIVITIES: Record<string, 'incremental'> = { activities: 'incremental' };

const organizations: Organization[] = [];
afterEach(async () => {
  const ended = organizations.splice(0);
  await Promise.all(ended.map(({ simulator }) => simulator.close()));
  for (const { simulator } of ended) expect(simulator.faults.unused()).toEqual([]);
});

async function start(options: SimulatorOptions, day: string): Promise<Organization> {
  const organization = await Organization.start(options, day);
  organizations.push(organization);
  return organization;
}

/** The activities since a day that the destination doesn't have, by their dates. */
function missingSince(organization: Organization, day: string): string[] {
  const held = new Set(organization.received('activities').map(({ activityId }) => activityId));
  return organization.simulator.truth
    .activities(day, organization.today)
    .filter(({ activityId }) => !held.has(activityId))
    .map(({ date }) => new Date(Number(date)).toISOString());
}

/** A job with another end. */
const ending = (endOf: (endTime: number) => number) => (body: unknown) => {
  const { job } = body as { job: { endTime: number } };
  return { job: { ...job, endTime: endOf(job.endTime) } };
};

describe('activities over several syncs', () => {
  it.each([1, 2, 3])(
    'given a start date that moved back, when the sync stops after %i messages, then the next one fetches the earlier days',
    async (stopAfter) => {
      const organization = await start({}, '2026-11-20T08:00:00Z');
      await organization.sync({ config: { start_date: '2026-11-10' }, streams: ACTIVITIES });
      const config = { start_date: '2026-08-15' };
      await organization.sync({ config, streams: ACTIVITIES, stopAfter });
      organization.passDays(1);
      const { failed } = await organization.sync({ config, streams: ACTIVITIES });
      expect(failed).toBe(false);
      expect(missingSince(organization, '2026-08-15')).toEqual([]);
    },
  );

  it('given a start date that moved past the cursor and back again, then the days between are fetched', async () => {
    const organization = await start({}, '2026-08-10T08:00:00Z');
    await organization.sync({ config: { start_date: '2026-08-01' }, streams: ACTIVITIES });
    organization.passDays(60);
    await organization.sync({ config: { start_date: '2026-10-01' }, streams: ACTIVITIES });
    organization.passDays(1);
    await organization.sync({ config: { start_date: '2026-08-01' }, streams: ACTIVITIES });
    expect(missingSince(organization, '2026-08-01')).toEqual([]);
  });

  it('given a start date that moved past days with late activities and back again, then none of them is lost', async () => {
    const organization = await start({ lateHours: 60, lateEvery: 1 }, '2026-11-20T08:00:00Z');
    for (const start_date of ['2026-11-10', '2026-11-20', '2026-11-10']) {
      await organization.sync({ config: { start_date }, streams: ACTIVITIES });
      organization.passDays(2);
    }
    expect(missingSince(organization, '2026-11-10').filter((date) => date < '2026-11-21')).toEqual([]);
  });

  it.each<[string, (endTime: number) => number]>([
    ['ahead of time', (endTime) => endTime + 8 * 3_600_000],
    ['at zero', () => 0],
    ['at a time in seconds', (endTime) => Math.floor(endTime / 1000)],
  ])('given jobs that end %s by what Clari says, then the cursor is when they were seen done', async (_, endOf) => {
    const organization = await start({}, '2026-11-20T08:00:00Z');
    for (const days of [0, 0.01]) {
      organization.passDays(days);
      organization.simulator.faults.add({
        path: /\/export\/jobs\/[^/]+$/,
        action: { type: 'rewrite', change: ending(endOf) },
      });
      const { warnings } = await organization.sync({ config: {}, streams: ACTIVITIES });
      expect(warnings).toEqual([]);
    }
    expect(String(organization.stateOf('activities')?.['date'])).toMatch(/^2026-11-20T08:/);
  });

  it.each([0, 3])(
    'given a Clari that leaves the last day out of an export, and %i days of lookback, then each day comes a day later',
    async (lookback_days) => {
      const organization = await start({ activityEndIncluded: false }, '2026-10-28T08:00:00Z');
      const config = { start_date: '2026-08-15', lookback_days };
      for (const days of [0, 1, 1, 3, 1, 40]) {
        organization.passDays(days);
        const { failed } = await organization.sync({ config, streams: ACTIVITIES });
        expect(failed).toBe(false);
        expect(missingSince(organization, '2026-08-15').filter((date) => date < organization.today)).toEqual([]);
      }
    },
  );

  it('given a month’s export that was left behind, then activities that were recorded late since are not lost', async () => {
    const organization = await start({ lateHours: 60, lateEvery: 2 }, '2026-11-28T08:00:00Z');
    await organization.sync({ config: {}, streams: ACTIVITIES });
    organization.passDays(4);
    organization.simulator.faults.add({ path: '/results', times: 6, action: { type: 'garbage' } });
    const { failed } = await organization.sync({ config: {}, streams: ACTIVITIES });
    expect(failed).toBe(true);
    for (const days of [4, 4]) {
      organization.passDays(days);
      await organization.sync({ config: {}, streams: ACTIVITIES });
    }
    expect(missingSince(organization, '2026-11-01').filter((date) => date < '2026-12-06')).toEqual([]);
  });
});
