import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sections } from './support/acceptance-config';
import { catalogProblems } from './support/catalog-rules';
import type { DiscoveredStream } from './support/catalogs';
import { SimulatedTenant } from './support/simulated-tenant';

let tenant: SimulatedTenant;
beforeAll(async () => {
  tenant = await SimulatedTenant.start();
});
afterAll(() => tenant.close());

describe.each(sections.discovery.tests)('discover with $config_path', ({ config_path }) => {
  it('given a configuration, then there is exactly one CATALOG, its streams keep to every rule, and nothing is an error', async () => {
    const { messages, exitCode } = await tenant.run('discover', config_path);
    expect(exitCode).toBe(0);
    expect(messages.errors).toEqual([]);
    const catalogs = messages.all.flatMap(({ catalog }) => catalog ?? []);
    expect(catalogs).toHaveLength(1);
    expect(catalogProblems(catalogs[0]?.streams as unknown as DiscoveredStream[])).toEqual([]);
  });
});
