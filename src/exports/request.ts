import { ClariError } from '../clari/errors';
import type { CallOptions, ClariJob, ClariLimits, SubmittedJob } from '../clari/types';
import type { SpooledDocument } from './document';
import type { LedgerSlot } from './ledger';

/** One export, as a stream wants it. */
export interface ExportRequest {
  /** Names it in logs and errors: `forecast "net_new", quarter 2027_Q3`. */
  readonly label: string;
  /** Its line in the ledger. */
  readonly slot: LedgerSlot;
  /** A job older than this isn't taken over, ms. */
  readonly maxAgeMs: number;
  submit(call: CallOptions): Promise<SubmittedJob>;
  /** Whether a job in Clari's list can be this export: how a job whose id was never learned is found. */
  matches(job: ClariJob): boolean;
  /** Sorts the jobs of an earlier attempt that can be this export, likeliest first. Absent: newest first. */
  likelier?(a: ClariJob, b: ClariJob): number;
  /** Throws a DocumentError when a document can't be the results of such an export. */
  expects(document: SpooledDocument): void;
  /** Whether the results of a job found in Clari's list are what this export asks for. Absent: `matches` is enough. */
  proves?(document: SpooledDocument): Promise<boolean>;
  /** Changes the request after Clari rejected it; true if it is worth another try. */
  adapt?(error: unknown): boolean;
  /** Clari makes us wait for a free slot. `until`: when the wait is given up, epoch ms; null: it is over. */
  onWaiting?(until: number | null): void;
}

/** Results on disk, known to be whole. */
export interface OpenExport {
  /** Null if no job made them: the direct call. */
  readonly jobId: string | null;
  /** ISO 8601: the job's end, or else when it was seen done. */
  readonly exportedAt: string;
  readonly document: SpooledDocument;
}

/** An export in progress, or another source of results. */
export interface ExportHandle {
  /** Resolves when its job is done in Clari; rejects when the export has failed for good. Not awaiting it is fine. */
  readonly done: Promise<unknown>;
  /**
   * Whether its job comes from an earlier sync or an earlier attempt of this one, or was found in Clari's list after the
   * answer to its POST was lost.
   */
  readonly adopted: boolean;
  /**
   * The results, downloaded once until `release`. A broken download is fetched again; an export whose results have
   * expired gets another job. When it rejects, a job that is still good stays in the ledger.
   */
  open(): Promise<OpenExport>;
  /** Removes the results from disk; `open` fetches them again. */
  release(): Promise<void>;
  /** Removes the results from disk. They are no longer wanted: a job that isn't submitted yet never will be. */
  dispose(): Promise<void>;
}

/** The organization's monthly quota is used up; nothing more can be submitted in this sync. */
export class QuotaExhausted extends ClariError {
  constructor(
    readonly limits: ClariLimits,
    /**
     * When the oldest of this user's exports falls out of the 30 days, YYYY-MM-DD; undefined if Clari's job list
     * doesn't say.
     */
    readonly freesUpOn: string | undefined,
  ) {
    super(
      `Clari's export quota is used up: ${limits.monthlyQuota - limits.availableMonthlyQuota} of ${limits.monthlyQuota} exports in the last 30 days.`,
      { kind: 'quota_exhausted', landed: 'no' },
    );
  }
}
