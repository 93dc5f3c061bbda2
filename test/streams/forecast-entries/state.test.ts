import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addQuarters, quarterRange } from '../../../src/period';
import { ForecastState } from '../../../src/streams/forecast-entries/state';

const TODAY = '2026-11-23';
const stateOf = (state?: unknown): ForecastState => {
  const problems: string[] = [];
  const read = new ForecastState(state as never, TODAY, problems);
  expect(problems).toEqual([]);
  return read;
};
const begun = (since: string): ForecastState => {
  const state = stateOf();
  state.begin('a', since);
  return state;
};

describe('the progress of a forecast', () => {
  it.each([
    undefined,
    {},
    { forecasts: {} },
    { forecasts: null },
    { other: 1 },
    { forecasts: { a: { timePeriod: null, missing: [] } } },
  ])('given %j, then nothing is known yet', (state) => {
    expect(stateOf(state).progress('a')).toBeUndefined();
  });

  it('given a plan, then the first quarter wanted is noted, and the cursor stands before it', () => {
    expect(begun('2027_Q1').progress('a')).toEqual({ since: '2027_Q1', timePeriod: '2026_Q4', missing: [] });
  });

  it('given quarters that settle in order, then the cursor follows', () => {
    const state = begun('2027_Q1');
    state.settle('a', '2027_Q1');
    state.settle('a', '2027_Q2');
    expect(state.progress('a')).toEqual({ since: '2027_Q1', timePeriod: '2027_Q2', missing: [] });
  });

  it('given a quarter that failed before a later one settled, then it is owed; once it settles, it no longer is', () => {
    const state = begun('2027_Q1');
    state.settle('a', '2027_Q3');
    expect(state.progress('a')).toEqual({
      since: '2027_Q1',
      timePeriod: '2027_Q3',
      missing: ['2027_Q1', '2027_Q2'],
    });
    state.settle('a', '2027_Q1');
    expect(state.progress('a')?.missing).toEqual(['2027_Q2']);
  });

  it('given a quarter of the lookback that has opened again, then it is owed; one after the cursor is wanted anyway', () => {
    const state = begun('2027_Q1');
    state.settle('a', '2027_Q1');
    state.owe('a', '2027_Q1');
    state.owe('a', '2027_Q2');
    expect(state.progress('a')).toEqual({ since: '2027_Q1', timePeriod: '2027_Q1', missing: ['2027_Q1'] });
  });

  it('given a start that moves back, then the quarters between are owed; given one that moves on, then nothing changes', () => {
    const state = begun('2027_Q1');
    state.settle('a', '2027_Q1');
    state.begin('a', '2026_Q3');
    const earlier = { since: '2026_Q3', timePeriod: '2027_Q1', missing: ['2026_Q3', '2026_Q4'] };
    expect(state.progress('a')).toEqual(earlier);
    state.begin('a', '2027_Q2');
    expect(state.progress('a')).toEqual(earlier);
  });

  it('given quarters before the beginning, or a forecast that has none, then they have no say', () => {
    const state = begun('2027_Q1');
    state.settle('a', '2026_Q1');
    state.owe('a', '2026_Q1');
    state.settle('b', '2027_Q1');
    expect(state.toJSON()).toEqual({ a: { since: '2027_Q1', timePeriod: '2026_Q4', missing: [] } });
  });

  it('given any order of starts, settled and opened quarters, then every quarter since the beginning is settled, owed or yet to come', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('begin', 'settle', 'owe'), fc.integer({ min: 0, max: 12 })));
    fc.assert(
      fc.property(steps, (all) => {
        const state = begun('2024_Q1');
        let since = '2024_Q1';
        const settled = new Map<string, boolean>();
        for (const [step, index] of all) {
          const quarter = addQuarters('2023_Q1', index);
          if (step === 'begin') {
            state.begin('a', quarter);
            if (quarter < since) since = quarter;
          } else if (quarter >= since) {
            state[step as 'settle' | 'owe']('a', quarter);
            settled.set(quarter, step === 'settle');
          }
        }
        const progress = state.progress('a');
        if (progress === undefined) throw new Error('no progress');
        expect(progress.since).toBe(since);
        for (const quarter of quarterRange(since, progress.timePeriod))
          expect(progress.missing.includes(quarter), quarter).toBe(settled.get(quarter) !== true);
        expect(progress.missing).toEqual([...new Set(progress.missing)].sort());
        expect(stateOf({ forecasts: state.toJSON() }).toJSON()).toEqual(state.toJSON());
      }),
    );
  });

  it('given the earlier weeks of an open quarter, then it is remembered that they are out', () => {
    const state = begun('2027_Q1');
    state.noteOpen('a', '2027_Q2');
    expect(stateOf({ forecasts: state.toJSON() }).progress('a')).toMatchObject({ open: '2027_Q2' });
  });
});

describe('a state of the first release, which does not say since when', () => {
  it.each([
    // What lies before the cursor and isn't owed is done; the quarter at the cursor may not have settled.
    [
      { timePeriod: '2026_Q4', missing: [] },
      { since: '2026_Q4', timePeriod: '2026_Q4', missing: ['2026_Q4'] },
    ],
    [{ timePeriod: '2026_Q4' }, { since: '2026_Q4', timePeriod: '2026_Q4', missing: ['2026_Q4'] }],
    [
      { timePeriod: '2026_Q4', missing: ['2026_Q2'] },
      { since: '2026_Q2', timePeriod: '2026_Q4', missing: ['2026_Q2', '2026_Q4'] },
    ],
  ])('given %j, then it is read as %j', (old, read) => {
    expect(stateOf({ forecasts: { a: old } }).progress('a')).toEqual(read);
  });

  it('given a first quarter from the configuration, then nothing before the cursor is fetched again', () => {
    const state = stateOf({ forecasts: { a: { timePeriod: '2026_Q4', missing: ['2026_Q2'] } } });
    state.begin('a', '2025_Q1');
    expect(state.progress('a')).toEqual({ since: '2025_Q1', timePeriod: '2026_Q4', missing: ['2026_Q2', '2026_Q4'] });
    state.begin('a', '2024_Q4');
    expect(state.progress('a')?.missing).toEqual(['2024_Q4', '2026_Q2', '2026_Q4']);
  });
});

describe("a state that can't be used", () => {
  it('given nonsense, then all of it is named at once', () => {
    const problems: string[] = [];
    const forecasts = {
      a: { since: '2027_Q1', timePeriod: '2027-Q1', missing: [] },
      b: 7,
      c: { since: '2027_Q1', timePeriod: '2027_Q1', missing: ['x'] },
      d: { since: 'x', timePeriod: '2027_Q1', missing: [] },
      e: { since: '2027_Q1' },
      good: { since: '2027_Q1', timePeriod: '2027_Q1', missing: [] },
    };
    new ForecastState({ forecasts }, TODAY, problems);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((id) => `forecasts.${id}`),
    );
    const others: string[] = [];
    new ForecastState({ forecasts: [] }, TODAY, others);
    expect(others).toEqual(['forecasts: must be an object']);
  });

  it('given quarters that nobody has synced, then that is a problem, since each of those after them would cost an export', () => {
    const problems: string[] = [];
    const forecasts = {
      a: { since: '1900_Q1', timePeriod: '1900_Q1', missing: [] },
      b: { since: '1900_Q1', timePeriod: '2027_Q1', missing: ['1900_Q2'] },
      c: { timePeriod: '2005_Q4' },
      good: { since: '1990_Q1', timePeriod: '2006_Q1', missing: ['2006_Q1'] },
    };
    new ForecastState({ forecasts }, TODAY, problems);
    expect(problems).toEqual(
      [
        ['a', '1900_Q1'],
        ['b', '1900_Q2'],
        ['c', '2005_Q4'],
      ].map(
        ([id, quarter]) =>
          `forecasts.${id}: must be no more than 20 years in the past (${quarter}; each quarter costs an export)`,
      ),
    );
  });
});

describe('the settings that rows depend on', () => {
  it('given those of the last sync, then they are known; given none, or nonsense, then there are none', () => {
    expect(stateOf({ settings: { currency: 'USD' } }).earlierSettings).toEqual({ currency: 'USD' });
    expect(stateOf({}).earlierSettings).toBeUndefined();
    expect(stateOf({ settings: 'USD' }).earlierSettings).toBeUndefined();
  });
});
