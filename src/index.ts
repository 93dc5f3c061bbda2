/** The library's face: the typed client for Clari's Export API, and the source itself. */
export { ClariClient, type ClariClientOptions } from './clari/client';
export { ClariError, type ClariErrorKind } from './clari/errors';
export type { RetryNotice } from './clari/http';
export type { ResultContext } from './clari/results';
export * from './clari/types';
export type { ClariConfig } from './config';
export { ClariSource } from './source';
export type { Clock, RequestLimits } from './timing';
