/** The Airbyte source, for programs that run it themselves. The package's main module is the client for Clari's API. */
export type { ClariConfig } from './config';
export { ClariSource, type ClariSourceOptions } from './source';
