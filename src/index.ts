/** The library's face: the typed client for Clari's Export API, and the source itself. */
export { ClariClient, type ClariClientOptions } from './clari/client';
export type { ResultContext } from './clari/entries/results';
export { ClariError, type ClariErrorKind } from './clari/errors';
export type { RetryNotice } from './clari/http/http';
export * from './clari/types';
export type { ClariConfig } from './config';
export { ClariSource } from './source';
export type { Clock, RequestLimits } from './timing';
