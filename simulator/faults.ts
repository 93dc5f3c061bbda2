import type { JobKind, UnknownJobAnswer } from './options';

/** What goes wrong with an answer. `bytes` counts the body's; no fault ever lets the whole body through. */
export type FaultAction =
  /**
   * A different answer. A string body is sent as `contentType` (default text/plain), anything else as JSON; defaults to
   * Clari's body for that status.
   */
  | {
      readonly type: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly contentType?: string;
      readonly afterProcessing?: boolean;
    }
  /** The connection is reset without an answer. */
  | { readonly type: 'reset'; readonly afterProcessing?: boolean }
  /** Silence: before the answer (default), after its headers, or after `bytes` (default 64) of its body. */
  | {
      readonly type: 'hang';
      readonly stage?: 'before_answer' | 'after_headers' | 'mid_body';
      readonly bytes?: number;
      readonly afterProcessing?: boolean;
    }
  /** The connection is reset after `bytes` (default 64) of the body. */
  | { readonly type: 'cutBody'; readonly bytes?: number }
  /** The body ends after `bytes` (default 64) as if it were complete. */
  | { readonly type: 'shortBody'; readonly bytes?: number }
  /** Status 200 without JSON; default an HTML page. */
  | {
      readonly type: 'garbage';
      readonly body?: string;
      readonly contentType?: string;
      readonly afterProcessing?: boolean;
    }
  /** A JSON object that isn't results, instead of the results; the request takes effect. */
  | { readonly type: 'notResults'; readonly shape: NotResults }
  /**
   * An audit trail page without events. Its link requests the same page again under a new address: with
   * `times: Infinity` it never ends.
   */
  | { readonly type: 'emptyPage' }
  /** An audit trail page whose `actors` is `[null]`. */
  | { readonly type: 'nullActors' }
  /** The JSON body, changed; the request takes effect. `what` describes it in `unused()`. */
  | { readonly type: 'rewrite'; readonly what?: string; readonly change: (body: unknown) => unknown }
  | { readonly type: 'redirect'; readonly location: string; readonly status?: 301 | 302 | 303 | 307 | 308 };

/**
 * `{}`; `{"message": "maintenance"}`; Clari's own error body for a 500; everything except the rows; the rows in an
 * object instead of an array. Rows are `entries`, `activities` or `items`, whichever the answer has.
 */
export type NotResults = 'empty' | 'message' | 'error' | 'without_entries' | 'entries_object';

/** Which requests a fault applies to; what is left out matches all. */
export interface FaultMatch {
  readonly method?: string;
  /** Matched against the path with its query, `/v4/…`; a string has to occur in it. */
  readonly path?: RegExp | string;
  /** The API itself, or the second origin, which download URLs point to. */
  readonly origin?: 'api' | 'download';
  /** The forecast, or the job's forecast, that the request is about. */
  readonly forecastId?: string;
  readonly jobKind?: JobKind;
  /** Strikes from the n-th matching request on, counting from 1. */
  readonly nth?: number;
}

/**
 * Strikes `times` (default 1) matching requests. `afterProcessing` = the request takes effect first; only its answer is
 * lost.
 */
export interface Fault extends FaultMatch {
  readonly times?: number;
  readonly action: FaultAction;
}

/** What goes wrong with a job. */
export type JobOutcome =
  | 'FAILED'
  | 'ABORTED'
  | 'CANCELLED'
  | 'NEVER_ENDS'
  /** Another word instead of STARTED; forever unless `thenDone`. */
  | { readonly statusWord: string; readonly thenDone?: boolean }
  | 'ROWS_TRUNCATED'
  | 'CELLS_TRUNCATED'
  /** The same, but with the string `"true"` as the flag. */
  | 'ROWS_TRUNCATED_WORD'
  | 'CELLS_TRUNCATED_WORD'
  /** Done, with an `endTime` and `expiredTime` no date can hold (9e15). */
  | 'END_TIME_OUT_OF_RANGE'
  /** The first status check after its end says DONE, the next STARTED, all later ones DONE. */
  | 'FLAPPING'
  /** Done, but the first request for its results is refused. */
  | 'RESULTS_REFUSED_ONCE'
  /** Unknown for this long after its POST, by id and in the list; default answer `visibilityLagAnswer`. */
  | { readonly hiddenForMs: number; readonly answer?: UnknownJobAnswer }
  /** Done, but its results have already expired. */
  | 'EXPIRED'
  /** Its results are the current quarter's, whichever was requested. */
  | 'WRONG_PERIOD'
  /** Five empty arrays. */
  | 'EMPTY'
  /** No entries, but the results name the period. */
  | 'EMPTY_WITH_PERIOD';

/** Which jobs, when submitted; what is left out matches all. `timePeriod: null` = those submitted without one. */
export interface JobMatch {
  readonly kind?: JobKind;
  readonly forecastId?: string;
  /** As requested, or the quarter it resolves to. */
  readonly timePeriod?: string | null;
  /** Default 1. */
  readonly times?: number;
}

/** What a fault is matched against. */
export interface FaultSubject {
  readonly method: string;
  readonly path: string;
  readonly origin: 'api' | 'download';
  readonly forecastId: string | null;
  readonly jobKind: JobKind | null;
}

export interface JobSubject {
  readonly kind: JobKind;
  readonly forecastId: string | null;
  readonly timePeriod: string | null;
  readonly period: string | null;
}

interface Planned<T> {
  readonly what: T;
  left: number;
  used: number;
  seen: number;
}

/** What should go wrong, and in what order: a request or job gets the first matching fault that isn't used up. */
export class FaultPlan {
  private readonly requestFaults: Planned<Fault>[] = [];
  private readonly jobFaults: Planned<JobMatch & { readonly outcome: JobOutcome }>[] = [];

  add(...faults: Fault[]): void {
    for (const fault of faults) this.requestFaults.push({ what: fault, left: fault.times ?? 1, used: 0, seen: 0 });
  }

  job(match: JobMatch, outcome: JobOutcome): void {
    this.jobFaults.push({ what: { ...match, outcome }, left: match.times ?? 1, used: 0, seen: 0 });
  }

  /** Descriptions of the faults that haven't struck as often as planned (`times: Infinity`: not at all). */
  unused(): string[] {
    const waiting = ({ left, used }: Planned<unknown>): boolean => (left === Infinity ? used === 0 : left > 0);
    return [...this.requestFaults.filter(waiting), ...this.jobFaults.filter(waiting)].map(
      ({ what, left }) => `${describe(what)} (${left} left)`,
    );
  }

  /** Drops all planned faults. */
  clear(): void {
    this.requestFaults.length = 0;
    this.jobFaults.length = 0;
  }

  /** The fault that strikes this request, if any; it counts as used. */
  takeForRequest(subject: FaultSubject): FaultAction | undefined {
    for (const planned of this.requestFaults) {
      if (planned.left <= 0 || !matches(planned.what, subject)) continue;
      planned.seen += 1;
      if (planned.seen < (planned.what.nth ?? 1)) continue;
      return use(planned).action;
    }
    return undefined;
  }

  /** The fault that strikes this job, if any; it counts as used. */
  takeForJob(subject: JobSubject): JobOutcome | null {
    const planned = this.jobFaults.find(({ left, what }) => left > 0 && matchesJob(what, subject));
    return planned === undefined ? null : use(planned).outcome;
  }
}

function use<T>(planned: Planned<T>): T {
  planned.left -= 1;
  planned.used += 1;
  return planned.what;
}

function matches(match: FaultMatch, subject: FaultSubject): boolean {
  const { method, path, origin, forecastId, jobKind } = match;
  if (method !== undefined && method.toUpperCase() !== subject.method) return false;
  // `search` rather than `test`: a regex with the g flag would remember where it stopped.
  if (path instanceof RegExp && subject.path.search(path) < 0) return false;
  if (typeof path === 'string' && !subject.path.includes(path)) return false;
  if (origin !== undefined && origin !== subject.origin) return false;
  if (forecastId !== undefined && forecastId !== subject.forecastId) return false;
  return jobKind === undefined || jobKind === subject.jobKind;
}

function matchesJob(match: JobMatch, subject: JobSubject): boolean {
  const { kind, forecastId, timePeriod } = match;
  if (kind !== undefined && kind !== subject.kind) return false;
  if (forecastId !== undefined && forecastId !== subject.forecastId) return false;
  if (timePeriod === undefined || timePeriod === subject.timePeriod) return true;
  return timePeriod !== null && timePeriod === subject.period;
}

function describe(what: object): string {
  return JSON.stringify(what, (_, value: unknown) => (value instanceof RegExp ? value.toString() : value));
}
