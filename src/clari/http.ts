import type { Readable } from 'node:stream';
import axios, { type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import { type Clock, type RequestLimits, systemClock } from '../timing';
import { isLoopback } from './base-url';
import { CONNECT_TIMEOUT, createAgents } from './connections';
import { type Subject, toClariError } from './error-table';
import { ClariError } from './errors';
import { retryDelay } from './retry';
import type { CallOptions } from './types';

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
      // Bodies are read here, so that their silence can be timed and their size bounded.
      responseType: 'stream',
      validateStatus: () => true,
      maxRedirects: 0,
      headers: { 'user-agent': options.userAgent ?? 'source-clari', accept: 'application/json' },
    });
    this.axios.interceptors.response.use(
      (response) => this.settle(response),
      (error: { config?: Config; code?: string }) => {
        throw error.config === undefined
          ? fromNetwork(error, undefined)
          : new FailedAttempt(fromNetwork(error, error.config), error.config, undefined);
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
    const url = new URL(link, this.base);
    if (url.origin !== this.base.origin) {
      throw new ClariError(
        `Clari handed out a link to another host (${url.origin}), which is not followed. Check "base_url".`,
        {
          kind: 'unexpected_answer',
          detail: `link to ${url.origin}${url.pathname}`,
        },
      );
    }
    const response = await this.send(url, { ...call, path: url.pathname }, false);
    return response.data;
  }

  /**
   * The body of a download, from below the base URL or from a URL that Clari handed out; redirects are followed. The key is sent to the base URL's
   * origin only, and never with `withoutKey`. The iterable rejects with a ClariError when the body breaks off or falls silent.
   */
  async download(
    from: { path: string } | { url: string; withoutKey: true },
    subject: Subject,
    { signal }: CallOptions,
  ): Promise<AsyncIterable<Buffer>> {
    const withoutKey = 'url' in from;
    let url = withoutKey ? parseUrl(from.url) : this.urlOf(from.path);
    for (let redirects = 0; ; redirects++) {
      this.refuseDowngrade(url);
      const response = await this.send(
        url,
        { ...subject, method: 'GET', path: url.pathname, signal },
        true,
        withoutKey,
      );
      const body = response.data as Readable;
      if (!isRedirect(response)) return this.timed(body, { signal, what: url.pathname });
      body.destroy();
      if (redirects === MAX_REDIRECTS) throw redirectError(url, 'too many redirects');
      url = new URL(String(response.headers['location']), url);
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
    const budget = AbortSignal.timeout(limits.totalTimeoutMs);
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
        signal: signal === undefined ? budget : AbortSignal.any([signal, budget]),
        attempted,
      } as never);
    } catch (error) {
      if (signal?.aborted) throw interrupted();
      if (error instanceof FailedAttempt) throw error.failure;
      throw error instanceof ClariError ? error : fromNetwork(error as { code?: string }, undefined);
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
    let text: string;
    try {
      text = await this.textOf(response.data as Readable, {
        signal: config.signal as AbortSignal,
        what: attempted.path,
      });
    } catch (error) {
      throw fail(error instanceof ClariError ? error : fromNetwork(error as { code?: string }, config));
    }
    if (isRedirect(response))
      throw fail(
        redirectError(new URL(String(config.url)), `it leads to ${originOf(response.headers['location'], config.url)}`),
      );
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      if (succeeded) throw fail(notJson(method, attempted.path, status));
    }
    if (!succeeded) throw fail(toClariError({ ...attempted, method, status, body }));
    return { ...response, data: body };
  }

  private async textOf(body: Readable, read: TimedRead): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.timed(body, read)) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES)
        throw new ClariError(`Clari's answer to ${read.what} is too large to be one.`, {
          kind: 'unexpected_answer',
          status: 500,
        });
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** A body's bytes, as long as none of its silences lasts too long. */
  private async *timed(body: Readable, { signal, what }: TimedRead): AsyncGenerator<Buffer> {
    const { idleTimeoutMs } = this.options.limits;
    const chunks = body[Symbol.asyncIterator]();
    const stop = () => body.destroy(interrupted());
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      for (;;) {
        const silent = setTimeout(() => body.destroy(silence(what, idleTimeoutMs)), idleTimeoutMs);
        const next = await chunks.next().finally(() => clearTimeout(silent));
        if (next.done) return;
        yield next.value;
      }
    } catch (error) {
      throw error instanceof ClariError ? error : brokenBody(what, error);
    } finally {
      signal?.removeEventListener('abort', stop);
      body.destroy();
    }
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
    throw redirectError(url, `${url.origin} is not https`);
  }
}

interface TimedRead extends CallOptions {
  readonly what: string;
}

const isRedirect = ({ status, headers }: AxiosResponse): boolean =>
  status >= 300 && status < 400 && headers['location'] !== undefined;

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new ClariError('Clari handed out a download URL that is no URL. Sync again later, or tell Clari.', {
      kind: 'unexpected_answer',
    });
  }
}

function originOf(location: unknown, base: string | undefined): string {
  try {
    return new URL(String(location), base).origin;
  } catch {
    return 'nowhere';
  }
}

/** Connections that were never there: nothing was sent over them. */
const NEVER_SENT = new Set([CONNECT_TIMEOUT, 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);
const TIMEOUTS = new Set([CONNECT_TIMEOUT, 'ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED']);

/** A request that got no answer. Only the failure's code is kept: axios' errors hold the headers, and so the key. */
function fromNetwork(
  error: { code?: string; message?: string; cause?: unknown },
  config: Config | undefined,
): ClariError {
  const code = error.code ?? 'unknown';
  const host = config?.url === undefined ? 'Clari' : new URL(config.url).host;
  const landed = NEVER_SENT.has(code) ? 'no' : 'unknown';
  const jobId = config?.attempted.jobId;
  const detail = `${String(config?.method ?? 'GET').toUpperCase()} ${config?.attempted.path ?? ''}: ${code}`;
  if (TIMEOUTS.has(code)) {
    return new ClariError(`${host} did not answer in time. Check the network, or sync again later.`, {
      kind: 'timeout',
      code,
      detail,
      landed,
      jobId,
    });
  }
  return new ClariError(
    `${host} could not be reached (${code}). Check "base_url" and the network, or sync again later.`,
    {
      kind: 'network',
      code,
      detail,
      landed,
      jobId,
    },
  );
}

const interrupted = (): ClariError =>
  new ClariError('The request was interrupted.', { kind: 'aborted', landed: 'unknown' });

const silence = (what: string, ms: number): ClariError =>
  new ClariError(
    `Clari stopped sending in the middle of an answer, for ${Math.round(ms / 1000)} s. Sync again later.`,
    {
      kind: 'timeout',
      detail: `${what}: silent body`,
      landed: 'unknown',
    },
  );

const brokenBody = (what: string, error: unknown): ClariError =>
  new ClariError('The connection to Clari broke in the middle of an answer. Sync again later.', {
    kind: 'network',
    detail: `${what}: ${(error as { code?: string }).code ?? 'body broke off'}`,
    landed: 'unknown',
  });

const notJson = (method: string, path: string, status: number): ClariError =>
  new ClariError(
    'Clari\'s answer is not JSON; something else answers in its place. Check "base_url", or sync again later.',
    {
      kind: 'unexpected_answer',
      status,
      detail: `${method} ${path}: HTTP ${status} without JSON`,
      landed: 'unknown',
    },
  );

const redirectError = (url: URL, why: string): ClariError =>
  new ClariError(`Clari redirects ${url.pathname}, which is not followed: ${why}. Check "base_url".`, {
    kind: 'unexpected_answer',
    status: 302,
    detail: `redirect at ${url.origin}${url.pathname}`,
    landed: 'no',
  });
