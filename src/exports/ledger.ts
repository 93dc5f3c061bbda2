import { createHash } from 'node:crypto';
import { isObject } from '../json';

/** One export that is paid for, or may be, and whose results are not read yet. */
export interface LedgerEntry {
  /** Absent: a POST may have started a job, but its answer was never seen. */
  readonly jobId?: string | undefined;
  /** ISO 8601, on Clari's clock. */
  readonly submittedAt: string;
  /** Hash of what was asked for; absent in states that an early release wrote. */
  readonly request?: string | undefined;
  /** Syncs that could not read the results. */
  readonly failedReads?: number | undefined;
}

/** One export's line in the ledger. */
export interface LedgerSlot {
  readonly entry: LedgerEntry | undefined;
  /** The hash of what would be asked for now. */
  readonly request: string;
  /** Notes that a POST is about to be sent. It counts once `save` has resolved. */
  posting(submittedAt: string): void;
  /** Notes the job that Clari has started. */
  started(jobId: string): void;
  /** Nothing is left to take over: the job was read, failed, was cancelled or expired, or was never started. */
  settled(): void;
  /**
   * The job is done but its results can't be read now. False when that has happened in too many syncs: it is forgotten.
   */
  unread(): boolean;
  /** Resolves when a kill can no longer lose what was noted. */
  save(): Promise<void>;
}

/** Syncs that may fail to read a finished job's results before it is given up. */
const MAX_FAILED_READS = 3;

type State = Readonly<Record<string, unknown>>;

/**
 * What is paid for and not read yet: the only place that reads and writes `pendingJobs` and `submitting` of a state.
 * Generic over the key of an export (a forecast's quarter, a window of activities), whose properties stand in the state
 * beside the job's.
 */
export class JobLedger<Key extends object> {
  private readonly lines = new Map<string, { key: Key; entry: LedgerEntry }>();

  constructor(
    /** The key that an entry of a state holds; undefined when it isn't one. */
    private readonly parseKey: (entry: Readonly<Record<string, unknown>>) => Key | undefined,
    /** What is asked for now, beside the key; an entry that was asked for otherwise is not taken over. */
    private readonly request: string,
    private readonly persist: () => Promise<void>,
  ) {}

  /**
   * Takes over the entries of one stream's state. Of two entries for the same export, the one that knows its job stays.
   * Returns what can't be understood, each as `path: what is wrong`.
   */
  load(state: State | undefined): string[] {
    const problems: string[] = [];
    this.loadList(state?.['pendingJobs'], true, problems);
    // An unanswered POST is a hint, not a promise: what can't be understood of it is ignored.
    this.loadList(state?.['submitting'], false, []);
    return problems;
  }

  private loadList(list: unknown, withJob: boolean, problems: string[]): void {
    if (list === undefined || list === null) return;
    if (!Array.isArray(list)) {
      problems.push('pendingJobs: must be an array');
      return;
    }
    list.forEach((item: unknown, index) => {
      const key = isObject(item) ? this.parseKey(item) : undefined;
      const entry = isObject(item) ? parseEntry(item) : undefined;
      if (key === undefined || entry === undefined || (entry.jobId === undefined) === withJob)
        problems.push(`pendingJobs[${index}]: must have a jobId, submittedAt and the key of its export`);
      else if (withJob || !this.lines.has(id(key))) this.lines.set(id(key), { key, entry });
    });
  }

  /** Forgets entries of before `epochMs`: Clari no longer has their results. */
  forgetBefore(epochMs: number): void {
    for (const [line, { entry }] of this.lines) if (Date.parse(entry.submittedAt) < epochMs) this.lines.delete(line);
  }

  forgetWhere(matches: (key: Key) => boolean): void {
    for (const [line, { key }] of this.lines) if (matches(key)) this.lines.delete(line);
  }

  /** Every job id in the ledger. */
  get jobIds(): string[] {
    return [...this.lines.values()].flatMap(({ entry }) => entry.jobId ?? []);
  }

  find(matches: (key: Key) => boolean): Key | undefined {
    return [...this.lines.values()].find(({ key }) => matches(key))?.key;
  }

  /** Moves an entry to another key, unless that has one: what was exported turned out to be something else. */
  move(from: Key, to: Key): void {
    const line = this.lines.get(id(from));
    this.lines.delete(id(from));
    if (line !== undefined && !this.lines.has(id(to))) this.lines.set(id(to), { ...line, key: to });
  }

  at(key: Key): LedgerSlot {
    const { lines, request, persist } = this;
    const line = id(key);
    let counted = false;
    const set = (entry: LedgerEntry) => {
      lines.set(line, { key, entry });
    };
    return {
      request,
      get entry() {
        return lines.get(line)?.entry;
      },
      posting: (submittedAt) => set({ submittedAt, request }),
      started(jobId) {
        const { submittedAt } = this.entry ?? { submittedAt: new Date(0).toISOString() };
        set({ jobId, submittedAt, request });
      },
      settled: () => {
        lines.delete(line);
      },
      unread() {
        const { entry } = this;
        if (entry === undefined || counted) return entry !== undefined;
        counted = true;
        const failedReads = (entry.failedReads ?? 0) + 1;
        if (failedReads >= MAX_FAILED_READS) lines.delete(line);
        else set({ ...entry, failedReads });
        return failedReads < MAX_FAILED_READS;
      },
      save: persist,
    };
  }

  /** As it stands in a state. */
  toJSON(): { pendingJobs: object[]; submitting?: object[] } {
    const entries = [...this.lines.values()].map(({ key, entry }) => ({ ...key, ...entry }));
    const submitting = entries.filter(({ jobId }) => jobId === undefined);
    return {
      pendingJobs: entries.filter(({ jobId }) => jobId !== undefined),
      ...(submitting.length > 0 && { submitting }),
    };
  }
}

/** A short hash of what an export is asked for: enough to tell two settings apart. */
export const requestHash = (request: object): string =>
  createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 8);

const id = (key: object): string => JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));

function parseEntry({ jobId, submittedAt, request, failedReads }: Record<string, unknown>): LedgerEntry | undefined {
  if (typeof submittedAt !== 'string' || Number.isNaN(Date.parse(submittedAt))) return undefined;
  if (jobId !== undefined && (typeof jobId !== 'string' || jobId === '')) return undefined;
  return {
    submittedAt,
    ...(typeof jobId === 'string' && { jobId }),
    ...(typeof request === 'string' && { request }),
    ...(typeof failedReads === 'number' && { failedReads }),
  };
}
