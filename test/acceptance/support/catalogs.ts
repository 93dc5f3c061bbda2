import type { Json } from '../../support/messages';

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

/** Every stream that can be read in a mode, in that mode. */
export const catalogIn = (mode: string, discovered: readonly DiscoveredStream[]): ConfiguredCatalog => ({
  streams: discovered
    .filter(({ supported_sync_modes: modes }) => modes.includes(mode))
    .map((stream) => configured(stream, mode, 'append')),
});

/** Every stream, read in the way that keeps its progress, and written as its key and its cursor allow. */
export const bestCatalog = (discovered: readonly DiscoveredStream[]): ConfiguredCatalog => ({
  streams: discovered.map((stream) => {
    const mode = stream.supported_sync_modes.at(-1) as string;
    const incremental = stream.source_defined_primary_key === undefined ? 'append' : 'append_dedup';
    return configured(stream, mode, mode === 'incremental' ? incremental : 'overwrite');
  }),
});

const configured = (stream: DiscoveredStream, sync_mode: string, destination_sync_mode: string): ConfiguredStream => ({
  stream,
  sync_mode,
  destination_sync_mode,
  cursor_field: stream.default_cursor_field,
  primary_key: stream.source_defined_primary_key,
});

export const namesOf = ({ streams }: ConfiguredCatalog): string[] => streams.map(({ stream }) => stream.name);
