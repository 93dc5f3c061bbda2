import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../support/messages';
import { REPOSITORY, readJsonFile, sections } from './support/acceptance-config';
import { SimulatedTenant } from './support/simulated-tenant';
import { specProblems } from './support/spec-rules';

let tenant: SimulatedTenant;
beforeAll(async () => {
  tenant = await SimulatedTenant.start();
});
afterAll(() => tenant.close());

describe.each(sections.spec.tests)('spec, of $spec_path', ({ spec_path, config_path }) => {
  let spec: Json;

  it('given spec, then there is exactly one SPEC, equal to the file', async () => {
    const { messages, exitCode } = await tenant.run('spec');
    expect(exitCode).toBe(0);
    const specs = messages.all.flatMap((message) => message.spec ?? []);
    expect(specs).toHaveLength(1);
    spec = specs[0] as Json;
    expect(existsSync(join(REPOSITORY, spec_path))).toBe(true);
    expect(spec).toEqual(readJsonFile(spec_path));
  });

  it('given the configuration, then it is valid by the specification', () => {
    const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
    const config = Object.entries(tenant.config(config_path)).filter(([key]) => !key.startsWith('_'));
    expect(ajv.validate(spec['connectionSpecification'] as Json, Object.fromEntries(config)), ajv.errorsText()).toBe(
      true,
    );
  });

  it('given the specification, then it keeps to what a form can show, and marks what is secret', () => {
    expect(specProblems(spec['connectionSpecification'] as Json)).toEqual([]);
    expect(spec).toHaveProperty('connectionSpecification.properties.api_key.airbyte_secret', true);
  });

  it('given a key and no OAuth, then no way of authentication is announced that would have to be the first', () => {
    expect(spec).not.toHaveProperty('advanced_auth');
  });
});
