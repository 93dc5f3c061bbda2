import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../../src/airbyte/redact';

const KEY = 'sk/live+8d1f"x';
const redactor = new Redactor();
redactor.add(KEY);

describe('cutting secrets out', () => {
  it.each([
    ['as it is', KEY],
    ['in JSON', JSON.stringify({ key: KEY })],
    ['in a URL', `/jobs?key=${encodeURIComponent(KEY)}`],
    ['in base64', Buffer.from(KEY).toString('base64')],
  ])('given the key %s, then it is gone from a text', (_, text) => {
    expect(redactor.text(text)).toContain('****');
    for (const form of [KEY, JSON.stringify(KEY).slice(1, -1), encodeURIComponent(KEY)])
      expect(redactor.text(text)).not.toContain(form);
  });

  it('given secrets of which one holds the other, then no rest of the longer one is left', () => {
    const both = new Redactor();
    both.add('secret-1');
    both.add('secret-1-and-more');
    expect(both.text('it is secret-1-and-more')).toBe('it is ****');
  });

  it('given the query of a URL, then it is cut: download URLs are signed there', () => {
    expect(redactor.text('GET https://files.example/x.json?sig=abc&e=1 failed')).toBe(
      'GET https://files.example/x.json?**** failed',
    );
  });

  it('given any message, when a secret stands anywhere in it, then its texts are without it, and its shape is the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const text = `${before}${KEY}${after}`;
        const message = redactor.message({ type: 'LOG', log: { level: 'INFO', message: text, more: [text, 1, null] } });
        expect(JSON.stringify(message)).not.toContain(JSON.stringify(KEY).slice(1, -1));
        expect(message).toMatchObject({ type: 'LOG', log: { more: [expect.any(String), 1, null] } });
      }),
    );
  });

  it('given data without a secret, then it is the very same bytes; given one, then it is cut; given a short one, then data is left alone', () => {
    const lines = Buffer.from('{"a":"plain"}\n');
    expect(redactor.data(lines)).toBe(lines);
    const holding = Buffer.from(`${JSON.stringify({ a: KEY, b: 'ü' })}\n`);
    expect(redactor.data(holding).toString()).toBe('{"a":"****","b":"ü"}\n');
    const short = new Redactor();
    short.add('plain');
    expect(short.data(lines)).toBe(lines);
    expect(short.text('plain')).toBe('****');
  });

  it('given an empty secret, then nothing is cut', () => {
    const none = new Redactor();
    none.add('');
    expect(none.text('all of it')).toBe('all of it');
  });
});
