import { describe, expect, it } from 'vitest';
import { FiscalCalendar } from '../../simulator';
import { dayOf } from '../../simulator/calendar';
import { Lab } from './client';

const DAY_MS = 86_400_000;
const START_MONTHS = Array.from({ length: 12 }, (_, index) => index + 1);
const forecasts = [
  { forecastId: 'quarterly', forecastName: 'Quarterly' },
  { forecastId: 'monthly', forecastName: 'Monthly', periodType: 'month' },
] as const;

describe.each(['published', 'listed'] as const)('the %s contract over years of a moving clock', (contract) => {
  it.each(START_MONTHS)(
    'given a fiscal year that starts in month %i, then every export is of the quarter of its day, drift settles, and nothing is used up',
    async (month) => {
      await using lab = await Lab.start({
        contract,
        forecasts,
        fiscalYearStartMonth: month,
        drift: true,
        futurePeriods: 1,
        monthlyQuota: 6,
        listedLimits: true,
      });
      const { truth } = lab.simulator;
      const calendar = new FiscalCalendar(month);
      const name = (id: string) => (contract === 'listed' ? `${id.charAt(0).toUpperCase()}${id.slice(1)}` : id);
      for (let step = 0; step < 8; step++) {
        // Months at a time, never the same day of the month.
        lab.time.advance(([95, 170, 47][step % 3] ?? 0) * DAY_MS);
        const day = dayOf(lab.time.now());
        const current = lab.simulator.currentPeriod();
        const quarter = calendar.quarter(current);
        expect(quarter && quarter.startDate <= day && day <= quarter.endDate).toBe(true);
        const closed = calendar.quarterAfter(current, -1) ?? '';
        const settled = calendar.quarterAfter(current, -2) ?? '';

        const jobId = await lab.submit(name('quarterly'), {});
        const submittedAt = lab.time.now();
        lab.time.advance(3000);
        const monthly = await lab.submit(name('monthly'), { timePeriod: closed });
        lab.time.advance(3000);
        const { body } = await lab.get(`/export/jobs/${jobId}`);
        expect(body.status ?? body.job.status).toBe(contract === 'listed' ? 'COMPLETED' : 'DONE');
        const results = await download(lab, jobId);
        const months = await download(lab, monthly);
        const periods = (of: { entries: { timePeriodId?: string; timePeriod?: string }[] }) =>
          new Set(of.entries.map((entry) => entry.timePeriodId ?? entry.timePeriod));
        expect(periods(results)).toEqual(new Set([current]));
        expect(periods(months)).toEqual(new Set(calendar.monthsOf(closed).map(({ id }) => id)));
        const options = { typesToExport: ['forecast', 'forecast_updated'], at: submittedAt } as const;
        expect(results.entries).toEqual(
          contract === 'listed'
            ? truth.listedEntries('quarterly', current, options)
            : truth.forecastResults('quarterly', current, options).entries,
        );
        expect(truth.listedEntries('quarterly', settled)).toEqual(
          truth.listedEntries('quarterly', settled, { at: 'final' }),
        );
        const limits = (await lab.get('/admin/limits')).body.jobs;
        expect([limits.availableMonthlyQuota, limits.availableConcurrentLimit]).toEqual([4, 3]);
      }
      const [first] = lab.simulator.jobs;
      expect(first?.isExpired).toBe(true);
      expect(new Set(lab.simulator.jobs.map((job) => job.jobId)).size).toBe(16);
    },
  );
});

// biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body is said in its assertion
async function download(lab: Lab, jobId: string): Promise<any> {
  const { body } = await lab.get(`/export/jobs/${jobId}`);
  if (body.downloadUrl === undefined) return (await lab.get(`/export/jobs/${jobId}/results`)).body;
  return (await lab.send('GET', body.downloadUrl, undefined, { headers: {} })).body;
}
