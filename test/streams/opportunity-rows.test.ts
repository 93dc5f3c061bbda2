import { expect, it } from 'vitest';
import { ColumnPicker } from '../../src/streams/columns';
import { opportunityRow, unknownIdsWarning } from '../../src/streams/opportunity-rows';

const rowOf = (item: Record<string, unknown>) => opportunityRow(new ColumnPicker('opportunities'), item);

it('given fields with trends, then they come as they are, and their values by id', () => {
  const fields = [
    { id: 'amount', value: 5, trend: 'UP', trendHistory: [{ oldValue: 4, newValue: 5, date: 1795420811663 }] },
    { id: 7, value: null },
  ];
  const { columns, nulled } = rowOf({ id: '006', fields });
  expect(columns['fields']).toEqual([fields[0], { id: '7', value: null }]);
  expect(columns['fieldValues']).toEqual({ amount: 5, 7: null });
  expect(nulled).toEqual([]);
});

it('given ids that are objects, then nothing breaks and nothing is lost', () => {
  const fields = [{ id: { toString: 1 }, value: 1 }, { id: 'amount', value: 5 }, null];
  const { columns, nulled } = rowOf({ id: { a: 1 }, fields });
  expect(columns).toMatchObject({
    id: '',
    fields: null,
    fieldValues: { amount: 5 },
    additionalFields: { id: { a: 1 }, fields },
  });
  expect(nulled).toEqual(['id', 'fields']);
});

it('given fields that are no list, then there are no values by id', () => {
  expect(rowOf({ id: '006', fields: { amount: 5 } }).columns).toMatchObject({
    fields: null,
    fieldValues: null,
    additionalFields: { fields: { amount: 5 } },
  });
});

it('given ids that Clari does not know, then the first ones are named, and how many they are', () => {
  expect(unknownIdsWarning(new Set())).toBeUndefined();
  expect(unknownIdsWarning(new Set(['a', 'b']))).toMatch(/: a, b$/);
  const many = new Set(Array.from({ length: 5_000 }, (_, index) => `id${index}`));
  expect(unknownIdsWarning(many)).toMatch(/id0, .*id19 … \(5000 in all\)$/);
});
