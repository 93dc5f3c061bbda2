import { asObjects, ColumnPicker } from '../columns';
import { dateTimeCursor } from '../date-time-cursor';
import type { StreamDefinition } from '../define';
import { activitiesSince, firstDay } from './read';
import { type ActivityRow, activityRow } from './rows';
import { ActivityJobs } from './state';
import { type Day, dayOf, startOfDay } from './windows';

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
    const picker = new ColumnPicker('activities');
    // Windows meet on a day that both hold. Not every destination removes doubles, so what the one before has emitted of it is left out.
    let emitted = new Set<unknown>();
    for await (const { window, exportedAt, batches } of activitiesSince(context, from, jobs, {
      output,
      signal,
      save,
    })) {
      const ofLastDay = new Set<unknown>();
      for await (const batch of batches()) {
        const rows = asObjects(batch, 'activities')
          .map((activity) => activityRow(picker, activity, exportedAt))
          .filter((row) => !liesBefore(row, from) && !emitted.has(row.activityId));
        await output.records(rows.map(({ row }) => row.toRecord()));
        for (const row of rows)
          if (row.activityId !== '' && !liesBefore(row, window.endDate)) ofLastDay.add(row.activityId);
      }
      emitted = ofLastDay;
      jobs.forget(window);
      cursor = startOfDay(window.endDate);
      await save();
    }
    const surprise = picker.unknownKeysWarning();
    if (surprise !== undefined) context.log.warn(surprise);
    await save();
  },
};

const liesBefore = ({ instant }: ActivityRow, day: Day): boolean =>
  instant !== undefined && instant < Date.parse(startOfDay(day));
