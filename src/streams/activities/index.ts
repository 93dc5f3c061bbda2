import { asObjects, ColumnPicker, toDateTime } from '../columns';
import { dateTimeCursor } from '../date-time-cursor';
import type { StreamDefinition } from '../define';
import { activitiesSince, firstDay } from './read';
import { ActivityJobs } from './state';
import { type Day, dayOf, startOfDay } from './windows';

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
    // Windows meet on a day that both hold. Not every destination removes doubles, so what the one before has emitted of it is left out.
    let emitted = new Set<unknown>();
    for await (const { window, batches } of activitiesSince(context, from, jobs, { output, signal, save })) {
      const ofLastDay = new Set<unknown>();
      for await (const batch of batches()) {
        const rows = asObjects(batch, 'activities')
          .map((activity) => toRow(picker, activity))
          .filter(({ date, activityId }) => !liesBefore(date, from) && !emitted.has(activityId));
        await output.records(rows);
        for (const { date, activityId } of rows) {
          if (activityId !== null && !liesBefore(date, window.endDate)) ofLastDay.add(activityId);
        }
      }
      emitted = ofLastDay;
      jobs.forget(window);
      cursor = startOfDay(window.endDate);
      await save();
    }
    const surprise = picker.surprise('activities');
    if (surprise !== undefined) context.log.warn(surprise);
    await save();
  },
};

const liesBefore = (date: unknown, day: Day): boolean => typeof date === 'string' && date.slice(0, 10) < day;

function toRow(picker: ColumnPicker<(typeof COLUMNS)[number]>, activity: Record<string, unknown>) {
  const row = picker.pick(activity);
  const date = toDateTime(row.date);
  if (date === undefined && row.date !== null) picker.keep(row, 'date', row.date);
  row.date = date ?? null;
  return row;
}
