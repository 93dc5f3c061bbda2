import { describe, expect, it } from 'vitest';
import { Lab, sample, shapeOf } from './client';

describe('the limits', () => {
  it('look like the known samples, without running ids when idle', async () => {
    await using lab = await Lab.start({ usedQuota: 2 });
    expect(shapeOf((await lab.get('/admin/limits')).body)).toEqual(shapeOf(sample('limits_idle')));
    const jobId = await lab.submit();
    const { body } = await lab.get('/admin/limits');
    expect(shapeOf(body)).toEqual(shapeOf(sample('limits')));
    expect(body.jobs).toMatchObject({
      concurrentLimit: 3,
      monthlyQuota: 1000,
      availableConcurrentLimit: 2,
      availableMonthlyQuota: 997,
      runningJobIds: [jobId],
    });
  });

  it('refuse a job beyond the concurrent limit, until one ends', async () => {
    await using lab = await Lab.start({ concurrentLimit: 2 });
    await lab.submit();
    await lab.submit();
    const refused = await lab.send('POST', '/export/forecast/net_new', {});
    expect(refused.status).toBe(400);
    expect(shapeOf(refused.body)).toEqual(shapeOf(sample('errors_monthly_quota')));
    lab.time.advance(3000);
    await lab.submit();
    expect(lab.simulator.peakRunning).toBe(2);
  });

  it("count other people's jobs", async () => {
    await using lab = await Lab.start({ foreignRunning: 3 });
    const refused = await lab.send('POST', '/export/forecast/net_new', {});
    expect(refused.body.code).toBe('export_monthly_quota_reached');
    expect((await lab.get('/admin/limits')).body.jobs.availableConcurrentLimit).toBe(0);
    lab.simulator.setForeignRunning(2);
    await lab.submit();
    expect((await lab.get('/admin/limits')).body.jobs.runningJobIds).toHaveLength(3);
  });

  it('refuse a job beyond the monthly quota, until thirty days have passed', async () => {
    await using lab = await Lab.start();
    lab.simulator.setAvailableQuota(1);
    await lab.submit();
    lab.time.advance(3000);
    const refused = await lab.send('POST', '/export/forecast/net_new', {});
    expect(refused.body.code).toBe('export_monthly_quota_reached');
    expect((await lab.get('/admin/limits')).body.jobs).toMatchObject({
      availableConcurrentLimit: 3,
      availableMonthlyQuota: 0,
    });
    lab.time.advance(30 * 86_400_000);
    await lab.submit();
  });

  it('give slot and quota back for a cancelled job, and refuse to cancel one that has ended', async () => {
    await using lab = await Lab.start({ concurrentLimit: 1, monthlyQuota: 1 });
    const first = await lab.submit();
    const cancelled = await lab.send('PATCH', `/export/jobs/${first}`, { type: 'CANCEL' });
    expect(cancelled.body).toEqual({ status: 'CANCELLED', successful: true });
    expect((await lab.get(`/export/jobs/${first}`)).body.job.status).toBe('CANCELLED');
    const second = await lab.submit();
    lab.time.advance(3000);
    for (const jobId of [first, second]) {
      const late = await lab.send('PATCH', `/export/jobs/${jobId}`, { type: 'CANCEL' });
      expect(late.status).toBe(400);
      expect(shapeOf(late.body)).toEqual(shapeOf(sample('errors_cancel_failed')));
    }
    expect((await lab.get('/admin/limits')).body.jobs.availableMonthlyQuota).toBe(0);
  });
});
