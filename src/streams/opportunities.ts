import type { StreamReadRequest } from '../airbyte/stream';
import { isObject } from '../json';
import { activitiesSince, firstDay } from './activities/read';
import { ActivityJobs } from './activities/state';
import { asObjects, ColumnPicker } from './columns';
import type { StreamContext } from './context';
import type { StreamDefinition } from './define';
import { opportunityRow, unknownIdsWarning } from './opportunity-rows';

/** The most ids that one call may ask for. */
const IDS_PER_CALL = 100;

/** Opportunities with Clari's score, their fields and the fields' trends. */
export const opportunities: StreamDefinition = {
  name: 'opportunities',
  primaryKey: ['id'],

  async read(context, request) {
    const { config, client, log } = context;
    const wanted =
      config.opportunityIds.length > 0
        ? [...new Set(config.opportunityIds)]
        : await idsFromActivities(context, request);
    const missing = new Set(wanted);
    const picker = new ColumnPicker('opportunities');
    for (let start = 0; start < wanted.length; start += IDS_PER_CALL) {
      const items = await client.getOpportunities(wanted.slice(start, start + IDS_PER_CALL), {
        signal: request.signal,
      });
      const rows = asObjects(items, 'opportunities').map((item) => opportunityRow(picker, item));
      for (const { columns } of rows) missing.delete(String(columns['id']));
      await request.output.records(rows.map((row) => row.toRecord()));
    }
    for (const warning of [unknownIdsWarning(missing), picker.unknownKeysWarning()])
      if (warning !== undefined) log.warn(warning);
  },
};

/**
 * The ids of every opportunity that an activity since the first day belongs to. The jobs stay in the state until the stream has ended: only then
 * is their use out.
 */
async function idsFromActivities(
  context: StreamContext,
  { state, output, signal }: StreamReadRequest,
): Promise<string[]> {
  const jobs = new ActivityJobs('opportunities', state);
  const save = () => output.state(jobs.toJSON());
  const ids = new Set<string>();
  for await (const { batches } of activitiesSince(context, firstDay(context), jobs, { output, signal, save })) {
    for await (const batch of batches()) {
      for (const activity of asObjects(batch, 'activities')) {
        for (const opportunity of Array.isArray(activity['opportunities']) ? activity['opportunities'] : []) {
          const id: unknown = isObject(opportunity) ? opportunity['opportunityId'] : undefined;
          if (typeof id === 'string' && id !== '') ids.add(id);
        }
      }
    }
  }
  return [...ids];
}
