import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addQuarters } from '../../../src/period';
import { type PlanInput, planQuarters } from '../../../src/streams/forecast-entries/quarters';

const plan = (input: Partial<PlanInput>) =>
  planQuarters({
    progress: { timePeriod: null, missing: [] },
    incremental: true,
    last: '2027_Q4',
    lastIsGiven: false,
    startPeriod: undefined,
    lookbackPeriods: 1,
    ...input,
  });

describe('the quarters of a forecast that are exported', () => {
  it('given no cursor and no start, then the lookback and the current quarter', () => {
    expect(plan({})).toEqual(['2027_Q3', '2027_Q4']);
    expect(plan({ lookbackPeriods: 0 })).toEqual(['2027_Q4']);
    expect(plan({ lookbackPeriods: 3 })).toEqual(['2027_Q1', '2027_Q2', '2027_Q3', '2027_Q4']);
  });

  it('given no cursor and a start, then everything from the start', () => {
    expect(plan({ startPeriod: '2026_Q4', lookbackPeriods: 0 })).toEqual([
      '2026_Q4',
      '2027_Q1',
      '2027_Q2',
      '2027_Q3',
      '2027_Q4',
    ]);
  });

  it('given a cursor at the quarter before the current one, then lookback and current again', () => {
    expect(plan({ progress: { timePeriod: '2027_Q3', missing: [] }, startPeriod: '2020_Q1' })).toEqual([
      '2027_Q3',
      '2027_Q4',
    ]);
    expect(plan({ progress: { timePeriod: '2027_Q3', missing: [] }, lookbackPeriods: 0 })).toEqual(['2027_Q4']);
  });

  it('given syncs that paused for quarters, then every quarter after the cursor, so that each is fetched after it closed', () => {
    expect(plan({ progress: { timePeriod: '2026_Q4', missing: [] } })).toEqual([
      '2027_Q1',
      '2027_Q2',
      '2027_Q3',
      '2027_Q4',
    ]);
  });

  it('given quarters that are owed, then these come first, once each', () => {
    expect(plan({ progress: { timePeriod: '2027_Q3', missing: ['2025_Q2', '2027_Q3'] } })).toEqual([
      '2025_Q2',
      '2027_Q3',
      '2027_Q4',
    ]);
  });

  it('given a start after the lookback, then nothing before the start', () => {
    expect(
      plan({ progress: { timePeriod: '2027_Q3', missing: [] }, startPeriod: '2027_Q4', lookbackPeriods: 4 }),
    ).toEqual(['2027_Q4']);
  });

  it('given a state from the future, then nothing', () => {
    expect(plan({ progress: { timePeriod: '2027_Q4', missing: [] } })).toEqual([]);
    expect(plan({ progress: { timePeriod: '2099_Q4', missing: ['2027_Q1'] } })).toEqual([]);
    expect(plan({ progress: { timePeriod: '2099_Q4', missing: [] }, lastIsGiven: true })).toEqual([]);
  });

  it('given an end_period that is done, then its lookback again', () => {
    expect(plan({ progress: { timePeriod: '2027_Q4', missing: [] }, lastIsGiven: true })).toEqual([
      '2027_Q3',
      '2027_Q4',
    ]);
  });

  it('given a full refresh, then the cursor has no say', () => {
    expect(
      plan({ progress: { timePeriod: '2027_Q3', missing: ['2020_Q1'] }, incremental: false, startPeriod: '2027_Q2' }),
    ).toEqual(['2027_Q2', '2027_Q3', '2027_Q4']);
  });

  it('given any state in the past, then the plan is ordered, without repetition, ends with the last quarter and leaves no gap after the cursor', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 8 }),
        fc.array(fc.integer({ min: 0, max: 30 })),
        (behind, lookbackPeriods, owed) => {
          const last = '2027_Q4';
          const cursor = addQuarters(last, -behind);
          const missing = [...new Set(owed.map((by) => addQuarters(cursor, -by)))].sort();
          const quarters = plan({ progress: { timePeriod: cursor, missing }, lookbackPeriods });
          expect(quarters).toEqual([...new Set(quarters)].sort());
          expect(quarters.at(-1)).toBe(last);
          for (const quarter of missing) expect(quarters).toContain(quarter);
          for (let quarter = addQuarters(cursor, 1); quarter <= last; quarter = addQuarters(quarter, 1))
            expect(quarters).toContain(quarter);
        },
      ),
    );
  });
});
