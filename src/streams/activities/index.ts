import type { StreamState } from '../../airbyte/stream';
import { addDays, type Day, dayOf, startOfDay, toSeconds } from '../../days';
import { ColumnPicker } from '../columns';
import type { StreamContext } from '../context';
import type { StreamDefinition } from '../define';
import { oldestStateDay, stateProblem, tooFarBack } from '../failures';
import { type Resumption, resumptionOf } from '../resumption';
import type { WindowOfActivities } from './reader';
import { activityRow } from './rows';

/** Meetings, e-mails and attachments captured by Clari, with their accounts, opportunities and participants. */
export const activities: StreamDefinition = {
  name: 'activities',
  primaryKey: ['activityId'],
  cursorField: 'exportedAt',
  shares: ({ activityReads }) => activityReads,

  async read(context, request) {
    const { output, state } = request;
    const incremental = request.syncMode === 'incremental';
    const resumption = await resumedAt(context, incremental ? state : undefined);
    let date = resumption.cursor;
    let since = resumption.since.before;
    const from = resumption.from === undefined ? tomorrow(await context.startedAt()) : dayOf(resumption.from);
    const picker = new ColumnPicker('activities');
    // Adjacent windows share a day. Not every destination removes duplicates, so whatever the previous window emitted
    // is left out.
    let emitted: ReadonlySet<unknown> = new Set();
    let ofLastDay = new Set<unknown>();
    await context.activityReads.join({
      stream: 'activities',
      request,
      from,
      async take(batch, { window, exportedAt }) {
        const wanted = batch
          .map((activity) => activityRow(picker, activity, exportedAt))
          .filter(({ instant, activityId }) => !liesBefore(instant, from) && !emitted.has(activityId));
        await output.records(wanted.map(({ row }) => row.toRecord()));
        for (const { instant, activityId } of wanted)
          if (activityId !== '' && instant !== undefined && dayOf(instant) >= window.endDate) ofLastDay.add(activityId);
      },
      finish(of) {
        emitted = ofLastDay;
        ofLastDay = new Set();
        date = readUpTo(of);
        since = resumption.since.after;
      },
      state: () => (incremental && date !== undefined ? { date, since } : {}),
    });
    const warning = picker.unknownKeysWarning();
    if (warning !== undefined) context.log.warn(warning);
  },
};

async function resumedAt(context: StreamContext, state: StreamState | undefined): Promise<Resumption> {
  const resumption = await resumptionOf('activities', state, 'date', context);
  const { cursor } = resumption;
  if (cursor !== undefined && cursor < oldestStateDay(dayOf(await context.startedAt())))
    throw stateProblem('activities', [`date: ${tooFarBack(cursor, 'month')}`]);
  return resumption;
}

/** How far a window's export has read the activities: to its last day, or to the time of the export if earlier. */
function readUpTo({ window, exportedAt }: WindowOfActivities): string {
  const end = startOfDay(window.endDate);
  const exported = toSeconds(Date.parse(exportedAt));
  // More may come on the window's last day.
  return window.endDate >= exported.slice(0, 10) ? exported : end;
}

/** The first day of which there is nothing to read. */
const tomorrow = (now: number): Day => addDays(dayOf(now), 1);

const liesBefore = (instant: number | undefined, day: Day): boolean => instant !== undefined && dayOf(instant) < day;
