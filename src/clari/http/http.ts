import type { Readable } from 'node:stream';
import axios, { type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import { type Clock, type RequestLimits, systemClock } from '../../timing';
import { ClariError } from '../errors';
import type { CallOptions } from '../types';
import { isLoopback } from './base-url';
import { readBody, readText } from './body';
import { createAgents } from './connections';
import { type Subject, toClariError } from './error-table';
import {
  asExpired,
  foreignLink,
  interrupted,
  noAnswer,
  notJson,
  parseLink,
  refusedRedirect,
  type SentRequest,
} from './failures';
import { retryDelay } from './retry';

/** Why a request is tried again, told before the wait. */
export interface RetryNotice {
  readonly reason: ClariError['kind'];
  readonly delayMs: number;
  /** Without a query. */
  readonly path: string;
  /** What the failed try ran into, as a developer wants it. */
  readonly detail: string;
}

export interface HttpOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly limits: RequestLimits;
  readonly clock?: Clock | undefined;
  readonly userAgent?: string | undefined;
  readonly contentType?: string | undefined;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
}

export interface Call extends Subject, CallOptions {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below the base URL, its variable parts encoded. */
  readonly path: string;
  readonly query?: URLSearchParams | undefined;
  readonly body?: unknown;
}

/** What a try needs to know of its request, carried along in axios' config. */
interface Attempted extends Subject {
  readonly path: string;
  /** Hand the answer's body out as it comes; else read it whole and parse it. */
  readonly stream: boolean;
  readonly startedAt: number;
  tries: number;
  /** Before the next try. */
  delayMs: number;
}

type Config = InternalAxiosRequestConfig & { attempted: Attempted };

/** An answer of the API proper (not of a download) is never larger than this. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const MAX_REDIRECTS = 5;

/** A failed try on its way through axios-retry, which wants to see the config. */
class FailedAttempt extends Error {
  constructor(
    readonly failure: ClariError,
    readonly config: Config,
    readonly retryAfter: string | undefined,
  ) {
    super(failure.message);
  }
}

/**
 * The one place that sends requests. The key goes to the base URL's origin alone; what fails is tried again as `retryDelay` decides; every failure
 * is a ClariError that holds neither the key nor a query.
 */
export class ClariHttp {
  private readonly axios: AxiosInstance;
  private readonly clock: Clock;
  private readonly base: URL;

  constructor(private readonly options: HttpOptions) {
    this.clock = options.clock ?? systemClock;
    this.base = new URL(options.baseUrl.replace(/\/*$/, '/'));
    const { limits } = options;
    this.axios = axios.create({
      ...createAgents(limits.connectTimeoutMs),
      timeout: limits.firstByteTimeoutMs,
      // What is meant for this machine goes to it, whatever proxy the environment names.
      ...(isLoopback(this.base.hostname) && { proxy: false as const }),
      // Bodies are read here, so that their silence can be timed and their size bounded.
      responseType: 'stream',
      validateStatus: () => true,
      maxRedirects: 0,
      headers: { 'user-agent': options.userAgent ?? 'source-clari', accept: 'application/json' },
    });
    this.axios.interceptors.response.use(
      (response) => this.settle(response),
      (error: { config?: Config; code?: string }) => {
        if (error.config === undefined) throw error;
        throw new FailedAttempt(noAnswer(error, sentBy(error.config)), error.config, undefined);
      },
    );
    axiosRetry(this.axios, {
      retries: limits.maxTries - 1,
      shouldResetTimeout: true,
      retryCondition: (error) => this.triesAgain(error as unknown as FailedAttempt),
      // The wait happens in `onRetry`, on the injected clock.
      retryDelay: () => 0,
      onRetry: (_, error) => this.waitAfter(error as unknown as FailedAttempt),
    });
  }

  /** Sends a call and resolves with the answer's JSON. Rejects with a ClariError. */
  async json(call: Call): Promise<unknown> {
    const response = await this.send(this.urlOf(call.path, call.query), call, false);
    return response.data;
  }

  /** Sends a call and resolves once it is known that it succeeded; the body is not read. */
  async succeeds(call: Call): Promise<void> {
    const response = await this.send(this.urlOf(call.path, call.query), call, true);
    (response.data as Readable).destroy();
  }

  /** The JSON of a link that Clari handed out, absolute or relative. Refused when it leads to another origin than the base URL's. */
  async jsonOfLink(link: string, call: Omit<Call, 'path'>): Promise<unknown> {
    const url = parseLink(link, this.base);
    if (url.origin !== this.base.origin) throw foreignLink(url);
    const response = await this.send(url, { ...call, path: url.pathname }, false);
    return response.data;
  }

  /**
   * The body of a download, from below the base URL or from a URL that Clari handed out; redirects are followed. The key is sent to the base URL's
   * origin only, and never with `withoutKey`. The iterable rejects with a ClariError when the body breaks off or falls silent; a refusal by
   * whoever keeps the file, which knows nothing of the key, is of kind `unknown_job`.
   */
  async download(
    from: { path: string } | { url: string; withoutKey: true },
    subject: Subject,
    { signal }: CallOptions,
  ): Promise<AsyncIterable<Buffer>> {
    const { idleTimeoutMs } = this.options.limits;
    const withoutKey = 'url' in from;
    let url = withoutKey ? parseLink(from.url) : this.urlOf(from.path);
    for (let redirects = 0; ; redirects++) {
      this.refuseDowngrade(url);
      const keyless = withoutKey || url.origin !== this.base.origin;
      const call: Call = { ...subject, method: 'GET', path: url.pathname, signal };
      const response = await this.send(url, call, true, withoutKey).catch((error: unknown) => {
        throw keyless ? asExpired(error, subject) : error;
      });
      const body = response.data as Readable;
      if (!isRedirect(response)) return readBody(body, { signal, what: url.pathname, idleTimeoutMs });
      body.destroy();
      if (redirects === MAX_REDIRECTS) throw refusedRedirect(url, 'too many redirects');
      url = parseLink(String(response.headers['location']), url);
    }
  }

  private urlOf(path: string, query?: URLSearchParams): URL {
    const url = new URL(`.${path}`, this.base);
    if (query !== undefined) url.search = query.toString();
    return url;
  }

  private async send(url: URL, call: Call, stream: boolean, withoutKey = false): Promise<AxiosResponse> {
    const { signal } = call;
    if (signal?.aborted) throw interrupted();
    const { apiKey, contentType = 'application/json', limits } = this.options;
    const withKey = !withoutKey && url.origin === this.base.origin;
    // Of all tries together, and no longer than until the answer is there: a body that is handed out as it comes may take its time.
    const budget = new AbortController();
    const outOfTime = setTimeout(() => budget.abort(), limits.totalTimeoutMs);
    const attempted: Attempted = {
      path: call.path,
      stream,
      startedAt: this.clock.now(),
      tries: 0,
      delayMs: 0,
      forecastId: call.forecastId,
      jobId: call.jobId,
      area: call.area,
    };
    try {
      return await this.axios.request({
        url: url.href,
        method: call.method,
        ...(call.body !== undefined && { data: JSON.stringify(call.body) }),
        headers: {
          ...(withKey && { apikey: apiKey }),
          ...(call.body !== undefined && { 'content-type': contentType }),
        },
        signal: signal === undefined ? budget.signal : AbortSignal.any([signal, budget.signal]),
        attempted,
      } as never);
    } catch (error) {
      if (signal?.aborted) throw interrupted();
      if (budget.signal.aborted) throw noAnswer({ code: 'ETIMEDOUT' }, { ...call, host: url.host });
      if (error instanceof FailedAttempt) throw error.failure;
      if (error instanceof ClariError) throw error;
      throw noAnswer(error, { ...call, host: url.host });
    } finally {
      clearTimeout(outOfTime);
    }
  }

  /** Decides what an answer is: the value to resolve with, or a failed attempt. */
  private async settle(response: AxiosResponse): Promise<AxiosResponse> {
    const config = response.config as Config;
    const { attempted } = config;
    const { status } = response;
    const succeeded = status >= 200 && status < 300;
    if (attempted.stream && (succeeded || isRedirect(response))) return response;
    const method = String(config.method).toUpperCase();
    const retryAfter: unknown = response.headers['retry-after'];
    const fail = (failure: ClariError) =>
      new FailedAttempt(failure, config, typeof retryAfter === 'string' ? retryAfter : undefined);
    const read = {
      signal: config.signal as AbortSignal,
      what: attempted.path,
      idleTimeoutMs: this.options.limits.idleTimeoutMs,
    };
    const text = await readText(response.data as Readable, read, MAX_ANSWER_BYTES).catch((error: ClariError) => {
      throw fail(error);
    });
    if (isRedirect(response)) {
      const url = new URL(String(config.url));
      throw fail(refusedRedirect(url, `it leads to ${parseLink(String(response.headers['location']), url).origin}`));
    }
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      if (succeeded) throw fail(notJson(method, attempted.path, status));
    }
    if (!succeeded) throw fail(toClariError({ ...attempted, method, status, body }));
    return { ...response, data: body };
  }

  /** Whether a failed try shall be followed by another; notes how long to wait for it. */
  private triesAgain({ failure, config, retryAfter }: FailedAttempt): boolean {
    if (config?.attempted === undefined || config.signal?.aborted) return false;
    const { attempted } = config;
    const now = this.clock.now();
    attempted.tries++;
    const delayMs = retryDelay(
      failure,
      {
        method: String(config.method).toUpperCase(),
        tries: attempted.tries,
        elapsedMs: now - attempted.startedAt,
        retryAfter,
        now,
        random: this.clock.random(),
      },
      this.options.limits,
    );
    attempted.delayMs = delayMs ?? 0;
    return delayMs !== undefined;
  }

  private async waitAfter({ failure, config }: FailedAttempt): Promise<void> {
    const { delayMs, path } = config.attempted;
    this.options.onRetry?.({ reason: failure.kind, delayMs, path, detail: failure.detail });
    await this.clock.sleep(delayMs, config.signal as AbortSignal | undefined);
  }

  private refuseDowngrade(url: URL): void {
    if (
      url.protocol === 'https:' ||
      (url.protocol === 'http:' && (isLoopback(url.hostname) || this.base.protocol === 'http:'))
    )
      return;
    throw refusedRedirect(url, `${url.origin} is not https`);
  }
}

const isRedirect = ({ status, headers }: AxiosResponse): boolean =>
  status >= 300 && status < 400 && headers['location'] !== undefined;

const sentBy = ({ method, url, attempted }: Config): SentRequest => ({
  ...attempted,
  method: String(method).toUpperCase(),
  host: new URL(String(url)).host,
});
