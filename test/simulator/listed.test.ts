import { describe, expect, it } from 'vitest';
import { Lab, sample, shapeOf } from './client';

describe('the listed contract', () => {
  it('lists its forecasts, with the newest quarters or without any', async () => {
    await using lab = await Lab.start({ contract: 'listed' });
    const { body } = await lab.get('/export/forecast/list');
    expect(shapeOf(body)).toEqual(shapeOf(sample('forecast_list_listed')));
    expect(body.forecasts[0]).toEqual({
      forecastName: 'Net New',
      forecastId: 'net_new',
      timePeriods: ['2027_Q3', '2027_Q4'],
    });
    await using bare = await Lab.start({ contract: 'listed', listedPeriods: 0 });
    expect((await bare.get('/export/forecast/list')).body.forecasts[0]).not.toHaveProperty('timePeriods');
  });

  it('runs a job by forecast name from PENDING to COMPLETED and hands out a download URL elsewhere', async () => {
    await using lab = await Lab.start({ contract: 'listed' });
    const queued = await lab.send('POST', '/export/forecast/Renewals%20EMEA', { timePeriod: '2027_Q3' });
    expect(queued.body).toEqual({ jobId: expect.any(String), status: 'PENDING' });
    const path = `/export/jobs/${queued.body.jobId}`;
    expect((await lab.get(path)).body).toEqual({ jobId: queued.body.jobId, status: 'PENDING' });
    lab.time.advance(3000);
    const { body } = await lab.get(path);
    expect(shapeOf(body)).toEqual(shapeOf(sample('job_completed_listed')));
    expect(new URL(body.downloadUrl).origin).toBe(lab.simulator.downloadOrigin);
    expect(new URL(body.downloadUrl).origin).not.toBe(new URL(lab.simulator.url).origin);

    const results = await lab.send('GET', body.downloadUrl, undefined, { headers: {} });
    expect(results.body).toEqual({
      entries: lab.simulator.truth.listedEntries('renewals_emea', '2027_Q3', {
        typesToExport: ['forecast', 'forecast_updated'],
      }),
    });
  });

  it('gives one row per owner, in the shape of the known sample', async () => {
    await using lab = await Lab.start({ contract: 'listed' });
    const entries = lab.simulator.truth.listedEntries('net_new');
    expect(shapeOf(entries)).toEqual(shapeOf(sample('forecast_results_listed').entries));
    expect(new Set(entries.map((entry) => entry.ownerEmail)).size).toBe(entries.length);
  });

  it('opens a download by its signature alone, and remembers who brought the key', async () => {
    await using lab = await Lab.start({ contract: 'listed' });
    const jobId = await lab.submit('Net New');
    lab.time.advance(3000);
    const url: string = (await lab.get(`/export/jobs/${jobId}`)).body.downloadUrl;
    expect((await lab.send('GET', url.replace(/sig=.*/, 'sig=0'), undefined, { headers: {} })).status).toBe(403);
    expect(lab.simulator.leakedKeys).toHaveLength(0);
    expect((await lab.get(url)).status).toBe(200);
    expect(lab.simulator.leakedKeys).toHaveLength(1);
    lab.simulator.expireResults(jobId);
    expect((await lab.send('GET', url, undefined, { headers: {} })).status).toBe(403);
  });

  it('refuses in its own words', async () => {
    await using lab = await Lab.start({ contract: 'listed', forbidden: ['activity'] });
    const unknown = await lab.send('POST', '/export/forecast/net_newx', {});
    expect([unknown.status, unknown.body]).toEqual([404, sample('errors_listed_404')]);
    for (const path of ['/admin/limits', '/export/jobs', '/forecast/net_new']) {
      const absent = await lab.get(path);
      expect([path, absent.status, absent.body.error]).toEqual([path, 404, 'Not Found']);
    }
    const wrong = await lab.send('GET', '/export/forecast/list', undefined, { headers: { apikey: 'wrong' } });
    expect([wrong.status, wrong.body]).toEqual([401, sample('errors_listed_401')]);
    const forbidden = await lab.send('POST', '/export/activity', { startDate: '2026-11-01T00:00:00Z' });
    expect([forbidden.status, forbidden.body]).toEqual([403, sample('errors_listed_403')]);
  });

  it('has no codes, whatever is wrong with an export', async () => {
    await using lab = await Lab.start({
      contract: 'listed',
      forecasts: [
        { forecastId: 'net_new', forecastName: 'Net New' },
        { forecastId: 'closed', forecastName: 'Closed', optIn: false },
        { forecastId: 'no_crm', forecastName: 'No CRM', supportsCrmTypes: false },
      ],
    });
    for (const [name, body, status, error] of [
      ['Net New', { typesToExport: ['forecast_value'] }, 400, 'Bad Request'],
      ['Net New', '{"timePeriod":', 400, 'Bad Request'],
      ['No CRM', { typesToExport: ['crm_total'] }, 400, 'Bad Request'],
      ['Closed', {}, 403, 'Forbidden'],
    ] as const) {
      const answer = await lab.send('POST', `/export/forecast/${encodeURIComponent(name)}`, body);
      expect([answer.status, answer.body]).toEqual([status, { error, message: expect.any(String) }]);
    }
  });

  it('knows no limits, unless it is told to', async () => {
    await using lab = await Lab.start({ contract: 'listed', concurrentLimit: 1 });
    await lab.submit('Net New');
    await lab.submit('Net New');
    await using limited = await Lab.start({ contract: 'listed', concurrentLimit: 1, listedLimits: true });
    await limited.submit('Net New');
    expect((await limited.get('/admin/limits')).body.jobs.availableConcurrentLimit).toBe(0);
    expect((await limited.send('POST', '/export/forecast/Net%20New', {})).status).toBe(400);
  });

  it('says that a job failed', async () => {
    await using lab = await Lab.start({ contract: 'listed' });
    lab.simulator.faults.job({}, 'FAILED');
    const jobId = await lab.submit('Net New');
    lab.time.advance(3000);
    expect((await lab.get(`/export/jobs/${jobId}`)).body).toEqual({ ...sample('job_failed_listed'), jobId });
  });
});
