import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asDate, asDateTime, asNumber, asText } from '../src/values';

describe('a date-time', () => {
  it.each([
    [1795420811663, '2026-11-23T08:00:11.663Z'],
    ['1795420811663', '2026-11-23T08:00:11.663Z'],
    [1795420811, '2026-11-23T08:00:11.000Z'],
    ['1795420811', '2026-11-23T08:00:11.000Z'],
    [1795420811.663, '2026-11-23T08:00:11.663Z'],
    ['1795420811.663123', '2026-11-23T08:00:11.663123Z'],
    ['2026-11-23T08:00:11Z', '2026-11-23T08:00:11Z'],
    ['2026-11-23T08:00:11.5Z', '2026-11-23T08:00:11.5Z'],
    ['2026-11-23T08:00:11.123456789Z', '2026-11-23T08:00:11.123456789Z'],
    ['2026-11-23T23:30:00-08:00', '2026-11-24T07:30:00.000Z'],
    ['2026-11-23T00:30:00.123456+0530', '2026-11-22T19:00:00.123456Z'],
    ['2026-11-23T00:30+01', '2026-11-22T23:30:00.000Z'],
    ['2026-11-23 08:00:11', '2026-11-23T08:00:11.000Z'],
    ['2026-11-23 08:00:11 UTC', '2026-11-23T08:00:11.000Z'],
    ['2026-11-23t08:00:11z', '2026-11-23T08:00:11.000Z'],
    ['20261123T080011Z', '2026-11-23T08:00:11.000Z'],
    ['20261123', '2026-11-23T00:00:00.000Z'],
    ['2026-11-23', '2026-11-23T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ])('given %j, then it is %s', (value, expected) => {
    expect(asDateTime(value)).toBe(expected);
  });

  it.each([
    ...['11/10/2026', 'yesterday', '', '2026', '2026-11', '2026-1-1', '2027-02-29', '2026-13-01', '2026-11-00', '5'],
    ...[
      '2026-11-23T24:00:00Z',
      '2026-11-23T08:60:00Z',
      '2026-1123',
      '0000-01-01T00:00:00Z',
      '2026-11-23T08:00:00+99:00',
    ],
    ...[0, -1, 5, 1e300, 8.64e15, Number.NaN, true, null, undefined, {}, [1795420811663]],
  ])('given %j, then it is none', (value) => {
    expect(asDateTime(value)).toBeNull();
  });

  it('given any instant between 1973 and 9999, then milliseconds and every offset lead to it', () => {
    const instants = fc.date({
      min: new Date('1973-03-04T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, fc.integer({ min: -839, max: 839 }), (date, offset) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const zone = `${offset < 0 ? '-' : '+'}${new Date(Math.abs(offset) * 60_000).toISOString().slice(11, 16)}`;
        expect(asDateTime(date.getTime())).toBe(date.toISOString());
        expect(asDateTime(local + zone)).toBe(date.toISOString());
      }),
    );
  });
});

it('given instants of the same day and of its neighbours, then each is its own, in the first year too', () => {
  const day = fc.integer({ min: -719_162, max: 2_932_895 });
  const times = fc.array(fc.integer({ min: -1, max: 86_400_001 }), { minLength: 2 });
  fc.assert(
    fc.property(day, times, (day, times) => {
      const instants = times.map((ms) => new Date(day * 86_400_000 + ms).toISOString());
      // An offset, so that the text is made anew.
      const given = instants.map((instant) => instant.replace('Z', '+00:00'));
      // What lies before the first year is none: databases don't support the year 0.
      const expected = instants.map((instant) => (instant.startsWith('0000') ? null : instant));
      expect(given.map(asDateTime)).toEqual(expected);
    }),
  );
});

it('given an offset that is none, then that is no time', () => {
  expect(['2026-11-23T08:00:00+05:99', '2026-11-23T08:00:00+24:00'].map(asDateTime)).toEqual([null, null]);
});

it('given a day, then it is one only as the calendar has it', () => {
  expect(['2026-11-23', '2026-02-30', '2026-11-23T00:00:00Z', '11/23/2026', 20261123].map(asDate)).toEqual([
    '2026-11-23',
    null,
    null,
    null,
    null,
  ]);
});

it('given numbers and texts, then each becomes the other only where nothing is lost', () => {
  expect(
    [7, '12.50', '-3', '1e3', '12345678901234567890', '1e400', 'n/a', '', ' 1', Number.POSITIVE_INFINITY].map(asNumber),
  ).toEqual([7, 12.5, -3, 1000, null, null, null, null, null, null]);
  expect(['a', 5, 1.5, true, {}, null].map(asText)).toEqual(['a', '5', '1.5', null, null, null]);
});
