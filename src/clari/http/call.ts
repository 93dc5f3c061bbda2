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

export interface HttpOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly limits: RequestLimits;
  readonly clock?: Clock | undefined;
  readonly userAgent?: string | undefined;
  readonly contentType?: string | undefined;
  readonly onDownload?: ((url: string) => void) | undefined;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
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
