import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../simulator';
import { Organization } from './organization';

const ONE_FORECAST = { forecast_ids: ['net_new'] };

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
});
