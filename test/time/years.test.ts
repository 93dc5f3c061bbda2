import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FiscalCalendar } from '../../simulator';
import { addQuarters, quarterRange } from '../../src/period';
import type { Json } from '../support/messages';
import { Organization } from './organization';

/** Seeds of the histories that are tried; a failure prints its seed. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const FIRST_DAY = '2026-02-10T09:00:00Z';
const MONTHS = 18;
const SIMULATED_SETTLING_DAYS = 5;

type Choice = <T>(...options: readonly T[]) => T;

/** One history of an organization, drawn from a seed. */
interface History {
  readonly contract: 'published' | 'listed';
  readonly fiscalYearStartMonth: number;
  readonly periodType: 'quarter' | 'month';
  readonly config: Record<string, unknown>;
  readonly choose: Choice;
  /** Days between two syncs. */
  pause(): number;
  chance(of: number): boolean;
}

function drawHistory(seed: number): History {
  // fast-check's generator, so that a seed says the same on every machine.
  const [numbers = []] = fc.sample(fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: 2000, maxLength: 2000 }), {
    seed,
    numRuns: 1,
  });
  let drawn = 0;
  const next = () => (numbers[drawn++ % numbers.length] ?? 0) / 2 ** 31;
  const choose: Choice = (...options) => options[Math.floor(next() * options.length)] as (typeof options)[number];
  const contract = choose<'published' | 'listed'>('published', 'published', 'published', 'listed');
  const fiscalYearStartMonth = choose(1, 2, 4, 7, 10, 12);
  const current = new FiscalCalendar(fiscalYearStartMonth).quarterAt(Date.parse(FIRST_DAY));
  const config = {
    include_historical: contract === 'published' && choose(true, true, false),
    start_period: choose(
      undefined,
      addQuarters(current, -1),
      addQuarters(current, -4),
      current,
      addQuarters(current, 1),
    ),
    end_period: choose(
      undefined,
      undefined,
      addQuarters(current, 1),
      addQuarters(current, 3),
      addQuarters(current, 12),
    ),
    lookback_periods: choose(0, 0, 0, 1, 2),
    // The listed contract names no days: what isn't the current quarter any more is final.
    settling_days: choose(SIMULATED_SETTLING_DAYS, 14, 30),
    lookahead_periods: choose(0, 0, 1),
  };
  return {
    contract,
    fiscalYearStartMonth,
    periodType: choose<'quarter' | 'month'>('quarter', 'quarter', 'month'),
    config: Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)),
    choose,
    pause: () => choose(1, 1, 3, 7, 7, 12, 25, 40, 100, 200),
    chance: (of) => next() < of,
  };
}

const organizations: Organization[] = [];
afterEach(async () => {
  await Promise.all(organizations.splice(0).map(({ simulator }) => simulator.close()));
});

async function start({ contract, fiscalYearStartMonth, periodType }: History): Promise<Organization> {
  const organization = await Organization.start(
    {
      contract,
      fiscalYearStartMonth,
      settlesAfterDays: contract === 'listed' ? 0 : SIMULATED_SETTLING_DAYS,
      forecasts: [
        { forecastId: 'net_new', forecastName: 'Net New', periodType },
        { forecastId: 'renewals', forecastName: 'Renewals' },
      ],
    },
    FIRST_DAY,
  );
  organizations.push(organization);
  return organization;
}

/** Plants what goes wrong in one sync. */
function plantTrouble(organization: Organization, history: History): void {
  const { simulator } = organization;
  const { choose } = history;
  const { faults } = simulator;
  const forecastId = choose('net_new', 'renewals');
  choose(
    () => failOneQuarter(organization, history),
    () => faults.add({ method: 'POST', forecastId, times: 9, action: { type: 'status', status: 500 } }),
    () => faults.add({ method: 'POST', forecastId, nth: 2, action: { type: 'reset', afterProcessing: true } }),
    () => faults.add({ path: '/results', times: 9, action: { type: 'garbage' } }),
    () => faults.add({ path: '/results', times: 3, action: { type: 'notResults', shape: 'message' } }),
    () => faults.job({ forecastId, times: 3 }, 'FAILED'),
    () => faults.job({ times: 2 }, 'FAILED'),
    () => faults.add({ method: 'GET', path: '/export/jobs', times: 4, action: { type: 'status', status: 500 } }),
    () => simulator.setAvailableQuota(choose(0, 1, 3)),
  )();
}

/** A quarter that fails while later ones don't: what is owed must not be forgotten. */
function failOneQuarter({ simulator }: Organization, { choose }: History): void {
  const timePeriod = addQuarters(simulator.currentPeriod(), -choose(2, 3, 4));
  simulator.faults.job({ forecastId: choose('net_new', 'renewals'), timePeriod, times: 3 }, 'FAILED');
}

interface LivedThrough {
  readonly forecastIds: readonly string[];
  readonly organization: Organization;
}

/** Syncs at random intervals for a year and more; then, undisturbed, once the last quarter has settled. */
async function live(history: History, { trouble }: { trouble: boolean }): Promise<LivedThrough> {
  const organization = await start(history);
  const { simulator } = organization;
  let { config } = history;
  const ends = Date.parse(FIRST_DAY) + MONTHS * 30.4 * 86_400_000;
  let pause = 200;
  while (Date.parse(organization.today) < ends) {
    if (trouble && pause >= 100) failOneQuarter(organization, history);
    else if (trouble && history.chance(0.4)) plantTrouble(organization, history);
    await organization.sync({
      config: { ...config, forecast_ids: history.chance(0.8) ? ['net_new', 'renewals'] : ['net_new'] },
      stopAfter: trouble && history.chance(0.2) ? history.choose(3, 10, 30, 60) : undefined,
      keepUntil: trouble && history.chance(0.3) ? history.choose(0, 5, 20, 50) : undefined,
    });
    simulator.faults.clear();
    simulator.setAvailableQuota(100_000);
    if (history.chance(0.03) && config['start_period'] !== undefined)
      config = { ...config, start_period: addQuarters(String(config['start_period']), -history.choose(1, 2)) };
    pause = history.pause();
    organization.passDays(pause);
  }
  const forecastIds = ['net_new', 'renewals'];
  for (const pause of [0, 2]) {
    organization.passDays(pause);
    const { failed, errors } = await organization.sync({ config: { ...config, forecast_ids: forecastIds } });
    expect({ failed, errors }).toEqual({ failed: false, errors: [] });
  }
  return { forecastIds, organization };
}

/** The quarters of a forecast that are in range and have settled, with the day since when. */
function settledQuarters(
  { fiscalYearStartMonth, config, contract }: History,
  organization: Organization,
  forecastId: string,
): { quarter: string; settledOn: string }[] {
  const calendar = new FiscalCalendar(fiscalYearStartMonth);
  const forecasts = (organization.stateOf()?.['forecasts'] ?? {}) as Record<string, Json>;
  const since = String(forecasts[forecastId]?.['since']);
  const current = calendar.quarterAt(Date.parse(organization.today));
  return quarterRange(since, current).flatMap((quarter) => {
    const lastDay = calendar.quarter(quarter)?.endDate ?? '';
    const settlingDays = contract === 'listed' ? 0 : Number(config['settling_days']);
    const settledOn = new Date(Date.parse(lastDay) + settlingDays * 86_400_000).toISOString().slice(0, 10);
    const isInRange = quarter <= String(config['end_period'] ?? '9999_Q4');
    return isInRange && quarter < current && settledOn < organization.today ? [{ quarter, settledOn }] : [];
  });
}

describe('syncs over more than a year', () => {
  it.each(SEEDS)(
    'given the history of seed %i, then the destination holds the final values of every settled quarter',
    async (seed) => {
      const history = drawHistory(seed);
      const { organization, forecastIds } = await live(history, { trouble: true });
      for (const forecastId of forecastIds) {
        const quarters = settledQuarters(history, organization, forecastId);
        for (const { quarter } of quarters) {
          const held = organization.held(forecastId, quarter);
          const final = organization.final(forecastId, quarter, history.contract);
          const wrong = [...final].filter(([key, amounts]) => held.get(key) !== amounts);
          expect(wrong, `${forecastId} ${quarter} of ${JSON.stringify(history.config)}`).toEqual([]);
        }
      }
      expect(organization.stateOf()?.['pendingJobs']).toEqual([]);
    },
  );

  it.each([11, 12, 13, 14])(
    'given the undisturbed history of seed %i, then each settled quarter was exported once',
    async (seed) => {
      const drawn = drawHistory(seed);
      const history = { ...drawn, config: { ...drawn.config, lookback_periods: 0 } };
      const { organization, forecastIds } = await live(history, { trouble: false });
      for (const forecastId of forecastIds)
        for (const { quarter, settledOn } of settledQuarters(history, organization, forecastId))
          expect(organization.exportsAfter(settledOn, forecastId, quarter), `${forecastId} ${quarter}`).toBe(1);
    },
  );
});
