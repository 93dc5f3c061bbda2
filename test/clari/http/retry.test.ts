import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClariError, type ClariErrorOptions } from '../../../src/clari/errors';
import { type RetryInput, retryAfterMs, retryDelay } from '../../../src/clari/http/retry';
import { CHECK_LIMITS, READ_LIMITS } from '../../../src/timing';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const failure = (options: ClariErrorOptions) => new ClariError('it failed', options);
const failed = (changes: Partial<RetryInput> = {}): RetryInput => ({
  method: 'GET',
  tries: 1,
  elapsedMs: 0,
  now: NOW,
  random: 1,
  ...changes,
});
const delayOf = (options: ClariErrorOptions, changes: Partial<RetryInput> = {}, limits = READ_LIMITS) =>
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

  it('given a certificate that is not accepted, then it is not: it would be the same again', () => {
    for (const code of ['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']) {
      expect(delayOf({ kind: 'network', code })).toBeUndefined();
    }
  });

  it('given as many tries as allowed, then no more: two in a check, no such number in a read', () => {
    expect(delayOf({ kind: 'network' }, { tries: 1_000 })).toBeDefined();
    expect(delayOf({ kind: 'network' }, { tries: 1 }, CHECK_LIMITS)).toBeDefined();
    expect(delayOf({ kind: 'network' }, { tries: 2 }, CHECK_LIMITS)).toBeUndefined();
  });

  it('given no time left for the wait, then no more', () => {
    expect(delayOf({ kind: 'network' }, { elapsedMs: READ_LIMITS.totalTimeoutMs - 100 })).toBeUndefined();
    expect(delayOf({ kind: 'rate_limited', status: 429 }, { retryAfter: '601' })).toBeUndefined();
    expect(delayOf({ kind: 'rate_limited', status: 429 }, { retryAfter: '400', elapsedMs: 300_000 })).toBeUndefined();
  });

  it('given less time left than the backoff wants, then the wait is cut so that one more try fits in', () => {
    const elapsedMs = 0.95 * READ_LIMITS.totalTimeoutMs - 10_000;
    expect(delayOf({ kind: 'network' }, { tries: 20, elapsedMs })).toBeCloseTo(10_000);
  });

  it('given a storm of refusals that ends within the ten minutes, then it is outlasted', () => {
    let elapsedMs = 0;
    for (let tries = 1; elapsedMs < 0.95 * READ_LIMITS.totalTimeoutMs; tries++) {
      const delay = delayOf({ kind: 'rate_limited', status: 429 }, { tries, elapsedMs, retryAfter: '0' });
      expect(delay, `after ${elapsedMs} ms`).toBeGreaterThan(0);
      elapsedMs += delay ?? Number.POSITIVE_INFINITY;
    }
    expect(elapsedMs).toBeLessThanOrEqual(READ_LIMITS.totalTimeoutMs);
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
    [new Date(NOW + 5_000).toUTCString(), 5_000],
    ['Monday, 23-Nov-26 10:00:07 GMT', 7_000],
    ['soon', undefined],
    ['soon 5', undefined],
    ['2026-11-24', undefined],
    ['', undefined],
    ['-3', undefined],
  ])('given the header %j, then %s ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });

  it.each(['0', '-1', 'soon 5', '', new Date(NOW - 60_000).toUTCString(), '0.001'])(
    'given Retry-After %j, then it waits no less than the backoff does',
    (retryAfter) => {
      const delays = [1, 2, 3].map((tries) => delayOf({ kind: 'rate_limited', status: 429 }, { tries, retryAfter }));
      expect(delays).toEqual([500, 1_000, 2_000]);
    },
  );

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
