import { beforeEach, describe, expect, it } from 'vitest';
import type { Fault, FaultAction, Simulator } from '../../../simulator';
import { checkConversation } from '../../support/messages';
import { simulatedClari } from '../../support/simulated';
import { FOREVER, quartersOf, sync, valuesByKey } from '../../support/sync';

const startClari = simulatedClari();
let simulator: Simulator;
beforeEach(async () => {
  simulator = await startClari();
});

const page = '<html><body>502 Bad Gateway</body></html>';
const status = (code: number, headers = {}): FaultAction => ({ type: 'status', status: code, headers });
const JOB = /\/export\/jobs\/[^/]+$/;
const RESULTS = /\/results$/;

describe('faults that pass', () => {
  const faults: [string, Omit<Fault, 'action'>, FaultAction][] = [
    ['429 without Retry-After while polling', { path: JOB }, status(429)],
    ['429 with Retry-After in seconds while polling', { path: JOB }, status(429, { 'retry-after': '0' })],
    ['429 with Retry-After as a date', { path: JOB }, status(429, { 'retry-after': new Date(0).toUTCString() })],
    ['500 while polling', { path: JOB }, status(500)],
    [
      'an HTML error page while polling',
      { path: JOB },
      { type: 'status', status: 502, body: page, contentType: 'text/html' },
    ],
    ['an HTML page with status 200', { path: JOB }, { type: 'garbage' }],
    ['a reset while polling', { path: JOB }, { type: 'reset' }],
    ['a body cut off while polling', { path: JOB }, { type: 'cutBody', bytes: 20 }],
    ['a body that ends early, while polling', { path: JOB }, { type: 'shortBody', bytes: 20 }],
    ['a hung server while polling', { path: JOB }, { type: 'hang' }],
    ['a body that never ends, while polling', { path: JOB }, { type: 'hang', stage: 'mid_body', bytes: 10 }],
    ['500 for the results', { path: RESULTS }, status(500)],
    ['results cut off', { path: RESULTS }, { type: 'cutBody', bytes: 1000 }],
    ['results that end early but cleanly', { path: RESULTS }, { type: 'shortBody', bytes: 1000 }],
    ['results that are no JSON', { path: RESULTS }, { type: 'garbage' }],
    ['results that stall', { path: RESULTS }, { type: 'hang', stage: 'mid_body', bytes: 1000 }],
    ['results that stall after the headers', { path: RESULTS }, { type: 'hang', stage: 'after_headers' }],
    ['a POST refused with 429', { method: 'POST' }, status(429)],
    ['a POST refused with 503', { method: 'POST' }, status(503)],
    ['a POST that was lost on its way', { method: 'POST' }, { type: 'reset' }],
    ['500 for the limits', { path: '/admin/limits' }, status(500)],
  ];

  it.each(faults)('given %s, then every record is there, and no export is paid twice', async (_, match, action) => {
    simulator.faults.add({ ...match, action });
    const result = await sync(simulator, { timing: { firstByteTimeoutMs: 300, idleTimeoutMs: 300 } });
    expect(result.exitCode).toBe(0);
    checkConversation(result.messages, ['forecast_entries']);
    expect(result.entries).toHaveLength(
      simulator.truth.entryCount('net_new') + simulator.truth.entryCount('net_new', '2027_Q3'),
    );
    expect(simulator.jobs).toHaveLength(2);
  });

  it.each([
    ['reset', { type: 'reset', afterProcessing: true }],
    ['a server error', { type: 'status', status: 500, afterProcessing: true }],
    ['silence', { type: 'hang', afterProcessing: true }],
    ['garbage', { type: 'garbage', afterProcessing: true }],
  ] satisfies [string, FaultAction][])(
    'given a POST that took effect and whose answer was lost by %s, then its job is found and adopted',
    async (_, action) => {
      simulator.faults.add({ method: 'POST', action, times: 2 });
      const result = await sync(simulator, { timing: { firstByteTimeoutMs: 300 } });
      expect(result.exitCode).toBe(0);
      expect(quartersOf(result.entries)).toEqual(['2027_Q3', '2027_Q4']);
      expect(simulator.jobs).toHaveLength(2);
    },
  );

  it('given a lost answer where Clari lists no jobs, then the POST is sent again', async () => {
    const listed = await startClari({ contract: 'listed' });
    listed.faults.add({ method: 'POST', action: { type: 'reset', afterProcessing: true } });
    const result = await sync(listed, { config: { start_period: '2027_Q4' } });
    expect(result.exitCode).toBe(0);
    expect(listed.jobs).toHaveLength(2);
  });

  it('given download URLs that run out before they are used, then new ones are asked for', async () => {
    const listed = await startClari({ contract: 'listed' });
    listed.faults.add({ origin: 'download', action: { type: 'status', status: 403, body: '<Error/>' } });
    const result = await sync(listed, { config: { start_period: '2027_Q4' } });
    expect(result.exitCode).toBe(0);
    expect(listed.jobs).toHaveLength(1);
  });

  it('given a download host that refuses every URL, then the export fails and says so, and no second job is paid for', async () => {
    const broken = await startClari({ contract: 'listed', downloadUrlMs: 0 });
    const result = await sync(broken, { config: { start_period: '2027_Q4' } });
    expect(result.exitCode).toBe(1);
    expect(broken.jobs).toHaveLength(1);
    expect(result.messages.errors.at(-1)).toMatchObject({
      failure_type: 'transient_error',
      message: expect.stringMatching(/can't be downloaded, though the job is done: the download host refuses them/),
    });
    expect(result.messages.states('forecast_entries').at(-1)).toMatchObject({
      pendingJobs: [{ timePeriod: null, failedReads: 1 }],
    });
  });

  it('given a download that redirects to another host, then it is followed without the key', async () => {
    simulator.faults.add({
      path: RESULTS,
      action: { type: 'redirect', location: `${simulator.downloadOrigin}/nowhere` },
      times: FOREVER,
    });
    const result = await sync(simulator, { config: { start_period: '2027_Q4' } });
    expect(result.exitCode).toBe(1);
    expect(simulator.requests.some(({ origin }) => origin === 'download')).toBe(true);
    expect(simulator.leakedKeys).toEqual([]);
  });

  it('given an API call that redirects, then it is not followed', async () => {
    simulator.faults.add({
      path: '/admin/limits',
      action: { type: 'redirect', location: `${simulator.downloadOrigin}/v4/admin/limits` },
    });
    await sync(simulator);
    expect(simulator.requests.filter(({ origin }) => origin === 'download')).toEqual([]);
  });
});

describe('faults that stay', () => {
  it.each([
    ['server errors', status(500), /had an internal error \(HTTP 500\)/],
    ['429', status(429), /kept rejecting requests because there were too many \(HTTP 429\)/],
    ['silence', { type: 'hang' }, /did not answer in time/],
    ['resets', { type: 'reset' }, /could not be reached \(ECONNRESET\)/],
    ['HTML', { type: 'garbage' }, /is not JSON: something other than Clari's API seems to be answering/],
  ] satisfies [string, FaultAction, RegExp][])(
    'given %s while polling, then the sync fails with one sentence, and the job stays in the state',
    async (_, action, sentence) => {
      simulator.faults.add({ path: JOB, action, times: FOREVER });
      const result = await sync(simulator, {
        config: { start_period: '2027_Q3', end_period: '2027_Q3' },
        // Only silence needs a short limit: what answers must not be taken for it on a busy machine.
        timing: { maxTries: 3, ...(action.type === 'hang' && { firstByteTimeoutMs: 200 }) },
      });
      expect(result.exitCode).toBe(1);
      expect(result.messages.errors).toHaveLength(1);
      expect(result.messages.errors[0]).toMatchObject({
        failure_type: 'transient_error',
        message: expect.stringMatching(sentence),
      });
      expect(result.messages.errors[0]?.message).toMatch(/^Forecast "net_new", quarter 2027_Q3: /);
      simulator.faults.clear();
      const resumed = await sync(simulator, {
        config: { start_period: '2027_Q3', end_period: '2027_Q3' },
        state: result.messages.lastStates,
      });
      expect(resumed.exitCode).toBe(0);
      expect(resumed.entries).toHaveLength(simulator.truth.entryCount('net_new', '2027_Q3'));
      expect(simulator.jobs).toHaveLength(1);
    },
  );

  it.each([
    ['cut short', { type: 'shortBody', bytes: 900 }, /are cut short/],
    ['garbage', { type: 'garbage' }, /are not the JSON document they should be/],
  ] satisfies [string, FaultAction, RegExp][])(
    'given results that are always %s, then not one record goes out',
    async (_, action, sentence) => {
      simulator.faults.add({ path: RESULTS, action, times: FOREVER });
      const result = await sync(simulator, { config: { start_period: '2027_Q3', end_period: '2027_Q3' } });
      expect(result.exitCode).toBe(1);
      expect(result.entries).toEqual([]);
      expect(result.messages.errors[0]?.message).toMatch(sentence);
    },
  );

  it('given a key that is refused in mid-sync, then every stream ends, and the cause is told once', async () => {
    simulator.faults.add({
      path: JOB,
      action: { type: 'status', status: 401, body: { message: 'Invalid authentication credentials' } },
      times: FOREVER,
    });
    const result = await sync(simulator, { config: { forecast_ids: ['net_new', 'renewals_emea'] } });
    expect(result.exitCode).toBe(1);
    expect(result.messages.errors).toHaveLength(1);
    expect(result.messages.errors[0]).toMatchObject({
      failure_type: 'config_error',
      message: expect.stringContaining('rejected the API key'),
    });
  });

  it('given forecast ids that mean something in a URL, then they stay ids', async () => {
    const ids = ['a/b', '../admin', 'x?y=1#z', 'Prévision ü', 'net_new'];
    const result = await sync(simulator, { config: { forecast_ids: ids, start_period: '2027_Q4' } });
    expect(result.exitCode).toBe(1);
    expect(valuesByKey(result.entries).size).toBe(simulator.truth.entryCount('net_new'));
    const paths = simulator.requests.filter(({ method }) => method === 'POST').map(({ path }) => path);
    expect(paths.sort()).toEqual(ids.map((id) => `/v4/export/forecast/${encodeURIComponent(id)}`).sort());
    expect(result.messages.errors).toHaveLength(4);
  });
});
