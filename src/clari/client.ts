import { type Clock, READ_LIMITS, type RequestLimits, systemClock } from '../timing';
import {
  parseAuditPage,
  parseForecastList,
  parseJob,
  parseJobs,
  parseLimits,
  parseOpportunities,
  parseSubmitted,
} from './contract';
import { parseEntries, type ResultContext, requireWhole } from './entries/results';
import { ClariError } from './errors';
import { ClariHttp, type RetryNotice } from './http/http';
import { Polling } from './polling';
import {
  ACTIVITY_TYPES,
  type ActivityExportOptions,
  type AuditActor,
  type AuditFilter,
  type AuditPage,
  type CallOptions,
  type ClariJob,
  type ClariLimits,
  EXPORT_TYPES,
  type ForecastEntry,
  type ForecastExportOptions,
  type ForecastList,
  type SubmittedJob,
} from './types';

/** The most opportunity ids that one request may name. */
const OPPORTUNITIES_PER_CALL = 100;
const DEFAULT_BASE_URL = 'https://api.clari.com/v4';

export interface ClariClientOptions {
  /** The API token. It is sent to `baseUrl`'s origin alone. */
  readonly apiKey: string;
  /** Default `https://api.clari.com/v4`. */
  readonly baseUrl?: string | undefined;
  /** Longest wait between two looks at a job, ms; default 5000. Polling starts at 250 ms and doubles up to it; there is one look more when the job should be done. */
  readonly pollIntervalMs?: number | undefined;
  /** Looks at a job, after which it counts as timed out; default 60. */
  readonly maxPollAttempts?: number | undefined;
  /** Timeouts and retries of a single request. */
  readonly limits?: RequestLimits | undefined;
  /** Time, sleep and chance; the system's by default. */
  readonly clock?: Clock | undefined;
  /** `User-Agent` header. */
  readonly userAgent?: string | undefined;
  /** Content type of what is sent; default `application/json`. What is sent is JSON all the same. */
  readonly contentType?: string | undefined;
  /** Told before a request is tried again. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
}

/**
 * A typed client for Clari's Export API, for both contracts it is met in: the published one, and the listed one that has
 * `GET /export/forecast/list`. Which one answers is found out and never needs to be said. Every method rejects with a `ClariError`, and takes an `AbortSignal`.
 */
export class ClariClient {
  private readonly http: ClariHttp;
  private readonly clock: Clock;
  private readonly polling: Polling;
  private readonly maxPollAttempts: number;
  private list: Promise<ForecastList> | undefined;

  constructor(options: ClariClientOptions) {
    const {
      apiKey,
      baseUrl = DEFAULT_BASE_URL,
      limits = READ_LIMITS,
      clock,
      userAgent,
      contentType,
      onRetry,
    } = options;
    this.clock = clock ?? systemClock;
    this.http = new ClariHttp({ apiKey, baseUrl, limits, clock, userAgent, contentType, onRetry });
    this.polling = new Polling(this.clock, options.pollIntervalMs ?? 5_000);
    this.maxPollAttempts = options.maxPollAttempts ?? 60;
  }

  /** Epoch ms on Clari's clock. */
  now(): number {
    return this.clock.now();
  }

  /** The direct call. */
  async openForecast(
    _forecastId: string,
    _timePeriod?: string | null,
    _options: ForecastExportOptions & CallOptions = {},
  ): Promise<{ body: AsyncIterable<Buffer>; answeredAt: number }> {
    throw new ClariError('', { kind: 'no_such_path' });
  }

  /** The forecasts that Clari lists, and which contract it speaks; in the published contract there is no list. Asked once, then remembered. */
  async listForecasts({ signal }: CallOptions = {}): Promise<ForecastList> {
    this.list ??= this.fetchList(signal).catch((error: unknown) => {
      this.list = undefined;
      throw error;
    });
    return this.list;
  }

  /**
   * Starts the export of a forecast's quarter (`2027_Q4`), or without one of the current quarter. Clari answers a quarter that it doesn't know with the
   * current one: compare the results' `timePeriodId`. Costs one export of the organization's monthly quota.
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
      path: `/export/forecast/${segment(await this.pathKey(forecastId, signal))}`,
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

  /** Starts an export of activities. Costs one export of the organization's monthly quota. */
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

  async getJob(jobId: string, { signal }: CallOptions = {}): Promise<ClariJob> {
    return parseJob(await this.http.json({ method: 'GET', path: jobPath(jobId), jobId, signal }));
  }

  /** The jobs of this key's user. Rejects with kind `no_such_path` where Clari has no such list. */
  async listJobs({ signal }: CallOptions = {}): Promise<ClariJob[]> {
    return parseJobs(await this.http.json({ method: 'GET', path: '/export/jobs', area: 'export jobs', signal }));
  }

  /**
   * Polls a job until it is done. Rejects with kind `job_failed` when it ends otherwise, `truncated` when Clari cut its results off, `job_timed_out` after
   * `maxPollAttempts` looks.
   */
  async waitForJob(jobId: string, { signal }: CallOptions = {}): Promise<ClariJob> {
    const waits = this.polling.waits();
    let status = 'never seen';
    for (let attempt = 1; attempt <= this.maxPollAttempts; attempt++) {
      await this.clock.sleep(waits.next().value, signal);
      const job = await this.getJob(jobId, { signal });
      if (job.phase !== 'running') {
        this.polling.learn(job);
        return requireWhole(job);
      }
      status = job.status;
    }
    throw new ClariError(
      `Clari's job ${jobId} did not end within ${this.maxPollAttempts} looks at it (last status ${status}). Sync again later, or raise "max_poll_attempts".`,
      { kind: 'job_timed_out', jobId },
    );
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

  /** The bytes of a done job's results. The iterable rejects with a ClariError when they break off; stopping early is fine. */
  async openResults(job: ClariJob, { signal }: CallOptions = {}): Promise<AsyncIterable<Buffer>> {
    const { jobId, downloadUrl } = job;
    const from =
      downloadUrl === null ? { path: `${jobPath(jobId)}/results` } : { url: downloadUrl, withoutKey: true as const };
    return this.http.download(from, { jobId }, { signal });
  }

  /** The entries of a done forecast job, in memory. What the results don't hold is taken from `context`: the forecast, and the quarter where they name none. */
  async downloadResults(
    jobOrId: ClariJob | string,
    { signal, ...context }: ResultContext & CallOptions = {},
  ): Promise<{ entries: ForecastEntry[] }> {
    const job = typeof jobOrId === 'string' ? await this.getJob(jobOrId, { signal }) : jobOrId;
    const chunks: Buffer[] = [];
    for await (const chunk of await this.openResults(job, { signal })) chunks.push(chunk);
    return {
      entries: parseEntries(Buffer.concat(chunks).toString('utf8'), job, { ...context, now: this.clock.now() }),
    };
  }

  /** Exports a forecast's quarter (or the current one), waits and downloads: `exportForecast`, `waitForJob` and `downloadResults` in one. */
  async exportAndDownload(
    forecastId: string,
    timePeriod?: string | null,
    options: ForecastExportOptions & CallOptions = {},
  ): Promise<{ entries: ForecastEntry[] }> {
    const { signal } = options;
    const { jobId } = await this.exportForecast(forecastId, timePeriod, options);
    const job = await this.waitForJob(jobId, { signal });
    const { forecasts } = await this.listForecasts({ signal });
    return this.downloadResults(job, { forecastId, ...find(forecasts, forecastId), timePeriod, signal });
  }

  /**
   * Whether a forecast can be exported, as far as that can be told without an export: from the list, or from an unpublished call that needs no job.
   * `unverified` when neither tells.
   */
  async verifyForecast(
    forecastId: string,
    { signal }: CallOptions = {},
  ): Promise<'exists' | 'unknown' | 'no_optin' | 'unverified'> {
    const { contract, forecasts } = await this.listForecasts({ signal });
    if (contract === 'listed') return find(forecasts, forecastId) === undefined ? 'unknown' : 'exists';
    try {
      await this.http.succeeds({ method: 'GET', path: `/forecast/${segment(forecastId)}`, forecastId, signal });
      return 'exists';
    } catch (error) {
      if (!(error instanceof ClariError) || error.kind === 'aborted') throw error;
      // A 404 may as well mean that there is no such call.
      if (error.code === 'no_such_forecast_config') return 'unknown';
      return error.kind === 'no_optin' ? 'no_optin' : 'unverified';
    }
  }

  /** The audit events, page by page. A link to another origin is refused. */
  async *auditEvents(
    { limit = 1000, ...filter }: AuditFilter = {},
    { signal }: CallOptions = {},
  ): AsyncGenerator<AuditPage> {
    const query = new URLSearchParams({ limit: String(limit) });
    for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value);
    const call = { method: 'GET' as const, area: 'audit events', signal };
    let page = parseAuditPage(await this.http.json({ ...call, path: '/audit/events', query }));
    const followed = new Set<string>();
    for (;;) {
      yield { items: page.items, actors: page.actors as AuditActor[] };
      const { nextLink } = page;
      if (nextLink === undefined) return;
      if (followed.has(nextLink)) {
        throw new ClariError("Clari's pages of audit events lead in a circle. Sync again later, or tell Clari.", {
          kind: 'unexpected_answer',
        });
      }
      followed.add(nextLink);
      page = parseAuditPage(await this.http.jsonOfLink(nextLink, call));
    }
  }

  /** Opportunities by id, as Clari sends them; ids that Clari doesn't know are left out. Any number of ids: they are asked for 100 at a time. */
  async *getOpportunities(ids: readonly string[], { signal }: CallOptions = {}): AsyncGenerator<unknown[]> {
    for (let start = 0; start < ids.length; start += OPPORTUNITIES_PER_CALL) {
      const query = new URLSearchParams(
        ids.slice(start, start + OPPORTUNITIES_PER_CALL).map((id): [string, string] => ['oppId', id]),
      );
      const answer = await this.http.json({
        method: 'GET',
        path: '/opportunity',
        query,
        area: 'opportunities',
        signal,
      });
      yield parseOpportunities(answer);
    }
  }

  private async fetchList(signal: AbortSignal | undefined): Promise<ForecastList> {
    try {
      const forecasts = parseForecastList(
        await this.http.json({ method: 'GET', path: '/export/forecast/list', signal }),
      );
      if (forecasts !== undefined) return { contract: 'listed', forecasts };
    } catch (error) {
      // Any other refusal is how an API answers that has no list.
      const refused =
        error instanceof ClariError &&
        error.status !== undefined &&
        ![401, 403, 429].includes(error.status) &&
        error.status < 500;
      if (!refused) throw error;
    }
    return { contract: 'published', forecasts: [] };
  }

  /** What stands for a forecast in a path: its id; where Clari lists forecasts, their name. */
  private async pathKey(forecastId: string, signal: AbortSignal | undefined): Promise<string> {
    const { forecasts } = await this.listForecasts({ signal });
    return find(forecasts, forecastId)?.forecastName ?? forecastId;
  }
}

const find = (forecasts: ForecastList['forecasts'], idOrName: string) =>
  forecasts.find(({ forecastId }) => forecastId === idOrName) ??
  forecasts.find(({ forecastName }) => forecastName === idOrName);

const jobPath = (jobId: string): string => `/export/jobs/${segment(jobId)}`;

/** A value as one segment of a path. `.` and `..` would be resolved away even when encoded. */
function segment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new ClariError(`"${value}" can't be an id in Clari. Correct it.`, { kind: 'bad_request' });
  }
  return encodeURIComponent(value);
}
