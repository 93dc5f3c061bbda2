import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEntryMapper } from '../../../src/clari/entries/mapper';
import { schemaOf } from '../../../src/resources';

const schema = schemaOf('forecast_entries');
const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
const valid = ajv.compile({ ...schema, additionalProperties: false, required: Object.keys(schema.properties) });
const KEY = ['forecastId', 'timePeriodId', 'timeFrameId', 'ownerId', 'fieldId'];
const CONTEXT = {
  forecastId: 'net_new',
  forecastName: 'Net "New"',
  timePeriod: '2027_Q4',
  jobId: 'job-1',
  exportedAt: '2026-11-23T08:00:11.663Z',
};
const PARTS = {
  users: [
    { userId: 'u1', name: 'Tomás „T“ Brøgger', email: 't@example.com', team: 'EMEA' },
    { userId: 7, name: {}, crmId: [] },
  ],
  fields: [{ fieldId: 'f1', fieldName: 'Commit\n', fieldType: 'forecast' }],
  timeFrames: [{ timeFrameId: 'w1', startDate: '18/11/2026', endDate: '2026-11-24' }],
  timePeriods: [{ timePeriodId: '2027_Q4', type: 'quarter', year: 2027 }],
};
const KEYS = [
  ...[
    'userId',
    'fieldId',
    'timeFrameId',
    'timePeriodId',
    'forecastValue',
    'aggregationTotal',
    'isUpdated',
    'updatedOn',
  ],
  ...['currency', 'ownerName', 'ownerEmail', 'timePeriod', 'forecastAmount', 'crmTotal', '__proto__', 'mood'],
];
const values = fc.oneof(
  fc.constantFrom('u1', 7, 'f1', 'w1', '2027_Q4', '2027_Q3', { code: 'USD', symbol: '$' }),
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
);
// JSON.parse makes a key __proto__ a key like any other, as it does when an export is read.
const entries = fc
  .array(fc.tuple(fc.constantFrom(...KEYS), values), { maxLength: KEYS.length })
  .map((members) =>
    JSON.parse(`{${members.map((pair) => pair.map((part) => JSON.stringify(part)).join(':')).join()}}`),
  );

describe('an entry as JSON', () => {
  it.each([
    ['published parts', PARTS],
    ['no parts', {}],
  ])('given any entry and %s, then it is the row that the mapper makes of it, and fits the schema', (_, parts) => {
    fc.assert(
      fc.property(fc.array(entries, { minLength: 1, maxLength: 3 }), (several) => {
        const mapper = createEntryMapper(parts, CONTEXT);
        for (const entry of several) {
          const row = mapper.map(entry);
          const { timePeriodId, json, nulled } = mapper.mapToJson(entry);
          const data = JSON.parse(json);
          expect(data).toEqual(JSON.parse(JSON.stringify(row)));
          expect(timePeriodId).toBe(row.timePeriodId);
          expect(valid(data), JSON.stringify([valid.errors, entry])).toBe(true);
          // A key can't be null: it is empty, or in the listed contract the quarter or the owner's name.
          for (const column of nulled) if (!KEY.includes(column)) expect(data[column], column).toBeNull();
        }
      }),
      { numRuns: 500 },
    );
  });

  it('given what is no entry, then that is the same error', () => {
    const mapper = createEntryMapper(PARTS, CONTEXT);
    expect(() => mapper.mapToJson(null)).toThrow(/job job-1 hold entries that aren't JSON objects/);
  });
});
