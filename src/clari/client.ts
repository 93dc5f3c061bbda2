import type { Clock } from '../timing';
import { auditPages } from './audit-pages';
import { parseJob, parseJobs, parseLimits, parseOpportunities, parseSubmitted } from './contract';
import { parseEntries, type ResultContext, requireWhole } from './entries/results';
import { ClariError } from './errors';
import { Forecasts } from './forecasts';
import { ClariHttp, type OpenAnswer } from './http/http';
import { forecastSegment, jobPath } from './ids';
import { watchJob } from './job-watch';
import { type ClariClientOptions, resolveOptions } from './options';
import { Polling } from './polling';
import {
  ACTIVITY_TYPES,
  type ActivityExportOptions,
  type AuditFilter,
  type AuditPage,
  type CallOptions,
  type ClariJob,
  type ClariLimits,
  EXPORT_TYPES,
  type ForecastEntry,
  type ForecastExportOptions,
  type ForecastList,
  type ForecastReadOptions,
  type Opportunity,
  type SubmittedJob,
} from './types';
import { wholeText } from './whole-text';

/** The most opportunity ids one request may name. */
const OPPORTUNITIES_PER_CALL = 100;

/**
 * A typed client for Clari's Export API in both of its contracts: the published one, and the listed one, which has
 * `GET /export/forecast/list`. The client detects which one it is talking to. Every method except `now` takes an
 * `AbortSignal` and rejects with a `ClariError`; the constructor throws one, of kind `bad_request`, for an invalid key
 * or base URL.
 */
export class ClariClient {
  private readonly http: ClariHttp;
  private readonly clock: Clock;
  private readonly polling: Polling;
  private readonly forecasts: Forecasts;
  private readonly maxPollAttempts: number;
  private readonly visibleWithinMs: number;

  constructor(options: ClariClientOptions) {
    const { clock, pollIntervalMs, maxPollAttempts, visibleWithinMs, ...rest } = resolveOptions(options);
    this.clock = clock;
    this.http = new ClariHttp({ ...rest, clock });
    this.polling = new Polling(clock, pollIntervalMs);
    this.forecasts = new Forecasts(this.http);
    this.maxPollAttempts = maxPollAttempts;
    this.visibleWithinMs = visibleWithinMs;
  }

  /**
   * The time on Clari's clock, epoch ms: this machine's, corrected by the `Date` header of Clari's last answer when the
   * two differ by 2 s or more.
   */
  now(): number {
    return this.http.now();
  }

  /**
   * The forecasts Clari lists, each once, and which contract it speaks; the published contract has no list. Fetched
   * once, then remembered.
   */
  async listForecasts(call: CallOptions = {}): Promise<ForecastList> {
    return this.forecasts.list(call);
  }

  /**
   * Starts the export of a forecast's quarter (`2027_Q4`), or of the current quarter when none is given. For a quarter
   * it doesn't know, Clari exports the current one: compare the entries' `timePeriod`. Costs one export from the
   * organization's monthly quota.
   */
  async exportForecast(
    forecastId: string,
    timePeriod?: string | null,
    options: ForecastExportOptions & CallOptions = {},
  ): Promise<SubmittedJob> {
    const {
      signal,
      typesToExport = EXPORT_TYPES,
      currency,
      includeHistorical = false,
      scopeId,
      schedule = 'NONE',
    } = options;
    const answer = await this.http.json({
      method: 'POST',
      path: `/export/forecast/${await this.forecasts.exportSegment(forecastId, { signal })}`,
      body: {
        ...(timePeriod && { timePeriod }),
        typesToExport,
        ...(currency && { currency }),
        ...(scopeId && { scopeId }),
        schedule,
        includeHistorical,
        exportFormat: 'JSON',
      },
      forecastId,
      signal,
    });
    return parseSubmitted(answer);
  }

  /** Starts an export of activities. Costs one export from the organization's monthly quota. */
  async exportActivities({
    startDate,
    endDate,
    activityTypes = ACTIVITY_TYPES,
    signal,
  }: ActivityExportOptions & CallOptions): Promise<SubmittedJob> {
    const body = { activityTypes, startDate, endDate, exportFormat: 'JSON' };
    return parseSubmitted(
      await this.http.json({ method: 'POST', path: '/export/activity', body, area: 'activities', signal }),
    );
  }

  /** A job's current status. */
  async getJob(jobId: string, { signal }: CallOptions = {}): Promise<ClariJob> {
    const job = parseJob(await this.http.json({ method: 'GET', path: jobPath(jobId), jobId, signal }));
    // Ignores the answer's own id: another job's results must not be taken for this one's.
    return this.withoutKey({ ...job, jobId });
  }

  /** The jobs of this key's user. Rejects with kind `no_such_path` if Clari has no such list. */
  async listJobs({ signal }: CallOptions = {}): Promise<ClariJob[]> {
    const answer = await this.http.json({ method: 'GET', path: '/export/jobs', area: 'export jobs', signal });
    return parseJobs(answer).map((job) => this.withoutKey(job));
  }

  /**
   * Checks a job's status until it is done. Rejects with kind `job_failed` when it ends any other way, `truncated` when
   * Clari cut its results off, `job_timed_out` after `maxPollAttempts` checks. For `visibleWithinMs`, a job that Clari
   * doesn't know, or doesn't let this key read, counts as not visible yet; after that, the third such answer in a row
   * is thrown.
   */
  async waitForJob(jobId: string, { signal }: CallOptions = {}): Promise<ClariJob> {
    const { clock, polling, maxPollAttempts: maxChecks, visibleWithinMs } = this;
    jobPath(jobId); // Rejects an invalid id before any wait.
    const getJob = (id: string, call: CallOptions) => this.getJob(id, call);
    return watchJob(jobId, { clock, polling, maxChecks, visibleWithinMs, getJob }, { signal });
  }

  /** Cancels a job, which gives its quota back. False when it had already ended. */
  async cancelJob(jobId: string, { signal }: CallOptions = {}): Promise<boolean> {
    try {
      await this.http.json({ method: 'PATCH', path: jobPath(jobId), body: { type: 'CANCEL' }, jobId, signal });
      return true;
    } catch (error) {
      if (error instanceof ClariError && error.code === 'export_failed_to_cancel') return false;
      throw error;
    }
  }

  /** The organization's export limits. Costs no export. */
  async getLimits({ signal }: CallOptions = {}): Promise<ClariLimits> {
    return parseLimits(await this.http.json({ method: 'GET', path: '/admin/limits', area: 'export limits', signal }));
  }

  /**
   * The bytes of a finished job's results. The iterable rejects with a ClariError if they break off; stopping early is
   * fine.
   */
  async openResults(job: ClariJob, { signal }: CallOptions = {}): Promise<AsyncIterable<Buffer>> {
    const { jobId, downloadUrl } = job;
    const from =
      downloadUrl === null ? { path: `${jobPath(jobId)}/results` } : { url: downloadUrl, withoutKey: true as const };
    return this.http.download(from, { jobId }, { signal });
  }

  /**
   * The entries of a finished forecast job, in memory. What the results don't contain comes from `context`: the
   * forecast, and the quarter if they name none. Rejects with kind `job_failed` if the job has ended any other way,
   * `truncated` if Clari cut its results off, `broken_results` if they aren't whole; of a job that is still running,
   * Clari has no results.
   */
  async downloadResults(
    jobOrId: ClariJob | string,
    { signal, ...context }: ResultContext & CallOptions = {},
  ): Promise<{ entries: ForecastEntry[] }> {
    const job = typeof jobOrId === 'object' ? jobOrId : await this.getJob(jobOrId, { signal });
    if (job.phase !== 'running') requireWhole(job);
    const text = await wholeText(await this.openResults(job, { signal }));
    return { entries: parseEntries(text, job, { ...context, now: this.now() }) };
  }

  /**
   * Exports a forecast's quarter (or the current one), waits and downloads: `exportForecast`, `waitForJob` and
   * `downloadResults` in one. Rejects with kind `unknown_period` when Clari answers with a different quarter.
   */
  async exportAndDownload(
    forecastId: string,
    timePeriod?: string | null,
    options: ForecastExportOptions & CallOptions = {},
  ): Promise<{ entries: ForecastEntry[] }> {
    const { signal } = options;
    const { jobId } = await this.exportForecast(forecastId, timePeriod, options);
    const job = await this.waitForJob(jobId, { signal });
    const text = await wholeText(await this.openResults(job, { signal }));
    const forecast = await this.forecasts.find(forecastId, { signal });
    const context = { forecastId, ...forecast, timePeriod, samePeriod: true, now: this.now() };
    return { entries: parseEntries(text, job, context) };
  }

  /**
   * Opens the direct call `GET /forecast/{forecastId}`: the same JSON document as an export's results, but immediate
   * and for the latest week of a quarter only (the current quarter when none is given). It starts no job and, to our
   * knowledge, costs no export. Clari's own documents mention the call without describing it, so it may be missing:
   * then it rejects with kind `no_such_path`, `forbidden` or `unexpected_answer`.
   */
  async openForecast(
    forecastId: string,
    timePeriod?: string | null,
    { signal, typesToExport = EXPORT_TYPES, currency, scopeId }: ForecastReadOptions & CallOptions = {},
  ): Promise<OpenAnswer> {
    const query = new URLSearchParams();
    if (timePeriod) query.set('timePeriod', timePeriod);
    for (const type of typesToExport) query.append('typesToExport', type);
    if (currency) query.set('currency', currency);
    if (scopeId) query.set('scopeId', scopeId);
    const path = `/forecast/${forecastSegment(forecastId)}`;
    return this.http.open({ method: 'GET', path, query, forecastId, undocumented: true, signal });
  }

  /**
   * The entries of a forecast's quarter (or the current one) by the direct call, in memory: see `openForecast`. They
   * have the columns of an export's entries; `jobId` is null, and `exportedAt` is the time of the answer. Rejects with
   * kind `unknown_period` when Clari answers with a different quarter.
   */
  async readForecast(
    forecastId: string,
    timePeriod?: string | null,
    options: ForecastReadOptions & CallOptions = {},
  ): Promise<{ entries: ForecastEntry[] }> {
    const { signal } = options;
    const { body, answeredAt } = await this.openForecast(forecastId, timePeriod, options);
    const text = await wholeText(body);
    const forecast = await this.forecasts.find(forecastId, { signal });
    const context = { forecastId, ...forecast, timePeriod, samePeriod: true, now: answeredAt };
    return { entries: parseEntries(text, { jobId: null, endTime: answeredAt }, context) };
  }

  /**
   * Whether a forecast can be exported, to the extent that can be checked without an export: by the list, or by the
   * direct call, which also checks the scope. `unverified` when neither answers.
   */
  async verifyForecast(
    forecastId: string,
    { signal, scopeId }: Pick<ForecastReadOptions, 'scopeId'> & CallOptions = {},
  ): Promise<'exists' | 'unknown' | 'no_optin' | 'unverified'> {
    const path = `/forecast/${forecastSegment(forecastId)}`;
    const { contract } = await this.listForecasts({ signal });
    if (contract === 'listed') {
      return (await this.forecasts.find(forecastId, { signal })) === undefined ? 'unknown' : 'exists';
    }
    try {
      const query = new URLSearchParams(scopeId ? { scopeId } : {});
      await this.http.succeeds({ method: 'GET', path, query, forecastId, undocumented: true, signal });
      return 'exists';
    } catch (error) {
      if (!(error instanceof ClariError) || error.kind === 'aborted') throw error;
      if (error.kind === 'unknown_forecast') return 'unknown';
      return error.kind === 'no_optin' ? 'no_optin' : 'unverified';
    }
  }

  /**
   * The audit events, page by page. A link to another origin is refused; pages that lead nowhere (a link already
   * followed, a page that repeats the previous one, ten empty pages in a row) end it with kind `unexpected_answer`.
   */
  auditEvents(filter: AuditFilter = {}, call: CallOptions = {}): AsyncGenerator<AuditPage, void, undefined> {
    return auditPages(this.http, filter, call);
  }

  /**
   * Opportunities by id, in batches; ids Clari doesn't know are left out. Takes any number of ids and requests 100 at a
   * time.
   */
  async *getOpportunities(
    ids: readonly string[],
    { signal }: CallOptions = {},
  ): AsyncGenerator<readonly Opportunity[], void, undefined> {
    for (let start = 0; start < ids.length; start += OPPORTUNITIES_PER_CALL) {
      const batch = ids.slice(start, start + OPPORTUNITIES_PER_CALL);
      const query = new URLSearchParams(batch.map((id): [string, string] => ['oppId', id]));
      const path = '/opportunity';
      yield parseOpportunities(await this.http.json({ method: 'GET', path, query, area: 'opportunities', signal }));
    }
  }

  /** The job with the key removed from Clari's own words, which end up in errors. */
  private withoutKey(job: ClariJob): ClariJob {
    return { ...job, status: this.http.hide(job.status), error: job.error === null ? null : this.http.hide(job.error) };
  }
}
