import { isObject } from '../../../src/json';
import type { Json, Messages } from '../../support/messages';
import type { ConfiguredCatalog, DiscoveredStream } from './catalogs';

/** What differs from one export to the next, in whichever stream. */
const OF_THE_EXPORT = ['jobId', 'exportedAt'];
/** So many records of a stream are written down. */
const SAMPLES = 7;

/**
 * What Airbyte's standard tests leave out: columns that no schema declares (a destination drops them), and keys that
 * can't tell rows apart.
 */
export function recordProblems(records: readonly Json[], stream: DiscoveredStream): string[] {
  const { name, json_schema, source_defined_primary_key: key = [] } = stream;
  const declared = new Set(Object.keys(json_schema['properties'] as Json));
  const problems = new Set<string>();
  for (const record of records) {
    for (const column of Object.keys(record))
      if (!declared.has(column)) problems.add(`${name}: the column ${column} is not in its schema`);
    if (key.length === 0) continue;
    const parts = key.map((path) => valueAt(record, path));
    if (parts.some((part) => isObject(part) || Array.isArray(part)))
      problems.add(`${name}: a primary key with an object or array: ${JSON.stringify(parts)}`);
    if (parts.some((part) => part === null || part === undefined))
      problems.add(`${name}: a primary key with a null: ${JSON.stringify(parts)}`);
  }
  return [...problems];
}

/** A record's primary key, as text; undefined for a stream that has none. */
export const keyOf = (record: Json, { source_defined_primary_key: key }: DiscoveredStream): string | undefined =>
  key === undefined ? undefined : JSON.stringify(key.map((path) => valueAt(record, path) ?? null));

/** The records of a stream as sorted texts, less what differs from export to export. */
export const textsOf = (messages: Messages, stream: string): string[] =>
  messages
    .records(stream)
    .map((record) =>
      JSON.stringify(Object.fromEntries(Object.entries(record).filter(([k]) => !OF_THE_EXPORT.includes(k)))),
    )
    .sort();

/** A few records of every stream, spread over all that a read emitted, as JSON lines. */
export function sampleRecords(messages: Messages, catalog: ConfiguredCatalog, emitted_at: number): string {
  const lines = namesSorted(catalog).flatMap((stream) =>
    spread(textsOf(messages, stream), SAMPLES).map((data) =>
      JSON.stringify({ stream, data: JSON.parse(data), emitted_at }),
    ),
  );
  return `${lines.join('\n')}\n`;
}

const namesSorted = ({ streams }: ConfiguredCatalog): string[] => streams.map(({ stream }) => stream.name).sort();

const spread = <T>(items: readonly T[], count: number): T[] =>
  items.length <= count
    ? [...items]
    : Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)] as T);

const valueAt = (record: Json, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), record);
