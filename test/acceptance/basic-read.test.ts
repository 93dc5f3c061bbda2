import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConversation, type Json } from '../support/messages';
import type { SyncResult } from '../support/sync';
import { REPOSITORY, readText, sections } from './support/acceptance-config';
import { basicReadCatalog, type ConfiguredCatalog, inMode, namesOf } from './support/catalogs';
import { readExpectedRecords, sampleRecords } from './support/expected-records';
import { keyOf, keyProblems, recordProblems } from './support/record-rules';
import { SimulatedTenant, STARTS_AT } from './support/simulated-tenant';

const NO_SUCH_STREAM = {
  streams: [
    {
      stream: {
        name: '__AIRBYTE__stream_that_does_not_exist',
        json_schema: { type: 'object', properties: { f1: { type: 'string' } } },
        supported_sync_modes: ['full_refresh'],
      },
      sync_mode: 'INVALID',
      destination_sync_mode: 'INVALID',
    },
  ],
};

const tests = sections.basic_read.tests.flatMap((test) =>
  (['published', 'listed'] as const).map((contract) => ({ ...test, contract })),
);

describe.each(tests)(
  'a basic read with $config_path, in the $contract contract',
  ({ config_path, contract, empty_streams, expect_records }) => {
    let tenant: SimulatedTenant;
    let catalog: ConfiguredCatalog;
    let result: SyncResult;
    const recordsOf = (name: string): Json[] => result.messages.records(name);

    beforeAll(async () => {
      tenant = await SimulatedTenant.start({ contract });
      catalog = basicReadCatalog(await tenant.discover(config_path), empty_streams);
      result = await tenant.read(config_path, catalog);
    });
    afterAll(() => tenant.close());

    it('given every stream, then the read succeeds, and every stream has records', () => {
      expect(result.exitCode).toBe(0);
      expect(result.messages.errors).toEqual([]);
      expect(namesOf(catalog).filter((name) => recordsOf(name).length === 0)).toEqual([]);
    });

    it('given the records, then each is what its schema says, no column undeclared', () => {
      expect(recordProblems(result.lines, catalog)).toEqual([]);
    });

    it('given the records, then each has a primary key of plain values, not all null, where its stream has one', () => {
      expect(catalog.streams.flatMap(({ stream }) => keyProblems(recordsOf(stream.name), stream))).toEqual([]);
    });

    it('given the statuses, then every stream of the catalog, and no other, is STARTED, RUNNING and COMPLETE in this order', () => {
      const statuses = new Map<string, string[]>();
      for (const { trace } of result.messages.all) {
        if (trace?.stream_status === undefined) continue;
        const { stream_descriptor, status } = trace.stream_status;
        statuses.set(stream_descriptor.name, [...(statuses.get(stream_descriptor.name) ?? []), status]);
      }
      expect([...statuses.keys()].sort()).toEqual(namesOf(catalog).sort());
      for (const [name, seen] of statuses) expect(seen.join(' '), name).toMatch(/^STARTED( RUNNING)+ COMPLETE$/);
      checkConversation(result.messages, namesOf(catalog));
    });

    it('given the states, then every stream has one, of type STREAM, with its count of records', () => {
      const states = result.messages.all.flatMap(({ state }) => state ?? []);
      const seen = new Set(states.map(({ stream }) => stream.stream_descriptor.name));
      expect([...seen].sort()).toEqual(namesOf(catalog).sort());
      for (const state of states) {
        expect(state).toHaveProperty('type', 'STREAM');
        expect(state.sourceStats.recordCount).toBeTypeOf('number');
      }
    });

    it('given a stream that does not exist, in modes that do not exist, then there is a TRACE ERROR and the read fails', async () => {
      const failed = await tenant.read(config_path, NO_SUCH_STREAM);
      expect(failed.messages.errors.length).toBeGreaterThan(0);
      expect(failed.exitCode).not.toBe(0);
    });

    it('given full refresh into a destination that keeps one record per key, then every stream completes', async () => {
      const { streams } = inMode(catalog, 'full_refresh');
      const dedup = { streams: streams.map((stream) => ({ ...stream, destination_sync_mode: 'append_dedup' })) };
      const { messages, exitCode } = await tenant.read(config_path, dedup);
      expect(messages.errors).toEqual([]);
      expect(exitCode).toBe(0);
      expect(namesOf(dedup).filter((name) => messages.records(name).length === 0)).toEqual([]);
    });

    // The expected records are those of the published contract: in the listed one rows have other keys.
    if (contract === 'published') {
      it('given the expected records, then they are what the connector emits', () => {
        const records = sampleRecords(result.messages, catalog, STARTS_AT);
        if (process.env['WRITE_EXPECTED_RECORDS'] === '1')
          writeFileSync(join(REPOSITORY, expect_records.path), records);
        expect(readText(expect_records.path)).toBe(records);
      });

      it('given the expected records, then each is found by its primary key; without one, there are as many', () => {
        for (const [name, expected] of readExpectedRecords(expect_records.path)) {
          const stream = catalog.streams.find((configured) => configured.stream.name === name)?.stream;
          expect(stream, name).toBeDefined();
          if (stream?.source_defined_primary_key === undefined) {
            expect(recordsOf(name).length, name).toBeGreaterThanOrEqual(expected.length);
            continue;
          }
          const keys = recordsOf(name).map((record) => keyOf(record, stream));
          const wanted = expected.map((record) => keyOf(record, stream));
          if (expect_records.exact_order === true) expect(keys.slice(0, wanted.length), name).toEqual(wanted);
          else expect(keys, name).toEqual(expect.arrayContaining(wanted));
        }
      });
    }
  },
);
