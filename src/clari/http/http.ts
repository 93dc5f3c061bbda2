import type { Readable } from 'node:stream';
import axios, { type AxiosInstance } from 'axios';
import { type Clock, systemClock } from '../../timing';
import { ClariError, changed } from '../errors';
import type { CallOptions } from '../types';
import { Answers, type Outgoing, type Reader, type Try } from './answers';
import { isLoopback } from './base-url';
import { readBody } from './body';
import type { Call, HttpOptions, OpenAnswer } from './call';
import { createAgents } from './connections';
import type { Subject } from './error-table';
import {
  asExpired,
  foreignLink,
  interrupted,
  noAnswer,
  notJson,
  parseLink,
  refusedRedirect,
  unsafeLink,
} from './failures';
import { dateOf, headerOf, isRedirect, locationOf, originOf, type Response } from './response';
import { retryDelay } from './retry';
import { ServerClock } from './server-clock';

export type { Call, HttpOptions, OpenAnswer, RetryNotice, SeenAnswer } from './call';

/** A failed try. */
interface Failure {
  readonly failure: ClariError;
  /** The `Retry-After` header, if there was an answer and it had one. */
  readonly retryAfter?: string | undefined;
  /** When the answer was sent, by the clock of the server that sent it. */
  readonly sentAt?: number | undefined;
}

const MAX_REDIRECTS = 5;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The only place that sends requests. The key goes only to the base URL's origin; `retryDelay` decides what is retried;
 * every failure is a ClariError that contains neither the key nor a query.
 */
export class ClariHttp {
  private readonly axios: AxiosInstance;
  private readonly answers: Answers;
  private readonly clock: Clock;
  private readonly serverClock: ServerClock;
  private readonly base: URL;
  /** The key as it might come back in an answer. */
  private readonly secrets: readonly string[];

  constructor(private readonly options: HttpOptions) {
    const { apiKey, baseUrl, limits, clock, userAgent } = options;
    this.clock = clock ?? systemClock;
    this.serverClock = new ServerClock(this.clock);
    this.answers = new Answers(options, this.clock, (text) => this.hide(text));
    this.base = new URL(baseUrl.replace(/\/*$/, '/'));
    this.secrets = [...new Set([apiKey, encodeURIComponent(apiKey), JSON.stringify(apiKey).slice(1, -1)])];
    this.axios = axios.create({
      ...createAgents(limits.connectTimeoutMs),
      timeout: limits.firstByteTimeoutMs,
      // Requests to this machine bypass any proxy the environment names.
      ...(isLoopback(this.base.hostname) && { proxy: false as const }),
      // Streamed, so that we can time a body's silence and bound its size.
      responseType: 'stream',
      validateStatus: () => true,
      maxRedirects: 0,
      headers: { 'user-agent': userAgent ?? 'source-clari', accept: 'application/json' },
    });
  }

  /** Sends a call and resolves with the answer's JSON. Rejects with a ClariError. */
  json(call: Call): Promise<unknown> {
    return this.send(this.outgoing(call), this.answers.json);
  }

  /** Sends a call and resolves once it has succeeded; the body is not read. A redirect is not a success. */
  async succeeds(call: Call): Promise<void> {
    const { data } = await this.send(this.outgoing(call), this.answers.body);
    data.destroy();
  }

  /** Sends a call and hands out the answer's body as it arrives. Redirects and web pages are refused. */
  async open(call: Call): Promise<OpenAnswer> {
    const { data, headers, status } = await this.send(this.outgoing(call), this.answers.body);
    const answeredAt = this.now();
    if (/html/i.test(String(headers['content-type']))) {
      data.destroy();
      throw changed(notJson(call.method, call.path, status), { landed: 'no' });
    }
    return { body: this.bodyOf(data, call), answeredAt };
  }

  /**
   * The JSON behind a link Clari handed out, absolute or relative. Refused if it leads to an origin other than the base
   * URL's.
   */
  async jsonOfLink(link: string, call: Omit<Call, 'path' | 'query'>): Promise<unknown> {
    const url = parseLink(link, this.base);
    if (url.origin !== this.base.origin) throw this.safe(foreignLink(url));
    return this.send({ url, call: { ...call, path: url.pathname }, withKey: true }, this.answers.json);
  }

  /**
   * The body of a download, from a path under the base URL or from a URL Clari handed out; redirects are followed. The
   * key is sent only to the base URL's origin, and never with `withoutKey`. A refusal by the host that stores the file,
   * which never saw the key, is of kind `unknown_job`.
   */
  async download(
    from: { path: string } | { url: string; withoutKey: true },
    subject: Subject,
    { signal }: CallOptions,
  ): Promise<AsyncIterable<Buffer>> {
    const keyIsWanted = 'path' in from;
    let url = keyIsWanted ? this.urlOf(from.path) : parseLink(from.url);
    if (!this.isSafe(url)) throw this.safe(unsafeLink(url));
    for (let redirects = 0; ; redirects++) {
      this.options.onDownload?.(url.href);
      const withKey = keyIsWanted && url.origin === this.base.origin;
      const call: Call = { ...subject, method: 'GET', path: url.pathname, signal };
      const response = await this.send({ url, call, withKey }, this.answers.bodyOrRedirect).catch((error: unknown) => {
        throw withKey ? error : asExpired(error, subject);
      });
      if (!isRedirect(response)) return this.bodyOf(response.data, call);
      response.data.destroy();
      if (redirects === MAX_REDIRECTS) throw this.safe(refusedRedirect(url, 'too many redirects'));
      const target = locationOf(response, url);
      if (!this.isSafe(target)) throw this.safe(refusedRedirect(url, `it leads to ${originOf(target)}, not to https`));
      url = target;
    }
  }

  /** Epoch ms on Clari's clock, as learned from its answers. */
  now(): number {
    return this.serverClock.now();
  }

  /** The text without the key, in case Clari put it there. */
  hide(text: string): string {
    return this.secrets.reduce((rest, secret) => rest.replaceAll(secret, '****'), text);
  }

  private urlOf(path: string, query?: URLSearchParams): URL {
    const url = new URL(`.${path}`, this.base);
    if (query !== undefined) url.search = query.toString();
    return url;
  }

  private outgoing(call: Call): Outgoing {
    return { url: this.urlOf(call.path, call.query), call, withKey: true };
  }

  /** Sends a request until it succeeds, fails for good, or runs out of time. */
  private async send<T>(request: Outgoing, read: Reader<T>): Promise<T> {
    const { limits, onRetry } = this.options;
    const { signal, method, path } = request.call;
    if (signal?.aborted) throw interrupted('no');
    // For all tries together, but only until the answer is there: a body that is handed out may take its time.
    const budget = new AbortController();
    const outOfTime = setTimeout(() => budget.abort(), Math.min(limits.totalTimeoutMs, LONGEST_TIMER_MS));
    const stop = signal === undefined ? budget.signal : AbortSignal.any([signal, budget.signal]);
    const startedAt = this.clock.now();
    try {
      for (let tries = 1; ; tries++) {
        const outcome = await this.attempt(request, read, stop);
        if ('value' in outcome) return outcome.value;
        const { failure, retryAfter, sentAt } = outcome;
        const elapsedMs = this.clock.now() - startedAt;
        const input = { method, tries, elapsedMs, retryAfter, now: sentAt ?? this.now(), random: this.clock.random() };
        const delayMs = stop.aborted ? undefined : retryDelay(failure, input, limits);
        if (delayMs !== undefined) {
          onRetry?.({ reason: failure.kind, delayMs, path: this.hide(path), detail: failure.detail });
          await this.clock.sleep(delayMs, stop);
        }
        if (signal?.aborted) throw interrupted(failure.landed);
        if (delayMs === undefined || stop.aborted) throw failure;
      }
    } finally {
      clearTimeout(outOfTime);
    }
  }

  /** One try. */
  private async attempt<T>(
    request: Outgoing,
    read: Reader<T>,
    stop: AbortSignal,
  ): Promise<{ readonly value: T } | Failure> {
    const { url, call, withKey } = request;
    const { apiKey, contentType = 'application/json' } = this.options;
    const { method } = call;
    let retryAfter: string | undefined;
    let sentAt: number | undefined;
    const tried: Try = { ...request, startedAt: this.clock.now() };
    try {
      const response: Response = await this.axios.request<Readable>({
        url: url.href,
        method,
        ...(call.body !== undefined && { data: JSON.stringify(call.body) }),
        headers: {
          ...(withKey && { apikey: apiKey }),
          ...(call.body !== undefined && { 'content-type': contentType }),
        },
        signal: stop,
      });
      retryAfter = headerOf(response, 'retry-after');
      sentAt = dateOf(response);
      if (url.origin === this.base.origin) this.serverClock.learn(sentAt);
      return { value: await read(response, tried, stop) };
    } catch (error) {
      const failure = failureOf(error, request);
      // A read changes nothing, however it ended.
      return {
        failure: this.safe(method === 'GET' ? changed(failure, { landed: 'no' }) : failure),
        retryAfter,
        sentAt,
      };
    }
  }

  private bodyOf(body: Readable, { path, signal }: Call): AsyncIterable<Buffer> {
    return readBody(body, { signal, what: this.hide(path), idleTimeoutMs: this.options.limits.idleTimeoutMs });
  }

  /** The error without the key: it quotes Clari's own words, and a server may echo what it was sent. */
  private safe(error: ClariError): ClariError {
    const { message, detail, code } = error;
    return changed(error, {
      message: this.hide(message),
      detail: this.hide(detail),
      code: code === undefined ? undefined : this.hide(code),
    });
  }

  /**
   * Whether a file may be fetched from there: by https, or by http if the base URL itself is http (on this machine).
   */
  private isSafe({ protocol }: URL): boolean {
    return protocol === 'https:' || (protocol === 'http:' && this.base.protocol === 'http:');
  }
}

/** The error a failed try stands for. Rethrows what no request can have caused: a bug of ours. */
function failureOf(error: unknown, { call, url }: Outgoing): ClariError {
  const sent = { ...call, host: url.host };
  if (error instanceof ClariError) {
    // Time ran out, unless the caller's signal fired too, which is checked later.
    return error.kind === 'aborted' ? changed(noAnswer({ code: 'ETIMEDOUT' }, sent), { landed: error.landed }) : error;
  }
  if (!axios.isAxiosError(error)) throw error;
  return noAnswer(error, sent);
}
