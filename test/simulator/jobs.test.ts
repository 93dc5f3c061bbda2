import { describe, expect, it } from 'vitest';
import { Lab, NOVEMBER_23, sample, shapeOf } from './client';

const DAY_MS = 86_400_000;
const idsOf = async (lab: Lab): Promise<string[]> =>
  (await lab.get('/export/jobs')).body.map((job: { jobId: string }) => job.jobId);

describe('a job that is not visible yet', () => {
  it.each([
    ['sww', 400, 'errors_job_status'],
    ['forbidden', 403, 'errors_job_status'],
    ['not_found', 404, 'errors_job_status'],
    ['no_route', 404, 'errors_gateway_no_route'],
  ] as const)(
    'given the answer %s, then it is unknown by id and in the list until its time has come',
    async (visibilityLagAnswer, status, name) => {
      await using lab = await Lab.start({ visibilityLagMs: 10_000, visibilityLagAnswer });
      const jobId = await lab.submit();
      lab.time.advance(9_999);
      const early = await lab.get(`/export/jobs/${jobId}`);
      expect(early.status).toBe(status);
      expect(shapeOf(early.body)).toEqual(shapeOf(sample(name)));
      expect(await idsOf(lab)).toEqual([]);
      expect((await lab.send('PATCH', `/export/jobs/${jobId}`, { type: 'CANCEL' })).status).toBe(status);
      expect((await lab.get(`/export/jobs/${jobId}/results`)).body.code).toBe('invalid_jobId');
      expect((await lab.get('/admin/limits')).body.jobs.availableMonthlyQuota).toBe(999);
      lab.time.advance(1);
      expect((await lab.get(`/export/jobs/${jobId}`)).body.job.status).toBe('DONE');
      expect(await idsOf(lab)).toEqual([jobId]);
    },
  );

  it('given a lag by job, or a fault, then it concerns that job alone', async () => {
    await using lab = await Lab.start({ visibilityLagMs: ({ index }) => (index === 0 ? 5000 : 0) });
    const first = await lab.submit();
    lab.simulator.faults.job({ forecastId: 'renewals_emea' }, { hiddenForMs: 7000, answer: 'no_route' });
    const other = await lab.submit('renewals_emea');
    const seen = await lab.submit();
    expect(lab.simulator.faults.unused()).toEqual([]);
    expect(await idsOf(lab)).toEqual([seen]);
    lab.time.advance(5000);
    expect(await idsOf(lab)).toEqual([first, seen]);
    expect((await lab.get(`/export/jobs/${other}`)).status).toBe(404);
    lab.time.advance(2000);
    expect((await lab.get(`/export/jobs/${other}`)).body.job.status).toBe('DONE');
  });

  it('given the listed contract, then it is not found there either', async () => {
    await using lab = await Lab.start({ contract: 'listed', visibilityLagMs: 1000 });
    const jobId = await lab.submit('Net New');
    const early = await lab.get(`/export/jobs/${jobId}`);
    expect([early.status, early.body.error]).toEqual([404, 'Not Found']);
    lab.time.advance(1000);
    expect((await lab.get(`/export/jobs/${jobId}`)).body.status).toBe('PENDING');
  });
});

describe('jobs of another connection', () => {
  it('given some of the same user, then the list holds those of the last 30 days, with results, in its order of time', async () => {
    await using lab = await Lab.start({
      foreignJobs: [
        { forecastId: 'net_new', timePeriod: '2027_Q3', currency: 'EUR', startTime: NOVEMBER_23 - 3_600_000 },
        { forecastId: 'net_new', startTime: '2026-10-01T00:00:00Z' },
        { forecastId: 'renewals_emea', startTime: NOVEMBER_23 - DAY_MS, status: 'FAILED' },
      ],
    });
    const ours = await lab.submit();
    const list = (await lab.get('/export/jobs')).body;
    expect(list.map(({ status, currency, fileName }: Record<string, string>) => [status, currency, fileName])).toEqual([
      ['FAILED', 'USD', 'clari_export_renewals_emea_2027_Q4901_20261122_080000.json'],
      ['DONE', 'EUR', 'clari_export_net_new_2027_Q3901_20261123_070000.json'],
      ['SCHEDULED', 'USD', 'clari_export_net_new_2027_Q4901_20261123_080000.json'],
    ]);
    const [, done] = list;
    const results = (await lab.get(`/export/jobs/${done.jobId}/results`)).body;
    expect(results.timePeriods[0].timePeriodId).toBe('2027_Q3');
    expect(results.entries[0].currency.code).toBe('EUR');
    expect(new Set(list.map((job: { jobId: string }) => job.jobId)).size).toBe(3);
    expect(lab.simulator.jobs.map((job) => job.jobId)).toEqual([ours]);
  });

  it('given one that runs, then it takes up a slot and quota until it is cancelled', async () => {
    await using lab = await Lab.start({ concurrentLimit: 1, monthlyQuota: 5 });
    const foreign = lab.simulator.addForeignJob({
      forecastId: 'net_new',
      startTime: NOVEMBER_23 - 1000,
      status: 'STARTED',
    });
    await expect(lab.submit()).rejects.toThrow('export_monthly_quota_reached');
    expect((await lab.get('/admin/limits')).body.jobs).toMatchObject({
      availableConcurrentLimit: 0,
      availableMonthlyQuota: 4,
      runningJobIds: [foreign.jobId],
    });
    await lab.send('PATCH', `/export/jobs/${foreign.jobId}`, { type: 'CANCEL' });
    await lab.submit();
    expect((await lab.get('/admin/limits')).body.jobs.availableMonthlyQuota).toBe(4);
    expect(lab.simulator.peakRunning).toBe(1);
  });

  it.each([
    [{ forecastId: 'other', startTime: 0 }, 'other'],
    [{ forecastId: 'net_new', startTime: 'soon' }, 'soon'],
  ])('given %j, then it refuses to start', async (spec, problem) => {
    await expect(Lab.start({ foreignJobs: [spec] })).rejects.toThrow(problem);
  });
});

describe('the jobs list', () => {
  it('given ids that are prefixes of one another, then only the whole file names differ', async () => {
    const ids = ['net', 'net_2027', 'net_2027_Q4'];
    await using lab = await Lab.start({
      forecasts: ids.map((forecastId) => ({ forecastId, forecastName: forecastId })),
    });
    for (const id of ids) await lab.submit(id, { timePeriod: '2027_Q2' });
    const names = (await lab.get('/export/jobs')).body.map((job: { fileName: string }) => job.fileName);
    expect(names).toEqual(ids.map((id) => `clari_export_${id}_2027_Q2901_20261123_080000.json`));
  });

  it('given a job of 30 days ago, then the list has forgotten it and its results are gone, but its status is known', async () => {
    await using lab = await Lab.start();
    const jobId = await lab.submit();
    lab.time.advance(30 * DAY_MS - 1);
    expect(await idsOf(lab)).toEqual([jobId]);
    lab.time.advance(3001);
    expect(await idsOf(lab)).toEqual([]);
    expect((await lab.get(`/export/jobs/${jobId}/results`)).body.code).toBe('invalid_jobId');
    expect((await lab.get(`/export/jobs/${jobId}`)).body.job.status).toBe('DONE');
  });
});

describe("Clari's clock", () => {
  it.each([0, 90_000, -90_000])(
    'given a skew of %i ms, then the Date header and the times of jobs show it',
    async (clockSkewMs) => {
      await using lab = await Lab.start({ clockSkewMs });
      const jobId = await lab.submit();
      lab.time.advance(3000);
      const answer = await lab.get(`/export/jobs/${jobId}`);
      const skewed = NOVEMBER_23 + clockSkewMs;
      expect(Date.parse(answer.headers.get('date') ?? '')).toBe(skewed + 3000);
      expect(answer.body.job).toMatchObject({
        startTime: skewed,
        endTime: skewed + 3000,
        expiredTime: skewed + 3000 + 30 * DAY_MS,
      });
      const stamp = new Date(skewed).toISOString().slice(11, 19).replaceAll(':', '');
      expect(answer.body.job.fileName).toBe(`clari_export_net_new_2027_Q4901_20261123_${stamp}.json`);
      expect(lab.simulator.jobs[0]?.endTime).toBe(NOVEMBER_23 + 3000);
    },
  );
});

describe('the quota', () => {
  it('given jobs on many days, then each comes back 30 days after it was started', async () => {
    await using lab = await Lab.start({ monthlyQuota: 10 });
    const left = async () => (await lab.get('/admin/limits')).body.jobs.availableMonthlyQuota;
    for (let day = 0; day < 10; day++) {
      await lab.submit();
      lab.time.advance(DAY_MS);
    }
    expect(await left()).toBe(0);
    lab.time.advance(20 * DAY_MS - 1);
    expect(await left()).toBe(0);
    lab.time.advance(1);
    expect(await left()).toBe(1);
    lab.time.advance(3 * DAY_MS);
    expect(await left()).toBe(4);
    lab.time.advance(200 * DAY_MS);
    expect(await left()).toBe(10);
  });

  it('given jobs that were cancelled, by request or by Clari, then they cost nothing', async () => {
    await using lab = await Lab.start({ monthlyQuota: 10 });
    lab.simulator.faults.job({}, 'CANCELLED');
    await lab.submit();
    const second = await lab.submit();
    await lab.send('PATCH', `/export/jobs/${second}`, { type: 'CANCEL' });
    lab.time.advance(3000);
    const { jobs } = (await lab.get('/admin/limits')).body;
    expect([jobs.availableMonthlyQuota, jobs.submittedJobIds]).toEqual([10, []]);
  });
});

it('given a forecast that is listed twice more, then the list holds it three times', async () => {
  await using lab = await Lab.start({
    contract: 'listed',
    forecasts: [
      { forecastId: 'a', forecastName: 'A', duplicates: 2 },
      { forecastId: 'b', forecastName: 'B' },
    ],
  });
  const { forecasts } = (await lab.get('/export/forecast/list')).body;
  expect(forecasts.map((each: { forecastId: string }) => each.forecastId)).toEqual(['a', 'a', 'a', 'b']);
});
