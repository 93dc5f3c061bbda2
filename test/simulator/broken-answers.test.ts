import { describe, expect, it } from 'vitest';
import type { NotResults } from '../../simulator';
import { Lab, sample, shapeOf } from './client';

describe('results that are none', () => {
  async function spoilt(lab: Lab, shape: NotResults) {
    const jobId = await lab.submit();
    lab.time.advance(3000);
    const path = `/export/jobs/${jobId}/results`;
    lab.simulator.faults.add({ path: /results$/, action: { type: 'notResults', shape } });
    const answer = await lab.get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(lab.simulator.faults.unused()).toEqual([]);
    expect(lab.simulator.requests.at(-1)?.fault).toBe('notResults');
    return { body: answer.body, whole: (await lab.get(path)).body };
  }

  it.each([
    ['empty', {}],
    ['message', { message: 'maintenance' }],
  ] as const)('given %s, then the object is %j, and whole the next time', async (shape, expected) => {
    await using lab = await Lab.start();
    const { body, whole } = await spoilt(lab, shape);
    expect(body).toEqual(expected);
    expect(whole).toEqual(
      lab.simulator.truth.forecastResults('net_new', null, { typesToExport: ['forecast', 'forecast_updated'] }),
    );
  });

  it("given error, then it is Clari's error body with status 200", async () => {
    await using lab = await Lab.start();
    const { body } = await spoilt(lab, 'error');
    expect(body.code).toBe('internal_server_error');
    expect(shapeOf(body)).toEqual(shapeOf(sample('errors_job_status')));
  });

  it('given without_entries or entries_object, then the other parts are whole', async () => {
    await using lab = await Lab.start();
    const bare = await spoilt(lab, 'without_entries');
    const { entries, ...rest } = bare.whole;
    expect(bare.body).toEqual(rest);
    const odd = await spoilt(lab, 'entries_object');
    expect(Array.isArray(odd.body.entries)).toBe(false);
    expect(Object.values(odd.body.entries)).toEqual(entries);
  });

  it('given activities, or the second origin, then their rows are gone just so', async () => {
    await using lab = await Lab.start();
    const { body: queued } = await lab.send('POST', '/export/activity', { startDate: '2026-11-20T00:00:00Z' });
    lab.time.advance(3000);
    const activities = { jobKind: 'activity', path: /results$/ } as const;
    lab.simulator.faults.add({ ...activities, action: { type: 'notResults', shape: 'without_entries' } });
    lab.simulator.faults.add({ ...activities, action: { type: 'notResults', shape: 'entries_object' } });
    const results = `/export/jobs/${queued.jobId}/results`;
    expect((await lab.get(results)).body).toEqual({});
    expect(Array.isArray((await lab.get(results)).body.activities)).toBe(false);

    await using listed = await Lab.start({ contract: 'listed' });
    const jobId = await listed.submit('Net New');
    listed.time.advance(3000);
    listed.simulator.faults.add({ origin: 'download', action: { type: 'notResults', shape: 'message' } });
    const { downloadUrl } = (await listed.get(`/export/jobs/${jobId}`)).body;
    expect((await listed.send('GET', downloadUrl, undefined, { headers: {} })).body).toEqual({
      message: 'maintenance',
    });
  });

  it('given a change of our own, then the body is what it makes of it', async () => {
    await using lab = await Lab.start();
    const change = (body: unknown) => ({ ...(body as object), more: 1 });
    lab.simulator.faults.add({ path: '/admin', action: { type: 'rewrite', what: 'one key more', change } });
    expect(lab.simulator.faults.unused()[0]).toContain('one key more');
    const { body } = await lab.get('/admin/limits');
    expect(Object.keys(body)).toEqual(['jobs', 'more']);
  });
});

describe('faults of the audit trail', () => {
  it('given empty pages without end, then each has a link that was never followed', async () => {
    await using lab = await Lab.start();
    lab.simulator.faults.add({ path: '/audit/events', times: Infinity, action: { type: 'emptyPage' } });
    const links = new Set<string>();
    let next = '/audit/events?limit=10';
    for (let page = 0; page < 20; page++) {
      const { body } = await lab.get(next);
      expect([body.items, body.actors]).toEqual([[], []]);
      next = body.nextLink;
      links.add(next);
      expect(new URL(next).origin).toBe(new URL(lab.simulator.url).origin);
    }
    expect(links.size).toBe(20);
  });

  it('given two empty pages in the middle, then the rest follows them', async () => {
    await using lab = await Lab.start();
    const events = lab.simulator.truth.auditEvents();
    lab.simulator.faults.add({ path: '/audit/events', nth: 2, times: 2, action: { type: 'emptyPage' } });
    const items: unknown[] = [];
    for (let next: string | undefined = '/audit/events?limit=50'; next !== undefined; ) {
      const { body }: { body: { items: unknown[]; nextLink?: string } } = await lab.get(next);
      items.push(...body.items);
      next = body.nextLink;
    }
    expect(items).toEqual(events);
    expect(lab.simulator.faults.unused()).toEqual([]);
  });

  it('given nullActors, then the events are all there', async () => {
    await using lab = await Lab.start();
    lab.simulator.faults.add({ path: '/audit/events', action: { type: 'nullActors' } });
    const { body } = await lab.get('/audit/events?limit=10');
    expect(body.actors).toEqual([null]);
    expect(body.items).toHaveLength(10);
  });
});

describe('odd jobs', () => {
  it('given END_TIME_OUT_OF_RANGE, then the end is no date, and the results are there', async () => {
    await using lab = await Lab.start();
    lab.simulator.faults.job({}, 'END_TIME_OUT_OF_RANGE');
    const jobId = await lab.submit();
    expect((await lab.get(`/export/jobs/${jobId}`)).body.job.endTime).toBeNull();
    lab.time.advance(3000);
    const { job } = (await lab.get(`/export/jobs/${jobId}`)).body;
    expect([job.endTime, job.expiredTime]).toEqual([9e15, 9e15]);
    expect((await lab.get(`/export/jobs/${jobId}/results`)).status).toBe(200);
  });

  it.each([
    ['ROWS_TRUNCATED_WORD', 'rowsTruncated'],
    ['CELLS_TRUNCATED_WORD', 'cellsTruncated'],
  ] as const)('given %s, then %s is the word', async (outcome, key) => {
    for (const contract of ['published', 'listed'] as const) {
      await using lab = await Lab.start({ contract, jobEnvelope: false });
      lab.simulator.faults.job({}, outcome);
      const jobId = await lab.submit(contract === 'listed' ? 'Net New' : 'net_new');
      lab.time.advance(3000);
      expect((await lab.get(`/export/jobs/${jobId}`)).body[key]).toBe('true');
    }
  });

  it('given FLAPPING, then it is done, runs again without results, and is done for good', async () => {
    await using lab = await Lab.start();
    lab.simulator.faults.job({}, 'FLAPPING');
    const jobId = await lab.submit();
    const status = async () => (await lab.get(`/export/jobs/${jobId}`)).body.job.status;
    const results = async () => (await lab.get(`/export/jobs/${jobId}/results`)).status;
    expect(await status()).toBe('SCHEDULED');
    lab.time.advance(3000);
    expect([await status(), await results(), await status(), await results()]).toEqual(['DONE', 400, 'STARTED', 200]);
    expect([await status(), await status(), await results()]).toEqual(['DONE', 'DONE', 200]);
  });

  it('given RESULTS_REFUSED_ONCE, then the job is done, and only the first download is refused', async () => {
    await using lab = await Lab.start();
    lab.simulator.faults.job({}, 'RESULTS_REFUSED_ONCE');
    const jobId = await lab.submit();
    lab.time.advance(3000);
    expect((await lab.get(`/export/jobs/${jobId}`)).body.job.status).toBe('DONE');
    const refused = await lab.get(`/export/jobs/${jobId}/results`);
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_jobId']);
    expect((await lab.get(`/export/jobs/${jobId}/results`)).status).toBe(200);
  });
});
