import { type Day, dayOf } from '../../days';
import type { ExportHandle } from '../../exports/request';
import { mayBeCurrent, type Quarter } from '../../period';
import type { Slots } from '../../slots';
import type { StreamContext } from '../context';
import { ForecastResults } from './results';

/** What an answer says of Clari's fiscal calendar. */
export interface Facts {
  /** The quarters that the answer names; empty where it names none. */
  readonly quarters: ReadonlySet<Quarter>;
  readonly newest: Quarter | undefined;
  /** The first day of the newest quarter, where the answer says it. */
  readonly firstDay: Day | undefined;
  /** The newest quarter is not over. */
  readonly isOpen: boolean;
  /** The newest quarter has weeks that the answer leaves out. */
  readonly hasEarlierWeeks: boolean;
}

/** What a forecast's first answer has taught. */
export interface Learned {
  /** Clari's current quarter, where the answer names it. */
  readonly current: Quarter | undefined;
  /** Its first day, where the answer says it. */
  readonly firstDay: Day | undefined;
  /** As it was asked for: null = without naming a quarter. */
  readonly asked: Quarter | null;
  /** The quarter that the answer serves; undefined where it names none. */
  readonly served: Quarter | undefined;
  /** The answer, its results on disk in a disk slot that is taken. */
  readonly source: ExportHandle;
}

/** How a forecast's quarters are asked for while Clari's calendar is learned. */
export interface LearningParts {
  readonly context: StreamContext;
  readonly diskSlots: Slots;
  readonly signal: AbortSignal;
  /** The newest quarter that Clari lists for the forecast. */
  readonly newestListed: Quarter | undefined;
  /** Nothing but an answer to no name says which quarter is current: answers have no dates, the list no quarters. */
  readonly onlyUnnamed: boolean;
  start(asked: Quarter | null): ExportHandle;
  /** The answer of a job that was left behind is this quarter's, not the current one's. */
  moveTo(quarter: Quarter): void;
  /** Whether the direct call's answer isn't enough, since its quarter's earlier weeks are wanted too. */
  wantsEarlierWeeks(quarter: Quarter): boolean;
  startExport(asked: Quarter | null): ExportHandle;
}

/**
 * Learns Clari's current quarter from an export that is wanted anyway: of the current quarter, asked for without a
 * name, or of `end_period`, which Clari answers with the current one where it lies ahead. Resolves with a disk slot
 * taken; rejects with what the export failed with.
 */
export async function learnCurrent(parts: LearningParts): Promise<Learned> {
  const { endPeriod } = parts.context.config;
  const today = dayOf(parts.context.client.now());
  if (endPeriod === undefined || parts.onlyUnnamed || mayBeCurrent(endPeriod, today) === 'ahead')
    return learnUnnamed(parts);
  const source = parts.start(endPeriod);
  const facts = await open(source, parts);
  const { quarters, newest, firstDay } = facts;
  if (newest === undefined)
    return { current: undefined, firstDay: undefined, asked: endPeriod, served: endPeriod, source };
  if (!quarters.has(endPeriod)) {
    // Clari answers a quarter that it doesn't have with the current one. One that is past, nobody wants any more.
    const served = newest < endPeriod ? newest : endPeriod;
    const complete = served === newest ? await withEarlierWeeks(source, facts, endPeriod, parts) : source;
    return { current: newest, firstDay, asked: endPeriod, served, source: complete };
  }
  if (firstDay !== undefined && firstDay >= today) {
    // Clari answers quarters that lie ahead, so this one doesn't say which is current. In America it begins some hours
    // later than its first day does in UTC.
    await close(source, parts);
    return learnUnnamed(parts);
  }
  const current = facts.isOpen ? endPeriod : undefined;
  return {
    current,
    firstDay: current === undefined ? undefined : firstDay,
    asked: endPeriod,
    served: endPeriod,
    source: current === undefined ? source : await withEarlierWeeks(source, facts, endPeriod, parts),
  };
}

async function learnUnnamed(parts: LearningParts): Promise<Learned> {
  let source = parts.start(null);
  let facts = await open(source, parts);
  if (source.adopted && facts.newest !== undefined && !facts.isOpen) {
    // The job was left behind before the quarter turned: it is that quarter's, and the current one has yet to be asked
    // for.
    await close(source, parts);
    parts.moveTo(facts.newest);
    source = parts.start(null);
    facts = await open(source, parts);
  }
  const { newest, firstDay } = facts;
  source = await withEarlierWeeks(source, facts, null, parts);
  return { current: newest, firstDay, asked: null, served: newest, source };
}

/** The answer itself, or where it leaves out weeks of the open quarter that are wanted, the export of the same. */
async function withEarlierWeeks(
  source: ExportHandle,
  { newest, hasEarlierWeeks }: Facts,
  asked: Quarter | null,
  parts: LearningParts,
): Promise<ExportHandle> {
  if (newest === undefined || !hasEarlierWeeks || !parts.wantsEarlierWeeks(newest)) return source;
  await close(source, parts);
  const exported = parts.startExport(asked);
  await open(exported, parts);
  return exported;
}

async function open(source: ExportHandle, parts: LearningParts): Promise<Facts> {
  const { context, diskSlots, signal, newestListed } = parts;
  await source.done;
  const hasSlot = await diskSlots.acquire(signal);
  try {
    const results = await ForecastResults.of(await source.open());
    const { quarters, newestQuarter: newest } = results;
    return {
      quarters,
      newest,
      firstDay: newest === undefined ? undefined : results.firstDayOf(newest),
      // Today, not when it was exported: a job that was left behind may name a quarter that has ended since.
      isOpen: newest !== undefined && (results.isOpen(newest, dayOf(context.client.now())) ?? newest === newestListed),
      hasEarlierWeeks: newest !== undefined && results.hasEarlierWeeks(newest),
    };
  } catch (error) {
    if (hasSlot) diskSlots.release();
    await source.dispose();
    throw error;
  }
}

async function close(source: ExportHandle, { diskSlots }: LearningParts): Promise<void> {
  await source.dispose();
  diskSlots.release();
}

/** The answer that taught the current quarter, and the disk slot that it holds until somebody takes it over. */
export class LearnedSource {
  private holdsSlot = true;
  private isTaken = false;

  constructor(
    private readonly learned: Learned,
    private readonly diskSlots: Slots,
  ) {}

  /** Hands the answer over; true when its results stay on disk, slot included. */
  take(stays: boolean): boolean {
    this.isTaken = true;
    const onDisk = stays && this.holdsSlot;
    if (onDisk) this.holdsSlot = false;
    return onDisk;
  }

  async leaveDisk(): Promise<void> {
    await this.learned.source.release();
    if (this.holdsSlot) this.diskSlots.release();
    this.holdsSlot = false;
  }

  /** Gives back what nobody has taken over. */
  async close(): Promise<void> {
    if (this.holdsSlot) await this.leaveDisk();
    if (!this.isTaken) await this.learned.source.dispose();
  }
}
