import type { JobLedger } from '../../exports/ledger';
import type { Quarter } from '../../period';
import type { Slots } from '../../slots';
import type { StreamContext } from '../context';
import type { DirectCalls } from './direct';
import type { ForecastKey } from './exports';
import type { Reader } from './reader';
import type { Surprises } from './rows';

/** What a read's forecasts share. */
export interface ReadParts {
  readonly context: StreamContext;
  readonly readers: readonly Reader[];
  readonly ledger: JobLedger<ForecastKey>;
  readonly signal: AbortSignal;
  readonly seen: Surprises;
  readonly diskSlots: Slots;
  /** Absent if quarters are read only by exports. */
  readonly directCalls: DirectCalls | undefined;
  /** The newest quarter any forecast's answer names as current. */
  currentOfOthers(): Promise<Quarter | undefined>;
  /** Runs `emit` when nothing else is being emitted. */
  inTurn<T>(emit: () => Promise<T>): Promise<T>;
  /** Reports a failure to the streams it concerns. `isPlan`: planning failed, so what else is wanted isn't known. */
  fail(error: unknown, subject: string, readers: readonly Reader[], isPlan?: boolean): void;
}
