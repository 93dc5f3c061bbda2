import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClariError } from '../../src/clari/errors';
import { type JsonObject, parseJson } from '../../src/json';
import { schemaOf } from '../../src/resources';
import { activityRow } from '../../src/streams/activities/rows';
import { eventRow } from '../../src/streams/audit-events';
import { asObjects, ColumnPicker, type Row, unknownKeysWarning } from '../../src/streams/columns';
import { dimensionRows } from '../../src/streams/forecast-entries/dimension-rows';
import { opportunityRow } from '../../src/streams/opportunity-rows';

const EXPORTED_AT = '2026-11-23T08:00:11.663Z';
const EXPORT = { forecastId: 'net_new', timePeriod: '2027_Q4', jobId: null, exportedAt: EXPORTED_AT };

/** How each stream turns an item of Clari's into a row. */
const STREAMS: readonly [string, (picker: ColumnPicker, item: JsonObject) => Row][] = [
  ['activities', (picker, item) => activityRow(picker, item, EXPORTED_AT).row],
  ['audit_events', (picker, item) => eventRow(picker, item, 'hash', item)],
  ['opportunities', opportunityRow],
  ['forecast_users', (picker, item) => picker.row(item, EXPORT)],
  ['forecast_fields', (picker, item) => picker.row(item, EXPORT)],
  ['forecast_time_frames', (picker, item) => picker.row(item, EXPORT)],
  ['forecast_time_periods', (picker, item) => picker.row(item, EXPORT)],
];

describe('a row', () => {
  it('given values of a type that their columns can not hold, then these are null, kept, and named', () => {
    const { columns, nulled } = new ColumnPicker('activities').row({
      activityId: 7,
      subject: { text: 'Kick-off' },
      activityOwnerId: 5,
      accounts: 'none',
      participants: [{ name: 'Maya', isInternal: 'yes' }],
      opportunities: [{ opportunityId: 5, opportunityName: null }],
    });
    expect(columns).toMatchObject({
      activityId: '7',
      subject: null,
      activityOwnerId: '5',
      accounts: null,
      participants: null,
      opportunities: [{ opportunityId: '5', opportunityName: null }],
      additionalFields: {
        subject: { text: 'Kick-off' },
        accounts: 'none',
        participants: [{ name: 'Maya', isInternal: 'yes' }],
      },
    });
    expect(nulled).toEqual(['subject', 'accounts', 'participants']);
  });

  it('given values that fit, then they are the very same, and nothing is left over', () => {
    const accounts = [{ accountId: 'a', more: [1] }];
    const { columns, nulled } = new ColumnPicker('activities').row({ activityId: 'x', accounts });
    expect(columns['accounts']).toBe(accounts);
    expect(columns['additionalFields']).toBeNull();
    expect(nulled).toEqual([]);
  });

  it('given a key column that is missing or no text, then it is empty, never null', () => {
    const picker = new ColumnPicker('opportunities');
    expect(picker.row({}).columns['id']).toBe('');
    expect(picker.row({ id: { a: 1 } })).toMatchObject({
      columns: { id: '', additionalFields: { id: { a: 1 } } },
      nulled: ['id'],
    });
  });

  it('given keys of Clari with the names of columns of ours, or of nothing at all, then they are kept apart', () => {
    const picker = new ColumnPicker('activities');
    const item = parseJson(
      '{"activityId":"x","exportedAt":"1999","additionalFields":{"a":1},"__proto__":2,"constructor":3}',
    );
    const { columns } = picker.row(item as JsonObject, { exportedAt: EXPORTED_AT });
    expect(columns['exportedAt']).toBe(EXPORTED_AT);
    expect(JSON.stringify(columns['additionalFields'])).toBe(
      '{"exportedAt":"1999","additionalFields":{"a":1},"__proto__":2,"constructor":3}',
    );
    expect([...picker.unknownKeys]).toEqual(['exportedAt', 'additionalFields', '__proto__', 'constructor']);
  });

  it('given a number that JavaScript can not hold, then an amount of it is kept as text, and an id is that text', () => {
    const item = parseJson('{"id":12345678901234567890,"crmScore":{"score":1e400},"big":9007199254740993}');
    const { columns, nulled } = new ColumnPicker('opportunities').row(item as JsonObject);
    expect(columns).toMatchObject({
      id: '12345678901234567890',
      crmScore: null,
      additionalFields: { crmScore: { score: '1e400' }, big: '9007199254740993' },
    });
    expect(nulled).toEqual(['crmScore']);
  });

  it('given nesting that no message can have, then that is an error of Clari’s answer', () => {
    const deep = JSON.parse(`{"id":"x","crmScore":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`);
    const row = new ColumnPicker('opportunities').row(deep);
    expect(() => row.toRecord()).toThrow(ClariError);
  });

  it.each(STREAMS)(
    'given anything as an item of %s, then the row is what its schema says, and nothing is lost',
    (stream, rowOf) => {
      const ajv = new Ajv({ strict: false, allErrors: true });
      addFormats(ajv);
      const schema = schemaOf(stream);
      const valid = ajv.compile({ ...schema, additionalProperties: false, required: Object.keys(schema.properties) });
      const keys = [...Object.keys(schema.properties), 'name', 'email', 'mood', '__proto__', 'toString'];
      const values = fc.oneof(
        fc.jsonValue(),
        fc.constantFrom<unknown[]>('2026-11-23', '2026-11-23T08:00:11+01:00', 1795420811663, '12', 'x', true),
        fc.constantFrom<unknown[]>(
          [{ id: { toString: 1 }, value: 1 }],
          [{ id: 'amount', value: 1 }],
          [null, { name: 5 }],
        ),
      );
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.constantFrom(...keys), values), { maxLength: keys.length }), (members) => {
          const item = Object.fromEntries(members.map(([key, value]) => [key, JSON.parse(JSON.stringify(value))]));
          const row = rowOf(new ColumnPicker(stream), item);
          const { text, nulled } = row.toRecord();
          const data = JSON.parse(text) as JsonObject;
          expect(valid(data), JSON.stringify([valid.errors, item])).toBe(true);
          for (const column of nulled) expect([null, ''], column).toContain(data[column]);
          for (const value of Object.values(item)) {
            // A scalar may have become text, a number or a date-time.
            if (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
              expect(text).toContain(JSON.stringify(value));
            if (typeof value === 'string' && !/^[\d.eE+-]*$|^\d{4}-/.test(value))
              expect(text).toContain(JSON.stringify(value));
          }
        }),
        { numRuns: 300 },
      );
    },
  );
});

describe('the warning about unknown keys', () => {
  it('given none, then there is no warning', () => {
    expect(new ColumnPicker('activities').unknownKeysWarning()).toBeUndefined();
  });

  it('given a few, then they are named', () => {
    expect(unknownKeysWarning('activities', new Set(['a', 'b']))).toMatch(/in activities; .*additionalFields: a, b$/);
  });

  it('given very many or very long ones, then the line stays short, and says how many they are', () => {
    const many = new Set(Array.from({ length: 300_000 }, (_, index) => `key${index}`));
    expect(unknownKeysWarning('activities', many)).toMatch(/key0, .*key49 … \(10000 or more in all\)$/);
    const picker = new ColumnPicker('activities');
    picker.row(Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key${index}${'x'.repeat(5_000)}`, 1])));
    const warning = picker.unknownKeysWarning() ?? '';
    expect(warning).toMatch(/ … \(60 in all\)$/);
    expect(warning.length).toBeLessThan(6_000);
  });

  it('given one that is too long to show, then no part of it is shown: it may hold the API key', () => {
    expect(unknownKeysWarning('activities', new Set(['a', `${'x'.repeat(90)}secret-key-1`]))).toMatch(
      /additionalFields: a, a name of 102 characters$/,
    );
  });

  it('given keys that are ids, then they don’t fill the memory', () => {
    const picker = new ColumnPicker('activities');
    for (let index = 0; index < 12_000; index++) picker.row({ [`key${index}`]: 1 });
    expect(picker.unknownKeys.size).toBe(10_000);
  });
});

it('given items that are no objects, then that is an error: leaving them out would lose them', () => {
  expect(() => asObjects([{}, null], 'activities')).toThrow(/activities that aren't JSON objects/);
});

describe('the arrays beside the entries of an export', () => {
  it('given users, then each is a row of its quarter, whether or not anybody called a number', () => {
    const picker = new ColumnPicker('forecast_users');
    const rows = dimensionRows(
      picker,
      [{ userId: 5, name: { first: 'Maya' }, email: ['m@example.com'], team: 'EMEA' }, { name: 'Nobody' }],
      EXPORT,
    );
    expect(rows.map(({ text }) => JSON.parse(text))).toEqual([
      {
        ...EXPORT,
        ...{ userId: '5', crmId: null, email: null, name: null, hierarchyId: null, hierarchyName: null },
        ...{ scopeId: null, parentHierarchyId: null, parentHierarchyName: null },
        additionalFields: { name: { first: 'Maya' }, email: ['m@example.com'], team: 'EMEA' },
      },
      expect.objectContaining({ userId: '', name: 'Nobody', additionalFields: null }),
    ]);
    expect(rows[0]?.nulled).toEqual(['email', 'name']);
    expect([...picker.unknownKeys]).toEqual(['team']);
  });

  it('given a period whose dates are none, then the columns are null and the dates are kept', () => {
    const [row] = dimensionRows(
      new ColumnPicker('forecast_time_periods'),
      [{ timePeriodId: '2027_Q4', year: 2027, startDate: '11/01/2026', endDate: '2027-01-31', timePeriod: 'mine' }],
      { ...EXPORT, jobId: 'job-1' },
    );
    expect(JSON.parse(row?.text ?? '')).toMatchObject({
      timePeriod: '2027_Q4',
      year: '2027',
      startDate: null,
      endDate: '2027-01-31',
      jobId: 'job-1',
      additionalFields: { startDate: '11/01/2026', timePeriod: 'mine' },
    });
  });

  it('given no array, then there are no rows; given what is none, or no objects in it, then that is an error', () => {
    const picker = new ColumnPicker('forecast_fields');
    expect(dimensionRows(picker, undefined, EXPORT)).toEqual([]);
    expect(dimensionRows(picker, null, EXPORT)).toEqual([]);
    for (const items of [{}, 'none', [null], [['x']]])
      expect(() => dimensionRows(picker, items, EXPORT)).toThrow(ClariError);
  });
});

describe('an activity', () => {
  const rowOf = (date: unknown) => activityRow(new ColumnPicker('activities'), { activityId: 'a', date }, EXPORTED_AT);

  it.each([1795420811663, '1795420811663', 1795420811.663, '2026-11-23T00:00:11.663-08:00', '20261123T080011.663Z'])(
    'given the date %j, then it is one instant, in UTC',
    (date) => {
      const { instant, row } = rowOf(date);
      expect(instant).toBe(1795420811663);
      expect(row.columns).toMatchObject({ date: '2026-11-23T08:00:11.663Z', exportedAt: EXPORTED_AT });
    },
  );

  it('given what is no date, then it is a row all the same, without an instant', () => {
    const { instant, row, activityId } = rowOf('11/10/2026');
    expect(instant).toBeUndefined();
    expect(activityId).toBe('a');
    expect(row).toMatchObject({ columns: { date: null, additionalFields: { date: '11/10/2026' } }, nulled: ['date'] });
    expect(rowOf(undefined)).toMatchObject({ instant: undefined, row: { nulled: [] } });
  });
});
