import { describe, expect, it } from 'vitest';
import type { Entry } from '../../simulator';
import { Lab } from './client';

const DAY_MS = 86_400_000;
const keyOf = ({ timePeriodId, timeFrameId, userId, fieldId }: Entry): string =>
  [timePeriodId, timeFrameId, userId, fieldId].join('|');
const valuesOf = (entries: readonly Entry[]): Map<string, unknown> =>
  new Map(entries.map((entry) => [keyOf(entry), [entry.forecastValue, entry.adjustmentValue, entry.aggregationTotal]]));
const ALL = { includeHistorical: true };

describe('amounts that drift', () => {
  it('given a quarter that has not settled, when asked on another day, then every amount is another one; on the same day none', async () => {
    await using lab = await Lab.start({ drift: true });
    const monday = await lab.export('net_new', ALL);
    lab.time.advance(6 * 3_600_000);
    expect((await lab.export('net_new', ALL)).entries).toEqual(monday.entries);
    lab.time.advance(DAY_MS);
    const tuesday = valuesOf((await lab.export('net_new', ALL)).entries);
    const moved = (monday.entries as Entry[]).filter(({ forecastValue }) => typeof forecastValue === 'number');
    expect(moved.length).toBeGreaterThan(20);
    for (const entry of moved) expect(tuesday.get(keyOf(entry))).not.toEqual(valuesOf([entry]).get(keyOf(entry)));
  });

  it.each([
    ['2027-02-04T12:00:00Z', false],
    ['2027-02-05T00:00:00Z', true],
    ['2031-06-01T00:00:00Z', true],
  ])(
    'given a quarter over on 2027-01-31 and five days to settle, when exported at %s, then it is final: %s',
    async (day, isFinal) => {
      await using lab = await Lab.start({ drift: true });
      const final = lab.simulator.truth.forecastResults('net_new', '2027_Q4', { ...ALL, currency: 'USD', at: 'final' });
      lab.time.advance(Date.parse(day) - lab.time.now());
      const body = { ...ALL, timePeriod: '2027_Q4', typesToExport: ['forecast', 'adjustment', 'crm_total'] };
      const { entries } = await lab.export('net_new', body);
      const same = JSON.stringify([...valuesOf(entries)]) === JSON.stringify([...valuesOf(final.entries)]);
      expect(same).toBe(isFinal);
    },
  );

  it('given an instant, then the truth of it is what an export of that instant holds', async () => {
    await using lab = await Lab.start({ drift: true, settlesAfterDays: 2 });
    const at = lab.time.now();
    const { entries } = await lab.export('net_new', { timePeriod: '2027_Q4', typesToExport: ['forecast'] });
    lab.time.advance(400 * DAY_MS);
    const truth = (moment: number | 'final') =>
      lab.simulator.truth.forecastResults('net_new', '2027_Q4', { typesToExport: ['forecast'], at: moment }).entries;
    expect(truth(at)).toEqual(entries);
    expect(truth(lab.time.now())).toEqual(truth('final'));
    expect(truth('final').map(keyOf)).not.toEqual(entries.map(keyOf));
  });

  it('given counts, or the listed contract, then they drift too, and quotas never do', async () => {
    await using lab = await Lab.start({
      drift: true,
      forecasts: [{ forecastId: 'count', forecastName: 'Count', countForecast: true }],
    });
    const at = lab.time.now();
    const { truth } = lab.simulator;
    const counts = [0, 1].map((days) => truth.forecastResults('count', '2027_Q4', { at: at + days * DAY_MS }).entries);
    const [first, second] = counts.map((entries) => entries.map(({ forecastValue }) => forecastValue));
    expect(first?.filter(Number).map((value, index) => Number(value) - Number(second?.filter(Number)[index]))).toEqual(
      first?.filter(Number).map(() => 1),
    );
    expect(counts[0]?.every(({ forecastValue }) => Number.isInteger(forecastValue ?? 0))).toBe(true);
    const [before, after] = [0, 1].map((days) => truth.listedEntries('count', '2027_Q4', { at: at + days * DAY_MS }));
    expect(before?.map((entry) => entry.quotaAmount)).toEqual(after?.map((entry) => entry.quotaAmount));
    for (const [index, entry] of before?.entries() ?? []) {
      expect(entry.forecastAmount).not.toBe(after?.[index]?.forecastAmount);
    }
  });

  it('given no drift, then the amounts are those of the final truth at any time', async () => {
    await using lab = await Lab.start();
    const { truth } = lab.simulator;
    const closed = { ...ALL, at: lab.time.now() };
    expect(truth.forecastResults('net_new', '2027_Q3', closed)).toEqual(
      truth.forecastResults('net_new', '2027_Q3', { ...ALL, at: 'final' }),
    );
  });
});

describe('plausible amounts', () => {
  const MANAGER = '300102:00E5x000001ZzYyUAK';

  it("given a manager, then the call and the quota are of the size of the reports' sum, and the call is no roll-up", async () => {
    await using lab = await Lab.start({ amounts: 'plausible' });
    for (const quarter of ['2026_Q1', '2026_Q4', '2027_Q2', '2027_Q3']) {
      const { entries } = lab.simulator.truth.forecastResults('net_new', quarter, ALL);
      const quotas = entries.filter(({ quotaValue }) => quotaValue !== undefined);
      const managersQuota = quotas.filter(({ userId }) => userId === MANAGER);
      expect(managersQuota.every(({ quotaValue }) => typeof quotaValue === 'number')).toBe(true);
      const last = lab.simulator.truth.listedEntries('net_new', quarter);
      const [manager, ...reports] = last;
      const sum = reports.reduce((total, { forecastAmount }) => total + (forecastAmount ?? 0), 0);
      expect((manager?.forecastAmount ?? 0) / sum).toBeGreaterThan(0.88);
      expect((manager?.forecastAmount ?? 0) / sum).toBeLessThan(1.06);
      expect(manager?.forecastAmount).not.toBe(sum);
    }
  });

  it('given the weeks of a quarter, then the commit moves a little from each to the next and ends higher than it began', async () => {
    await using lab = await Lab.start({ amounts: 'plausible' });
    const { entries } = lab.simulator.truth.forecastResults('net_new', '2027_Q3', ALL);
    const commits = entries
      .filter(({ userId, fieldId }) => userId === MANAGER && fieldId === 'fc_commit')
      .sort((a, b) => a.timeFrameId.localeCompare(b.timeFrameId))
      .flatMap(({ forecastValue }) => (typeof forecastValue === 'number' ? [forecastValue] : []));
    expect(commits.length).toBeGreaterThan(8);
    for (const [index, value] of commits.slice(1).entries()) {
      expect(Math.abs(value / (commits[index] ?? 0) - 1)).toBeLessThan(0.12);
    }
    expect(commits.at(-1)).toBeGreaterThan(commits[0] ?? Infinity);
    expect(entries.some(({ forecastValue }) => forecastValue === null)).toBe(true);
  });

  it('given plain amounts, then the keys are the same', async () => {
    await using plausible = await Lab.start({ amounts: 'plausible' });
    await using plain = await Lab.start();
    const keys = (lab: Lab) => lab.simulator.truth.forecastResults('net_new', null, ALL).entries.map(keyOf);
    expect(keys(plausible)).toEqual(keys(plain));
  });
});

describe('users and fields without entries', () => {
  it('given some, then users and fields hold them and no entry names them, managers among them', async () => {
    await using lab = await Lab.start({
      forecasts: [{ forecastId: 'a', forecastName: 'A', idleUsers: 5, emptyFields: 2 }],
    });
    const results = await lab.export('a', ALL);
    expect(results.users).toHaveLength(9);
    expect(results.fields).toHaveLength(6);
    expect(new Set(results.entries.map((entry: Entry) => entry.userId)).size).toBe(4);
    expect(new Set(results.entries.map((entry: Entry) => entry.fieldId)).size).toBe(4);
    const idle = lab.simulator.truth.forecastResults('a').users.slice(4);
    expect(results.users.slice(4)).toEqual(idle);
    expect(idle.map(({ scopeId }) => JSON.parse(scopeId).userType)).toEqual(['MGR', 'REP', 'REP', 'MGR', 'REP']);
    expect(results.entries).toHaveLength(lab.simulator.truth.entryCount('a', null, ALL));
  });

  it('given the scope of an idle manager, then it is a known one that holds no entries', async () => {
    await using lab = await Lab.start({ forecasts: [{ forecastId: 'a', forecastName: 'A', idleUsers: 1 }] });
    const { users, entries } = await lab.export('a', { scopeId: '500000::MGR' });
    expect([users.length, entries.length]).toEqual([1, 0]);
  });
});
