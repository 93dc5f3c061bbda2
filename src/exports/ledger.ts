import { createHash } from 'node:crypto';
import { isObject } from '../json';

/** An export that is, or may be, paid for and whose results haven't been read yet. */
export interface LedgerEntry {
  /** Absent: a POST may have started a job, but its answer was never seen. */
  readonly jobId?: string | undefined;
  /** ISO 8601, on Clari's clock. */
  readonly submittedAt: string;
  /** Hash of the requested settings; absent in states written by an early release. */
  readonly request?: string | undefined;
  /** The job was found in Clari's list: its results have to prove that it is this export's. */
  readonly found?: true | undefined;
  /** How many syncs failed to read the results. */
  readonly failedReads?: number | undefined;
}

/** One export's line in the ledger. */
export interface LedgerSlot {
  readonly entry: LedgerEntry | undefined;
  /** The hash of what would be requested now. */
  readonly request: string;
  /** Records that a POST is about to be sent. It counts once `save` has resolved. */
  posting(submittedAt: string): void;
  /** Records the job Clari has started: the one that it answered, or one `found` in its list. */
  started(jobId: string, origin?: 'answered' | 'found'): void;
  /** Nothing is left to take over: the job was read, failed, was cancelled, expired, or was never started. */
  settled(): void;
  /**
   * The job is done but its results can't be read now. False when too many syncs have failed to: the job is forgotten.
   */
  unread(): boolean;
  /** Resolves when a kill can no longer lose what was recorded. */
  save(): Promise<void>;
}

/** How many syncs may fail to read a finished job's results before it is given up. */
const MAX_FAILED_READS = 3;

type State = Readonly<Record<string, unknown>>;

/**
 * What is paid for and not read yet: the only place that reads and writes a state's `pendingJobs` and `submitting`.
 * Generic over the key of an export (a forecast's quarter, a window of activities), whose properties the state keeps
 * next to the job's.
 */
export class JobLedger<Key extends object> {
  private readonly lines = new Map<string, { key: Key; entry: LedgerEntry }>();

  constructor(
    /** The key in a state's entry; undefined when it isn't valid. */
    private readonly parseKey: (entry: Readonly<Record<string, unknown>>) => Key | undefined,
    /** Hash of what is requested now, apart from the key; an entry with another hash isn't taken over. */
    private readonly request: string,
    private readonly persist: () => Promise<void>,
  ) {}

  /**
   * Takes over the entries of one stream's state. If two entries are for the same export, the one with a job id stays.
   * Returns the problems found, each as `path: what is wrong`.
   */
  load(state: State | undefined): string[] {
    const problems: string[] = [];
    this.loadList(state?.['pendingJobs'], true, problems);
    // An unanswered POST is a hint, not a promise: malformed entries are ignored.
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

  /** Forgets entries from before `epochMs`: Clari no longer has their results. */
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

  /** Moves an entry to another key, unless that key has one: what was exported turned out to be something else. */
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
      started(jobId, origin = 'answered') {
        const { entry } = this;
        if (entry === undefined) throw new Error('a job was started that the ledger does not know of');
        set({ jobId, submittedAt: entry.submittedAt, request, ...(origin === 'found' && { found: true }) });
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

  /** The form it has in a state. */
  toJSON(): { pendingJobs: object[]; submitting?: object[] } {
    const entries = [...this.lines.values()].map(({ key, entry }) => ({ ...key, ...entry }));
    const submitting = entries.filter(({ jobId }) => jobId === undefined);
    return {
      pendingJobs: entries.filter(({ jobId }) => jobId !== undefined),
      ...(submitting.length > 0 && { submitting }),
    };
  }
}

/** A short hash of an export's settings: enough to tell two sets of them apart. */
export const requestHash = (request: object): string =>
  createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 8);

const id = (key: object): string => JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));

function parseEntry({
  jobId,
  submittedAt,
  request,
  found,
  failedReads,
}: Record<string, unknown>): LedgerEntry | undefined {
  if (typeof submittedAt !== 'string' || Number.isNaN(Date.parse(submittedAt))) return undefined;
  if (jobId !== undefined && (typeof jobId !== 'string' || jobId === '')) return undefined;
  return {
    submittedAt,
    ...(typeof jobId === 'string' && { jobId }),
    ...(typeof request === 'string' && { request }),
    ...(found === true && { found }),
    ...(typeof failedReads === 'number' && { failedReads }),
  };
}
