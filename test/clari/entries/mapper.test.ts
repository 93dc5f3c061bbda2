import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEntryMapper, periodsOf } from '../../../src/clari/entries/mapper';
import { parseJson } from '../../../src/json';

const sample = (name: string) =>
  JSON.parse(readFileSync(join(__dirname, '..', '..', 'simulator', 'fixtures', `${name}.json`), 'utf8'));
const CONTEXT = {
  forecastId: 'net_new',
  forecastName: null,
  timePeriod: '2027_Q4',
  jobId: 'job-1',
  exportedAt: '2026-11-23T08:00:11.663Z',
};
const USER = { userId: 'u1', name: 'Maya Ortiz', email: 'maya@example.com', crmId: '005' };
const mapOne = (entry: unknown, parts: object = { fields: [{ fieldId: 'f1' }] }) =>
  createEntryMapper(parts, CONTEXT).map(entry);

describe('entries of the published contract', () => {
  const { entries, ...parts } = sample('forecast_results');

  it('given an entry, then ids, names, weeks and periods are joined, and times are date-times', () => {
    const mapper = createEntryMapper(parts, CONTEXT);
    const rows = entries.map((entry: unknown) => mapper.map(entry));
    expect(rows).toHaveLength(entries.length);
    const index = entries.findIndex(({ updatedOn }: { updatedOn?: number }) => updatedOn !== undefined);
    const entry = entries[index];
    const user = parts.users.find(({ userId }: { userId: string }) => userId === entry.userId);
    expect(rows[index]).toMatchObject({
      ownerId: entry.userId,
      ownerName: user.name,
      ownerEmail: user.email,
      ownerCrmId: user.crmId,
      hierarchyName: user.hierarchyName,
      forecastAmount: entry.forecastValue,
      isUpdated: entry.isUpdated,
      updatedOn: new Date(entry.updatedOn).toISOString(),
      timePeriodType: 'quarter',
      jobId: 'job-1',
    });
  });

  it('given aggregationTotal and no crmTotal, then it is the CRM total, and is kept as it came too', () => {
    expect(mapOne({ fieldId: 'f1', aggregationTotal: 7 })).toMatchObject({
      crmTotal: 7,
      additionalFields: { aggregationTotal: 7 },
    });
    const mapper = createEntryMapper({ fields: [{ fieldId: 'f1' }] }, CONTEXT);
    mapper.map({ fieldId: 'f1', aggregationTotal: 7 });
    expect([...mapper.unknownKeys], 'no surprise, so nothing to warn of').toEqual([]);
    expect(mapOne({ fieldId: 'f1', aggregationTotal: 7, crmTotal: 8 })).toMatchObject({ crmTotal: 8 });
    expect(mapOne({ fieldId: 'f1', aggregationTotal: 7, crmTotal: null })).toMatchObject({ crmTotal: null });
  });

  it('given ids that no part knows, then the entry is a row all the same', () => {
    const row = mapOne({ userId: 'u9', fieldId: 'f9', timeFrameId: 't9', timePeriodId: '2027_Q4', forecastValue: 1 });
    expect(row).toMatchObject({ ownerId: 'u9', ownerName: null, fieldId: 'f9', fieldName: null, timeFrameId: 't9' });
  });

  it('given an entry without a part of its key, then that part is empty, never null', () => {
    expect(mapOne({ fieldId: 'f1' })).toMatchObject({ ownerId: '', timeFrameId: '', timePeriodId: '' });
  });

  it('given keys that no column takes, in the entry or in what is joined to it, then they are in additionalFields, and named', () => {
    const mapper = createEntryMapper(
      {
        users: [{ ...USER, team: 'EMEA' }],
        fields: [{ fieldId: 'f1' }],
        timePeriods: [{ timePeriodId: 'p1', open: true }],
      },
      CONTEXT,
    );
    const entry = {
      userId: 'u1',
      fieldId: 'f1',
      timePeriodId: 'p1',
      currency: { code: 'USD', symbol: '$', rate: 1 },
      mood: 'good',
    };
    const { additionalFields, currencyCode } = mapper.map(entry);
    expect(additionalFields).toEqual({
      mood: 'good',
      users: { team: 'EMEA' },
      timePeriods: { open: true },
      currency: { code: 'USD', symbol: '$', rate: 1 },
    });
    expect(currencyCode).toBe('USD');
    expect([...mapper.unknownKeys].sort()).toEqual(['currency', 'mood', 'timePeriods', 'users']);
    expect(
      mapper.map({ userId: 'u2', fieldId: 'f1', currency: { code: 'USD', symbol: '$' } }).additionalFields,
    ).toBeNull();
  });

  it('given an entry with a key of its own that is called as an array, then neither takes the place of the other', () => {
    const mapper = createEntryMapper({ users: [{ ...USER, team: 'EMEA' }] }, CONTEXT);
    const { additionalFields } = mapper.map({ userId: 'u1', fieldId: 'f1', users: 3, fields: { a: 1 } });
    expect(additionalFields).toEqual({ users: { team: 'EMEA' }, users_: 3, fields: { a: 1 } });
  });

  it('given a key __proto__, then it is kept like any other', () => {
    const row = mapOne(JSON.parse('{"fieldId":"f1","__proto__":{"a":1}}'));
    expect(JSON.stringify(row.additionalFields)).toBe('{"__proto__":{"a":1}}');
    expect(row.forecastAmount).toBeNull();
  });

  it.each([
    ['forecastValue', '12.50', { forecastAmount: 12.5, additionalFields: null }],
    ['forecastValue', 'n/a', { forecastAmount: null, additionalFields: { forecastValue: 'n/a' } }],
    [
      'quotaValue',
      '12345678901234567890',
      { quotaAmount: null, additionalFields: { quotaValue: '12345678901234567890' } },
    ],
    ['updatedOn', '1795420811663', { updatedOn: '2026-11-23T08:00:11.663Z', additionalFields: null }],
    ['updatedOn', 'yesterday', { updatedOn: null, additionalFields: { updatedOn: 'yesterday' } }],
    ['adjustedOn', 1e300, { adjustedOn: null, additionalFields: { adjustedOn: 1e300 } }],
    ['isUpdated', 'yes', { isUpdated: null, additionalFields: { isUpdated: 'yes' } }],
    ['updatedBy', 300102, { updatedBy: '300102', additionalFields: null }],
    ['updatedBy', { id: 1 }, { updatedBy: null, additionalFields: { updatedBy: { id: 1 } } }],
    ['currency', 'USD', { currencyCode: null, additionalFields: { currency: 'USD' } }],
  ])('given %s as %j, then its column fits the schema, and nothing is lost', (key, value, expected) => {
    expect(mapOne({ fieldId: 'f1', [key]: value })).toMatchObject(expected);
  });

  it.each([null, 7, 'x', ['x']])('given %j in place of an entry, then that is an error that names the job', (entry) => {
    expect(() => mapOne(entry)).toThrow(/job job-1 hold entries that aren't JSON objects/);
  });
});

describe('values of a type that their column can not hold', () => {
  const parts = {
    users: [
      { userId: 5, name: { first: 'Maya' }, email: ['maya@example.com'], crmId: 7 },
      { userId: 'u2', name: 'Tom', team: 'EMEA' },
    ],
    fields: [{ fieldId: 'f1', fieldName: ['Commit'] }],
    timeFrames: [{ timeFrameId: 'w1', startDate: '11/18/2026', endDate: '2026-11-24' }],
    timePeriods: [{ timePeriodId: 'p1', label: false, year: 2027 }],
  };

  it('given them in what an entry is joined with, then their columns are null, and they are kept and named', () => {
    const mapper = createEntryMapper(parts, CONTEXT);
    const entry = { userId: '5', fieldId: 'f1', timeFrameId: 'w1', timePeriodId: 'p1', forecastValue: 1 };
    const { json, nulled } = mapper.mapToJson(entry);
    expect(JSON.parse(json)).toMatchObject({
      ownerId: '5',
      ownerName: null,
      ownerEmail: null,
      ownerCrmId: '7',
      fieldName: null,
      timeFrameStartDate: null,
      timeFrameEndDate: '2026-11-24',
      timePeriodLabel: null,
      timePeriodYear: '2027',
      additionalFields: {
        users: { name: { first: 'Maya' }, email: ['maya@example.com'] },
        fields: { fieldName: ['Commit'] },
        timeFrames: { startDate: '11/18/2026' },
        timePeriods: { label: false },
      },
    });
    expect([...nulled].sort()).toEqual([
      'fieldName',
      'ownerEmail',
      'ownerName',
      'timeFrameStartDate',
      'timePeriodLabel',
    ]);
    expect([...mapper.unknownKeys], 'each of these keys has a column').toEqual([]);
  });

  it('given an id that is a number here and a text there, then both are the same person', () => {
    const mapper = createEntryMapper(parts, CONTEXT);
    for (const userId of [5, '5'])
      expect(mapper.map({ userId, fieldId: 'f1' })).toMatchObject({ ownerId: '5', ownerCrmId: '7' });
  });

  it.each([
    [{ forecastValue: 'n/a', isUpdated: 'yes' }, ['forecastAmount', 'isUpdated']],
    [{ userId: {} }, ['ownerId']],
    [{ currency: 'USD' }, ['currencyCode', 'currencySymbol']],
    [{ currency: { code: { iso: 'USD' }, symbol: '$' } }, ['currencyCode']],
    [{ aggregationTotal: 'n/a' }, ['crmTotal']],
    [{ forecastValue: 1, mood: 'good' }, []],
    [{ userId: 'u2' }, []],
  ])('given %j, then the columns that are null for it are %j, and it is kept', (entry, expected) => {
    const { json, nulled } = createEntryMapper(parts, CONTEXT).mapToJson({ fieldId: 'f1x', ...entry });
    expect([...nulled]).toEqual(expected);
    if (expected.length > 0) expect(JSON.parse(json).additionalFields).toMatchObject(entry);
  });

  it('given numbers that JavaScript can not hold, then amounts of them are kept as text, and an id is that text', () => {
    const entry = parseJson(
      '{"userId":12345678901234567890,"fieldId":"f1","forecastValue":1e400,"quotaValue":9007199254740993}',
    );
    expect(mapOne(entry)).toMatchObject({
      ownerId: '12345678901234567890',
      forecastAmount: null,
      quotaAmount: null,
      additionalFields: { forecastValue: '1e400', quotaValue: '9007199254740993' },
    });
  });

  it('given a row that no job brought, then its jobId is null', () => {
    expect(createEntryMapper(parts, { ...CONTEXT, jobId: null }).map({ fieldId: 'f1' }).jobId).toBeNull();
    expect(() => createEntryMapper(parts, { ...CONTEXT, jobId: null }).map(7)).toThrow(
      /results of the forecast "net_new"/,
    );
  });
});

describe('entries of the listed contract', () => {
  it('given an entry, then its owner is the address, and field, week and period are those of a whole owner', () => {
    const { entries } = sample('forecast_results_listed');
    const row = mapOne(entries[0], {});
    expect(row).toMatchObject({
      ownerId: entries[0].ownerEmail,
      ownerName: entries[0].ownerName,
      fieldId: 'all',
      timeFrameId: entries[0].timePeriod,
      timePeriodId: entries[0].timePeriod,
      forecastAmount: entries[0].forecastAmount,
      crmTotal: entries[0].crmTotal,
      crmClosed: entries[0].crmClosed,
      additionalFields: null,
    });
  });

  it('given an owner without an address, then the name stands in for it', () => {
    expect(mapOne({ ownerName: 'Maya', forecastAmount: 1 }, {})).toMatchObject({ ownerId: 'Maya', ownerEmail: null });
    expect(mapOne({ ownerName: 'Maya', ownerEmail: '' }, {})).toMatchObject({ ownerId: 'Maya', ownerEmail: '' });
  });
});

describe('the periods that results name', () => {
  it('given timePeriods, then these; else those of the entries; else none', () => {
    expect(periodsOf({ timePeriods: [{ timePeriodId: '2027_Q4' }, null] }, [{ timePeriodId: 'x' }])).toEqual([
      '2027_Q4',
    ]);
    expect(periodsOf({}, [{ timePeriod: '2027_Q3' }, { timePeriod: '2027_Q3' }, 7])).toEqual(['2027_Q3']);
    expect(periodsOf({ timePeriods: 'none' }, [])).toEqual([]);
  });
});

describe('entries of either contract', () => {
  it.each([
    [
      'published',
      ['userId', 'fieldId', 'timePeriodId', 'forecastValue', 'isUpdated', 'updatedBy', 'updatedOn', 'mood'],
    ],
    ['listed', ['ownerName', 'ownerEmail', 'timePeriod', 'forecastAmount', 'mood']],
  ])(
    'given any entry of the %s contract, then each of its values is in a column or in additionalFields',
    (contract, keys) => {
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()), (values) => {
          const entry: Record<string, unknown> = contract === 'listed' ? { ownerName: 'x', ...values } : values;
          const row = JSON.stringify(mapOne(entry));
          for (const value of Object.values(entry)) {
            // A number may have become a text or a date-time, and a text that is a number one.
            const stays = typeof value === 'string' ? Number.isNaN(Number(value)) : typeof value === 'object';
            if (stays && value !== null) expect(row).toContain(JSON.stringify(value));
          }
        }),
      );
    },
  );
});
