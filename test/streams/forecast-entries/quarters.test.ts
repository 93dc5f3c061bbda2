import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addQuarters, mayBeCurrent, type Quarter, quarterRange } from '../../../src/period';
import {
  isDone,
  newestPast,
  type PlanInput,
  planQuarters,
  type Verdict,
  verdict,
} from '../../../src/streams/forecast-entries/quarters';

const quarterAt = (index: number): Quarter => addQuarters('2020_Q1', index);

describe('what an answer makes of a quarter', () => {
  // Fiscal year 2027 began on 2026-02-01: 2027_Q3 ended on 2026-10-31, 2027_Q4 ends on 2027-01-31.
  const Q3_ENDS = '2026-10-31';
  const Q4_ENDS = '2027-01-31';
  type Row = [
    what: string,
    quarter: Quarter,
    answered: Quarter[],
    current: Quarter | undefined,
    lastDay: string | undefined,
    exportedOn: string,
    settlingDays: number,
    expected: Verdict,
  ];
  const table: Row[] = [
    ['the current quarter', '2027_Q4', ['2027_Q4'], '2027_Q4', Q4_ENDS, '2026-11-23', 14, 'open'],
    ['on its last day', '2027_Q3', ['2027_Q3'], '2027_Q3', Q3_ENDS, '2026-10-31', 0, 'open'],
    ['the day after, nothing settles', '2027_Q3', ['2027_Q3'], '2027_Q4', Q3_ENDS, '2026-11-01', 0, 'final'],
    ['over in UTC, not in Clari', '2027_Q3', ['2027_Q3'], '2027_Q3', Q3_ENDS, '2026-11-01', 0, 'open'],
    ['closed, not settled', '2027_Q3', ['2027_Q3'], '2027_Q4', Q3_ENDS, '2026-11-01', 14, 'open'],
    ['on the last day of settling', '2027_Q3', ['2027_Q3'], '2027_Q4', Q3_ENDS, '2026-11-14', 14, 'open'],
    ['settled', '2027_Q3', ['2027_Q3'], '2027_Q4', Q3_ENDS, '2026-11-15', 14, 'final'],
    ['exported before it ended', '2027_Q3', ['2027_Q3'], '2027_Q4', Q3_ENDS, '2026-10-30', 0, 'open'],
    ['its own dates settle it, unlearned', '2027_Q3', ['2027_Q3'], undefined, Q3_ENDS, '2026-12-01', 14, 'final'],
    ['the day after, nothing settles, unlearned', '2027_Q3', ['2027_Q3'], undefined, Q3_ENDS, '2026-11-01', 0, 'open'],
    ['two days after, unlearned', '2027_Q3', ['2027_Q3'], undefined, Q3_ENDS, '2026-11-02', 0, 'final'],
    ['its own dates keep it open, unlearned', '2027_Q4', ['2027_Q4'], undefined, Q4_ENDS, '2026-12-01', 14, 'open'],
    ['ahead, and Clari has it', '2028_Q1', ['2028_Q1'], '2027_Q4', '2027-04-30', '2026-11-23', 14, 'open'],
    ['no date, before the current one', '2027_Q3', ['2027_Q3'], '2027_Q4', undefined, '2026-11-01', 14, 'final'],
    ['no date, the current one', '2027_Q4', ['2027_Q4'], '2027_Q4', undefined, '2026-11-23', 0, 'open'],
    ['no date, ahead', '2028_Q1', ['2028_Q1'], '2027_Q4', undefined, '2026-11-23', 0, 'open'],
    ['no date, unlearned, long past', '2020_Q1', ['2020_Q1'], undefined, undefined, '2026-11-23', 14, 'final'],
    ['no date, unlearned, may be current', '2026_Q4', ['2026_Q4'], undefined, undefined, '2026-11-23', 14, 'open'],
    ['an answer that names nothing, past', '2027_Q3', [], '2027_Q4', undefined, '2026-11-23', 14, 'final'],
    ['an answer that names nothing, current', '2027_Q4', [], '2027_Q4', undefined, '2026-11-23', 14, 'open'],
    ["another quarter's answer, past", '2027_Q1', ['2027_Q4'], '2027_Q4', undefined, '2026-11-23', 14, 'never'],
    ["another quarter's answer, ahead", '2028_Q1', ['2027_Q4'], '2027_Q4', undefined, '2026-11-23', 14, 'not_yet'],
    ["another quarter's answer, current", '2027_Q4', ['2027_Q3'], '2027_Q4', undefined, '2026-11-23', 14, 'not_yet'],
    [
      "another quarter's, unlearned, long past",
      '2020_Q1',
      ['2027_Q4'],
      undefined,
      undefined,
      '2026-11-23',
      14,
      'never',
    ],
    ["another quarter's, unlearned", '2027_Q1', ['2027_Q4'], undefined, undefined, '2026-11-23', 14, 'not_yet'],
    ['months of several quarters', '2027_Q3', ['2027_Q3', '2027_Q4'], '2027_Q4', Q3_ENDS, '2026-12-01', 14, 'final'],
  ];

  it.each(table)(
    'given %s (%s answered by %j, current %s, last day %s, exported on %s, %i days), then it is %8$s',
    (_, quarter, answered, current, lastDay, exportedOn, settlingDays, expected) => {
      const days = { current, lastDay, exportedOn, settlingDays };
      expect(verdict({ quarter, answered: new Set(answered), ...days, wasLeftBehind: false })).toBe(expected);
    },
  );

  it.each<[what: string, quarter: Quarter, lastDay: string | undefined, expected: Verdict]>([
    ['no date, before the current one', '2027_Q3', undefined, 'open'],
    ['no date, past in any calendar', '2020_Q1', undefined, 'final'],
    ['a date that settles it', '2027_Q3', Q3_ENDS, 'final'],
  ])('given %s, of a job that was left behind (%s, last day %s), then it is %4$s', (_, quarter, lastDay, expected) => {
    const days = { current: '2027_Q4', lastDay, exportedOn: '2026-12-01', settlingDays: 14 };
    expect(verdict({ quarter, answered: new Set([quarter]), ...days, wasLeftBehind: true })).toBe(expected);
  });

  it.each<[exportedOn: string, expected: Verdict]>([
    ['2026-11-01', 'open'],
    ['2026-11-02', 'final'],
  ])('given no days to settle and a job that was left behind on %s, then it is %s', (exportedOn, expected) => {
    const days = { current: '2027_Q4', lastDay: Q3_ENDS, exportedOn, settlingDays: 0 };
    expect(verdict({ quarter: '2027_Q3', answered: new Set(['2027_Q3']), ...days, wasLeftBehind: true })).toBe(
      expected,
    );
  });

  it.each<[cursor: Quarter, expected: Verdict]>([
    ['2027_Q4', 'final'],
    ['2027_Q3', 'open'],
  ])('given no date, an unlearned current quarter and the cursor %s, then 2027_Q3 is %s', (cursor, expected) => {
    const days = { current: undefined, cursor, lastDay: undefined, exportedOn: '2026-11-23', settlingDays: 14 };
    expect(verdict({ quarter: '2027_Q3', answered: new Set(['2027_Q3']), ...days, wasLeftBehind: false })).toBe(
      expected,
    );
  });

  it('given the four verdicts, then two of them end the matter', () => {
    expect((['final', 'never', 'open', 'not_yet'] satisfies Verdict[]).map(isDone)).toEqual([true, true, false, false]);
  });
});

describe('the quarters of a forecast that a stream wants', () => {
  const progress = (since: Quarter, timePeriod: Quarter, missing: Quarter[] = []) => ({ since, timePeriod, missing });
  const plan = (input: Partial<PlanInput>) =>
    planQuarters({
      progress: progress('2027_Q3', '2027_Q2'),
      first: '2027_Q3',
      last: '2027_Q4',
      current: '2027_Q4',
      lookback: 0,
      ...input,
    });

  it.each<[what: string, input: Partial<PlanInput>, expected: Quarter[]]>([
    ['a first sync', {}, ['2027_Q3', '2027_Q4']],
    ['a cursor before the current quarter', { progress: progress('2027_Q1', '2027_Q3') }, ['2027_Q4']],
    ['the same with a lookback', { progress: progress('2027_Q1', '2027_Q3'), lookback: 1 }, ['2027_Q3', '2027_Q4']],
    [
      'a lookback longer than the history',
      { progress: progress('2027_Q2', '2027_Q3'), lookback: 8 },
      ['2027_Q2', '2027_Q3', '2027_Q4'],
    ],
    [
      'syncs that paused for quarters',
      { progress: progress('2026_Q1', '2026_Q4') },
      ['2027_Q1', '2027_Q2', '2027_Q3', '2027_Q4'],
    ],
    [
      'quarters that are owed',
      { progress: progress('2025_Q1', '2027_Q3', ['2025_Q2', '2027_Q3']), lookback: 1 },
      ['2025_Q2', '2027_Q3', '2027_Q4'],
    ],
    ['an owed quarter after the end', { progress: progress('2025_Q1', '2028_Q4', ['2028_Q2']) }, []],
    ['a state of the future', { progress: progress('2099_Q3', '2099_Q4') }, []],
    ['a start_period that lies ahead', { progress: progress('2028_Q1', '2027_Q4') }, []],
    ['a cursor on what Clari calls current', { progress: progress('2027_Q1', '2027_Q4') }, ['2027_Q4']],
    ['an end_period that is done', { progress: progress('2026_Q1', '2026_Q4'), last: '2026_Q4' }, []],
    [
      'an end_period that is done, with a lookback',
      { progress: progress('2026_Q1', '2026_Q4'), last: '2026_Q4', lookback: 2 },
      ['2026_Q3', '2026_Q4'],
    ],
    [
      'quarters ahead',
      { progress: progress('2027_Q1', '2027_Q3'), last: '2028_Q2', lookback: 1 },
      ['2027_Q3', '2027_Q4', '2028_Q1', '2028_Q2'],
    ],
    [
      'a full refresh',
      { progress: undefined, first: '2027_Q1', lookback: 3 },
      ['2027_Q1', '2027_Q2', '2027_Q3', '2027_Q4'],
    ],
    [
      'no known current quarter',
      { progress: progress('2026_Q1', '2026_Q3'), last: '2026_Q4', current: undefined, lookback: 1 },
      ['2026_Q4'],
    ],
  ])('given %s, then they are right', (_, input, expected) => {
    expect(plan(input)).toEqual(expected);
  });

  it('given any progress, then what is owed and what comes after the cursor is wanted once, in order, and nothing before the beginning', () => {
    const inputs = fc.record({
      since: fc.integer({ min: 0, max: 20 }),
      span: fc.integer({ min: -1, max: 20 }),
      owed: fc.array(fc.nat(20)),
      last: fc.integer({ min: 0, max: 40 }),
      behind: fc.integer({ min: -4, max: 4 }),
      lookback: fc.integer({ min: 0, max: 8 }),
    });
    fc.assert(
      fc.property(inputs, ({ since, span, owed, last, behind, lookback }) => {
        const from = quarterAt(since);
        const cursor = addQuarters(from, span);
        const missing = quarterRange(from, cursor).filter((_, index) => owed.includes(index));
        const end = quarterAt(last);
        const current = addQuarters(end, behind);
        const wanted = plan({ progress: progress(from, cursor, missing), last: end, current, lookback });
        expect(wanted).toEqual([...new Set(wanted)].sort());
        for (const quarter of wanted) expect(quarter >= from && quarter <= end, quarter).toBe(true);
        const due = [...missing, ...quarterRange(addQuarters(cursor, 1), end)].filter((quarter) => quarter <= end);
        for (const quarter of due) expect(wanted).toContain(quarter);
        const closed = wanted.filter((quarter) => !due.includes(quarter));
        expect(closed.length).toBeLessThanOrEqual(lookback + 1);
      }),
    );
  });
});

describe('the newest quarter that is over in any fiscal calendar', () => {
  it.each([
    ['2026-11-23', '2025_Q3'],
    ['2026-12-31', '2025_Q3'],
    ['2027-01-01', '2025_Q4'],
  ])('given %s, then it is %s', (day, expected) => {
    expect(newestPast(day)).toBe(expected);
  });

  it('given any day, then it is past, and the one after it may be current', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2001-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
        (date) => {
          const day = date.toISOString().slice(0, 10);
          const newest = newestPast(day);
          expect(mayBeCurrent(newest, day)).toBe('past');
          expect(mayBeCurrent(addQuarters(newest, 1), day)).toBe('maybe');
        },
      ),
    );
  });
});
