import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncResult } from '../support/sync';
import { ignoredFields, sections } from './support/acceptance-config';
import { type ConfiguredCatalog, catalogFrom, inMode } from './support/catalogs';
import { keyOf, without } from './support/record-rules';
import { SimulatedTenant } from './support/simulated-tenant';

describe.each(sections.full_refresh.tests)('two full refreshes with $config_path', (test) => {
  let tenant: SimulatedTenant;
  let catalog: ConfiguredCatalog;
  let first: SyncResult;
  let second: SyncResult;

  beforeAll(async () => {
    tenant = await SimulatedTenant.start();
    const discovered = await tenant.discover(test.config_path);
    catalog = inMode(catalogFrom(test.configured_catalog_path, discovered), 'full_refresh');
    first = await tenant.read(test.config_path, catalog);
    second = await tenant.read(test.config_path, catalog);
  });
  afterAll(() => tenant.close());

  it('given one after the other, then every record of the second was emitted after every one of the first', () => {
    const [times, later] = [first, second].map(({ messages }) =>
      messages.all.flatMap(({ record }) => record?.emitted_at ?? []),
    );
    expect(times?.length).toBeGreaterThan(0);
    expect(Math.max(...(times ?? []))).toBeLessThan(Math.min(...(later ?? [])));
  });

  it('given nothing has changed in between, then the second has every key of the first, its records alike but for the ignored fields', () => {
    const ignored = ignoredFields([test]);
    for (const { stream } of catalog.streams) {
      const [records, again] = [first, second].map(({ messages }) => messages.records(stream.name));
      const keys = (again ?? []).map((record) => keyOf(record, stream));
      expect(keys, stream.name).toEqual(expect.arrayContaining((records ?? []).map((record) => keyOf(record, stream))));
      const [texts, textsAgain] = [records, again].map((all) =>
        (all ?? []).map((record) => JSON.stringify(without(record, ignored.get(stream.name) ?? []))).sort(),
      );
      expect(textsAgain, stream.name).toEqual(texts);
    }
  });

  it('given the ignored fields, then they do differ: none is ignored in vain', () => {
    for (const [name, fields] of ignoredFields([test])) {
      for (const field of fields) {
        const values = [first, second].map(
          ({ messages }) => new Set(messages.records(name).map((record) => JSON.stringify(record[field]))),
        );
        expect(values[0], `${name}.${field}`).not.toEqual(values[1]);
      }
    }
  });
});
