import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator';
import { ClariClient, type ClariClientOptions, ClariError } from '../../src';
import { FastClock } from '../support/clock';
import { startServer, type TestServer } from '../support/server';

let simulator: Simulator;
afterEach(async () => {
  const unused = simulator?.faults.unused();
  await simulator?.close();
  expect(unused ?? []).toEqual([]);
});

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A client of a Clari whose every answer the test writes itself. */
async function clientOfServer(answer: RequestListener, more: Partial<ClariClientOptions> = {}): Promise<ClariClient> {
  const server = await startServer(answer);
  servers.push(server);
  return new ClariClient({ apiKey: 'a-secret-key', baseUrl: `${server.origin}/v4`, ...more });
}

const NO_ROUTE = { status: 404, body: { message: 'no Route matched with those values' } };

/** Answers each path (with its query) as the table says, in JSON; any other is no route. */
const table =
  (answers: Readonly<Record<string, unknown>>): RequestListener =>
  (request, response) => {
    const body = answers[String(request.url).replace('/v4', '')];
    const found = body === undefined ? NO_ROUTE : { status: 200, body };
    response.writeHead(found.status, { 'content-type': 'application/json' }).end(JSON.stringify(found.body));
  };

async function clientOf(options: SimulatorOptions = {}, more: Partial<ClariClientOptions> = {}): Promise<ClariClient> {
  simulator = await startSimulator({ now: '2026-11-23T08:00:00Z', jobDurationMs: 20, ...options });
  return new ClariClient({ apiKey: simulator.apiKey, baseUrl: simulator.url, pollIntervalMs: 10, ...more });
}

const kindOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof ClariError ? error.kind : String(error)),
  );

const messageOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof ClariError ? error.message : `no ClariError: ${String(error)}`),
  );

async function all<T>(batches: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const batch of batches) collected.push(batch);
  return collected;
}

describe('the typed client, in the published contract', () => {
  it('given a forecast and a quarter, when exported and downloaded, then every entry is a flat row', async () => {
    const client = await clientOf();
    const { entries } = await client.exportAndDownload('net_new', '2027_Q3', { includeHistorical: true });
    expect(entries).toHaveLength(simulator.truth.entryCount('net_new', '2027_Q3', { includeHistorical: true }));
    expect(entries[0]).toMatchObject({ forecastId: 'net_new', timePeriod: '2027_Q3', jobId: simulator.jobs[0]?.jobId });
  });

  it('given each step by itself, then they add up to the same', async () => {
    const client = await clientOf();
    const { jobId } = await client.exportForecast('net_new', undefined, {
      typesToExport: ['forecast'],
      currency: 'EUR',
    });
    expect(simulator.jobs[0]?.body).toEqual({
      typesToExport: ['forecast'],
      currency: 'EUR',
      schedule: 'NONE',
      includeHistorical: false,
      exportFormat: 'JSON',
    });
    const job = await client.waitForJob(jobId);
    expect(job).toMatchObject({ jobId, status: 'DONE', phase: 'succeeded' });
    expect(await client.getJob(jobId)).toMatchObject({ phase: 'succeeded' });
    expect((await client.listJobs()).map((each) => each.jobId)).toEqual([jobId]);
    const { entries } = await client.downloadResults(job, { forecastId: 'net_new' });
    expect(entries).toHaveLength(simulator.truth.entryCount('net_new'));
    expect((await client.downloadResults(jobId)).entries[0]).toMatchObject({ timePeriod: '2027_Q4' });
  });

  it.each([
    ['ROWS_TRUNCATED', 'truncated'],
    ['FAILED', 'job_failed'],
  ] as const)('given the id of a job that ended as %s, then there are no results: %s', async (outcome, kind) => {
    const client = await clientOf({ jobDurationMs: 0 });
    simulator.faults.job({ forecastId: 'net_new' }, outcome);
    const { jobId } = await client.exportForecast('net_new');
    await expect(client.downloadResults(jobId)).rejects.toMatchObject({ kind, jobId });
  });

  it('given a monthly tab, then its rows are of the quarter that their months belong to', async () => {
    const client = await clientOf({
      now: '2027-01-20T08:00:00Z',
      forecasts: [{ forecastId: 'monthly', forecastName: 'Monthly', periodType: 'month' }],
    });
    const { entries } = await client.exportAndDownload('monthly');
    expect(new Set(entries.map(({ timePeriod }) => timePeriod))).toEqual(new Set(['2027_Q4']));
    expect(new Set(entries.map(({ timePeriodId }) => timePeriodId))).toEqual(
      new Set(['2027_M10', '2027_M11', '2027_M12']),
    );
  });

  it('given limits, a list that does not exist, and a running job to cancel, then each has its answer', async () => {
    const client = await clientOf({ jobDurationMs: 60_000, monthlyQuota: 30 });
    expect(await client.listForecasts()).toEqual({ contract: 'published', forecasts: [] });
    expect(await client.getLimits()).toMatchObject({ monthlyQuota: 30, availableMonthlyQuota: 30, runningJobIds: [] });
    const { jobId } = await client.exportForecast('net_new');
    expect(await client.cancelJob(jobId)).toBe(true);
    expect(await client.cancelJob(jobId)).toBe(false);
    expect(await kindOf(client.waitForJob(jobId))).toBe('job_failed');
  });

  it('given activities, audit events and opportunities, then they come as Clari sends them', async () => {
    const client = await clientOf({ auditEventsPerDay: 5 });
    const { jobId } = await client.exportActivities({
      startDate: '2026-11-20T00:00:00Z',
      endDate: '2026-11-23T00:00:00Z',
    });
    await client.waitForJob(jobId);
    const events: unknown[] = [];
    for await (const { items } of client.auditEvents({ dateFrom: '2026-11-20T00:00:00Z', limit: 4 }))
      events.push(...items);
    expect(events).toHaveLength(simulator.truth.auditEvents('2026-11-20T00:00:00Z', '2026-11-23T08:00:00Z').length);
    const ids = simulator.truth.opportunities().map(({ id }) => id);
    const found = (await all(client.getOpportunities([...ids, 'unknown']))).flat();
    expect(found.map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  it.each([
    ['a wrong key', { apiKey: 'wrong' }, 'net_new', 'invalid_key'],
    ['an unknown forecast', {}, 'nothing', 'unknown_forecast'],
    ['an id that would climb in the path', {}, '..', 'bad_request'],
    ['a tab the user is not opted in to', {}, 'closed', 'no_optin'],
    ['no more status checks', { maxPollAttempts: 1, pollIntervalMs: 1 }, 'net_new', 'job_timed_out'],
  ])('given %s, then the error says so by its kind', async (_, options, forecastId, kind) => {
    const client = await clientOf(
      {
        jobDurationMs: 500,
        forecasts: [
          { forecastId: 'net_new', forecastName: 'Net New' },
          { forecastId: 'closed', forecastName: 'Closed', optIn: false },
        ],
      },
      options,
    );
    expect(await kindOf(client.exportAndDownload(forecastId))).toBe(kind);
  });

  it('given a job that runs, then polling starts at 50 ms and doubles up to the interval', async () => {
    const clock = new FastClock();
    const client = await clientOf({ jobDurationMs: 600_000 }, { clock, pollIntervalMs: 2_000, maxPollAttempts: 8 });
    const { jobId } = await client.exportForecast('net_new');
    expect(await kindOf(client.waitForJob(jobId))).toBe('job_timed_out');
    expect(clock.sleeps).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
  });

  it('given a signal that fires while a job runs, then waiting ends as aborted', async () => {
    const client = await clientOf({ jobDurationMs: 60_000 });
    const { jobId } = await client.exportForecast('net_new');
    expect(await kindOf(client.waitForJob(jobId, { signal: AbortSignal.timeout(30) }))).toBe('aborted');
  });
});

describe('the typed client, in the listed contract', () => {
  it('given a name or an id, then it is the same forecast, and its rows have both', async () => {
    const client = await clientOf({ contract: 'listed' });
    const { contract, forecasts } = await client.listForecasts();
    expect([contract, forecasts.map(({ forecastId }) => forecastId)]).toEqual(['listed', ['net_new', 'renewals_emea']]);
    for (const idOrName of ['net_new', 'Net New']) {
      const { entries } = await client.exportAndDownload(idOrName, '2027_Q3');
      expect(entries).toHaveLength(simulator.truth.listedEntries('net_new', '2027_Q3').length);
      expect(entries[0]).toMatchObject({ forecastId: 'net_new', forecastName: 'Net New', timePeriod: '2027_Q3' });
    }
    expect(simulator.leakedKeys).toEqual([]);
  });

  it('given a list that fails, then the next call asks again', async () => {
    const client = await clientOf({ contract: 'listed' }, { clock: new FastClock(), limits: { maxTries: 2 } });
    simulator.faults.add({ path: '/list', times: 2, action: { type: 'status', status: 500 } });
    expect(await kindOf(client.listForecasts())).toBe('server_error');
    expect((await client.listForecasts()).contract).toBe('listed');
  });
});

describe('what the client refuses before anything is sent', () => {
  it.each([
    ['plain http to another machine', { baseUrl: 'http://192.0.2.2/v4' }, /base URL must begin with https:\/\//],
    ['a base URL that is none', { baseUrl: 'api.clari.com' }, /base URL must be a URL/],
    ['credentials in the base URL', { baseUrl: 'https://me:pw@api.clari.com/v4' }, /must not hold a user name/],
    ['no key', { apiKey: undefined as unknown as string }, /API key is missing/],
    ['a blank key', { apiKey: ' \n' }, /API key is missing/],
    ['a key with a blank', { apiKey: 'secret with-blank' }, /API key must consist of visible ASCII/],
    ['a key that is not ASCII', { apiKey: 'sécret' }, /API key must consist of visible ASCII/],
  ])('given %s, then the constructor says so, and quotes no key', (_, options, sentence) => {
    const create = () => new ClariClient({ apiKey: 'secret', ...options });
    expect(create).toThrow(sentence);
    expect(create).toThrow(expect.objectContaining({ name: 'ClariError', kind: 'bad_request', landed: 'no' }));
    expect(create).not.toThrow(/s.cret/);
  });

  it('given no options at all, from a program without types, then it is the key that is missing', () => {
    expect(() => new ClariClient(undefined as never)).toThrow(/API key is missing/);
  });

  it('given a key with a line break behind it, then the key alone is sent, and cut from what comes back', async () => {
    const sent: unknown[] = [];
    const client = await clientOfServer(
      (request, response) => {
        sent.push(request.headers['apikey']);
        response.writeHead(400).end(JSON.stringify({ message: `no ${request.headers['apikey']} here` }));
      },
      { apiKey: ' a-secret-key\n' },
    );
    expect(await messageOf(client.getLimits())).toContain('no **** here');
    expect(sent).toEqual(['a-secret-key']);
  });

  it.each([
    ['empty', ''],
    ['blank', ' '],
    ['undefined', undefined],
    ['a path', '..'],
    ['half a character', '\ud800'],
  ])('given an id that is %s, then no method sends anything', async (_, value) => {
    const asked: unknown[] = [];
    const clock = new FastClock();
    const client = await clientOfServer(
      (request, response) => {
        asked.push(request.url);
        response.end('{}');
      },
      { clock },
    );
    const id = value as string;
    const calls = [
      client.exportForecast(id),
      client.exportAndDownload(id),
      client.openForecast(id),
      client.readForecast(id),
      client.verifyForecast(id),
      client.getJob(id),
      client.cancelJob(id),
      client.waitForJob(id),
      client.downloadResults(id),
    ];
    expect(new Set(await Promise.all(calls.map(kindOf)))).toEqual(new Set(['bad_request']));
    expect(asked).toEqual([]);
    expect(clock.sleeps).toEqual([]);
  });

  it('given limits in part, then the others are the usual ones', async () => {
    const clock = new FastClock();
    const client = await clientOf({}, { clock, limits: { maxTries: 2, totalTimeoutMs: undefined } });
    simulator.faults.add({ path: '/limits', action: { type: 'status', status: 500 } });
    expect(await client.getLimits()).toMatchObject({ concurrentLimit: 3 });
    expect(clock.sleeps).toEqual([375]);
  });
});

describe('the list of forecasts', () => {
  const listed = { forecasts: [{ forecastId: 'a', forecastName: 'A', timePeriods: ['2027_Q3'] }, { forecastId: 'b' }] };

  it('given a forecast that Clari lists twice, then it is there once', async () => {
    const [a, b] = listed.forecasts;
    const client = await clientOfServer(
      table({ '/export/forecast/list': { forecasts: [a, b, { ...a, timePeriods: [] }] } }),
    );
    const { forecasts } = await client.listForecasts();
    expect(forecasts.map(({ forecastId, timePeriods }) => [forecastId, timePeriods])).toEqual([
      ['a', ['2027_Q3']],
      ['b', []],
    ]);
  });

  it('given values of other types than they should be, then ids are text, and the rest is kept', async () => {
    const forecasts = [
      '{"forecastId":7,"forecastName":{"en":"A"},"timePeriods":["2027_Q3",{"id":"2027_Q4"}],"mood":1}',
      '{"forecastId":12345678901234567890,"forecastName":8,"timePeriods":null}',
      '{"forecastId":["x"],"forecastName":"C"}',
    ];
    const client = await clientOfServer((_, response) => response.end(`{"forecasts":[${forecasts}]}`));
    expect((await client.listForecasts()).forecasts).toEqual([
      {
        forecastId: '7',
        forecastName: null,
        timePeriods: ['2027_Q3'],
        additionalFields: { mood: 1, forecastName: { en: 'A' }, timePeriods: ['2027_Q3', { id: '2027_Q4' }] },
      },
      { forecastId: '12345678901234567890', forecastName: '8', timePeriods: [], additionalFields: null },
      { forecastId: 'C', forecastName: 'C', timePeriods: [], additionalFields: { forecastId: ['x'] } },
    ]);
  });

  it('given several callers, when the first is aborted, then the others get the list, of one request', async () => {
    let asked = 0;
    let answer = () => {};
    const arrived = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const first = new AbortController();
    const client = await clientOfServer((_, response) => {
      asked++;
      first.abort();
      void arrived.then(() => response.end(JSON.stringify(listed)));
    });
    const one = kindOf(client.listForecasts({ signal: first.signal }));
    const two = client.listForecasts();
    expect(await one).toBe('aborted');
    answer();
    expect((await two).forecasts).toHaveLength(2);
    expect(asked).toBe(1);
  });

  it('given only callers that are aborted, then the request ends with them, and the next caller starts anew', async () => {
    let closed = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    let asked = 0;
    const stop = new AbortController();
    const client = await clientOfServer((request, response) => {
      if (asked++ > 0) return response.end(JSON.stringify(listed));
      request.socket.once('close', closed);
      return stop.abort();
    });
    expect(await kindOf(client.listForecasts({ signal: stop.signal }))).toBe('aborted');
    await gone;
    expect((await client.listForecasts()).contract).toBe('listed');
  });

  it('given a proxy that wants credentials, then that is no verdict on the contract', async () => {
    const client = await clientOfServer((_, response) => response.writeHead(407).end());
    expect(await messageOf(client.listForecasts())).toMatch(/HTTPS_PROXY/);
  });

  it('given a failing list, when a forecast is exported, then no POST landed', async () => {
    const client = await clientOfServer((_, response) => response.writeHead(500).end('{}'), {
      limits: { maxTries: 1 },
    });
    await expect(client.exportForecast('a')).rejects.toMatchObject({ kind: 'server_error', landed: 'no' });
  });
});

describe('waiting for a job', () => {
  const unknown = { type: 'status', status: 400, body: { code: 'invalid_jobId', message: 'not there' } } as const;
  const unreadable = { type: 'status', status: 400, body: { code: 'SWW', message: 'not yours' } } as const;
  const noRoute = { type: 'status', ...NO_ROUTE } as const;
  const JOB = /\/export\/jobs\/[^/]+$/;

  it.each([
    ['unknown', unknown],
    ['another user\u2019s', unreadable],
    ['a path that is not there', noRoute],
    ['a path without that method', { type: 'status', status: 405, body: {} } as const],
  ])('given a job that is at first %s, then it is waited for all the same', async (_, action) => {
    const clock = new FastClock();
    const client = await clientOf({ now: () => clock.now(), jobDurationMs: 1_000 }, { clock, pollIntervalMs: 5_000 });
    const { jobId } = await client.exportForecast('net_new');
    simulator.faults.add({ method: 'GET', path: JOB, times: 4, action });
    expect(await client.waitForJob(jobId)).toMatchObject({ jobId, phase: 'succeeded' });
  });

  it('given a job that is never there, then it is given up after 30 s, at the third such answer', async () => {
    const clock = new FastClock();
    const client = await clientOf({}, { clock, pollIntervalMs: 10_000 });
    const started = clock.now();
    expect(await kindOf(client.waitForJob('6073-nobody-knows'))).toBe('job_not_readable');
    // 0.05 + 0.1 + … + 6.4 s make 12.75; the checks after 30 s are at 32.75, 42.75 and 52.75.
    expect(clock.now() - started).toBe(52_750);
  });

  it('given a running job that is invisible twice in between, after 30 s, then it is waited for', async () => {
    const clock = new FastClock();
    const client = await clientOf({ now: () => clock.now(), jobDurationMs: 120_000 }, { clock, pollIntervalMs: 5_000 });
    const { jobId } = await client.exportForecast('net_new');
    // The second one doesn't count what the first one strikes: checks 12 and 13, 15 and 16.
    for (const nth of [12, 13]) simulator.faults.add({ method: 'GET', path: JOB, nth, times: 2, action: unknown });
    expect(await client.waitForJob(jobId)).toMatchObject({ phase: 'succeeded' });
  });

  it('given a job that does not end, then the error says how it stands and what to do', async () => {
    const client = await clientOf({ jobDurationMs: 600_000 }, { clock: new FastClock(), maxPollAttempts: 3 });
    const { jobId } = await client.exportForecast('net_new');
    expect(await messageOf(client.waitForJob(jobId))).toMatch(
      /^Clari's job \S+ was still (SCHEDULED|STARTED) after 3 status checks\. Sync again later, or raise "max_poll_attempts"\.$/,
    );
  });

  it('given a failed job whose reason repeats the key, then the error does not', async () => {
    const client = await clientOfServer(
      table({ '/export/jobs/1': { jobId: '1', status: 'FAILED', error: 'no a-secret-key here' } }),
      { clock: new FastClock() },
    );
    expect(await messageOf(client.waitForJob('1'))).toContain('FAILED (no **** here)');
  });
});

describe('the list of jobs', () => {
  it('given one without an id and one without a status, then the first hides no other, and the second counts as running', async () => {
    const done = { jobId: '1', status: 'DONE' };
    for (const jobs of [
      [null, 7, {}, { jobId: 5, status: 'DONE' }, { jobId: '2' }, { job: done }],
      { jobs: [{ status: 'DONE' }, { jobId: '2', status: null }, done] },
    ]) {
      const client = await clientOfServer(table({ '/export/jobs': jobs }));
      expect((await client.listJobs()).map(({ jobId, phase }) => [jobId, phase])).toEqual([
        ['2', 'running'],
        ['1', 'succeeded'],
      ]);
    }
  });

  it.each([{}, { jobs: null }, null, 'none'])('given %j in its place, then it is no list', async (body) => {
    const client = await clientOfServer(table({ '/export/jobs': body }));
    expect(await kindOf(client.listJobs())).toBe('unexpected_answer');
  });
});

describe('a job as Clari sends it', () => {
  const jobOf = async (more: object) =>
    (await clientOfServer(table({ '/export/jobs/1': { jobId: '1', status: 'DONE', ...more } }))).getJob('1');

  it.each([8.64e15 + 1, -8.64e15 - 1, 1e300, '9e15', 'soon', null])(
    'given %j as a time, then it is none',
    async (time) => {
      expect(await jobOf({ startTime: time, endTime: time, expiredTime: time })).toMatchObject({
        startTime: null,
        endTime: null,
        expiredTime: null,
      });
    },
  );

  it('given an answer that names another job, then the results are those of the one that was asked for', async () => {
    const client = await clientOfServer(
      table({
        '/export/jobs/1': { jobId: '2', status: 'DONE' },
        '/export/jobs/1/results': { entries: [{ ownerEmail: 'one', timePeriod: '2027_Q4' }] },
        '/export/jobs/2/results': { entries: [{ ownerEmail: 'two', timePeriod: '2027_Q4' }] },
      }),
    );
    const job = await client.getJob('1');
    expect(job.jobId).toBe('1');
    expect((await client.downloadResults(job)).entries).toMatchObject([{ jobId: '1', ownerId: 'one' }]);
  });

  it('given a time in quotes, then it is a time', async () => {
    expect(await jobOf({ endTime: '1764000000000' })).toMatchObject({ endTime: 1764000000000 });
  });

  it.each([true, 'true', 'TRUE', 1])('given results cut off, as %j, then they are', async (word) => {
    expect(await jobOf({ rowsTruncated: word })).toMatchObject({ rowsTruncated: true, cellsTruncated: false });
    expect(await jobOf({ cellsTruncated: word })).toMatchObject({ rowsTruncated: false, cellsTruncated: true });
  });

  it.each([false, 'false', 0, null, ''])('given results that are whole, as %j, then they are', async (word) => {
    expect(await jobOf({ rowsTruncated: word, cellsTruncated: word })).toMatchObject({
      rowsTruncated: false,
      cellsTruncated: false,
    });
  });
});

describe('the direct call', () => {
  it('given a quarter, then its latest week comes as rows with the columns of an export, without a job', async () => {
    const client = await clientOf();
    const read = await client.readForecast('net_new', '2027_Q3');
    const exported = await client.exportAndDownload('net_new', '2027_Q3');
    expect(read.entries).toHaveLength(exported.entries.length);
    expect(Object.keys(read.entries[0] ?? {})).toEqual(Object.keys(exported.entries[0] ?? {}));
    expect(new Set(read.entries.map(({ jobId }) => jobId))).toEqual(new Set([null]));
    expect(simulator.jobs).toHaveLength(1);
  });

  it('given every option, then Clari is asked as production programs ask', async () => {
    const asked: unknown[] = [];
    const client = await clientOfServer((request, response) => {
      asked.push([request.url, request.headers['apikey']]);
      response.end('{}');
    });
    await client.openForecast('a/b', '2027_Q4', {
      typesToExport: ['forecast', 'quota'],
      currency: 'EUR',
      scopeId: '{"type":"X"}',
    });
    await client.openForecast('a', null, { typesToExport: ['forecast'], currency: '' });
    expect(asked).toEqual([
      [
        '/v4/forecast/a%2Fb?timePeriod=2027_Q4&typesToExport=forecast&typesToExport=quota&currency=EUR&scopeId=%7B%22type%22%3A%22X%22%7D',
        'a-secret-key',
      ],
      ['/v4/forecast/a?typesToExport=forecast', 'a-secret-key'],
    ]);
  });

  it('given an answer, then its time, by the clock of Clari, is when the rows were exported', async () => {
    const date = 'Tue, 24 Nov 2026 12:00:00 GMT';
    const body = { entries: [{ userId: 'u', fieldId: 'f', timeFrameId: 't', timePeriodId: '2027_Q4' }] };
    const client = await clientOfServer(
      (request, response) =>
        String(request.url).includes('/list')
          ? response.writeHead(404, { date }).end('{}')
          : response.writeHead(200, { date }).end(JSON.stringify(body)),
      { clock: new FastClock() },
    );
    const { entries } = await client.readForecast('a');
    expect(entries).toMatchObject([{ exportedAt: '2026-11-24T12:00:00.000Z', jobId: null, timePeriod: '2027_Q4' }]);
  });

  it.each([
    ['a Clari without it', { forecastGet: false }, 'no_such_path'],
    ['the listed contract', { contract: 'listed' }, 'no_such_path'],
    ['a missing permission', { forbidden: ['forecast'] }, 'forbidden'],
  ] as const)('given %s, then the error says so', async (_, options, kind) => {
    const client = await clientOf(options as SimulatorOptions);
    expect(await kindOf(client.readForecast('net_new'))).toBe(kind);
  });

  it('given a web page in place of the answer, then that is unexpected, at once', async () => {
    const client = await clientOf();
    simulator.faults.add({ path: /\/v4\/forecast\//, action: { type: 'garbage', contentType: 'text/html' } });
    expect(await kindOf(client.readForecast('net_new'))).toBe('unexpected_answer');
  });
});

describe('a quarter that Clari does not have', () => {
  it.each(['exportAndDownload', 'readForecast'] as const)(
    'given %s of one, then the error names it and the one that Clari answered with',
    async (method) => {
      const client = await clientOf();
      for (const asked of ['2027Q3', '2031_Q1']) {
        const failure = client[method]('net_new', asked);
        expect(await kindOf(failure)).toBe('unknown_period');
        expect(await messageOf(failure)).toContain(
          `no quarter "${asked}" of forecast "net_new": it answered with 2027_Q4`,
        );
      }
    },
  );

  it('given one without entries, then it is recognized all the same', async () => {
    const client = await clientOf();
    simulator.faults.job({ forecastId: 'net_new' }, 'EMPTY_WITH_PERIOD');
    expect(await kindOf(client.exportAndDownload('net_new', '2031_Q1'))).toBe('unknown_period');
  });

  it('given a monthly tab, then its months are of the quarter that was asked for', async () => {
    const client = await clientOf({ forecasts: [{ forecastId: 'm', forecastName: 'M', periodType: 'month' }] });
    expect((await client.exportAndDownload('m', '2027_Q3')).entries.length).toBeGreaterThan(0);
  });
});

describe('whether a forecast exists', () => {
  it.each([
    ['a redirect to a login', 'unverified', { type: 'redirect', location: 'https://login.example/' }],
    ['a missing path', 'unverified', { type: 'status', ...NO_ROUTE }],
    ['a missing permission', 'unverified', { type: 'status', status: 403 }],
  ] as const)('given %s in place of the answer, then it is %s', async (_, verdict, action) => {
    const client = await clientOf();
    simulator.faults.add({ path: /\/v4\/forecast\//, action });
    expect(await client.verifyForecast('net_new')).toBe(verdict);
  });

  it('given one that is there and one that is not, then that is what it says', async () => {
    const client = await clientOf();
    expect(await client.verifyForecast('net_new')).toBe('exists');
    expect(await client.verifyForecast('nothing')).toBe('unknown');
  });

  it('given a scope that is not there, then the user is not opted in to it', async () => {
    const client = await clientOf();
    expect(await client.verifyForecast('net_new', { scopeId: 'nowhere' })).toBe('no_optin');
  });
});

describe('audit events', () => {
  const event = (id: number) => ({ eventTimestamp: '2026-11-23T10:00:00Z', correlationID: `c-${id}` });

  it('given actors of every wrong kind, then those that can be told are there as Clari sent them, and nothing breaks', async () => {
    const actors = [
      null,
      5,
      'x',
      {},
      { actorId: null },
      { actorId: 7, name: ['x'], email: 1 },
      { actorId: 'a', name: 'Ann', team: 'EMEA' },
    ];
    const client = await clientOfServer(table({ '/audit/events?limit=1000': { items: [event(1)], actors } }));
    const [page] = await all(client.auditEvents());
    expect(page?.actors).toEqual([
      { actorId: '7', name: ['x'], email: 1 },
      { actorId: 'a', name: 'Ann', team: 'EMEA' },
    ]);
    const without = await clientOfServer(table({ '/audit/events?limit=1000': { items: [], actors: 'none' } }));
    expect(await all(without.auditEvents())).toEqual([{ items: [], actors: [] }]);
  });

  it('given an event that is no object, then nothing is left out silently', async () => {
    const client = await clientOfServer(table({ '/audit/events?limit=1000': { items: [event(1), null] } }));
    expect(await kindOf(all(client.auditEvents()))).toBe('unexpected_answer');
  });

  it.each([
    [
      'that link in a circle',
      (page: number) => ({ items: [event(page)], nextLink: `/v4/audit/events?page=${page % 3}` }),
      4,
      /link back to a page already read/,
    ],
    [
      'that repeat one another',
      (page: number) => ({ items: [event(1)], nextLink: `/v4/audit/events?page=${page}` }),
      2,
      /repeat one another/,
    ],
    [
      'without an event',
      (page: number) => ({ items: [], nextLink: `/v4/audit/events?page=${page}` }),
      10,
      /never end: 10 in a row held no event/,
    ],
  ])('given pages %s, whose links never end, then reading them does', async (_, pageOf, requests, sentence) => {
    let asked = 0;
    const client = await clientOfServer((_, response) => response.end(JSON.stringify(pageOf(++asked))));
    const failure = all(client.auditEvents());
    expect(await kindOf(failure)).toBe('unexpected_answer');
    expect(await messageOf(failure)).toMatch(sentence);
    expect(asked).toBe(requests);
  });

  it('given nine empty pages among others, then every event is read', async () => {
    let asked = 0;
    const client = await clientOfServer((_, response) => {
      asked++;
      const items = asked % 10 === 0 ? [event(asked)] : [];
      response.end(JSON.stringify({ items, ...(asked < 30 && { nextLink: `/v4/audit/events?page=${asked}` }) }));
    });
    expect((await all(client.auditEvents())).flatMap(({ items }) => items)).toHaveLength(3);
  });
});

describe('opportunities', () => {
  it('given 250 ids, then they are asked for in three calls, each when its batch is wanted', async () => {
    const asked: number[] = [];
    const client = await clientOfServer((request, response) => {
      const ids = new URL(String(request.url), 'http://clari').searchParams.getAll('oppId');
      asked.push(ids.length);
      response.end(JSON.stringify(ids.map((id) => ({ id }))));
    });
    const batches = client.getOpportunities(Array.from({ length: 250 }, (_, index) => `o${index}`));
    expect((await batches.next()).value).toHaveLength(100);
    expect(asked).toEqual([100]);
    expect((await all(batches)).map((batch) => batch.length)).toEqual([100, 50]);
    expect(asked).toEqual([100, 100, 50]);
  });

  it('given an opportunity that is no object, then nothing is left out silently', async () => {
    const client = await clientOfServer((_, response) => response.end('{"opportunities":[null]}'));
    expect(await kindOf(all(client.getOpportunities(['a'])))).toBe('unexpected_answer');
  });
});
