/**
 * Everything about waiting, in one place: the clock and the time limits. Programs and tests can pass their own; the
 * executable reads overrides from `SOURCE_CLARI_TIMING` (JSON), so that tests of hung servers and long waits don't have
 * to wait themselves.
 */

/** Time, sleep and randomness, injectable. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms`; resolves early, without throwing, when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** Limits for one HTTP request, all in milliseconds except `maxTries`. */
export interface RequestLimits {
  readonly connectTimeoutMs: number;
  /** From the request's last byte to the answer's headers. */
  readonly firstByteTimeoutMs: number;
  /** Longest silence within a body. */
  readonly idleTimeoutMs: number;
  /** Tries in all, including the first. */
  readonly maxTries: number;
  /** For all tries of a request together, including waits. */
  readonly totalTimeoutMs: number;
  /** Wait before the second try; doubles with each further one, with jitter. */
  readonly retryBaseMs: number;
  /** Longest wait between two tries, unless Retry-After asks for more. */
  readonly retryCeilingMs: number;
}

/** A sync has time: as many tries as fit into ten minutes, to outlast a storm of refusals. */
export const READ_LIMITS: RequestLimits = {
  connectTimeoutMs: 10_000,
  firstByteTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  maxTries: Number.POSITIVE_INFINITY,
  totalTimeoutMs: 600_000,
  retryBaseMs: 500,
  retryCeilingMs: 60_000,
};

/** A person is waiting for `check`: 2 tries, 30 s in all. */
export const CHECK_LIMITS: RequestLimits = { ...READ_LIMITS, maxTries: 2, totalTimeoutMs: 30_000 };

/** `probe` tries once more than `check`, and a forecast may take a while to compute. */
export const PROBE_LIMITS: RequestLimits = { ...READ_LIMITS, maxTries: 3, totalTimeoutMs: 90_000 };

/**
 * Overrides of time limits by name, from the environment variable `SOURCE_CLARI_TIMING`, a JSON object of milliseconds.
 * Throws if it isn't JSON.
 */
export function timingOverrides(env: NodeJS.ProcessEnv): Readonly<Record<string, number>> {
  const text = env['SOURCE_CLARI_TIMING'];
  return text === undefined ? {} : (JSON.parse(text) as Record<string, number>);
}

/** The limits with their overrides applied. */
export function withOverrides<T extends object>(limits: T, overrides: Readonly<Record<string, number>>): T {
  return { ...limits, ...Object.fromEntries(Object.entries(overrides).filter(([name]) => name in limits)) };
}
