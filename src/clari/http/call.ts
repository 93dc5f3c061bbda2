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
  /** How the try failed, for the developer. */
  readonly detail: string;
}

/** The raw answer to one try of a call. It holds what Clari sent, and only the method and path of the request. */
export interface SeenAnswer {
  readonly method: Call['method'];
  /** Without a query. It may contain the ids the call was about. */
  readonly path: string;
  readonly status: number;
  /** In lower case. */
  readonly headerNames: readonly string[];
  /** The `Date` header, epoch ms; undefined if there is none. */
  readonly sentAt: number | undefined;
  /** The `Retry-After` header. */
  readonly retryAfter: string | undefined;
  /** From the request until the answer was read, or until it began if it is handed out unread. */
  readonly durationMs: number;
  /** The body's JSON; undefined if it isn't JSON or is handed out unread. */
  readonly body: unknown;
  /** The body's length; undefined if it is handed out unread. */
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
  /** Called with every answer, refusals and failed tries included, before it is judged. */
  readonly onAnswer?: ((answer: SeenAnswer) => void) | undefined;
}

export interface Call extends Subject, CallOptions {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Relative to the base URL, its variable parts encoded. */
  readonly path: string;
  readonly query?: URLSearchParams | undefined;
  readonly body?: unknown;
}

/** A body that is read as it arrives. */
export interface OpenAnswer {
  /** Rejects with a ClariError when the body breaks off or falls silent; stopping early is fine. */
  readonly body: AsyncIterable<Buffer>;
  /** When the answer began, epoch ms on Clari's clock. */
  readonly answeredAt: number;
}
