import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeJsonError } from '../../src/airbyte/json-text';

describe('what is wrong with a JSON text', () => {
  it.each([
    ['', 'it is empty'],
    [' \n', 'it is empty'],
    ['api_key: k\nforecast_ids: []\n', 'it looks like YAML'],
    ['# a comment\n- net_new\n', 'it looks like YAML'],
    ['---\nx: 1', 'it looks like YAML'],
    ['{\n  "api_key": "k",\n}\n', 'the mistake is at line 3, column 1 (an extra comma)'],
    ['{"a": [1, 2,]}', 'the mistake is at line 1, column 13 (an extra comma)'],
    ['{"a": 1\n "b": 2}', 'the mistake is at line 2, column 2 (a comma is missing before it)'],
    ["{'a': 1}", 'the mistake is at line 1, column 2 (strings need double quotes)'],
    ['{\n  // the key\n  "a": 1}', 'the mistake is at line 2, column 3 (JSON has no comments)'],
    ['{"a": 1', 'it breaks off at line 1, column 8'],
    ['{"a": ', 'it breaks off at line 1, column 7'],
    ['{"a": "x', 'the mistake is at line 1, column 7'],
    ['{"a": "x\ny"}', 'the mistake is at line 1, column 7'],
    ['{"a" 1}', 'the mistake is at line 1, column 6'],
    ['{"a": True}', 'the mistake is at line 1, column 7'],
    ['{"a": 01}', 'the mistake is at line 1, column 8'],
    ['{}{}', 'the mistake is at line 1, column 3'],
    ['{"a": [1}', 'the mistake is at line 1, column 9'],
    ['x', 'the mistake is at line 1, column 1'],
  ])('given %j, then %s', (text, sentence) => {
    expect(describeJsonError(text)).toBe(sentence);
  });

  it('given any JSON, when it breaks off or something foreign stands in it, then that place is named', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), fc.nat(), (json, where) => {
        const at = where % json.length;
        // Outside of strings nothing may hold this character.
        const inString = (json.slice(0, at).replaceAll(/\\./g, '').match(/"/g)?.length ?? 0) % 2 === 1;
        fc.pre(!inString && json[at - 1] !== '\\');
        const sentence = describeJsonError(`${json.slice(0, at)}§${json.slice(at)}`);
        const column = Number(/column (\d+)/.exec(sentence)?.[1]);
        // At the start of the word or number that it stands in, at the latest where it is.
        expect(json.slice(column - 1, at)).toMatch(/^[\w.+-]*$/);
      }),
    );
  });

  it('given JSON, then there is nothing to find: the whole of it is passed', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(describeJsonError(json)).toBe(`it breaks off at line 1, column ${json.length + 1}`);
      }),
    );
  });
});
