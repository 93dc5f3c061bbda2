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
  ])('given a last day %s, then that is what it says', async (_, timePeriods, expected) => {
    expect((await resultsOf(...timePeriods)).lastDayOf('2027_Q4')).toBe(expected);
  });
});

describe('whether a quarter is open', () => {
  const months = (...days: string[]) =>
    days.map((endDate, index) => ({ timePeriodId: `2027_M${10 + index}`, endDate }));

  it.each([
    ['its last day to come', [{ timePeriodId: '2027_Q4', endDate: '2027-01-31' }], true],
    ['its last day over', [{ timePeriodId: '2027_Q4', endDate: '2026-12-14' }], false],
    ['a month that is not over, and not the last', months('2026-11-30', '2026-12-31'), true],
    ['months that are over, and not the last', months('2026-10-31', '2026-11-30'), true],
    ['its last month over', months('2026-10-11', '2026-11-11', '2026-12-11'), false],
    ['another quarter', [{ timePeriodId: '2028_Q1', endDate: '2027-04-30' }], undefined],
    ['no days', [{ timePeriodId: '2027_Q4' }], undefined],
  ])('given %s, then that is what it says', async (_, timePeriods, expected) => {
    expect((await resultsOf(...timePeriods)).isOpen('2027_Q4', '2026-12-15')).toBe(expected);
  });
});
