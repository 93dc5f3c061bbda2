import { SyncMode } from 'faros-airbyte-cdk';
import { expect, it } from 'vitest';
import type { ActivityReader } from '../../src/streams/activities/reader';
import type { StreamContext } from '../../src/streams/context';
import { opportunities } from '../../src/streams/opportunities';

/** Which opportunities are asked for when the activities are these. */
async function wantedOf(activities: readonly Record<string, unknown>[]): Promise<readonly string[]> {
  let wanted: readonly string[] = [];
  const context = {
    config: { startDate: '2026-11-01', opportunityIds: [] },
    client: {
      async *getOpportunities(ids: readonly string[]) {
        wanted = ids;
        yield [];
      },
    },
    activityReads: {
      join: ({ take }: ActivityReader) =>
        take(activities, { window: { startDate: '2026-11-01', endDate: '2026-11-23' }, exportedAt: '' }),
    },
    log: { warn: () => undefined },
  } as unknown as StreamContext;
  await opportunities.read(context, {
    syncMode: SyncMode.FULL_REFRESH,
    state: undefined,
    signal: new AbortController().signal,
    output: {
      records: async () => undefined,
      state: async () => undefined,
      failure: () => undefined,
      rateLimited: () => undefined,
    },
  });
  return wanted;
}

it('given ids of activities that are text or numbers, then each is asked for once, and nothing else', async () => {
  const wanted = await wantedOf([
    { opportunities: [{ opportunityId: 'a' }, { opportunityId: 7 }, { opportunityId: 7 }, null] },
    { opportunities: [{ opportunityId: '' }, { opportunityId: null }, { opportunityId: {} }, 'x'] },
    { opportunities: null },
  ]);
  expect(wanted).toEqual(['a', '7']);
});
