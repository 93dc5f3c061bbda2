import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DOCUMENTED_KEYS } from '../../src/probe/documented';
import { HIDDEN_KEY, Secrets, Shape } from '../../src/probe/shape';
import { isSafeWord } from '../../src/probe/words';

const NONE: ReadonlySet<string> = new Set();

function shapeOf(value: unknown, known: ReadonlySet<string> = NONE): Record<string, string> {
  const shape = new Shape(new Secrets());
  shape.add(value);
  return shape.lines(known);
}

describe('the shape of an answer', () => {
  it('given objects in an array, then each key has a line with all its types, and says where it is absent', () => {
    const entries = [{ userId: 'Maya', amount: 7 }, { userId: 8, amount: 7.5, closed: null }, { userId: 'Jonas' }];
    expect(shapeOf({ entries })).toEqual({
      $: 'object',
      entries: 'array of 2-9',
      'entries[]': 'object',
      'entries[].userId': 'integer | string',
      'entries[].amount': 'number | absent',
      'entries[].closed': 'null | absent',
    });
  });

  it.each([
    ['2026-11-23', 'string (date)'],
    ['11/23/2026', 'string (date, month first)'],
    ['2026-11-23T08:00:00Z', 'string (date-time, UTC)'],
    ['2026-11-23T08:00:00+02:00', 'string (date-time, offset)'],
    ['1794268800000', 'string (epoch ms)'],
    ['-12.5', 'string (number)'],
    ['2027_Q4', 'string (quarter)'],
    ['maya@example.com', 'string (e-mail)'],
    ['https://x.example/?a=b', 'string (URL)'],
    ['{"type":"MGR"}', 'string (JSON)'],
    ['', 'string (empty)'],
    ['Maya Ortiz', 'string'],
    [1794268800000, 'integer (epoch ms)'],
    [true, 'boolean'],
    [[], 'array of 0'],
    [Array(1000).fill(0), 'array of 1000-9999'],
  ])('given %j, then its form is named: %s', (value, form) => {
    expect(shapeOf(value)['$']).toBe(form);
  });

  it('given a word of a safe list, then it is shown; given another, then it is not', () => {
    const fields = [{ fieldType: 'quota' }, { fieldType: 'Secret Plan' }];
    expect(shapeOf({ fields })['fields[].fieldType']).toBe('string: other | string: quota');
    // The same word elsewhere is a value like any other.
    expect(shapeOf({ note: 'quota' })['note']).toBe('string');
  });

  it.each([
    ['a digit', 'fc_q4'],
    ['an @', 'maya@example.com'],
    ['a blank', 'Maya Ortiz'],
    ['a letter that English lacks', 'Björn'],
    ['more than 40 letters', 'x'.repeat(41)],
  ])('given a key with %s, then it is hidden', (_, key) => {
    expect(Object.keys(shapeOf({ [key]: 1 }))).toEqual(['$', HIDDEN_KEY]);
  });

  it('given a key that is a value somewhere, or holds one, then it is hidden; a documented one is shown', () => {
    const body = { totals: { Fabrikam: 1, perFabrikam: 2, userId: 3 }, customer: 'Fabrikam', id: 'userId' };
    expect(Object.keys(shapeOf(body, new Set(['userId'])))).toEqual([
      ...['$', 'totals', `totals.${HIDDEN_KEY}`, 'totals.userId', 'customer', 'id'],
    ]);
  });

  it('given a short key that is a value somewhere, then it is hidden as well', () => {
    expect(Object.keys(shapeOf({ owner: 'Bo', amounts: { Bo: 1, Boss: 2 } }))).toEqual([
      ...['$', 'owner', 'amounts', `amounts.${HIDDEN_KEY}`, 'amounts.Boss'],
    ]);
  });

  it('given a map whose keys are data by their number, then only the first are looked at as names', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const map = Object.fromEntries(letters.flatMap((a) => letters.map((b) => [`person_${a}${b}`, 1])));
    expect(Object.keys(shapeOf(map)).length).toBeLessThanOrEqual(42);
  });

  it('given a place where customers name the keys, then nothing below it is shown', () => {
    expect(Object.keys(shapeOf({ eventParameters: { Territory: { secret: 1 } } }))).toEqual(['$', 'eventParameters']);
  });

  it('given a text of the configuration as a key, then it is hidden', () => {
    const shape = new Shape(new Secrets(['net_new']));
    shape.add({ net_new: 1 });
    expect(Object.keys(shape.lines(NONE))).toEqual(['$', HIDDEN_KEY]);
  });

  it('given any JSON, then no text of it that is longer than 3 characters occurs in its shape', () => {
    const word = fc.string({ minLength: 4, maxLength: 12 });
    // Keys and values from one small pool, so that they meet.
    const pool = fc.array(fc.oneof(word, fc.stringMatching(/^[a-z]{4,9}$/)), { minLength: 3, maxLength: 6 });
    const document = pool.chain((words) => {
      const text = fc.oneof(fc.constantFrom(...words), word);
      const key = fc.oneof(
        fc.constantFrom(...words, ...words.map((one) => `x${one}`), 'status', 'fieldType', 'type', 'value'),
        fc.string(),
      );
      return fc.letrec((tie) => ({
        value: fc.oneof(
          { maxDepth: 5 },
          fc.oneof(text, fc.double({ noNaN: true }), fc.integer(), fc.boolean(), fc.constant(null)),
          fc.array(tie('value'), { maxLength: 4 }),
          fc.dictionary(key, tie('value'), { maxKeys: 5 }),
        ),
      })).value;
    });
    fc.assert(
      fc.property(document, (value) => {
        const report = withoutOurWords(shapeOf(JSON.parse(JSON.stringify(value)), DOCUMENTED_KEYS));
        for (const text of textsOf(value).filter((text) => text.length > 3 && !isSafeWord(text)))
          expect(report).not.toContain(JSON.stringify(text).slice(1, -1).toLowerCase());
      }),
      { numRuns: 1000 },
    );
  });
});

/** The report's texts without what a report says of itself, in small letters. */
function withoutOurWords(lines: Record<string, string>): string {
  const types = Object.values(lines).map((line) =>
    line
      .split(' | ')
      .filter((type) => !OUR_TYPES.test(type))
      .join('\n'),
  );
  const keys = Object.keys(lines).flatMap((path) => path.split(/\.|\[\]/).filter((key) => !DOCUMENTED_KEYS.has(key)));
  return [...types, ...keys.filter((key) => key !== HIDDEN_KEY)].join('\n').toLowerCase();
}

const OUR_TYPES =
  /^(object|boolean|null|absent|integer|number|integer \(epoch ms\)|array of [\d-]+|string|string \([\w ,-]+\)|string: other)$/;

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
