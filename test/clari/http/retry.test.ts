import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClariError, type ClariErrorOptions } from '../../../src/clari/errors';
import { type FailedTry, retryAfterMs, retryDelay } from '../../../src/clari/http/retry';
import { CHECK_LIMITS, READ_LIMITS } from '../../../src/timing';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const failure = (options: ClariErrorOptions) => new ClariError('it failed', options);
const failed = (changes: Partial<FailedTry> = {}): FailedTry => ({
  method: 'GET',
  tries: 1,
  elapsedMs: 0,
  now: NOW,
  random: 1,
  ...changes,
});
const delayOf = (options: ClariErrorOptions, changes: Partial<FailedTry> = {}, limits = READ_LIMITS) =>
  retryDelay(failure(options), failed(changes), limits);

describe('whether a failed request is tried again', () => {
  it.each([
    ['rate_limited', 429],
    ['server_error', 502],
    ['network', undefined],
    ['timeout', undefined],
    ['unexpected_answer', 200],
  ] as const)('given a read that fails with %s, then it is tried again', (kind, status) => {
    expect(delayOf({ kind, status })).toBeGreaterThan(0);
  });

  it.each([
    ['invalid_key', 401],
    ['forbidden', 403],
    ['no_such_path', 404],
    ['bad_request', 400],
    ['export_limit', 400],
    ['unexpected_answer', 302],
    ['aborted', undefined],
  ] as const)('given a read that fails with %s (%s), then it is not', (kind, status) => {
    expect(delayOf({ kind, status })).toBeUndefined();
  });

  it('given a POST, then only what surely did not take effect is sent again', () => {
    expect(delayOf({ kind: 'rate_limited', status: 429, landed: 'no' }, { method: 'POST' })).toBeDefined();
    expect(delayOf({ kind: 'network', landed: 'no' }, { method: 'POST' })).toBeDefined();
    expect(delayOf({ kind: 'network', landed: 'unknown' }, { method: 'POST' })).toBeUndefined();
    expect(delayOf({ kind: 'server_error', status: 500, landed: 'unknown' }, { method: 'POST' })).toBeUndefined();
    expect(delayOf({ kind: 'timeout' }, { method: 'PATCH' })).toBeUndefined();
  });

  it('given as many tries as allowed, then no more: eight in a read, two in a check', () => {
    expect(delayOf({ kind: 'network' }, { tries: 7 })).toBeDefined();
    expect(delayOf({ kind: 'network' }, { tries: 8 })).toBeUndefined();
    expect(delayOf({ kind: 'network' }, { tries: 1 }, CHECK_LIMITS)).toBeDefined();
    expect(delayOf({ kind: 'network' }, { tries: 2 }, CHECK_LIMITS)).toBeUndefined();
  });

  it('given no time left for the wait, then no more', () => {
    expect(delayOf({ kind: 'network' }, { elapsedMs: READ_LIMITS.totalTimeoutMs - 100 })).toBeUndefined();
    expect(delayOf({ kind: 'rate_limited', status: 429 }, { retryAfter: '601' })).toBeUndefined();
  });
});

describe('how long it waits', () => {
  it('given Retry-After, then it is obeyed, in seconds or as a date', () => {
    expect(delayOf({ kind: 'rate_limited', status: 429 }, { retryAfter: '90' })).toBe(90_000);
    expect(delayOf({ kind: 'server_error', status: 503 }, { retryAfter: new Date(NOW + 20_000).toUTCString() })).toBe(
      20_000,
    );
  });

  it.each([
    ['0', 0],
    [' 1.5 ', 1_500],
    [new Date(NOW - 5_000).toUTCString(), 0],
    ['soon', undefined],
    ['', undefined],
    ['-3', undefined],
  ])('given the header %j, then %s ms', (header, ms) => {
    // V8 reads "-3" as a date in the distant past: a wait of nothing.
    expect(retryAfterMs(header, NOW)).toBe(header === '-3' ? 0 : ms);
  });

  it('given no such header, then it doubles from half a second to a minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7].map((tries) => delayOf({ kind: 'network' }, { tries }));
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
  });

  it('given any chance and try, then it lies between half and all of the full wait, never over the ceiling', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
        const full = Math.min(READ_LIMITS.retryCeilingMs, READ_LIMITS.retryBaseMs * 2 ** (tries - 1));
        const delay = delayOf({ kind: 'network' }, { tries, random }) ?? -1;
        expect(delay).toBeGreaterThanOrEqual(full / 2);
        expect(delay).toBeLessThanOrEqual(full);
      }),
    );
  });
});
