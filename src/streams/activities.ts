import { activitiesSince, firstDay } from './activity-read';
import { ActivityJobs } from './activity-state';
import { dayOf, startOfDay } from './activity-windows';
import { asObjects, ColumnPicker, toDateTime } from './columns';
import { dateTimeCursor } from './date-time-cursor';
import type { StreamDefinition } from './define';

const COLUMNS = [
  'activityId',
  'activityType',
  'subject',
  'date',
  'activityOwnerId',
  'activityOrganiserId',
  'accounts',
  'opportunities',
  'participants',
] as const;

/** Meetings, e-mails and attachments that Clari captured, with their accounts, opportunities and participants. */
export const activities: StreamDefinition = {
  name: 'activities',
  primaryKey: ['activityId'],
  cursorField: 'date',

  async read(context, { syncMode, state, output, signal }) {
    const jobs = new ActivityJobs('activities', state);
    const incremental = syncMode === 'incremental';
    let cursor = incremental ? dateTimeCursor('activities', state, 'date') : undefined;
    const save = () => output.state({ ...(incremental && cursor !== undefined && { date: cursor }), ...jobs.toJSON() });
    // The last day is read again: what came later that day would be missed otherwise.
    const from = cursor === undefined ? firstDay(context) : dayOf(Date.parse(cursor));
    const picker = new ColumnPicker(COLUMNS);
    for await (const { window, batches } of activitiesSince(context, from, jobs, { output, signal, save })) {
      for await (const batch of batches()) {
        const rows = asObjects(batch, 'activities').map((activity) => toRow(picker, activity));
        await output.records(rows.filter(({ date }) => typeof date !== 'string' || date.slice(0, 10) >= from));
      }
      jobs.forget(window);
      cursor = startOfDay(window.endDate);
      await save();
    }
    const surprise = picker.surprise('activities');
    if (surprise !== undefined) context.log.warn(surprise);
    await save();
  },
};

function toRow(picker: ColumnPicker<(typeof COLUMNS)[number]>, activity: Record<string, unknown>) {
  const row = picker.pick(activity);
  const date = toDateTime(row.date);
  if (date === undefined && row.date !== null) picker.keep(row, 'date', row.date);
  row.date = date ?? null;
  return row;
}
