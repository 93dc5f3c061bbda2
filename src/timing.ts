/**
 * Everything that waits, in one place: the clock it waits by and the limits it waits for. Programs and tests can hand
 * in their own; the executable reads overrides from `SOURCE_CLARI_TIMING` (JSON), which exists so that tests of hung
 * servers and long waits need not wait themselves.
 */

/** Time, sleep and chance, injectable. */
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

/** Limits of one HTTP request, all in milliseconds but `maxTries`. */
export interface RequestLimits {
  readonly connectTimeoutMs: number;
  /** From the request's last byte to the answer's headers. */
  readonly firstByteTimeoutMs: number;
  /** Longest silence inside a body. */
  readonly idleTimeoutMs: number;
  /** Tries in all, the first one included. */
  readonly maxTries: number;
  /** All tries of one request together, waits included. */
  readonly totalTimeoutMs: number;
  /** Wait before the second try; doubles with each further one, with jitter. */
  readonly retryBaseMs: number;
  /** Longest wait between two tries, unless Retry-After asks for more. */
  readonly retryCeilingMs: number;
}

/** A sync has time: as many tries as fit into ten minutes, so that a storm of refusals is outlasted. */
export const READ_LIMITS: RequestLimits = {
  connectTimeoutMs: 10_000,
  firstByteTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  maxTries: Number.POSITIVE_INFINITY,
  totalTimeoutMs: 600_000,
  retryBaseMs: 500,
  retryCeilingMs: 60_000,
};

/** `check` answers a person who waits: 2 tries, 30 s in all. */
export const CHECK_LIMITS: RequestLimits = { ...READ_LIMITS, maxTries: 2, totalTimeoutMs: 30_000 };

/** `probe` asks once more than `check`, and a forecast may take its time to be computed. */
export const PROBE_LIMITS: RequestLimits = { ...READ_LIMITS, maxTries: 3, totalTimeoutMs: 90_000 };

/**
 * Overrides of time limits by name, from the environment's `SOURCE_CLARI_TIMING`, a JSON object of milliseconds. Throws
 * when it is none.
 */
export function timingOverrides(env: NodeJS.ProcessEnv): Readonly<Record<string, number>> {
  const text = env['SOURCE_CLARI_TIMING'];
  return text === undefined ? {} : (JSON.parse(text) as Record<string, number>);
}

/** The limits with what is overridden of them. */
export function withOverrides<T extends object>(limits: T, overrides: Readonly<Record<string, number>>): T {
  return { ...limits, ...Object.fromEntries(Object.entries(overrides).filter(([name]) => name in limits)) };
}
