import { afterEach, describe, expect, it } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator';
import { ClariClient, type ClariClientOptions, ClariError } from '../../src';
import { FastClock } from '../support/clock';

let simulator: Simulator;
afterEach(() => simulator.close());

async function clientOf(options: SimulatorOptions = {}, more: Partial<ClariClientOptions> = {}): Promise<ClariClient> {
  simulator = await startSimulator({ now: '2026-11-23T08:00:00Z', jobDurationMs: 20, ...options });
  return new ClariClient({ apiKey: simulator.apiKey, baseUrl: simulator.url, pollIntervalMs: 10, ...more });
}

const kindOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof ClariError ? error.kind : String(error)),
  );

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
    expect(await client.getOpportunities([...ids, 'unknown'])).toHaveLength(ids.length);
  });

  it.each([
    ['a wrong key', { apiKey: 'wrong' }, 'net_new', 'invalid_key'],
    ['an unknown forecast', {}, 'nothing', 'unknown_forecast'],
    ['an id that would climb in the path', {}, '..', 'bad_request'],
    ['a tab the user is not opted in to', {}, 'closed', 'no_optin'],
    ['no more looks at the job', { maxPollAttempts: 1, pollIntervalMs: 1 }, 'net_new', 'job_timed_out'],
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

  it('given a job that runs, then polling starts at a quarter of a second and doubles up to the interval', async () => {
    const clock = new FastClock();
    const client = await clientOf({ jobDurationMs: 600_000 }, { clock, pollIntervalMs: 2_000, maxPollAttempts: 6 });
    const { jobId } = await client.exportForecast('net_new');
    expect(await kindOf(client.waitForJob(jobId))).toBe('job_timed_out');
    expect(clock.sleeps).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000]);
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

  it('given a list that cannot be had just now, then the next call asks again', async () => {
    const client = await clientOf({ contract: 'listed' }, { clock: new FastClock() });
    simulator.faults.add({ path: '/list', times: 8, action: { type: 'status', status: 500 } });
    expect(await kindOf(client.listForecasts())).toBe('server_error');
    expect((await client.listForecasts()).contract).toBe('listed');
  });
});
