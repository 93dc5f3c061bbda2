import { describe, expect, it } from 'vitest';
import { Lab, sample, shapeOf } from './client';

describe('the published contract', () => {
  it('runs a job from SCHEDULED by STARTED to DONE, results refused until then', async () => {
    await using lab = await Lab.start();
    const queued = await lab.send('POST', '/export/forecast/net_new', {});
    expect(queued.status).toBe(200);
    expect(queued.body).toEqual({ jobId: expect.stringMatching(/^[0-9a-f]{24}$/) });
    const path = `/export/jobs/${queued.body.jobId}`;

    expect((await lab.get(path)).body.job.status).toBe('SCHEDULED');
    lab.time.advance(1500);
    expect((await lab.get(path)).body.job).toMatchObject({ status: 'STARTED', endTime: null, expiredTime: null });
    const early = await lab.get(`${path}/results`);
    expect(early.status).toBe(400);
    expect(shapeOf(early.body)).toEqual(shapeOf(sample('errors_invalid_job_id')));

    lab.time.advance(1500);
    const { job } = (await lab.get(path)).body;
    expect(shapeOf(job)).toEqual(shapeOf(sample('job_done')));
    expect(job).toMatchObject({
      status: 'DONE',
      fileName: 'clari_export_net_new_2027_Q4901_20261123_080000.json',
      expiredTime: job.endTime + 30 * 86_400_000,
    });
    expect((await lab.get(`${path}/results`)).status).toBe(200);
  });

  it('answers flat jobs and an enveloped list where asked to', async () => {
    await using lab = await Lab.start({ jobEnvelope: false, jobsListEnvelope: true });
    const jobId = await lab.submit();
    expect((await lab.get(`/export/jobs/${jobId}`)).body.jobId).toBe(jobId);
    expect((await lab.get('/export/jobs')).body.jobs).toHaveLength(1);
  });

  it('lists its jobs as a bare array, until told to forget them', async () => {
    await using lab = await Lab.start();
    const jobId = await lab.submit();
    const list = await lab.get('/export/jobs');
    expect(list.body.map((job: { jobId: string }) => job.jobId)).toEqual([jobId]);
    lab.simulator.forgetJobsList();
    expect((await lab.get('/export/jobs')).body).toEqual([]);
    expect((await lab.get(`/export/jobs/${jobId}`)).status).toBe(200);
    lab.simulator.forgetJob(jobId);
    const gone = await lab.get(`/export/jobs/${jobId}`);
    expect(gone.status).toBe(400);
    expect(shapeOf(gone.body)).toEqual(shapeOf(sample('errors_job_status')));
  });

  it('gives results in the shape of the known sample, entries first or last', async () => {
    const body = { typesToExport: ['forecast', 'quota', 'forecast_updated', 'adjustment', 'crm_total', 'crm_closed'] };
    await using lab = await Lab.start();
    const results = await lab.export('net_new', body);
    expect(Object.keys(results)).toEqual(['entries', 'fields', 'users', 'timeFrames', 'timePeriods']);
    const known = sample('forecast_results');
    for (const array of ['fields', 'timeFrames', 'timePeriods']) {
      expect(shapeOf(results[array])).toEqual(shapeOf(known[array]));
    }
    expect(results.users.map(shapeOf)).toContainEqual(shapeOf(known.users[0]));
    expect(results.users.map(shapeOf)).toContainEqual(shapeOf(known.users[1]));
    const knownKeys = new Set(known.entries.flatMap(Object.keys));
    expect(results.entries.flatMap(Object.keys).filter((key: string) => !knownKeys.has(key))).toEqual([]);
    expect(results.entries.map(shapeOf)).toContainEqual(
      shapeOf({ ...known.entries[2], currency: { code: 'USD', symbol: '$' } }),
    );
    expect(results).toEqual(lab.simulator.truth.forecastResults('net_new'));

    await using other = await Lab.start({ entriesFirst: false });
    expect(Object.keys(await other.export()).at(-1)).toBe('entries');
  });

  it('gives the same rows again, one per period, week, user and field', async () => {
    await using lab = await Lab.start();
    const first = await lab.export('net_new', { includeHistorical: true });
    expect(await lab.export('net_new', { includeHistorical: true })).toEqual(first);
    const keys = first.entries.map((entry: Record<string, string>) =>
      [entry['timePeriodId'], entry['timeFrameId'], entry['userId'], entry['fieldId']].join('|'),
    );
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBe(lab.simulator.truth.entryCount('net_new', null, { includeHistorical: true }));
  });

  it('adds keys to rows, not rows, for more types', async () => {
    await using lab = await Lab.start();
    const few = await lab.export('net_new', { typesToExport: ['forecast'] });
    const many = await lab.export('net_new', { typesToExport: ['forecast', 'quota', 'adjustment'] });
    expect(many.entries).toHaveLength(few.entries.length);
    expect(few.entries.some((entry: object) => 'quotaValue' in entry)).toBe(false);
    expect(many.entries.some((entry: object) => 'quotaValue' in entry)).toBe(true);
  });

  it('exports the latest week alone, or all weeks so far in no order', async () => {
    await using lab = await Lab.start();
    const weeks = (results: { timeFrames: { timeFrameId: string }[] }) =>
      results.timeFrames.map((frame) => frame.timeFrameId);
    expect(weeks(await lab.export())).toEqual(['TF:2026-11-18']);
    const all = weeks(await lab.export('net_new', { includeHistorical: true }));
    expect([...all].sort()).toEqual(['TF:2026-10-28', 'TF:2026-11-04', 'TF:2026-11-11', 'TF:2026-11-18']);
    expect(all).not.toEqual([...all].sort());
    expect(weeks(await lab.export('net_new', { timePeriod: '2027_Q3' }))).toEqual(['TF:2026-10-28']);
  });

  it.each([undefined, '2028_Q1', '2019_Q4', '2027', 'Q4', 12])(
    'takes %j for the current quarter',
    async (timePeriod) => {
      await using lab = await Lab.start();
      const results = await lab.export('net_new', { timePeriod });
      expect(results.timePeriods.map((period: { timePeriodId: string }) => period.timePeriodId)).toEqual(['2027_Q4']);
      expect(lab.simulator.currentPeriod()).toBe('2027_Q4');
    },
  );

  it('answers months on a monthly tab, the current quarter up to now', async () => {
    await using lab = await Lab.start({
      forecasts: [{ forecastId: 'monthly', forecastName: 'Monthly', periodType: 'month' }],
    });
    const periods = (results: { timePeriods: { timePeriodId: string; type: string }[] }) =>
      results.timePeriods.map((period) => `${period.timePeriodId} ${period.type}`);
    expect(periods(await lab.export('monthly'))).toEqual(['2027_M10 month']);
    const closed = await lab.export('monthly', { timePeriod: '2027_Q3' });
    expect(periods(closed)).toEqual(['2027_M7 month', '2027_M8 month', '2027_M9 month']);
    expect(new Set(closed.entries.map((entry: { timePeriodId: string }) => entry.timePeriodId)).size).toBe(3);
  });

  it('knows one person under two userIds', async () => {
    await using lab = await Lab.start();
    const { users } = await lab.export();
    const maya = users.filter((user: { email: string }) => user.email === 'maya.ortiz@example.com');
    expect(new Set(maya.map((user: { userId: string }) => user.userId)).size).toBe(2);
    expect(new Set(maya.map((user: { crmId: string }) => user.crmId)).size).toBe(1);
  });

  it('has forecasts of every odd kind', async () => {
    const odd = (forecastId: string, more: object) => ({ forecastId, forecastName: forecastId, ...more });
    await using lab = await Lab.start({
      forecasts: [
        odd('empty', { empty: true }),
        odd('count', { countForecast: true }),
        odd('strange', { unknownUsers: true, futureKey: true }),
      ],
    });
    expect(shapeOf(await lab.export('empty'))).toEqual(shapeOf(sample('forecast_results_empty')));
    expect((await lab.export('count')).entries.some((entry: object) => 'currency' in entry)).toBe(false);
    const { entries, users } = await lab.export('strange');
    const known = new Set(users.map((user: { userId: string }) => user.userId));
    expect(entries.some((entry: { userId: string }) => !known.has(entry.userId))).toBe(true);
    expect(entries.every((entry: object) => 'futureKey' in entry)).toBe(true);
  });

  it('exports a scope, and refuses one that nobody has', async () => {
    await using lab = await Lab.start();
    const alone = await lab.export('net_new', { scopeId: '300103::REP' });
    expect(alone.users).toHaveLength(1);
    expect((await lab.export('net_new', { scopeId: '300102::MGR' })).users).toHaveLength(4);
    const refused = await lab.send('POST', '/export/forecast/net_new', { scopeId: '1::MGR' });
    expect([refused.status, refused.body.code]).toEqual([401, 'no_optin']);
  });

  it('changes the currency of the entries', async () => {
    await using lab = await Lab.start();
    const { entries } = await lab.export('net_new', { currency: 'EUR' });
    expect(entries[0].currency).toEqual({ code: 'EUR', symbol: '€' });
  });

  it.each([
    ['errors_no_such_forecast_config', 'net_newx', {}, 400],
    ['errors_no_optin', 'closed', {}, 401],
    ['errors_type_not_supported', 'no_crm', { typesToExport: ['forecast', 'crm_total'] }, 400],
    ['errors_bad_request_types', 'net_new', { typesToExport: ['forecast_value'] }, 400],
    ['errors_bad_request_currency', 'net_new', { currency: 'Taler' }, 400],
    ['errors_bad_request_body', 'net_new', '{"timePeriod":', 400],
    ['errors_missing_forecast_id', '', {}, 400],
  ])('refuses as in %s', async (name, forecast, body, status) => {
    await using lab = await Lab.start({
      forecasts: [
        { forecastId: 'net_new', forecastName: 'Net New' },
        { forecastId: 'closed', forecastName: 'Closed', optIn: false },
        { forecastId: 'no_crm', forecastName: 'No CRM', supportsCrmTypes: false },
      ],
    });
    const answer = await lab.send('POST', `/export/forecast/${forecast}`, body);
    const known = sample(name);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(shapeOf(answer.body)).toEqual(shapeOf(known));
    expect(answer.body.code).toBe(known.code);
    if (name !== 'errors_no_optin') expect(answer.body.message).toBe(known.message);
    expect(lab.simulator.jobs).toHaveLength(0);
  });

  it('takes the body for JSON whatever its content type', async () => {
    await using lab = await Lab.start();
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
      const headers = { apikey: lab.simulator.apiKey, 'content-type': type };
      await lab.send('POST', '/export/forecast/net_new', { timePeriod: '2027_Q2' }, { headers });
    }
    expect(lab.simulator.jobs.map((job) => job.period)).toEqual(['2027_Q2', '2027_Q2', '2027_Q2']);
  });

  it('keeps what it was asked', async () => {
    await using lab = await Lab.start();
    await lab.submit('net_new', { timePeriod: '2031_Q1' });
    await lab.submit('net_new');
    expect(lab.simulator.jobs.map(({ forecastId, timePeriod, period }) => [forecastId, timePeriod, period])).toEqual([
      ['net_new', '2031_Q1', '2027_Q4'],
      ['net_new', null, '2027_Q4'],
    ]);
    expect(lab.simulator.requests[0]).toMatchObject({
      origin: 'api',
      method: 'POST',
      path: '/v4/export/forecast/net_new',
      body: '{"timePeriod":"2031_Q1"}',
      status: 200,
      headers: { apikey: lab.simulator.apiKey },
    });
  });

  it('lets nobody in without the key, but does not look at it for paths it does not know', async () => {
    await using lab = await Lab.start();
    const wrong = { headers: { apikey: 'wrong' } };
    for (const path of [
      '/admin/limits',
      '/export/jobs',
      '/audit/events',
      '/opportunity?oppId=1',
      '/forecast/net_new',
    ]) {
      const answer = await lab.send('GET', path, undefined, wrong);
      expect([path, answer.status, answer.body]).toEqual([path, 401, sample('errors_invalid_credentials')]);
    }
    for (const path of ['/export/forecast/list', '/nowhere']) {
      const answer = await lab.send('GET', path, undefined, wrong);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(shapeOf(answer.body)).toEqual(shapeOf(sample('errors_gateway_no_route')));
    }
  });

  it.each([
    ['method_not_allowed', 405],
    ['bad_request', 400],
  ] as const)('refuses the list as %s where asked to', async (listRefusal, status) => {
    await using lab = await Lab.start({ listRefusal });
    expect((await lab.get('/export/forecast/list')).status).toBe(status);
  });

  it('answers GET /forecast/{id} at once, without job or quota', async () => {
    await using lab = await Lab.start({ forecasts: [{ forecastId: 'a b/c', forecastName: 'x' }] });
    const answer = await lab.get('/forecast/a%20b%2Fc?typesToExport=forecast&typesToExport=crm_total');
    expect(answer.body).toEqual(
      lab.simulator.truth.forecastResults('a b/c', null, { typesToExport: ['forecast', 'crm_total'] }),
    );
    expect(lab.simulator.jobs).toHaveLength(0);
    const unknown = await lab.get('/forecast/other');
    expect([unknown.status, unknown.body.code]).toEqual([400, 'no_such_forecast_config']);

    await using without = await Lab.start({ forecastGet: false });
    expect((await without.get('/forecast/net_new')).status).toBe(404);
  });

  it('lets results expire after 30 days, or on request', async () => {
    await using lab = await Lab.start();
    const first = await lab.submit();
    const second = await lab.submit();
    lab.time.advance(3000);
    lab.simulator.expireResults(first);
    expect((await lab.get(`/export/jobs/${first}/results`)).body.code).toBe('invalid_jobId');
    expect((await lab.get(`/export/jobs/${second}/results`)).status).toBe(200);
    lab.time.advance(30 * 86_400_000);
    expect((await lab.get(`/export/jobs/${second}/results`)).body.code).toBe('invalid_jobId');
  });
});
