import { type Day, dayOf } from '../../days';
import type { ExportHandle } from '../../exports/request';
import type { Quarter } from '../../period';
import type { Slots } from '../../slots';
import type { StreamContext } from '../context';
import { ForecastResults } from './results';

/** What an answer says about Clari's fiscal calendar. */
export interface Facts {
  /** The quarters the answer names. */
  readonly quarters: ReadonlySet<Quarter>;
  readonly newest: Quarter | undefined;
  /** The newest quarter's first day, if the answer says it. */
  readonly firstDay: Day | undefined;
  /** Whether the newest quarter isn't over yet, today; undefined if the answer has no end dates. */
  readonly isOpen: boolean | undefined;
  /** The newest quarter has earlier weeks that the answer leaves out. */
  readonly hasEarlierWeeks: boolean;
}

/** What was learned from a forecast's first answer. */
export interface Learned {
  /** Clari's current quarter, if the answer names it. */
  readonly current: Quarter | undefined;
  /** Its first day, if the answer says it. */
  readonly firstDay: Day | undefined;
  /** The answer's dates say that `end_period` is over: none of the quarters up to it can be current. */
  readonly isOver?: boolean;
  /** The first day of `end_period`, if Clari answered that it is still ahead. */
  readonly startsOn?: Day;
  /** The quarter requested; null = none was named. */
  readonly asked: Quarter | null;
  /** The quarter the answer is used for; undefined if it names none and none was requested. */
  readonly served: Quarter | undefined;
  /** The answer; its results are on disk and hold a disk slot. */
  readonly source: ExportHandle;
}

/** How a forecast's quarters are requested while Clari's calendar is being learned. */
export interface LearningParts {
  readonly context: StreamContext;
  readonly diskSlots: Slots;
  readonly signal: AbortSignal;
  /** Whether to request the current quarter without naming it, rather than `end_period`. */
  readonly asksUnnamed: boolean;
  start(asked: Quarter | null): ExportHandle;
  /** Forgets the job an earlier sync left behind for the quarter if it is too old for one that isn't over. */
  forgetOutdated(asked: Quarter): boolean;
  /** Called when the job an earlier sync left behind for `asked` turns out to be a different quarter's. */
  move(asked: Quarter | null, quarter: Quarter): void;
  /** Whether the direct call's answer isn't enough because the quarter's earlier weeks are wanted too. */
  wantsEarlierWeeks(quarter: Quarter): boolean;
  startExport(asked: Quarter | null): ExportHandle;
}

/**
 * Learns Clari's current quarter from an export that is wanted in most cases: that of the current quarter, requested
 * without naming it, or that of `end_period`, which Clari answers with the current one if it is ahead. Resolves with a
 * disk slot taken; rejects with the export's failure.
 */
export async function learnCurrent(parts: LearningParts): Promise<Learned> {
  const { endPeriod } = parts.context.config;
  if (endPeriod === undefined || parts.asksUnnamed) return learnUnnamed(parts);
  const { source, facts } = await openNamed(endPeriod, parts);
  const { quarters, newest, firstDay } = facts;
  if (newest === undefined)
    return { current: undefined, firstDay: undefined, asked: endPeriod, served: endPeriod, source };
  if (!quarters.has(endPeriod)) {
    // For a quarter it doesn't have, Clari answers with the current one, which isn't wanted if `end_period` is past.
    const served = newest < endPeriod ? newest : endPeriod;
    const complete = served === newest ? await withEarlierWeeks(source, facts, endPeriod, parts) : source;
    return { current: newest, firstDay, asked: endPeriod, served, source: complete };
  }
  if (isAhead(facts, parts)) {
    // Clari has quarters that are still ahead, so this one doesn't say which is current.
    await close(source, parts);
    return { ...(await learnUnnamed(parts)), ...(firstDay !== undefined && { startsOn: firstDay }) };
  }
  const current = facts.isOpen === true ? endPeriod : undefined;
  return {
    current,
    firstDay: current === undefined ? undefined : firstDay,
    isOver: facts.isOpen === false,
    asked: endPeriod,
    served: endPeriod,
    source: current === undefined ? source : await withEarlierWeeks(source, facts, endPeriod, parts),
  };
}

interface Opened {
  readonly source: ExportHandle;
  readonly facts: Facts;
}

/** The answer to a request for `end_period`. One left behind counts only if it still says what is true today. */
async function openNamed(endPeriod: Quarter, parts: LearningParts): Promise<Opened> {
  const { source, facts } = await request(endPeriod, parts);
  if (!source.adopted) return { source, facts };
  if (facts.quarters.has(endPeriod)) {
    // However old it is: what was over still is, and what begins later than today is still ahead.
    const isStillTrue = facts.isOpen === false || isAhead(facts, parts);
    if (isStillTrue || !parts.forgetOutdated(endPeriod)) return { source, facts };
  } else if (facts.newest !== undefined && facts.isOpen === false) {
    // The quarter that was current then has ended: the job belongs to it.
    parts.move(endPeriod, facts.newest);
  } else if (!parts.forgetOutdated(endPeriod)) return { source, facts };
  return again(endPeriod, source, parts);
}

async function learnUnnamed(parts: LearningParts): Promise<Learned> {
  let opened = await request(null, parts);
  const { newest: before, isOpen } = opened.facts;
  if (opened.source.adopted && before !== undefined && isOpen === false) {
    // The job was left behind before the quarter ended: it belongs to that quarter, and the current one is still to be
    // requested.
    parts.move(null, before);
    opened = await again(null, opened.source, parts);
  }
  const { newest, firstDay } = opened.facts;
  const source = await withEarlierWeeks(opened.source, opened.facts, null, parts);
  return { current: newest, firstDay, asked: null, served: newest, source };
}

/** Closes an answer that is of no use, and requests another one. */
async function again(asked: Quarter | null, useless: ExportHandle, parts: LearningParts): Promise<Opened> {
  await close(useless, parts);
  return request(asked, parts);
}

async function request(asked: Quarter | null, parts: LearningParts): Promise<Opened> {
  const source = parts.start(asked);
  return { source, facts: await open(source, parts) };
}

/** Whether the newest quarter is still ahead. In America it begins some hours later than its first day does in UTC. */
const isAhead = ({ firstDay }: Facts, { context }: LearningParts): boolean =>
  firstDay !== undefined && firstDay >= dayOf(context.client.now());

/** The answer itself, or, if it leaves out wanted weeks of the open quarter, the export of the same quarter. */
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
  const { context, diskSlots, signal } = parts;
  await source.done;
  const hasSlot = await diskSlots.acquire(signal);
  try {
    const results = await ForecastResults.of(await source.open());
    const { quarters, newestQuarter: newest } = results;
    return {
      quarters,
      newest,
      firstDay: newest === undefined ? undefined : results.firstDayOf(newest),
      // As of today, not of the export: a job that was left behind may name a quarter that has ended since.
      isOpen: newest === undefined ? undefined : results.isOpen(newest, dayOf(context.client.now())),
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

/** The answer that named the current quarter, and the disk slot it holds until it is taken over. */
export class LearnedSource {
  private holdsSlot = true;
  private isTaken = false;

  constructor(
    private readonly learned: Learned,
    private readonly diskSlots: Slots,
  ) {}

  /** Hands the answer over; true if its results stay on disk, slot included. */
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

  /** Gives back whatever wasn't taken over. */
  async close(): Promise<void> {
    if (this.holdsSlot) await this.leaveDisk();
    if (!this.isTaken) await this.learned.source.dispose();
  }
}
