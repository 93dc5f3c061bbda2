/** A typed client for Clari's Export API. The Airbyte source is a separate module: `source-clari/airbyte`. */
export { ClariClient } from './clari/client';
export type { ResultContext } from './clari/entries/results';
export { ClariError, type ClariErrorKind, type ClariErrorOptions } from './clari/errors';
export type { OpenAnswer, RetryNotice, SeenAnswer } from './clari/http/http';
export type { ClariClientOptions } from './clari/options';
export * from './clari/types';
export { type Clock, READ_LIMITS, type RequestLimits } from './timing';
