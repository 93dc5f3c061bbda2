import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../../src/airbyte/redact';

const KEY = 'sk/live+8d1f"x';

const redactorOf = (...secrets: string[]): Redactor => {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor;
};
const redactor = redactorOf(KEY);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const lowerHex = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
const record = (data: object) =>
  Buffer.from(`${JSON.stringify({ type: 'RECORD', record: { stream: 'activities', emitted_at: 1, data } })}\n`);

describe('texts for people', () => {
  it.each([
    ['as it is', KEY],
    ['as JSON', JSON.stringify({ key: KEY })],
    ['as JSON inside JSON', JSON.stringify(JSON.stringify({ key: KEY }))],
    ['as HTML', 'sk/live+8d1f&quot;x'],
    ['in a URL', `/jobs/${encodeURIComponent(KEY)}`],
    ['in a URL, hex digits in lower case', `/jobs/${lowerHex(encodeURIComponent(KEY))}`],
    ['in a form', new URLSearchParams({ key: KEY }).toString()],
    ['in base64', base64(KEY)],
    ['in base64 without padding', base64(KEY).replaceAll('=', '')],
    ['in base64url', Buffer.from(KEY).toString('base64url')],
    ['as the password in base64', base64(`user:${KEY}`)],
    ['in the middle of base64', base64(`ab${KEY}cd`)],
  ])('given the key %s, then it is gone', (_, text) => {
    const redacted = redactor.text(`before ${text} after`);
    expect(redacted).toMatch(/^before .*\*\*\*\*.* after$/);
    // Neither of these parts, one of which every spelling has, is left.
    expect(redacted).not.toContain('8d1f');
    expect(redacted).not.toContain(base64(KEY).slice(4, 12));
  });

  it('given secrets one of which contains the other, then nothing of the longer one is left', () => {
    expect(redactorOf('secret-1', 'secret-1-and-more').text('it is secret-1-and-more')).toBe('it is ****');
  });

  it.each([
    ['GET https://files.example/x.json?sig=abc&e=1 failed', 'GET https://files.example/x.json?**** failed'],
    ['GET /x.json?sig=abc&e=1 failed', 'GET /x.json?**** failed'],
    ['"https:\\/\\/files.example\\/x?sig=abc"', '"https:\\/\\/files.example\\/x?****"'],
    ['x.json\\u003fsig=abc failed', 'x.json?**** failed'],
    ['to=https%3A%2F%2Ffiles.example%2Fx%3Fsig%3Dabc%26e%3D1 failed', 'to=https%3A%2F%2Ffiles.example%2Fx?**** failed'],
    ['to=%252Fx%253fsig%253dabc failed', 'to=%252Fx?**** failed'],
    ['What now? a=b is no query.', 'What now? a=b is no query.'],
  ])('given the query of a URL in %j, then it is cut: download URLs are signed there', (text, redacted) => {
    expect(redactor.text(text)).toBe(redacted);
  });

  it('given a signed URL, when the host repeats its signature alone, then that is cut too, in any spelling', () => {
    const signing = new Redactor();
    signing.addUrl('https://files.example/x.json?e=1&sig=a%2Bb%2Fc0123456789%3D#top');
    signing.addUrl('no URL at all');
    for (const signature of ['a+b/c0123456789=', 'a%2Bb%2Fc0123456789%3D', 'a%2bb%2fc0123456789%3d'])
      expect(signing.text(`the signature ${signature} has expired, e=1`)).toBe('the signature **** has expired, e=1');
  });

  it('given hundreds of signed URLs, then the newest are remembered', () => {
    const signing = new Redactor();
    for (let i = 0; i < 300; i++) signing.addUrl(`/x?sig=signature-${i}-of-many`);
    expect(signing.text('signature-299-of-many signature-3-of-many')).toBe('**** signature-3-of-many');
  });

  it('given any message that holds a secret, then its texts are without it, and its shape is the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const text = `${before}${KEY}${after}`;
        const error = { message: text, internal_message: text, stack_trace: text };
        const message = redactor.message({ type: 'TRACE', trace: { emitted_at: 1, error, more: [1, null] } });
        expect(JSON.stringify(message)).not.toContain(JSON.stringify(KEY).slice(1, -1));
        expect(message).toMatchObject({ type: 'TRACE', trace: { emitted_at: 1, more: [1, null] } });
      }),
    );
  });

  it('given a secret that is a word of the protocol, then the protocol stays as it is', () => {
    const status = {
      type: 'TRACE',
      trace: { stream_status: { stream_descriptor: { name: 'forecasts' }, status: 'COMPLETE' } },
    };
    for (const secret of ['E', 'COMPLETE', 'forecasts', 'stream_descriptor'])
      expect(redactorOf(secret).message(status)).toEqual(status);
  });

  it('given an empty secret, then nothing is cut', () => {
    expect(redactorOf('').text('all of it')).toBe('all of it');
  });
});

describe('lines of data', () => {
  it('given none with a secret, then they are the very same bytes', () => {
    const lines = record({ text: 'plain' });
    expect(redactor.data(lines)).toBe(lines);
  });

  it('given a secret inside values, then it is cut there, and the other lines and characters stay', () => {
    const lines = Buffer.concat([record({ a: KEY, b: 'ü' }), record({ c: [`x${KEY}\u2028`] })]);
    const redacted = redactor.data(lines).toString();
    const data = redacted
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).record.data);
    expect(data).toEqual([{ a: '****', b: 'ü' }, { c: ['x****\u2028'] }]);
  });

  it('given a secret in the names of what Clari sends, however deep, then it is cut there, and columns keep theirs', () => {
    const data = {
      [KEY]: 1,
      eventParameters: { [KEY]: 2, 'x{[': [{ [`a ${KEY}`]: [3] }] },
      after: { [KEY]: 4 },
      last: 5,
    };
    const redacted = JSON.parse(redactor.data(record(data)).toString()).record.data;
    expect(redacted).toEqual({
      [KEY]: 1,
      eventParameters: { '****': 2, 'x{[': [{ 'a ****': [3] }] },
      after: { '****': 4 },
      last: 5,
    });
  });

  it('given a short secret, then records are left alone, for it may be there by chance', () => {
    const lines = record({ text: 'plain' });
    expect(redactorOf('plain').data(lines)).toBe(lines);
  });

  it('given a key of digits, then no amount is cut', () => {
    const data = { amount: 12345678.5, other: -123456789, text: 'no 12345678' };
    const redacted = JSON.parse(redactorOf('12345678').data(record(data)).toString());
    expect(redacted.record.data).toEqual({ ...data, text: 'no ****' });
  });

  it('given a key that is a column or the stream, then those keep their names', () => {
    const data = { forecastId: 'x', activities: { x: 1 } };
    const lines = record(data);
    expect(redactorOf('forecastId', 'activities').data(lines)).toEqual(lines);
  });

  it('given a key that is part of a forecast id, then the STATE keeps the id: the next sync needs it', () => {
    const state = { type: 'STATE', state: { forecasts: { net_new_emea: { timePeriod: '2026_Q1' } } } };
    const lines = Buffer.from(`${JSON.stringify(state)}\n`);
    expect(redactorOf('net_new_').data(lines)).toEqual(lines);
  });

  it('given any key and any record, then the line is JSON of the same shape, without the key in its values', () => {
    const anyKey = fc.string({ minLength: 8, unit: fc.constantFrom('"', '\\', '0', 'n', ':', 'ü', '1') });
    fc.assert(
      fc.property(anyKey, fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), (key, around, number) => {
        fc.pre(!'****'.includes(key));
        const text = `${around}${key}${around}`;
        const redacted = JSON.parse(
          redactorOf(key)
            .data(record({ text, [key]: number, n: [number] }))
            .toString(),
        );
        const { data } = redacted.record;
        expect(data.n[0]).toBe(JSON.parse(JSON.stringify(number)));
        expect(Object.keys(data)).toEqual(Object.keys({ text, [key]: number, n: [] }));
        expect(data.text).not.toContain(key);
      }),
    );
  });

  it('given a value of many megabytes, then it is cut as well', () => {
    const redacted = redactor.data(record({ text: `${'x\\"'.repeat(5_000_000)}${KEY}` }));
    expect(redacted.includes('****')).toBe(true);
  });
});

describe('a document of its own', () => {
  it('given a key in values and in names, then it is cut out of both', () => {
    const document = { calls: [{ [`x-${KEY}`]: 1 }, `the ${KEY}`], count: 2, none: null };
    expect(redactor.document(document)).toEqual({ calls: [{ 'x-****': 1 }, 'the ****'], count: 2, none: null });
  });
});
