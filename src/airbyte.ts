/** The Airbyte source, for programs that run it themselves. The client for Clari's API is the package's main module. */
export type { ClariConfig } from './config';
export { ClariSource, type ClariSourceOptions } from './source';
