import { describe, expect, it } from 'vitest';
import { resumptionOf } from '../../src/streams/resumption';

const NOW = '2026-11-23T10:00:00.500Z';

/** A resumption as text, and what was warned of. */
async function resume(
  state: Record<string, unknown> | undefined,
  { startDate, lookbackDays = 3 }: { startDate?: string; lookbackDays?: number } = {},
) {
  const warnings: string[] = [];
  const context = {
    config: { startDate, lookbackDays },
    startedAt: async () => Date.parse(NOW),
    log: { warn: (message: string) => warnings.push(message) },
  } as unknown as Parameters<typeof resumptionOf>[3];
  const { from, cursor, since } = await resumptionOf('activities', state, 'date', context);
  return {
    from: from === undefined ? 'nothing' : new Date(from).toISOString(),
    cursor,
    since: [since.before, since.after],
    warnings,
  };
}

describe('a first sync', () => {
  it.each([undefined, {}, { date: null }])('given the state %j, then it reads the last 30 days', async (state) => {
    expect(await resume(state)).toEqual({
      from: '2026-10-24T00:00:00.000Z',
      cursor: undefined,
      since: ['2026-10-24', '2026-10-24'],
      warnings: [],
    });
  });

  it('given start_date, then it reads from there', async () => {
    expect(await resume({}, { startDate: '2026-02-01' })).toMatchObject({
      from: '2026-02-01T00:00:00.000Z',
      since: ['2026-02-01', '2026-02-01'],
    });
  });
});

describe('a later sync', () => {
  it.each([
    ['2026-11-20T10:00:00Z', '2026-11-20T10:00:00Z', '2026-11-17T10:00:00.000Z'],
    ['2026-11-20T10:00:00+02:00', '2026-11-20T08:00:00.000Z', '2026-11-17T08:00:00.000Z'],
    ['2026-11-20', '2026-11-20T00:00:00.000Z', '2026-11-17T00:00:00.000Z'],
  ])('given the cursor %s, then the days before it are read again', async (date, cursor, from) => {
    expect(await resume({ date, since: '2026-01-01' })).toEqual({
      from,
      cursor,
      since: ['2026-01-01', '2026-01-01'],
      warnings: [],
    });
  });

  it.each([
    ['the first day ever read', '2026-01-01', '2026-11-17T10:00:00.000Z', '2026-01-01'],
    ['a day between that and the cursor', '2026-06-01', '2026-11-17T10:00:00.000Z', '2026-01-01'],
    ['a day before it, then that is read once', '2025-06-01', '2025-06-01T00:00:00.000Z', '2025-06-01'],
    ['a day within the lookback, then no earlier one is read', '2026-11-19', '2026-11-19T00:00:00.000Z', '2026-11-19'],
  ])('given start_date on %s, then it resumes there', async (_, startDate, from, after) => {
    expect(await resume({ date: '2026-11-20T10:00:00Z', since: '2026-01-01' }, { startDate })).toMatchObject({
      from,
      since: ['2026-01-01', after],
    });
  });

  it('given a cursor in the future, then it counts as now, and nothing is read', async () => {
    expect(await resume({ date: '2099-12-31T00:00:00Z', since: '2026-01-01' })).toEqual({
      from: 'nothing',
      cursor: '2026-11-23T10:00:00Z',
      since: ['2026-01-01', '2026-01-01'],
      warnings: [expect.stringMatching(/activities is in the future \(2099-12-31T00:00:00Z\)/)],
    });
  });

  it('given such a cursor and an earlier start_date, then the days that it adds are read', async () => {
    expect(
      await resume({ date: '2099-12-31T00:00:00Z', since: '2026-01-01' }, { startDate: '2025-06-01' }),
    ).toMatchObject({ from: '2025-06-01T00:00:00.000Z', cursor: '2026-11-23T10:00:00Z' });
  });
});

describe('a malformed state', () => {
  it.each([
    ...['5', 'yesterday', '+275760-09-13T00:00:00Z', '1795420811663', 5, {}, ''].map((date) => ({ date })),
    ...['2026-1-1', '2026-11-23T00:00:00Z', 5, {}, ''].map((since) => ({ date: '2026-11-20T10:00:00Z', since })),
  ])('given %j, then that is a config error that names the key', async (state) => {
    await expect(resume(state)).rejects.toMatchObject({
      failureType: 'config_error',
      message: expect.stringMatching('since' in state ? /: since: must be/ : /: date: must be/),
    });
  });
});
