import type { StreamReadRequest } from '../airbyte/stream';
import { isObject } from '../json';
import { activitiesSince, firstDay } from './activities/read';
import { ActivityJobs } from './activities/state';
import { asObjects, ColumnPicker } from './columns';
import type { StreamContext } from './context';
import type { StreamDefinition } from './define';

const COLUMNS = ['id', 'crmScore', 'fields'] as const;

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
    const picker = new ColumnPicker(COLUMNS);
    for await (const items of client.getOpportunities(wanted, { signal: request.signal })) {
      const rows = asObjects(items, 'opportunities').map((item) => toRow(picker, item));
      for (const { id } of rows) missing.delete(String(id));
      await request.output.records(rows);
    }
    if (missing.size > 0) log.warn(`Clari knows no opportunity with these ids: ${[...missing].join(', ')}`);
    const surprise = picker.surprise('opportunities');
    if (surprise !== undefined) log.warn(surprise);
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

function toRow(picker: ColumnPicker<(typeof COLUMNS)[number]>, item: Record<string, unknown>) {
  const row = picker.pick(item);
  if (row.fields !== null && !Array.isArray(row.fields)) {
    picker.keep(row, 'fields', row.fields);
    row.fields = null;
  }
  const fields = Array.isArray(row.fields) ? row.fields.filter(isObject) : [];
  // One value per field, so that SQL reaches fieldValues.amount without unnesting.
  return {
    ...row,
    fieldValues:
      row.fields === null ? null : Object.fromEntries(fields.map(({ id, value }) => [String(id), value ?? null])),
  };
}
