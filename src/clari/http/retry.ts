import type { RequestLimits } from '../../timing';
import type { ClariError } from '../errors';

/** What is known of a failed try. */
export interface FailedTry {
  readonly method: string;
  /** Tries so far, this one included. */
  readonly tries: number;
  /** Since the first try began. */
  readonly elapsedMs: number;
  /** The `Retry-After` header, where there was one. */
  readonly retryAfter?: string | undefined;
  /** Epoch ms. */
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/**
 * How long to wait before the next try, in ms; undefined when there shall be none. Reads are tried again after anything that can pass; a request
 * that starts or changes something only when it surely did not take effect. `Retry-After` is obeyed unless it asks for more time than the request has left.
 */
export function retryDelay(failure: ClariError, failed: FailedTry, limits: RequestLimits): number | undefined {
  if (failed.tries >= limits.maxTries || !mayPass(failure)) return undefined;
  if (failed.method !== 'GET' && failure.landed !== 'no') return undefined;
  const asked = failed.retryAfter === undefined ? undefined : retryAfterMs(failed.retryAfter, failed.now);
  const delayMs = asked ?? backoff(failed, limits);
  return failed.elapsedMs + delayMs > limits.totalTimeoutMs ? undefined : delayMs;
}

/** A `Retry-After` header in ms from `now`: seconds or an HTTP date. Undefined when it is neither. */
export function retryAfterMs(header: string, now: number): number | undefined {
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Exponential from the base to the ceiling; between half of that and all of it, so that many clients don't come back at once. */
function backoff({ tries, random }: FailedTry, { retryBaseMs, retryCeilingMs }: RequestLimits): number {
  const full = Math.min(retryCeilingMs, retryBaseMs * 2 ** (tries - 1));
  return full / 2 + (full / 2) * random;
}

const mayPass = ({ kind, status }: ClariError): boolean =>
  kind === 'rate_limited' ||
  kind === 'server_error' ||
  kind === 'network' ||
  kind === 'timeout' ||
  // A gateway's page in place of an answer.
  (kind === 'unexpected_answer' && (status === undefined || status < 300));
