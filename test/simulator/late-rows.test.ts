import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../simulator';
import { Lab } from './client';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const [FROM, TO] = ['2026-11-01T00:00:00Z', '2026-11-22T23:59:59.999Z'];

async function activities(lab: Lab) {
  const body = { startDate: FROM, endDate: '2026-11-22T00:00:00Z' };
  const { body: queued } = await lab.send('POST', '/export/activity', body);
  lab.time.advance(3000);
  return (await lab.get(`/export/jobs/${queued.jobId}/results`)).body.activities;
}

describe('records that become visible late', () => {
  it('given activities, then some come only so many hours after their date, always the same ones', async () => {
    await using lab = await Lab.start({ activitiesPerDay: 24, lateHours: 48 });
    const { truth } = lab.simulator;
    const final = truth.activities(FROM, TO, 'final');
    const early = await activities(lab);
    expect(early).toEqual(truth.activities(FROM, TO, lab.time.now() - 3000));
    const missing = final.filter(
      ({ activityId }) => !early.some((each: { activityId: string }) => each.activityId === activityId),
    );
    expect(missing.length).toBeGreaterThan(2);
    for (const { activityId, date } of missing) {
      expect(truth.isLateActivity(activityId)).toBe(true);
      expect(Number(date)).toBeGreaterThan(lab.time.now() - 3000 - 48 * HOUR_MS);
    }
    const late = final.filter(({ activityId }) => truth.isLateActivity(activityId));
    expect(late.length / final.length).toBeGreaterThan(0.08);
    expect(late.length / final.length).toBeLessThan(0.22);
    lab.time.advance(48 * HOUR_MS);
    expect(await activities(lab)).toEqual(final);
  });

  it('given audit events, then some come late, none in the middle of a walk through the pages', async () => {
    await using lab = await Lab.start({ auditEventsPerDay: 24, lateHours: 72, lateEvery: 3 });
    const { truth } = lab.simulator;
    const window = `dateFrom=${FROM}&dateTo=${TO}`;
    const early = truth.auditEvents(FROM, TO);
    const items: AuditEvent[] = [];
    let next: string | undefined = `/audit/events?limit=100&${window}`;
    while (next !== undefined) {
      const { body }: { body: { items: AuditEvent[]; nextLink?: string } } = await lab.get(next);
      items.push(...body.items);
      next = body.nextLink?.replace(/^\/v4/, '');
      lab.time.advance(20 * HOUR_MS);
    }
    expect(items).toEqual(early);
    const final = truth.auditEvents(FROM, TO, 'final');
    expect(final.length).toBe(22 * 24);
    const missing = final.filter((event) => !early.some((each) => each.correlationID === event.correlationID));
    expect(missing.length).toBeGreaterThan(10);
    expect(missing.every((event) => truth.isLateEvent(event))).toBe(true);
  });

  it('given no lateness, then everything is visible at its date', async () => {
    await using lab = await Lab.start({ activitiesPerDay: 24 });
    const { truth } = lab.simulator;
    expect(truth.activities(FROM, TO)).toEqual(truth.activities(FROM, TO, 'final'));
  });
});

describe('activities that are moved', () => {
  it('given some time after their date, then they have an earlier one under the same id', async () => {
    await using lab = await Lab.start({ activitiesPerDay: 24, movedEvery: 5, movedAfterHours: 30, movedBackHours: 50 });
    const { truth } = lab.simulator;
    const now = lab.time.now();
    const day = (at: number) => truth.activities('2026-11-22T00:00:00Z', '2026-11-22T23:59:59.999Z', at);
    const fresh = day(now);
    const moved = fresh.filter(({ activityId }) => truth.isMovedActivity(activityId));
    expect(moved.length).toBeGreaterThan(1);
    const later = now + 40 * HOUR_MS;
    expect(day(later).some(({ activityId }) => moved.some((each) => each.activityId === activityId))).toBe(false);
    const before = truth.activities('2026-11-18T00:00:00Z', '2026-11-20T23:59:59.999Z', later);
    for (const { activityId, date } of moved) {
      const found = before.filter((each) => each.activityId === activityId);
      expect(found.map((each) => Number(each.date))).toEqual([Number(date) - 50 * HOUR_MS]);
    }
    const all = truth.activities(FROM, '2026-11-25T00:00:00Z', 'final');
    expect(new Set(all.map(({ activityId }) => activityId)).size).toBe(all.length);
    const dates = all.map(({ date }) => Number(date));
    expect(dates).toEqual([...dates].sort((a, b) => a - b));
  });
});

describe('dates of activities', () => {
  it.each([
    ['epoch_ms', /^1[78]\d{11}$/],
    ['epoch_seconds', /^1[78]\d{8}$/],
    ['us_date', /^11\/\d\d\/2026$/],
    ['iso_offset', /^2026-11-\d\dT\d\d:\d\d:\d\d\+02:00$/],
  ] as const)('given %s, then they look like %s', async (activityDates, pattern) => {
    await using lab = await Lab.start({ activityDates });
    const all = await activities(lab);
    expect(all.length).toBeGreaterThan(20);
    for (const { date } of all) expect(String(date)).toMatch(pattern);
    await using plain = await Lab.start();
    const first = Number(plain.simulator.truth.activities(FROM, TO)[0]?.date);
    if (activityDates === 'iso_offset') expect(Math.abs(Date.parse(all[0].date) - first)).toBeLessThan(1000);
    if (activityDates === 'epoch_seconds') expect(Number(all[0].date)).toBe(Math.floor(first / 1000));
    if (activityDates === 'us_date') expect(all[0].date).toBe('11/01/2026');
    expect(first).toBeLessThan(Date.parse(FROM) + DAY_MS);
  });
});
