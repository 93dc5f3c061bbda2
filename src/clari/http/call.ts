import type { Clock, RequestLimits } from '../../timing';
import type { ClariError } from '../errors';
import type { CallOptions } from '../types';
import type { Subject } from './error-table';

/** Why a request is retried, reported before the wait. */
export interface RetryNotice {
  readonly reason: ClariError['kind'];
  readonly delayMs: number;
  /** Without a query. */
  readonly path: string;
  /** What the failed try ran into, as a developer wants it. */
  readonly detail: string;
}

/** An answer as it came, to one try of a call. It holds what Clari sent; of what was sent to Clari method and path. */
export interface SeenAnswer {
  readonly method: Call['method'];
  /** Without a query. It may hold the ids that the call was about. */
  readonly path: string;
  readonly status: number;
  /** In small letters. */
  readonly headerNames: readonly string[];
  /** The `Date` header, epoch ms; undefined where there is none. */
  readonly sentAt: number | undefined;
  /** The `Retry-After` header. */
  readonly retryAfter: string | undefined;
  /** From the request until the answer was read; until it began where it is handed out unread. */
  readonly durationMs: number;
  /** The body's JSON; undefined where it is none, or is handed out unread. */
  readonly body: unknown;
  /** Length of the body; undefined where it is handed out unread. */
  readonly bytes: number | undefined;
}

export interface HttpOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly limits: RequestLimits;
  readonly clock?: Clock | undefined;
  readonly userAgent?: string | undefined;
  readonly contentType?: string | undefined;
  readonly onDownload?: ((url: string) => void) | undefined;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Called with every answer, refusals and those of failed tries included, before it is judged. */
  readonly onAnswer?: ((answer: SeenAnswer) => void) | undefined;
}

export interface Call extends Subject, CallOptions {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below the base URL, its variable parts encoded. */
  readonly path: string;
  readonly query?: URLSearchParams | undefined;
  readonly body?: unknown;
}

/** A body that is read as it comes. */
export interface OpenAnswer {
  /** Rejects with a ClariError when the body breaks off or falls silent; stopping early is fine. */
  readonly body: AsyncIterable<Buffer>;
  /** When the answer began, epoch ms on Clari's clock. */
  readonly answeredAt: number;
}
