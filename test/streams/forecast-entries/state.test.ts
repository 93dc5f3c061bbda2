import { describe, expect, it } from 'vitest';
import { SyncError } from '../../../src/airbyte/stream';
import { ForecastState } from '../../../src/streams/forecast-entries/state';

const none = new Set<string>();
const progressOf = (state: ForecastState, id = 'net_new') => state.progress(id);

describe('the state of forecast_entries', () => {
  it.each([undefined, {}, { forecasts: {} }, { forecasts: null, pendingJobs: null }, { other: 1 }])(
    'given %j, then nothing is done yet',
    (state) => {
      expect(progressOf(new ForecastState(state as never))).toEqual({ timePeriod: null, missing: [] });
    },
  );

  it('given a state that was written, when it is read again, then it says the same', () => {
    const state = new ForecastState(undefined);
    state.advance('net_new', '2027_Q2', none);
    state.advance('net_new', '2027_Q3', new Set(['2027_Q1']));
    state.notePending({
      forecastId: 'net_new',
      timePeriod: null,
      jobId: 'job-1',
      submittedAt: '2026-11-23T10:00:00.000Z',
    });
    state.noteSubmitting({ forecastId: 'renewals', timePeriod: '2027_Q1', submittedAt: '2026-11-23T10:00:01.000Z' });
    const written = JSON.parse(JSON.stringify(state));
    expect(written).toEqual({
      forecasts: { net_new: { timePeriod: '2027_Q3', missing: ['2027_Q1'] } },
      pendingJobs: [
        { forecastId: 'net_new', timePeriod: null, jobId: 'job-1', submittedAt: '2026-11-23T10:00:00.000Z' },
      ],
      submitting: [{ forecastId: 'renewals', timePeriod: '2027_Q1', submittedAt: '2026-11-23T10:00:01.000Z' }],
    });
    expect(new ForecastState(written).toJSON()).toEqual(written);
  });

  it('given a failed quarter, when a later one closes, then the cursor passes it and it is owed; once exported, it no longer is', () => {
    const state = new ForecastState(undefined);
    const owed = new Set(['2027_Q1']);
    state.advance('net_new', undefined, owed);
    expect(progressOf(state)).toEqual({ timePeriod: null, missing: [] });
    state.advance('net_new', '2027_Q2', owed);
    expect(progressOf(state)).toEqual({ timePeriod: '2027_Q2', missing: ['2027_Q1'] });
    state.advance('net_new', '2027_Q1', none);
    expect(progressOf(state)).toEqual({ timePeriod: '2027_Q2', missing: [] });
  });

  it('given a failure of the newest quarter, then the cursor stays before it', () => {
    const state = new ForecastState({ forecasts: { net_new: { timePeriod: '2027_Q1', missing: [] } } });
    state.advance('net_new', undefined, new Set(['2027_Q2']));
    expect(progressOf(state)).toEqual({ timePeriod: '2027_Q1', missing: [] });
  });

  it('given a job that is started, then it takes the place of the POST before it, and of an older job of the same quarter', () => {
    const state = new ForecastState(undefined);
    state.noteSubmitting({ forecastId: 'a', timePeriod: '2027_Q1', submittedAt: 't1' });
    expect(state.submittingSince('a', '2027_Q1')).toBe('t1');
    state.notePending({ forecastId: 'a', timePeriod: '2027_Q1', jobId: 'job-1', submittedAt: 't1' });
    expect(state.submittingSince('a', '2027_Q1')).toBeUndefined();
    expect(state.pendingJob('a', '2027_Q1')?.jobId).toBe('job-1');
    expect(state.pendingJob('a', null)).toBeUndefined();
    state.notePending({ forecastId: 'a', timePeriod: '2027_Q1', jobId: 'job-2', submittedAt: 't2' });
    expect(state.jobsOnly()).toEqual({
      pendingJobs: [{ forecastId: 'a', timePeriod: '2027_Q1', jobId: 'job-2', submittedAt: 't2' }],
    });
  });

  it('given jobs whose results Clari no longer keeps, then they are forgotten', () => {
    const state = new ForecastState({
      pendingJobs: [
        { forecastId: 'a', timePeriod: null, jobId: 'old', submittedAt: '2026-10-01T00:00:00Z' },
        { forecastId: 'b', timePeriod: null, jobId: 'new', submittedAt: '2026-11-01T00:00:00Z' },
      ],
    });
    state.forgetOlderThan('2026-10-25T00:00:00.000Z');
    expect(state.pendingJob('a', null)).toBeUndefined();
    expect(state.pendingJob('b', null)?.jobId).toBe('new');
  });

  it('given a state that makes no sense, then all that is wrong is named at once', () => {
    const nonsense = { forecasts: { a: { timePeriod: '2027-Q1' }, b: 7 }, pendingJobs: [{ forecastId: 'a' }] };
    const attempt = () => new ForecastState(nonsense);
    expect(attempt).toThrow(SyncError);
    expect(attempt).toThrow(/forecasts\.a: .*forecasts\.b: .*pendingJobs\[0\]: /);
  });
});
