import { describe, expect, it } from 'vitest';
import { dateTimeCursor, resumeFrom } from '../../src/streams/date-time-cursor';

const NOW = Date.parse('2026-11-23T10:00:00.500Z');

describe('a cursor', () => {
  it.each([
    [undefined, undefined],
    [{}, undefined],
    [{ date: null }, undefined],
    [{ date: '2026-11-20T10:00:00Z' }, '2026-11-20T10:00:00Z'],
    [{ date: '2026-11-20T10:00:00+02:00' }, '2026-11-20T08:00:00.000Z'],
    [{ date: '2026-11-20' }, '2026-11-20T00:00:00.000Z'],
  ])('given the state %j, then it is %s', (state, expected) => {
    expect(dateTimeCursor('activities', state, 'date')).toBe(expected);
  });

  it.each(['5', 'yesterday', '+275760-09-13T00:00:00Z', '1795420811663', 5, {}, ''])(
    'given %j in the state, then that is a config error that names the key',
    (date) => {
      expect(() => dateTimeCursor('activities', { date }, 'date')).toThrow(
        expect.objectContaining({ failureType: 'config_error', message: expect.stringContaining('date: must be') }),
      );
    },
  );
});

describe('resuming', () => {
  it('given a cursor, then the days before it are read again', () => {
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    expect(resumeFrom('activities', '2026-11-20T10:00:00Z', { now: NOW, lookbackDays: 3, warn })).toEqual({
      cursor: '2026-11-20T10:00:00Z',
      from: Date.parse('2026-11-17T10:00:00Z'),
    });
    expect(warnings).toEqual([]);
  });

  it('given a cursor in the future, then it counts as now, with a warning', () => {
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    expect(resumeFrom('activities', '2099-12-31T00:00:00Z', { now: NOW, lookbackDays: 3, warn })).toEqual({
      cursor: '2026-11-23T10:00:00Z',
      from: NOW,
    });
    expect(warnings).toEqual([expect.stringMatching(/activities lies in the future \(2099-12-31T00:00:00Z\)/)]);
  });
});
