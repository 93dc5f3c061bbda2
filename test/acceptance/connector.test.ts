import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { HEARTBEAT_MS } from '../../src/airbyte/read-loop';
import { readAcceptanceConfig, readJsonFile, readText, sections } from './support/acceptance-config';
import type { DiscoveredStream } from './support/catalogs';
import { missingStreams } from './support/config-rules';
import { SimulatedTenant } from './support/simulated-tenant';

interface Metadata {
  readonly metadataSpecVersion: string;
  readonly data: {
    readonly dockerRepository: string;
    readonly dockerImageTag: string;
    readonly icon: string;
    readonly allowedHosts: { readonly hosts: readonly string[] };
    readonly suggestedStreams: { readonly streams: readonly string[] };
    readonly maxSecondsBetweenMessages: number;
  };
}

const text = { type: 'string', minLength: 1 };
const REQUIRED = {
  name: text,
  definitionId: { type: 'string', format: 'uuid' },
  connectorType: { const: 'source' },
  connectorSubtype: { const: 'api' },
  dockerRepository: text,
  dockerImageTag: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$' },
  license: text,
  documentationUrl: { type: 'string', format: 'uri', pattern: '^https://docs\\.airbyte\\.com/integrations/sources/' },
  githubIssueLabel: text,
  releaseStage: { enum: ['alpha', 'beta', 'generally_available', 'custom'] },
};
const SCHEMA = {
  type: 'object',
  required: ['metadataSpecVersion', 'data'],
  properties: {
    metadataSpecVersion: { const: '1.0' },
    data: { type: 'object', required: Object.keys(REQUIRED), properties: REQUIRED },
  },
};

const metadata = parse(readText('metadata.yaml')) as Metadata;
const { data } = metadata;
const dockerfile = readText('Dockerfile');
/** The value that an instruction of the Dockerfile sets. */
const inImage = (instruction: RegExp): string | undefined => instruction.exec(dockerfile)?.[1];

describe('metadata.yaml', () => {
  it('given the file, then it has everything that a connector is registered by', () => {
    const ajv = addFormats(new Ajv({ allErrors: true }));
    expect(ajv.validate(SCHEMA, metadata), ajv.errorsText()).toBe(true);
  });

  it('given the version, then package, metadata and image agree on it', () => {
    const { version } = readJsonFile<{ version: string }>('package.json');
    expect(data.dockerImageTag).toBe(version);
    expect(inImage(/^LABEL io\.airbyte\.version="(.+)"$/m)).toBe(version);
  });

  it('given the image, then metadata, label and acceptance tests call it the same', () => {
    expect(inImage(/^LABEL io\.airbyte\.name="(.+)"$/m)).toBe(data.dockerRepository);
    expect(readAcceptanceConfig().connector_image).toBe(`${data.dockerRepository}:dev`);
  });

  it('given the image, then AIRBYTE_ENTRYPOINT is an absolute path, and its entrypoint', () => {
    const entrypoint = inImage(/^ENV AIRBYTE_ENTRYPOINT="(.+)"$/m);
    expect(entrypoint).toMatch(/^\//);
    expect(JSON.parse(inImage(/^ENTRYPOINT (\[.+\])$/m) ?? '[]')).toEqual([entrypoint]);
  });

  it("given the allowed hosts, then Clari's own is among them", () => {
    const { connectionSpecification } = readJsonFile<{
      connectionSpecification: { properties: { base_url: { default: string } } };
    }>('resources/spec.json');
    expect(data.allowedHosts.hosts).toContain(new URL(connectionSpecification.properties.base_url.default).hostname);
  });

  it('given the longest silence that is allowed, then a waiting connector is heard from well before', () => {
    expect(data.maxSecondsBetweenMessages * 1000).toBeGreaterThan(2 * HEARTBEAT_MS);
  });

  it('given the icon, then it is square', () => {
    const svg = readText(data.icon);
    const [, width, height] = /<svg[^>]* width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
    expect(width).toBeDefined();
    expect(width).toBe(height);
    expect(svg).toContain(`viewBox="0 0 ${width} ${height}"`);
  });
});

describe.each(sections.connector_attributes.tests)('the connector with $config_path', (test) => {
  let streams: DiscoveredStream[];
  beforeAll(async () => {
    const tenant = await SimulatedTenant.start();
    streams = await tenant.discover(test.config_path);
    await tenant.close();
  });

  it('given the streams, then each has a primary key, or a reason for having none', () => {
    const keyed = streams.filter(({ source_defined_primary_key: key }) => (key ?? []).length > 0);
    const names = keyed.map(({ name }) => name);
    expect(missingStreams(streams, names, test.streams_without_primary_key)).toEqual([]);
    expect(names.filter((name) => test.streams_without_primary_key?.some((excused) => excused.name === name))).toEqual(
      [],
    );
  });

  it('given the suggested streams, then there are some, and they exist', () => {
    const names = streams.map(({ name }) => name);
    expect(data.suggestedStreams.streams.length).toBeGreaterThan(0);
    expect(names).toEqual(expect.arrayContaining([...data.suggestedStreams.streams]));
  });
});
