/** What went wrong with a call to Clari, which decides what can be done about it. */
export type ClariErrorKind =
  /** 401 without a code: the API key is not accepted. Nothing else will work either. */
  | 'invalid_key'
  /** 401 `no_optin`: the key is good, but its user is not opted in to this forecast or scope. */
  | 'no_optin'
  /** 403: the user of the key lacks a permission. */
  | 'forbidden'
  /** 400 `no_such_forecast_config`, or 404 for a forecast. */
  | 'unknown_forecast'
  /** 400 `type_not_supported`: crm_total and crm_closed can't be exported here. */
  | 'type_not_supported'
  /** 400 `export_monthly_quota_reached`: monthly quota or concurrent limit; `getLimits` says which. */
  | 'export_limit'
  /** The monthly export quota is used up: `getLimits` says that none is left. */
  | 'quota_exhausted'
  /** Clari answered with a different quarter than the one requested. */
  | 'unknown_period'
  /** 400 `invalid_jobId`, 404/410 for a job: Clari no longer (or never) knows this job or its results. */
  | 'unknown_job'
  /** 400 `SWW`, 403 on a job: this key may not read it. */
  | 'job_not_readable'
  /** 404 "no Route matched": the API has no such path (or `base_url` is wrong). */
  | 'no_such_path'
  /** Any other 4xx: Clari rejected what was sent. */
  | 'bad_request'
  /** 429, still after all retries. */
  | 'rate_limited'
  /** 5xx, still after all retries. */
  | 'server_error'
  /** DNS, refused, reset, TLS, broken body: still after all retries. */
  | 'network'
  /** No answer within the time limits. */
  | 'timeout'
  /** The answer isn't what the API promises: HTML, not JSON, missing keys. */
  | 'unexpected_answer'
  /** Results that are cut short, or not the JSON document they should be. */
  | 'broken_results'
  /** The folder for temporary files is missing, full or not writable. */
  | 'temporary_folder'
  /** The job ended as FAILED, ABORTED or CANCELLED. */
  | 'job_failed'
  /** The job did not end within `maxPollAttempts`. */
  | 'job_timed_out'
  /** The job is done, but Clari cut rows or cells off. */
  | 'truncated'
  /** The caller's AbortSignal fired. */
  | 'aborted';

export interface ClariErrorOptions {
  readonly kind: ClariErrorKind;
  /** HTTP status, if there was an answer. */
  readonly status?: number | undefined;
  /** Clari's `code`, if the body has one. */
  readonly code?: string | undefined;
  /** For the developer: method, path (never a query), status, Clari's own message and errorId. */
  readonly detail?: string | undefined;
  readonly jobId?: string | undefined;
  /**
   * Whether the request may have changed something at Clari. `no` = it certainly did not: a read, a request that was
   * never sent, or one that was refused (refused connection, 4xx, 429, 503). `unknown` = the answer to a POST or PATCH
   * was lost: a job may have been queued and paid for. Undefined where no request was involved.
   */
  readonly landed?: 'no' | 'unknown' | undefined;
  readonly cause?: unknown;
}

/**
 * Every failure of the client. `message` is a short text for the person who runs it: what happened, to what, what to do
 * (a configuration key in it means the client's option of the same name). `detail` is for the developer. None of
 * `message`, `detail` and `cause` ever contains the API key or a download URL's query.
 */
export class ClariError extends Error {
  override readonly name = 'ClariError';
  readonly kind: ClariErrorKind;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly detail: string;
  readonly jobId: string | undefined;
  readonly landed: 'no' | 'unknown' | undefined;

  constructor(message: string, options: ClariErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = options.kind;
    this.status = options.status;
    this.code = options.code;
    this.detail = options.detail ?? message;
    this.jobId = options.jobId;
    this.landed = options.landed;
  }
}

/** A copy of the error with some of it changed. */
export const changed = (
  error: ClariError,
  { message = error.message, ...changes }: Partial<ClariErrorOptions> & { readonly message?: string },
): ClariError => {
  const { kind, status, code, detail, jobId, landed, cause } = error;
  return new ClariError(message, { kind, status, code, detail, jobId, landed, cause, ...changes });
};
