import { addDays, type Day, dayOf, OLDEST_STATE_YEARS, startOfDay, toSeconds, yearsBefore } from '../../days';
import { ColumnPicker } from '../columns';
import type { StreamContext } from '../context';
import { dateTimeCursor, resumeFrom } from '../date-time-cursor';
import type { StreamDefinition } from '../define';
import { stateProblem } from '../failures';
import { firstDay } from './read';
import type { WindowOfActivities } from './reader';
import { activityRow } from './rows';

/** Meetings, e-mails and attachments that Clari captured, with their accounts, opportunities and participants. */
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
    // Windows meet on a day that both hold. Not every destination removes duplicates, so what the one before has
    // emitted is left out.
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
   * The same, once something of this sync has been read. Until then days that `start_date` has added are still owed.
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

/** Where a stream with such a state resumes: some days before its cursor, since Clari may record activities late. */
async function progressOf(
  context: StreamContext,
  state: Readonly<Record<string, unknown>> | undefined,
): Promise<Progress> {
  const { config, log } = context;
  const first = await firstDay(context);
  const cursor = dateTimeCursor('activities', state, 'date');
  if (cursor === undefined) return { from: first, first };
  if (cursor < yearsBefore(dayOf(await context.startedAt()), OLDEST_STATE_YEARS))
    throw stateProblem('activities', [
      `date: must not lie more than ${OLDEST_STATE_YEARS} years back (${cursor}; each month costs an export)`,
    ]);
  const since = typeof state?.['since'] === 'string' ? state['since'] : first;
  if (config.startDate !== undefined && config.startDate < since)
    return { from: config.startDate, date: cursor, since, first: config.startDate };
  const warn = (message: string) => log.warn(message);
  const resumption = resumeFrom('activities', cursor, {
    now: await context.startedAt(),
    lookbackDays: config.lookbackDays,
    warn,
  });
  // A cursor of the future: nothing is read again before the next sync.
  if (resumption.cursor !== cursor)
    return { from: addDays(dayOf(resumption.from), 1), date: resumption.cursor, since, first: since };
  const resumed = dayOf(resumption.from);
  const from = config.startDate !== undefined && config.startDate > resumed ? config.startDate : resumed;
  // Days that a later `start_date` leaves out are fetched if it moves back.
  return { from, date: cursor, since, first: from > resumed ? from : since };
}

/** Up to when a window's export has read the activities: its last day, or the export itself where that is earlier. */
function readUpTo({ window, exportedAt }: WindowOfActivities): string {
  const end = startOfDay(window.endDate);
  const exported = toSeconds(Date.parse(exportedAt));
  // On the last day of the window more may come.
  return window.endDate >= exported.slice(0, 10) ? exported : end;
}

const liesBefore = (instant: number | undefined, day: Day): boolean => instant !== undefined && dayOf(instant) < day;
