import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readAcceptanceConfig, readJsonFile, readText, sections } from './support/acceptance-config';
import { type ConfiguredCatalog, type DiscoveredStream, namesOf } from './support/catalogs';
import { configProblems, missingStreams } from './support/config-rules';
import { readExpectedRecords } from './support/expected-records';
import { SimulatedTenant } from './support/simulated-tenant';
import type { StreamState } from './support/state-rules';

let tenant: SimulatedTenant;
beforeAll(async () => {
  tenant = await SimulatedTenant.start();
});
afterAll(() => tenant.close());

describe('acceptance-test-config.yml at strictness level high', () => {
  it('given the file, then it holds every section, every reason, and no key that is unknown', () => {
    expect(configProblems(readAcceptanceConfig())).toEqual([]);
  });

  it.each<[string, string | RegExp, string, string]>([
    ['a misspelt key', 'spec_path:', 'spec_paht:', 'spec.tests[0]: must NOT have additional properties'],
    ['a missing section', '  incremental:', '  incremental_reads:', 'incremental: is missing'],
    ['a bypassed section', /discovery:\n {4}tests:/, 'discovery:\n    bypass_reason:', 'discovery.tests: is missing'],
    ['strictness low', 'strictness_level: high', 'strictness_level: low', 'test_strictness_level: must be equal'],
    ['an empty stream without a reason', 'streams: []', 'streams: [{name: x}]', 'streams[0].bypass_reason: is missing'],
    ['an ignored field without a reason', /(jobId)\n.*/, '$1', 'forecast_entries[0].bypass_reason: is missing'],
    [
      'a missing stream without a reason',
      /(- name: forecasts)\n.*/,
      '$1',
      'missing_streams[0].bypass_reason: is missing',
    ],
    ['no expected records', /expect_records:\n.*/, '', 'basic_read.tests[0].expect_records: is missing'],
    [
      'a basic read of some streams',
      'empty_streams: []',
      'configured_catalog_path: x',
      'basic_read.tests[0]: must NOT have',
    ],
    ['schemas that are not checked', 'empty_streams: []', 'validate_schema: false', 'validate_schema: must be equal'],
    [
      'two statuses of one configuration',
      /integration_tests.invalid.*/,
      'secrets/config.json',
      'two statuses are expected',
    ],
  ])('given %s, then it is refused', (_, written, instead, problem) => {
    const config: unknown = parse(readText('acceptance-test-config.yml').replace(written, instead));
    expect(configProblems(config).join('\n')).toContain(problem);
  });

  it('given the streams that are discovered, then each one that is not empty has expected records', async () => {
    for (const { config_path, empty_streams, expect_records } of sections.basic_read.tests) {
      const present = [...readExpectedRecords(expect_records.path).keys()];
      expect(missingStreams(await tenant.discover(config_path), present, empty_streams)).toEqual([]);
    }
  });

  it('given the streams that are discovered, then each incremental one has a state in the far future', async () => {
    for (const { config_path, future_state } of sections.incremental.tests) {
      const states = readJsonFile<StreamState[]>(future_state.future_state_path);
      const present = states.map(({ stream }) => stream.stream_descriptor.name);
      const discovered = await tenant.discover(config_path);
      const incrementalOnly = { incrementalOnly: true };
      expect(missingStreams(discovered, present, future_state.missing_streams, incrementalOnly)).toEqual([]);
      expect(missingStreams(discovered, present.slice(1), [], incrementalOnly)).toEqual(present.slice(0, 1));
    }
  });

  it('given a configured catalog, then it has every stream as it is discovered, read in the way that keeps its progress', async () => {
    for (const { config_path, configured_catalog_path } of sections.incremental.tests) {
      if (configured_catalog_path === undefined) continue;
      const { streams } = readJsonFile<ConfiguredCatalog>(configured_catalog_path);
      const discovered = await tenant.discover(config_path);
      expect(namesOf({ streams })).toEqual(discovered.map(({ name }) => name));
      for (const [index, { stream, sync_mode, cursor_field, primary_key }] of streams.entries()) {
        const known = discovered[index] as DiscoveredStream;
        // Airbyte's suite takes the schema from the discovered catalog.
        expect(known, stream.name).toMatchObject({ ...stream, json_schema: {} });
        expect(sync_mode, stream.name).toBe(known.supported_sync_modes.at(-1));
        expect(cursor_field, stream.name).toEqual(known.default_cursor_field);
        expect(primary_key, stream.name).toEqual(known.source_defined_primary_key);
      }
    }
  });
});
