import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sections } from './support/acceptance-config';
import { SimulatedTenant } from './support/simulated-tenant';

const ANSWERS = { succeed: 'SUCCEEDED', failed: 'FAILED' } as const;

let tenant: SimulatedTenant;
beforeAll(async () => {
  tenant = await SimulatedTenant.start();
});
afterAll(() => tenant.close());

describe('check', () => {
  it.each(sections.connection.tests)(
    'given $config_path, then the status is: $status',
    async ({ config_path, status }) => {
      const { messages, exitCode } = await tenant.run('check', config_path);
      const statuses = messages.all.flatMap(({ connectionStatus }) => connectionStatus ?? []);
      if (status === 'exception') {
        expect(messages.all.filter(({ type }) => type === 'TRACE')).toHaveLength(1);
        expect(messages.errors[0]?.message).toBeTruthy();
        return;
      }
      expect(exitCode).toBe(0);
      expect(statuses.map((answer) => answer.status)).toEqual([ANSWERS[status]]);
      expect(messages.errors).toEqual([]);
      // Well formed, that is: its key alone is wrong.
      if (status === 'failed') expect(statuses[0]?.message).toContain('rejected the API key');
    },
  );
});
