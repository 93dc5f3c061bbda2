import type { StreamState } from '../airbyte/stream';
import { addDays, DAY_MS, type Day, dayOf, startOfDay, toSeconds } from '../days';
import { asDate, asDateTime } from '../values';
import type { StreamContext } from './context';
import { stateProblem } from './failures';

const DEFAULT_DAYS = 30;

/** Where a stream whose cursor is one date-time starts to read, and what its state says until it has, and after. */
export interface Resumption {
  /** Epoch ms; undefined if this sync has nothing to read. */
  readonly from: number | undefined;
  /** Up to when the stream has been read, ISO 8601, never after now; undefined in a first sync. */
  readonly cursor: string | undefined;
  /** The first day ever read. Until this sync has read, the days that `start_date` added are still owed. */
  readonly since: { readonly before: Day; readonly after: Day };
}

/** The first day of activities and audit events, unless a cursor says otherwise. */
export const firstDay = async ({ config, startedAt }: Pick<StreamContext, 'config' | 'startedAt'>): Promise<Day> =>
  config.startDate ?? addDays(dayOf(await startedAt()), -DEFAULT_DAYS);

/**
 * Where the stream resumes: `lookback_days` before the cursor that its state holds under `key`, since Clari may record
 * rows late; from `start_date` if that now lies before the first day ever read. A cursor after now (a wrong clock, a row
 * dated in the future) counts as now, with a warning; then this sync rereads nothing, and the next one does. Throws a
 * config error if the state is malformed.
 */
export async function resumptionOf(
  stream: string,
  state: StreamState | undefined,
  key: string,
  context: Pick<StreamContext, 'config' | 'startedAt' | 'log'>,
): Promise<Resumption> {
  const { startDate, lookbackDays } = context.config;
  const first = await firstDay(context);
  const held = cursorOf(stream, state, key);
  if (held === undefined) return { from: epochOf(first), cursor: undefined, since: { before: first, after: first } };
  const since = sinceOf(stream, state) ?? first;
  const now = await context.startedAt();
  const isAhead = Date.parse(held) > now;
  const cursor = isAhead ? toSeconds(now) : held;
  if (isAhead)
    context.log.warn(
      `The state of the stream ${stream} is in the future (${held}), so it is treated as now. If rows from the last few days are missing, clear the stream and sync again.`,
    );
  if (startDate !== undefined && startDate < since)
    return { from: epochOf(startDate), cursor, since: { before: since, after: startDate } };
  if (isAhead) return { from: undefined, cursor, since: { before: since, after: since } };
  const from = Date.parse(cursor) - lookbackDays * DAY_MS;
  // Days skipped by a later `start_date` are fetched if it moves back.
  return startDate !== undefined && epochOf(startDate) > from
    ? { from: epochOf(startDate), cursor, since: { before: since, after: startDate } }
    : { from, cursor, since: { before: since, after: since } };
}

/** Undefined when there is none yet. */
function cursorOf(stream: string, state: StreamState | undefined, key: string): string | undefined {
  const cursor = state?.[key];
  if (cursor === undefined || cursor === null) return undefined;
  if (typeof cursor === 'string' && cursor.includes('-')) {
    const dateTime = asDateTime(cursor);
    if (dateTime !== null) return dateTime;
  }
  throw stateProblem(stream, [`${key}: must be an ISO 8601 date-time`]);
}

function sinceOf(stream: string, state: StreamState | undefined): Day | undefined {
  const since = state?.['since'];
  if (since === undefined || since === null) return undefined;
  const day = asDate(since);
  if (day === null) throw stateProblem(stream, ['since: must be a day, YYYY-MM-DD']);
  return day;
}

const epochOf = (day: Day): number => Date.parse(startOfDay(day));
