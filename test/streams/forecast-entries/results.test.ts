import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SpooledDocument } from '../../../src/exports/document';
import { ForecastResults } from '../../../src/streams/forecast-entries/results';

async function resultsOf(...timePeriods: object[]): Promise<ForecastResults> {
  const text = JSON.stringify({ entries: [], timePeriods });
  const document = await SpooledDocument.spool(Readable.from([Buffer.from(text)]));
  const results = await ForecastResults.of({ jobId: 'job-1', exportedAt: '2026-11-23T08:00:00.000Z', document });
  await document.dispose();
  return results;
}

describe('the days of a quarter', () => {
  it.each([
    ['of the quarter', [{ timePeriodId: '2027_Q4', endDate: '2027-01-31' }], '2027-01-31'],
    ['with a time', [{ timePeriodId: '2027_Q4', endDate: '2027-01-31T00:00:00Z' }], '2027-01-31'],
    [
      'of its third month',
      [{ timePeriodId: '2027_M11' }, { timePeriodId: '2027_M12', endDate: '2027-01-31' }],
      '2027-01-31',
    ],
    ['that the calendar has not', [{ timePeriodId: '2027_Q4', endDate: '2027-13-31' }], undefined],
    ['in another form', [{ timePeriodId: '2027_Q4', endDate: '01/31/2027' }], undefined],
    ['of another quarter', [{ timePeriodId: '2027_Q3', endDate: '2026-10-31' }], undefined],
  ])('given a last day %s, then %3$s', async (_, timePeriods, expected) => {
    expect((await resultsOf(...timePeriods)).lastDayOf('2027_Q4')).toBe(expected);
  });
});
