import type { JobLedger } from '../../exports/ledger';
import type { Quarter } from '../../period';
import type { Slots } from '../../slots';
import type { StreamContext } from '../context';
import type { DirectCalls } from './direct';
import type { ForecastKey } from './exports';
import type { Reader } from './reader';
import type { Surprises } from './rows';

/** What the forecasts of a read share. */
export interface ReadParts {
  readonly context: StreamContext;
  readonly readers: readonly Reader[];
  readonly ledger: JobLedger<ForecastKey>;
  readonly signal: AbortSignal;
  readonly seen: Surprises;
  readonly diskSlots: Slots;
  /** Absent: quarters are read by exports alone. */
  readonly directCalls: DirectCalls | undefined;
  /** The newest quarter that any forecast's answer has called current. */
  currentOfOthers(): Promise<Quarter | undefined>;
  /** Runs `emit` when nothing else is being emitted. */
  inTurn<T>(emit: () => Promise<T>): Promise<T>;
  /** Reports a failure to the streams that it concerns. `isPlan`: without it, nobody knows what else is wanted. */
  fail(error: unknown, subject: string, readers: readonly Reader[], isPlan?: boolean): void;
}
