import { addDays, type Day, dayOf, startOfDay, toSeconds } from '../../days';
import { ColumnPicker } from '../columns';
import type { StreamContext } from '../context';
import { dateTimeCursor, resumeFrom } from '../date-time-cursor';
import type { StreamDefinition } from '../define';
import { oldestStateDay, stateProblem, tooFarBack } from '../failures';
import { firstDay } from './read';
import type { WindowOfActivities } from './reader';
import { activityRow } from './rows';

/** Meetings, e-mails and attachments captured by Clari, with their accounts, opportunities and participants. */
export const activities: StreamDefinition = {
  name: 'activities',
  primaryKey: ['activityId'],
  cursorField: 'exportedAt',

  async read(context, request) {
    const { output, state } = request;
    const incremental = request.syncMode === 'incremental';
    const progress: Progress = incremental ? await resumedAt(context, state) : { from: await firstDay(context) };
    let { date, since } = progress;
    const { from } = progress;
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
        since = progress.first;
      },
      state: () => (incremental && date !== undefined ? { date, since } : {}),
    });
    const warning = picker.unknownKeysWarning();
    if (warning !== undefined) context.log.warn(warning);
  },
};

interface Progress {
  /** The first day to read. */
  readonly from: Day;
  /** Up to when activities have been read, ISO 8601; undefined in a first sync. */
  readonly date?: string | undefined;
  /** The first day ever read. */
  readonly since?: Day | undefined;
  /**
   * The same, once this sync has read something. Until then the days that `start_date` added are still owed.
   */
  readonly first?: Day | undefined;
}

async function resumedAt(
  context: StreamContext,
  state: Readonly<Record<string, unknown>> | undefined,
): Promise<Progress> {
  try {
    return await progressOf(context, state);
  } catch (error) {
    context.activityReads.leave();
    throw error;
  }
}

/** Where a stream with this state resumes: some days before its cursor, since Clari may record activities late. */
async function progressOf(
  context: StreamContext,
  state: Readonly<Record<string, unknown>> | undefined,
): Promise<Progress> {
  const { config, log } = context;
  const first = await firstDay(context);
  const cursor = dateTimeCursor('activities', state, 'date');
  if (cursor === undefined) return { from: first, first };
  if (cursor < oldestStateDay(dayOf(await context.startedAt())))
    throw stateProblem('activities', [`date: ${tooFarBack(cursor, 'month')}`]);
  const since = typeof state?.['since'] === 'string' ? state['since'] : first;
  if (config.startDate !== undefined && config.startDate < since)
    return { from: config.startDate, date: cursor, since, first: config.startDate };
  const warn = (message: string) => log.warn(message);
  const resumption = resumeFrom('activities', cursor, {
    now: await context.startedAt(),
    lookbackDays: config.lookbackDays,
    warn,
  });
  // A cursor in the future: this sync reads nothing again, the next one does.
  if (resumption.cursor !== cursor)
    return { from: addDays(dayOf(resumption.from), 1), date: resumption.cursor, since, first: since };
  const resumed = dayOf(resumption.from);
  const from = config.startDate !== undefined && config.startDate > resumed ? config.startDate : resumed;
  // Days skipped by a later `start_date` are fetched if it moves back.
  return { from, date: cursor, since, first: from > resumed ? from : since };
}

/** How far a window's export has read the activities: to its last day, or to the time of the export if earlier. */
function readUpTo({ window, exportedAt }: WindowOfActivities): string {
  const end = startOfDay(window.endDate);
  const exported = toSeconds(Date.parse(exportedAt));
  // More may come on the window's last day.
  return window.endDate >= exported.slice(0, 10) ? exported : end;
}

const liesBefore = (instant: number | undefined, day: Day): boolean => instant !== undefined && dayOf(instant) < day;
