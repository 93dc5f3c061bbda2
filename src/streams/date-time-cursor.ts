import type { StreamState } from '../airbyte/stream';
import { DAY_MS, toSeconds } from '../days';
import { asDateTime } from '../values';
import { stateProblem } from './failures';

/**
 * The cursor of a stream whose state holds one date-time; undefined when there is none yet. Throws a config error if it
 * isn't a date-time.
 */
export function dateTimeCursor(stream: string, state: StreamState | undefined, key: string): string | undefined {
  const cursor = state?.[key];
  if (cursor === undefined || cursor === null) return undefined;
  if (typeof cursor === 'string' && cursor.includes('-')) {
    const dateTime = asDateTime(cursor);
    if (dateTime !== null) return dateTime;
  }
  throw stateProblem(stream, [`${key}: must be an ISO 8601 date-time`]);
}

export interface Resumption {
  /** The cursor, but never after now. */
  readonly cursor: string;
  /** Epoch ms: where reading starts. */
  readonly from: number;
}

/**
 * Where a stream resumes: `lookbackDays` before its cursor, since Clari may record rows late. A cursor after `now` (a
 * wrong clock, a row dated in the future) counts as now, with a warning; then this sync rereads nothing, and the next
 * one does.
 */
export function resumeFrom(
  stream: string,
  cursor: string,
  { now, lookbackDays, warn }: { now: number; lookbackDays: number; warn(message: string): void },
): Resumption {
  const at = Date.parse(cursor);
  if (at <= now) return { cursor, from: at - lookbackDays * DAY_MS };
  warn(
    `The state of the stream ${stream} lies in the future (${cursor}); it counts as now. If rows of the last days are missing, clear the stream and sync again.`,
  );
  return { cursor: toSeconds(now), from: now };
}
