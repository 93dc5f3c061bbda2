import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConversation } from '../support/messages';
import type { SyncResult } from '../support/sync';
import { bestCatalog, type ConfiguredCatalog, catalogIn, type DiscoveredStream, namesOf } from './support/catalogs';
import { readJson, readText } from './support/files';
import { keyOf, recordProblems, sampleRecords, textsOf } from './support/record-rules';
import { SimulatedTenant, STARTS_AT } from './support/simulated-tenant';

/** Streams that the listed contract has nothing for. */
const PUBLISHED_ALONE = /^forecast_(users|fields|time_frames|time_periods)$/;

describe.each(['published', 'listed'] as const)('full refreshes of everything, in the %s contract', (contract) => {
  let tenant: SimulatedTenant;
  let discovered: DiscoveredStream[];
  let catalog: ConfiguredCatalog;
  let first: SyncResult;
  let second: SyncResult;

  beforeAll(async () => {
    tenant = await SimulatedTenant.start({ contract });
    discovered = await tenant.discover();
    catalog = catalogIn('full_refresh', discovered);
    first = await tenant.read(catalog);
    second = await tenant.read(catalog);
  });
  afterAll(() => tenant.close());

  it('given every stream, then the read succeeds, and every stream that Clari has something for has records', () => {
    expect(first.messages.errors).toEqual([]);
    expect(first.exitCode).toBe(0);
    const empty = namesOf(catalog).filter((name) => first.messages.records(name).length === 0);
    expect(empty.filter((name) => contract === 'published' || !PUBLISHED_ALONE.test(name))).toEqual([]);
  });

  it('given the records, then no column is undeclared, and each primary key can tell rows apart', () => {
    for (const stream of discovered) {
      const records = first.messages.records(stream.name);
      expect(recordProblems(records, stream)).toEqual([]);
      const keys = records.map((record) => keyOf(record, stream)).filter((key) => key !== undefined);
      expect(new Set(keys).size, stream.name).toBe(keys.length);
    }
  });

  it('given the conversation, then statuses, states and records of every stream come in order', () => {
    checkConversation(first.messages, namesOf(catalog));
    const statuses = new Map<string, string[]>();
    for (const { trace } of first.messages.all) {
      if (trace?.stream_status === undefined) continue;
      const { stream_descriptor, status } = trace.stream_status;
      statuses.set(stream_descriptor.name, [...(statuses.get(stream_descriptor.name) ?? []), status]);
    }
    expect([...statuses.keys()].sort()).toEqual(namesOf(catalog).sort());
    for (const [name, seen] of statuses) expect(seen.join(' '), name).toMatch(/^STARTED( RUNNING)+ COMPLETE$/);
    for (const name of namesOf(catalog)) expect(first.messages.states(name).length, name).toBeGreaterThan(0);
  });

  it('given one after the other, then every record of the second was emitted later, and says the same', () => {
    const [times, later] = [first, second].map(({ messages }) =>
      messages.all.flatMap(({ record }) => record?.emitted_at ?? []),
    );
    expect(Math.max(...(times ?? []))).toBeLessThan(Math.min(...(later ?? [])));
    for (const name of namesOf(catalog))
      expect(textsOf(second.messages, name), name).toEqual(textsOf(first.messages, name));
  });

  // The files show the published contract: in the listed one rows have other keys.
  if (contract === 'published') {
    it('given the expected records, then they are what the connector emits', () => {
      const records = sampleRecords(first.messages, catalog, STARTS_AT);
      expect(readText('expected_records.jsonl', records)).toBe(records);
    });

    it('given the configured catalog, then it has every stream as it is discovered, read in the way that keeps its progress', () => {
      const best = bestCatalog(discovered);
      const text = JSON.stringify(withoutSchemas(best), null, 2);
      readText('configured_catalog.json', `${text}\n`);
      expect(readJson('configured_catalog.json')).toEqual(JSON.parse(text));
    });
  }
});

/** The schemas would make most of the file, and are in resources/schemas. */
const withoutSchemas = ({ streams }: ConfiguredCatalog): ConfiguredCatalog => ({
  streams: streams.map((configured) => ({ ...configured, stream: { ...configured.stream, json_schema: {} } })),
});
