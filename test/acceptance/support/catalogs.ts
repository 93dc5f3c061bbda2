import type { Json } from '../../support/messages';
import { type Bypassed, readJsonFile } from './acceptance-config';

/** A stream as `discover` prints it. */
export interface DiscoveredStream {
  readonly name: string;
  readonly json_schema: Json;
  readonly supported_sync_modes: readonly string[];
  readonly source_defined_cursor?: boolean;
  readonly default_cursor_field?: readonly string[];
  readonly source_defined_primary_key?: readonly (readonly string[])[];
}

export interface ConfiguredStream {
  readonly stream: DiscoveredStream;
  readonly sync_mode: string;
  readonly destination_sync_mode: string;
  readonly cursor_field?: readonly string[] | undefined;
  readonly primary_key?: readonly (readonly string[])[] | undefined;
}

export interface ConfiguredCatalog {
  readonly streams: readonly ConfiguredStream[];
}

/** The catalog of a basic read: every discovered stream but the empty ones, each in the first of its sync modes. */
export function basicReadCatalog(
  discovered: readonly DiscoveredStream[],
  emptyStreams: readonly Bypassed[] = [],
): ConfiguredCatalog {
  const empty = new Set(emptyStreams.map(({ name }) => name));
  return {
    streams: discovered
      .filter(({ name }) => !empty.has(name))
      .map((stream) => ({
        stream,
        sync_mode: String(stream.supported_sync_modes[0]),
        destination_sync_mode: 'append',
        cursor_field: stream.default_cursor_field,
        primary_key: stream.source_defined_primary_key,
      })),
  };
}

/** The catalog of a file, its streams as they are discovered; without a file, that of a basic read. Throws when a stream is not there. */
export function catalogFrom(path: string | undefined, discovered: readonly DiscoveredStream[]): ConfiguredCatalog {
  if (path === undefined) return basicReadCatalog(discovered);
  const { streams } = readJsonFile<ConfiguredCatalog>(path);
  return {
    streams: streams.map((configured) => {
      const stream = discovered.find(({ name }) => name === configured.stream.name);
      if (stream === undefined) throw new Error(`${path}: there is no stream ${configured.stream.name}`);
      return { ...configured, stream };
    }),
  };
}

/** The streams that can be read in a mode, all in that mode. */
export const inMode = (catalog: ConfiguredCatalog, mode: 'full_refresh' | 'incremental'): ConfiguredCatalog => ({
  streams: catalog.streams
    .filter(({ stream }) => stream.supported_sync_modes.includes(mode))
    .map((configured) => ({ ...configured, sync_mode: mode })),
});

export const namesOf = ({ streams }: ConfiguredCatalog): string[] => streams.map(({ stream }) => stream.name);

/** The field that a stream's progress is told by: what the catalog configures, else what the stream itself says. */
export const cursorFieldOf = ({ stream, cursor_field }: ConfiguredStream): string | undefined =>
  (cursor_field?.length ? cursor_field : stream.default_cursor_field)?.at(-1);
