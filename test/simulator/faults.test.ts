import { describe, expect, it } from 'vitest';
import type { FaultAction, JobOutcome } from '../../simulator';
import { Lab, shapeOf } from './client';

describe('faults of requests', () => {
  it('answer with another status, headers and body, as often as told, in the order given', async () => {
    await using lab = await Lab.start();
    const { faults } = lab.simulator;
    faults.add(
      { path: /limits/, times: 2, action: { type: 'status', status: 429, headers: { 'retry-after': '7' } } },
      {
        path: '/admin',
        action: { type: 'status', status: 502, body: '<h1>Bad Gateway</h1>', contentType: 'text/html' },
      },
    );
    expect(faults.unused()).toHaveLength(2);
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push(await lab.get('/admin/limits'));
    expect(answers.map((answer) => answer.status)).toEqual([429, 429, 502, 200]);
    expect(answers[0]?.headers.get('retry-after')).toBe('7');
    expect(answers[0]?.body).toEqual({ message: 'API rate limit exceeded' });
    expect(answers[2]?.text).toBe('<h1>Bad Gateway</h1>');
    expect(answers[2]?.headers.get('content-type')).toContain('text/html');
    expect(faults.unused()).toEqual([]);
    expect(lab.simulator.requests.map((request) => request.fault)).toEqual(['status', 'status', 'status', null]);
  });

  it('match by method, forecast, job kind and turn, and say which never struck', async () => {
    await using lab = await Lab.start({ concurrentLimit: 10 });
    const action: FaultAction = { type: 'status', status: 503 };
    lab.simulator.faults.add({ method: 'POST', forecastId: 'renewals_emea', nth: 2, action });
    lab.simulator.faults.add({ jobKind: 'activity', times: Infinity, action });
    await lab.submit('net_new');
    const jobId = await lab.submit('renewals_emea');
    await lab.get(`/export/jobs/${jobId}`);
    await expect(lab.submit('renewals_emea')).rejects.toThrow('503');
    const [unused, ...more] = lab.simulator.faults.unused();
    expect(unused).toContain('activity');
    expect(more).toEqual([]);
    const activity = { startDate: '2026-11-01T00:00:00Z' };
    expect((await lab.send('POST', '/export/activity', activity)).status).toBe(503);
    expect((await lab.send('POST', '/export/activity', activity)).status).toBe(503);
    expect(lab.simulator.faults.unused()).toEqual([]);
  });

  it('match jobs by the forecast they export', async () => {
    await using lab = await Lab.start();
    lab.simulator.faults.add({ method: 'GET', forecastId: 'net_new', action: { type: 'status', status: 500 } });
    const other = await lab.submit('renewals_emea');
    const jobId = await lab.submit('net_new');
    expect((await lab.get(`/export/jobs/${other}`)).status).toBe(200);
    expect((await lab.get(`/export/jobs/${jobId}`)).status).toBe(500);
  });

  it('strike unknown paths and wrong keys too', async () => {
    await using lab = await Lab.start();
    lab.simulator.faults.add({ path: '/export/forecast/list', action: { type: 'status', status: 500 } });
    expect((await lab.get('/export/forecast/list')).status).toBe(500);
    expect((await lab.get('/export/forecast/list')).status).toBe(404);
  });

  it('reset a request before it takes effect, or after', async () => {
    await using lab = await Lab.start();
    const post = () => lab.send('POST', '/export/forecast/net_new', {});
    lab.simulator.faults.add({ method: 'POST', action: { type: 'reset' } });
    await expect(post()).rejects.toThrow();
    expect(lab.simulator.jobs).toHaveLength(0);
    lab.simulator.faults.add({ method: 'POST', action: { type: 'reset', afterProcessing: true } });
    await expect(post()).rejects.toThrow();
    expect(lab.simulator.jobs).toHaveLength(1);
    expect(lab.simulator.requests.map((request) => request.status)).toEqual([null, null]);
    expect((await post()).status).toBe(200);
  });

  it.each(['status', 'garbage'] as const)('lose the answer of a request that took effect (%s)', async (type) => {
    await using lab = await Lab.start();
    const action = type === 'status' ? ({ type, status: 504 } as const) : ({ type } as const);
    lab.simulator.faults.add({ method: 'POST', action: { ...action, afterProcessing: true } });
    const answer = await lab.send('POST', '/export/forecast/net_new', {});
    expect(answer.body?.jobId).toBeUndefined();
    expect(answer.status).toBe(type === 'status' ? 504 : 200);
    expect(lab.simulator.jobs).toHaveLength(1);
  });

  it('hang before the answer, after its headers or inside its body, until the simulator closes', async () => {
    await using lab = await Lab.start();
    const { faults, url, apiKey } = lab.simulator;
    const request = () =>
      fetch(`${url}/export/jobs`, { headers: { apikey: apiKey }, signal: AbortSignal.timeout(150) });
    faults.add({ action: { type: 'hang' } });
    await expect(request()).rejects.toThrow(/timeout/);
    faults.add({ action: { type: 'hang', afterProcessing: true } });
    await expect(request()).rejects.toThrow(/timeout/);

    faults.add({ action: { type: 'hang', stage: 'after_headers' } });
    const silent = await request();
    expect(silent.status).toBe(200);
    await expect(silent.text()).rejects.toThrow(/timeout/);

    await lab.submit();
    faults.add({ action: { type: 'hang', stage: 'mid_body', bytes: 10 } });
    const stalled = (await request()).body?.getReader();
    const { value } = (await stalled?.read()) ?? {};
    expect(value).toHaveLength(10);
    await expect(stalled?.read()).rejects.toThrow(/timeout/);

    faults.add({ action: { type: 'hang' } });
    const hung = fetch(`${url}/export/jobs`, { headers: { apikey: apiKey } });
    const outcome = expect(hung).rejects.toThrow();
    while (lab.simulator.requests.at(-1)?.fault !== 'hang') await new Promise((resolve) => setTimeout(resolve, 5));
    await lab.simulator.close();
    await outcome;
  });

  it('cut a body off, with a broken connection or as if it were whole', async () => {
    await using lab = await Lab.start();
    const jobId = await lab.submit();
    lab.time.advance(3000);
    const results = `/export/jobs/${jobId}/results`;
    const whole = (await lab.get(results)).text;
    lab.simulator.faults.add({ path: /results/, action: { type: 'cutBody', bytes: 200 } });
    await expect(lab.get(results)).rejects.toThrow();
    lab.simulator.faults.add({ path: /results/, action: { type: 'shortBody', bytes: 200 } });
    expect((await lab.get(results)).text).toBe(whole.slice(0, 200));
    lab.simulator.faults.add({ path: /results/, action: { type: 'shortBody', bytes: 1e9 } });
    expect((await lab.get(results)).text).toBe(whole.slice(0, -1));
    expect((await lab.get(results)).text).toBe(whole);
  });

  it('answer a page of HTML, or send the client elsewhere', async () => {
    await using lab = await Lab.start();
    lab.simulator.faults.add({ action: { type: 'garbage' } });
    const page = await lab.get('/export/jobs');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.body).toBeUndefined();
    const location = `${lab.simulator.downloadOrigin}/login`;
    lab.simulator.faults.add({ action: { type: 'redirect', location } });
    const redirect = await lab.get('/export/jobs');
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, location]);
  });

  it('strike at the second origin alone where told to', async () => {
    await using lab = await Lab.start({ contract: 'listed' });
    lab.simulator.faults.add({ origin: 'download', action: { type: 'status', status: 503 } });
    const jobId = await lab.submit('Net New');
    lab.time.advance(3000);
    const { downloadUrl } = (await lab.get(`/export/jobs/${jobId}`)).body;
    expect((await lab.send('GET', downloadUrl, undefined, { headers: {} })).status).toBe(503);
    expect((await lab.send('GET', downloadUrl, undefined, { headers: {} })).status).toBe(200);
  });
});

describe('faults of jobs', () => {
  async function run(outcome: JobOutcome, body: object = {}) {
    const lab = await Lab.start();
    lab.simulator.faults.job({ forecastId: 'net_new' }, outcome);
    await lab.submit('renewals_emea');
    const jobId = await lab.submit('net_new', body);
    lab.time.advance(3000);
    const { job } = (await lab.get(`/export/jobs/${jobId}`)).body;
    const results = await lab.get(`/export/jobs/${jobId}/results`);
    expect(lab.simulator.faults.unused()).toEqual([]);
    return { lab, job, results };
  }

  it.each(['FAILED', 'ABORTED', 'CANCELLED'] as const)('end it as %s, its slot free', async (outcome) => {
    const { lab, job, results } = await run(outcome);
    await using _ = lab;
    expect(job).toMatchObject({ status: outcome, expiredTime: null });
    expect(results.status).toBe(400);
    expect((await lab.get('/admin/limits')).body.jobs.availableConcurrentLimit).toBe(3);
  });

  it('keep it running for ever, though it can be cancelled', async () => {
    const { lab, job } = await run('NEVER_ENDS');
    await using _ = lab;
    expect(job.status).toBe('STARTED');
    lab.time.advance(1e9);
    const path = `/export/jobs/${job.jobId}`;
    expect((await lab.get(path)).body.job.status).toBe('STARTED');
    expect((await lab.send('PATCH', path, { type: 'CANCEL' })).body.successful).toBe(true);
  });

  it('say a word nobody knows, for ever or for a while', async () => {
    const odd = await run({ statusWord: 'WEIRD' });
    await using _ = odd.lab;
    expect(odd.job.status).toBe('WEIRD');
    const passing = await run({ statusWord: 'WEIRD', thenDone: true });
    await using __ = passing.lab;
    expect(passing.job.status).toBe('DONE');
  });

  it.each([
    ['ROWS_TRUNCATED', { rowsTruncated: true, cellsTruncated: false }],
    ['CELLS_TRUNCATED', { rowsTruncated: false, cellsTruncated: true }],
  ] as const)('cut it short: %s', async (outcome, flags) => {
    const { lab, job } = await run(outcome);
    await using _ = lab;
    expect(job).toMatchObject({ status: 'DONE', ...flags });
  });

  it('let its results be gone when it is done', async () => {
    const { lab, job, results } = await run('EXPIRED');
    await using _ = lab;
    expect(job.status).toBe('DONE');
    expect([results.status, results.body.code]).toEqual([400, 'invalid_jobId']);
  });

  it('answer with the current quarter, whichever was asked for', async () => {
    const { lab, job, results } = await run('WRONG_PERIOD', { timePeriod: '2027_Q1' });
    await using _ = lab;
    expect(results.body.timePeriods[0].timePeriodId).toBe('2027_Q4');
    expect(job.fileName).toContain('_2027_Q4901_');
  });

  it('leave it empty, with its period or without', async () => {
    const nothing = await run('EMPTY');
    await using _ = nothing.lab;
    expect(nothing.results.body).toEqual({ entries: [], fields: [], users: [], timeFrames: [], timePeriods: [] });
    const named = await run('EMPTY_WITH_PERIOD', { timePeriod: '2027_Q1' });
    await using __ = named.lab;
    expect(shapeOf(named.results.body.entries)).toEqual([]);
    expect(named.results.body.timePeriods[0].timePeriodId).toBe('2027_Q1');
  });

  it('match the quarter as asked for, null meaning none asked', async () => {
    await using lab = await Lab.start();
    lab.simulator.faults.job({ timePeriod: '2027_Q2' }, 'FAILED');
    lab.simulator.faults.job({ timePeriod: null }, 'ABORTED');
    for (const body of [{ timePeriod: '2027_Q3' }, {}, { timePeriod: '2027_Q2' }]) await lab.submit('net_new', body);
    lab.time.advance(3000);
    expect(lab.simulator.jobs.map((job) => job.status)).toEqual(['DONE', 'ABORTED', 'FAILED']);
  });
});
