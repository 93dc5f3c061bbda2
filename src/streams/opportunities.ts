import type { StreamReadRequest } from '../airbyte/stream';
import { isObject } from '../json';
import { asText } from '../values';
import { ColumnPicker } from './columns';
import type { StreamContext } from './context';
import type { StreamDefinition } from './define';
import { opportunityRow, unknownIdsWarning } from './opportunity-rows';
import { firstDay } from './resumption';

/** Opportunities with Clari's score, their fields, and the fields' trends. */
export const opportunities: StreamDefinition = {
  name: 'opportunities',
  primaryKey: ['id'],
  shares: ({ activityReads }) => activityReads,

  async read(context, request) {
    const { config, client, log } = context;
    const wanted =
      config.opportunityIds.length > 0
        ? [...new Set(config.opportunityIds)]
        : await idsFromActivities(context, request);
    const missing = new Set(wanted);
    const picker = new ColumnPicker('opportunities');
    for await (const items of client.getOpportunities(wanted, { signal: request.signal })) {
      const rows = items.map((item) => opportunityRow(picker, item));
      for (const { columns } of rows) missing.delete(String(columns['id']));
      await request.output.records(rows.map((row) => row.toRecord()));
    }
    for (const warning of [unknownIdsWarning(missing), picker.unknownKeysWarning()])
      if (warning !== undefined) log.warn(warning);
  },
};

/** The ids of all opportunities that have an activity since the first day. */
async function idsFromActivities(context: StreamContext, request: StreamReadRequest): Promise<string[]> {
  const ids = new Set<string>();
  await context.activityReads.join({
    stream: 'opportunities',
    request,
    from: await firstDay(context),
    async take(activities) {
      for (const { opportunities: belongsTo } of activities) {
        for (const opportunity of Array.isArray(belongsTo) ? belongsTo : []) {
          const id = isObject(opportunity) ? asText(opportunity['opportunityId']) : null;
          if (id !== null && id !== '') ids.add(id);
        }
      }
    },
    state: () => ({}),
    holdsJobs: true,
  });
  return [...ids];
}
