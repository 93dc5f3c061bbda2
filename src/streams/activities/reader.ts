import type { Day } from '../../days';
import type { Participant } from '../shared-read';
import type { DayWindow } from './windows';

/** Where activities come from: which window, and when it was exported. */
export interface WindowOfActivities {
  readonly window: DayWindow;
  /** ISO 8601. */
  readonly exportedAt: string;
}

/** A stream that reads activity exports. */
export interface ActivityReader extends Participant {
  /** The first day it wants. */
  readonly from: Day;
  /** Takes a batch of a window's activities. */
  take(activities: readonly Record<string, unknown>[], of: WindowOfActivities): Promise<void>;
  /** Every activity of the window is out. */
  finish?(of: WindowOfActivities): void;
  /** What its state holds besides the ledger. */
  state(): Record<string, unknown>;
  /** Whether the jobs stay in its state until the stream has ended, because only then are they no longer needed. */
  readonly holdsJobs?: boolean;
}
