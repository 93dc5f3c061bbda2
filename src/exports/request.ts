import type { CallOptions, ClariJob, ClariLimits, SubmittedJob } from '../clari/types';
import type { SpooledDocument } from './document';

/** A job that an earlier sync started and did not finish reading, as its state remembers it. */
export interface JournaledJob {
  readonly jobId: string;
  /** ISO 8601. */
  readonly submittedAt: string;
}

/**
 * Where the pool writes down what it has started, so that a killed sync can go on with it. Every promise resolves only when
 * the entry can no longer be lost by a kill; the pool waits for it.
 */
export interface ExportJournal {
  /** A POST is about to be sent: should its answer never be seen, the next sync looks for its job before it pays again. */
  submitting(submittedAt: string): Promise<void>;
  /** Clari has given the job an id. */
  submitted(job: JournaledJob): Promise<void>;
  /** There is nothing left to go on with: the job failed, was cancelled or expired, or was never started. */
  dropped(): Promise<void>;
}

/** One export, as a stream wants it. */
export interface ExportRequest {
  /** Names it in logs and errors: `forecast "net_new", 2027_Q3`. */
  readonly label: string;
  readonly journal: ExportJournal;
  /** The job an earlier sync left behind. */
  readonly pending?: JournaledJob | undefined;
  /** When an earlier sync sent a POST whose job id it never learned (ISO 8601). */
  readonly submittingSince?: string | undefined;
  submit(call: CallOptions): Promise<SubmittedJob>;
  /** Whether a job of Clari's list can be this export: how a POST whose answer was lost is found again. */
  matches(job: ClariJob): boolean;
  /** Changes the request after Clari rejected it; true when it is worth another try. */
  adapt?(error: unknown): boolean;
  /** Clari makes us wait for a free slot; `until`: epoch ms when the wait is given up, null: it is over. */
  onWaiting?(until: number | null): void;
}

/** The results of one export, on disk and known to be whole. */
export interface OpenExport {
  readonly job: ClariJob;
  /** ISO 8601: the job's end, else when it was seen done. */
  readonly exportedAt: string;
  readonly document: SpooledDocument;
}

/** An export under way. */
export interface ExportHandle {
  /** Resolves when its job is done in Clari; rejects when the export has failed for good. Not awaiting it is fine. */
  readonly finished: Promise<unknown>;
  /**
   * The results, downloaded once however often they are asked for. A broken download is fetched again; a job whose results have
   * expired is submitted again.
   */
  open(): Promise<OpenExport>;
  /** Removes the results from disk. Nobody wants them any more: a job that isn't submitted yet never will be. */
  dispose(): Promise<void>;
}

/** The organization's monthly quota is used up; nothing more can be submitted in this sync. */
export class QuotaExhaustedError extends Error {
  override readonly name = 'QuotaExhaustedError';
  constructor(readonly limits: ClariLimits) {
    super(
      `Clari's monthly export quota is used up (${limits.monthlyQuota - limits.availableMonthlyQuota} of ${limits.monthlyQuota} used)`,
    );
  }
}
