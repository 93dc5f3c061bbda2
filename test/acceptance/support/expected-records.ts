import type { Json, Messages } from '../../support/messages';
import { ignoredFields, readText } from './acceptance-config';
import { type ConfiguredCatalog, namesOf } from './catalogs';
import { without } from './record-rules';

/** So many records of a stream are written down. */
const SAMPLES = 7;

interface ExpectedRecord {
  readonly stream: string;
  readonly data: Json;
  readonly emitted_at: number;
}

/** The records of a JSON lines file, by stream. */
export function readExpectedRecords(path: string): Map<string, Json[]> {
  const byStream = new Map<string, Json[]>();
  for (const line of readText(path).trim().split('\n')) {
    const { stream, data } = JSON.parse(line) as ExpectedRecord;
    byStream.set(stream, [...(byStream.get(stream) ?? []), data]);
  }
  return byStream;
}

/** A few records of every stream, spread over all that a read emitted, less what differs from read to read, as JSON lines. */
export function sampleRecords(messages: Messages, catalog: ConfiguredCatalog, emitted_at: number): string {
  const lines = namesOf(catalog).flatMap((stream) => {
    const ignored = ignoredFields().get(stream) ?? [];
    const texts = messages.records(stream).map((record) => JSON.stringify(without(record, ignored)));
    return spread(texts.sort(), SAMPLES).map((data) => JSON.stringify({ stream, data: JSON.parse(data), emitted_at }));
  });
  return `${lines.join('\n')}\n`;
}

const spread = <T>(items: readonly T[], count: number): T[] =>
  items.length <= count
    ? [...items]
    : Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)] as T);
