import { describe, expect, it } from 'vitest';
import { Lab, sample, shapeOf } from './client';

describe('activities', () => {
  it.each([
    ['+02:00', '2026-11-09T22:00:00Z', '2026-11-11T21:59:59.999Z'],
    ['-0530', '2026-11-10T05:30:00Z', '2026-11-12T05:29:59.999Z'],
    ['Z', '2026-11-10T00:00:00Z', '2026-11-11T23:59:59.999Z'],
  ])('come by a job, whole days of the zone %s', async (zone, from, to) => {
    await using lab = await Lab.start({ activitiesPerDay: 48 });
    const body = { startDate: `2026-11-10T17:00:00${zone}`, endDate: `2026-11-11T01:00:00${zone}` };
    const queued = await lab.send('POST', '/export/activity', body);
    expect(queued.status).toBe(202);
    lab.time.advance(3000);
    const { activities } = (await lab.get(`/export/jobs/${queued.body.jobId}/results`)).body;
    expect(activities).toEqual(lab.simulator.truth.activities(from, to));
    expect(activities).toHaveLength(96);
  });

  it('leave out the last day by option', async () => {
    await using lab = await Lab.start({ activityEndIncluded: false });
    const body = { startDate: '2026-11-10T00:00:00Z', endDate: '2026-11-12T00:00:00Z' };
    const { jobId } = (await lab.send('POST', '/export/activity', body)).body;
    lab.time.advance(3000);
    const { activities } = (await lab.get(`/export/jobs/${jobId}/results`)).body;
    expect(activities).toEqual(lab.simulator.truth.activities('2026-11-10T00:00:00Z', '2026-11-11T23:59:59.999Z'));
  });

  it('look like the known sample', async () => {
    await using lab = await Lab.start();
    const many = lab.simulator.truth.activities('2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z');
    const [full, bare] = sample('activities').activities.map(shapeOf);
    const internal = { ...full, participants: expect.anything() };
    expect(many.map(shapeOf)).toContainEqual(internal);
    expect(many.map(shapeOf)).toContainEqual(bare);
    expect(new Set(many.map((activity) => typeof activity.date))).toEqual(new Set(['number', 'string']));
    expect(new Set(many.map((activity) => activity.activityId)).size).toBe(many.length);
  });

  it('hold only the kinds asked for, and nothing from the future', async () => {
    await using lab = await Lab.start();
    const body = { startDate: '2026-11-01T00:00:00Z', endDate: '2026-12-31T00:00:00Z', activityTypes: ['MEETING'] };
    const queued = await lab.send('POST', '/export/activity', body);
    const submittedAt = lab.time.now();
    lab.time.advance(3000);
    const { activities } = (await lab.get(`/export/jobs/${queued.body.jobId}/results`)).body;
    expect(activities.length).toBeGreaterThan(0);
    for (const { activityType, date } of activities) {
      expect(activityType).toBe('MEETING');
      expect(Number(date)).toBeLessThanOrEqual(submittedAt);
    }
  });

  it('refuse a body without startDate, or with words for dates', async () => {
    await using lab = await Lab.start();
    const answer = await lab.send('POST', '/export/activity', {});
    expect(answer.status).toBe(400);
    expect(shapeOf(answer.body)).toEqual(shapeOf(sample('errors_activity_bad_request')));
    expect((await lab.send('POST', '/export/activity', { startDate: 'yesterday' })).status).toBe(400);
    const csv = await lab.send('POST', '/export/activity', { startDate: '2026-11-01', exportFormat: 'CSV' });
    expect([csv.status, csv.body.namespace]).toEqual([400, 'activity']);
  });
});

describe('audit events', () => {
  async function walk(lab: Lab, path: string) {
    const items: unknown[] = [];
    let next: string | undefined = path;
    for (let page = 0; next !== undefined && page < 100; page++) {
      const answer: { body: { items: unknown[]; nextLink?: string } } = await lab.get(next);
      items.push(...answer.body.items);
      next = answer.body.nextLink?.replace(/^\/v4/, '');
    }
    return items;
  }

  it('come in pages in the shape of the known sample', async () => {
    await using lab = await Lab.start();
    const { body } = await lab.get('/audit/events?limit=2&dateFrom=2026-11-20T00:00:00Z');
    expect(Object.keys(body).sort()).toEqual(Object.keys(sample('audit_events_page1')).sort());
    expect(Object.keys(body.items[0]).sort()).toEqual(Object.keys(sample('audit_events_page1').items[0]).sort());
    expect(new URL(body.nextLink).origin).toBe(new URL(lab.simulator.url).origin);
  });

  it.each(['absolute', 'relative'] as const)(
    'are complete when %s links are followed to the end',
    async (auditNextLink) => {
      await using lab = await Lab.start({ auditNextLink });
      const window = 'dateFrom=2026-11-01T00:00:00Z&dateTo=2026-11-15T12:00:00Z';
      const truth = lab.simulator.truth.auditEvents('2026-11-01T00:00:00Z', '2026-11-15T12:00:00Z');
      expect(truth.length).toBeGreaterThan(50);
      expect(await walk(lab, `/audit/events?limit=7&${window}`)).toEqual(truth);
    },
  );

  it('stay the same list while time goes by between pages', async () => {
    await using lab = await Lab.start({ auditOrder: 'newest_first' });
    const truth = lab.simulator.truth.auditEvents();
    const first = (await lab.get('/audit/events?limit=60')).body;
    lab.time.advance(86_400_000);
    expect([...first.items, ...(await walk(lab, first.nextLink))]).toEqual(truth);
  });

  it('hold twins that no composite tells apart, and come in an order by option', async () => {
    await using lab = await Lab.start({ auditOrder: 'unordered' });
    const events = lab.simulator.truth.auditEvents();
    const keys = events.map((event) => [event.eventTimestamp, event.actorId, event.sessionId, event.event].join('|'));
    expect(new Set(keys).size).toBeLessThan(keys.length);
    expect(new Set(events.map((event) => event.correlationID)).size).toBe(events.length);
    const times = events.map((event) => event.eventTimestamp);
    expect(times).not.toEqual([...times].sort());
    expect(times).not.toEqual([...times].sort().reverse());
  });

  it.each(['limit=0', 'limit=1001', 'dateFrom=yesterday', 'cursor=x'])('refuse %s', async (query) => {
    await using lab = await Lab.start();
    const answer = await lab.get(`/audit/events?${query}`);
    expect(answer.status).toBe(400);
    expect(shapeOf(answer.body)).toEqual(shapeOf(sample('errors_audit')));
  });
});

describe('opportunities', () => {
  it('come by id, unknown ids left out, bare or enveloped', async () => {
    await using lab = await Lab.start();
    const [first, second] = lab.simulator.truth.opportunities();
    const query = `/opportunity?oppId=${second?.id}&oppId=unknown&oppId=${first?.id}`;
    const { body } = await lab.get(query);
    expect(body).toEqual([first, second]);
    expect(shapeOf(body)).toEqual(shapeOf(sample('opportunity')));
    await using enveloped = await Lab.start({ opportunityEnvelope: true });
    expect((await enveloped.get(query)).body.opportunities).toEqual([first, second]);
  });

  it('are at least one and at most a hundred a call', async () => {
    await using lab = await Lab.start();
    const ids = Array.from({ length: 101 }, (_, index) => `oppId=${index}`);
    expect((await lab.get(`/opportunity?${ids.slice(1).join('&')}`)).body).toEqual([]);
    for (const query of ['', ids.join('&')]) {
      const answer = await lab.get(`/opportunity?${query}`);
      expect(answer.status).toBe(400);
      expect(shapeOf(answer.body)).toEqual(shapeOf(sample('errors_opportunity')));
    }
  });

  it('are those that activities name', async () => {
    await using lab = await Lab.start();
    const known = new Set(lab.simulator.truth.opportunities().map(({ id }) => id));
    const named = lab.simulator.truth
      .activities('2026-11-01T00:00:00Z', '2026-11-20T00:00:00Z')
      .flatMap(({ opportunities }) => opportunities.map(({ opportunityId }) => opportunityId));
    expect(named.length).toBeGreaterThan(0);
    expect(named.every((id) => known.has(id))).toBe(true);
  });
});

it('refuses what the key has no permission for', async () => {
  await using lab = await Lab.start({ forbidden: ['audit', 'opportunity', 'limits'] });
  for (const path of ['/audit/events', '/opportunity?oppId=1', '/admin/limits']) {
    expect([path, (await lab.get(path)).status]).toEqual([path, 403]);
  }
  expect((await lab.send('POST', '/export/activity', { startDate: '2026-11-01T00:00:00Z' })).status).toBe(202);
});
