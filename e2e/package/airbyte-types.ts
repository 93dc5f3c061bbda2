// The same for the module that holds the Airbyte source.
import { type ClariConfig, ClariSource } from 'source-clari/airbyte';

export const name: string = ClariSource.name;
export const key = (config: ClariConfig): string => config.apiKey;
// @ts-expect-error A logger is needed.
new ClariSource();
