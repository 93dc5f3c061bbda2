import type { RequestLimits } from '../../timing';
import type { ClariError } from '../errors';
import { isBadCertificate } from './failures';

/** What `retryDelay` decides by, besides the failure itself. */
export interface RetryInput {
  readonly method: string;
  /** Tries so far, the failed one included. */
  readonly tries: number;
  /** Since the first try began. */
  readonly elapsedMs: number;
  /** The `Retry-After` header, if there was one. */
  readonly retryAfter?: string | undefined;
  /** Epoch ms, by the clock of the server that sent `retryAfter`. */
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** The last wait is cut short to leave this share of the time for the try after it. */
const SHARE_OF_THE_LAST_TRY = 0.05;

/**
 * How long to wait before the next try, in ms; undefined when there must be none. Reads are retried after anything
 * temporary; a request that starts or changes something is retried only when it certainly had no effect. `Retry-After`
 * may lengthen the wait but never shortens it; when it asks for more time than the request has left, there is no
 * further try.
 */
export function retryDelay(failure: ClariError, input: RetryInput, limits: RequestLimits): number | undefined {
  const { method, tries, elapsedMs, retryAfter, now } = input;
  if (tries >= limits.maxTries || !mayPass(failure)) return undefined;
  if (method !== 'GET' && failure.landed !== 'no') return undefined;
  const askedMs = retryAfter === undefined ? 0 : (retryAfterMs(retryAfter, now) ?? 0);
  if (elapsedMs + askedMs > limits.totalTimeoutMs) return undefined;
  const leftMs = limits.totalTimeoutMs * (1 - SHARE_OF_THE_LAST_TRY) - elapsedMs;
  if (leftMs <= 0) return undefined;
  return Math.max(askedMs, Math.min(backoff(input, limits), leftMs));
}

/** A `Retry-After` header in ms from `now`: seconds or an HTTP date. Undefined when it is neither, 0 for the past. */
export function retryAfterMs(header: string, now: number): number | undefined {
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  // On its own, `Date.parse` accepts nearly anything, even "soon 5".
  const date = /^\s*[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Doubles from the base to the ceiling; randomly between half of that and all of it, so that many clients don't return
 * at once.
 */
function backoff({ tries, random }: RetryInput, { retryBaseMs, retryCeilingMs }: RequestLimits): number {
  const full = Math.min(retryCeilingMs, retryBaseMs * 2 ** (tries - 1));
  return full / 2 + (full / 2) * random;
}

function mayPass({ kind, status, code }: ClariError): boolean {
  switch (kind) {
    case 'rate_limited':
    case 'server_error':
    case 'timeout':
      return true;
    case 'network':
      return !isBadCertificate(code ?? '');
    case 'unexpected_answer':
      // A gateway's page instead of an answer.
      return status === undefined || status < 300;
    default:
      return false;
  }
}
