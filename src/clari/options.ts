import { type Clock, READ_LIMITS, type RequestLimits, systemClock } from '../timing';
import { ClariError } from './errors';
import { apiKeyProblem } from './http/api-key';
import { baseUrlProblem } from './http/base-url';
import type { RetryNotice, SeenAnswer } from './http/http';

const DEFAULT_BASE_URL = 'https://api.clari.com/v4';

export interface ClariClientOptions {
  /** The API token. It is sent only to `baseUrl`'s origin. */
  readonly apiKey: string;
  /**
   * Default `https://api.clari.com/v4`. Plain http is accepted only for this machine: the key must not travel
   * unencrypted.
   */
  readonly baseUrl?: string | undefined;
  /**
   * Longest wait between two status checks of a job, ms; default 5000. The first wait is 50 ms and each later one is
   * twice as long; there is one extra check when the job should be done, judging by how long the last one took.
   */
  readonly pollIntervalMs?: number | undefined;
  /** The number of status checks after which a job counts as timed out; default 60. */
  readonly maxPollAttempts?: number | undefined;
  /** How long a job Clari doesn't know counts as not visible yet, in ms after `waitForJob` is called; default 30000. */
  readonly visibleWithinMs?: number | undefined;
  /** Timeouts and retries of a single request; defaults as in `READ_LIMITS`. */
  readonly limits?: { readonly [Name in keyof RequestLimits]?: RequestLimits[Name] | undefined } | undefined;
  /** Time, sleep and randomness; the system's by default. */
  readonly clock?: Clock | undefined;
  /** `User-Agent` header; default `source-clari`. */
  readonly userAgent?: string | undefined;
  /** `Content-Type` of requests; default `application/json`. The body is always JSON. */
  readonly contentType?: string | undefined;
  /** Called before a URL is downloaded from: its query may contain a signature, which must stay out of logs. */
  readonly onDownload?: ((url: string) => void) | undefined;
  /** Called before a request is retried. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Called with every raw answer, refusals included, before it is judged. */
  readonly onAnswer?: ((answer: SeenAnswer) => void) | undefined;
}

/**
 * The options with every default filled in. Throws a ClariError (`bad_request`) for an invalid key or base URL.
 */
export function resolveOptions(options: ClariClientOptions) {
  // Untyped programs may leave out anything.
  const { apiKey, baseUrl = DEFAULT_BASE_URL, limits = {} } = (options ?? {}) as ClariClientOptions;
  const keyProblem = apiKeyProblem(apiKey);
  if (keyProblem !== undefined) throw refused(`The API key ${keyProblem}`);
  const urlProblem = baseUrlProblem(baseUrl);
  if (urlProblem !== undefined) throw refused(`The base URL ${urlProblem}`);
  const { clock = systemClock, pollIntervalMs = 5_000, maxPollAttempts = 60, visibleWithinMs = 30_000 } = options;
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return {
    ...options,
    ...{ apiKey: apiKey.trim(), baseUrl, clock, pollIntervalMs, maxPollAttempts, visibleWithinMs },
    limits: { ...READ_LIMITS, ...Object.fromEntries(given) } as RequestLimits,
  };
}

const refused = (problem: string): ClariError => new ClariError(`${problem}.`, { kind: 'bad_request', landed: 'no' });
