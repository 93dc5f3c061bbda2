import type { Clock } from '../../timing';
import { type ClariError, changed } from '../errors';
import { readText } from './body';
import type { Call, HttpOptions, SeenAnswer } from './call';
import { landedWith, toClariError } from './error-table';
import { notJson, refusedRedirect } from './failures';
import { dateOf, headerOf, isRedirect, isSuccess, locationOf, originOf, parseBody, type Response } from './response';

/** A call ready to be sent. */
export interface Outgoing {
  readonly url: URL;
  readonly call: Call;
  readonly withKey: boolean;
}

/** One try of a request. */
export interface Try extends Outgoing {
  readonly startedAt: number;
}

/** Turns an answer into a value, or throws the ClariError it stands for. */
export type Reader<T> = (response: Response, tried: Try, stop: AbortSignal) => Promise<T>;

/** No answer of the API proper (as opposed to a download) is larger than this. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** The ways to read an answer. Each reports it to `onAnswer`. */
export class Answers {
  constructor(
    private readonly options: HttpOptions,
    private readonly clock: Clock,
    private readonly hide: (text: string) => string,
  ) {}

  /** The JSON of a successful answer. */
  readonly json: Reader<unknown> = async (response, request, stop) => {
    const { method, path } = request.call;
    if (!isSuccess(response)) return this.refuse(response, request, stop);
    const body = await this.parsedOf(response, request, stop);
    if (body === undefined) throw notJson(method, path, response.status);
    return body;
  };

  /** A successful answer, its body unread. */
  readonly body: Reader<Response> = async (response, request, stop) => {
    if (!isSuccess(response)) return this.refuse(response, request, stop);
    this.show(response, request);
    return response;
  };

  /** The same, or a redirect. */
  readonly bodyOrRedirect: Reader<Response> = async (response, request, stop) => {
    if (!isRedirect(response)) return this.body(response, request, stop);
    this.show(response, request);
    return response;
  };

  /** Throws the error a failed answer stands for. */
  private async refuse(response: Response, request: Try, stop: AbortSignal): Promise<never> {
    const { call, url } = request;
    const { status } = response;
    if (isRedirect(response)) {
      response.data.destroy();
      this.show(response, request);
      throw refusedRedirect(url, `it leads to ${originOf(locationOf(response, url))}`);
    }
    const body = await this.parsedOf(response, request, stop).catch((error: ClariError) => {
      // Only the status says whether the request took effect.
      throw changed(error, { landed: landedWith(status) });
    });
    throw toClariError({ ...call, status, body }, this.hide);
  }

  /** An answer's JSON; undefined if it isn't JSON. */
  private async parsedOf(response: Response, request: Try, stop: AbortSignal): Promise<unknown> {
    const text = await this.textOf(response, request, stop);
    const body = parseBody(text);
    this.show(response, request, { body, bytes: Buffer.byteLength(text) });
    return body;
  }

  /** Reports an answer to `onAnswer`. */
  private show(
    response: Response,
    { call: { method, path }, startedAt }: Try,
    { body, bytes }: Partial<Pick<SeenAnswer, 'body' | 'bytes'>> = {},
  ): void {
    this.options.onAnswer?.({
      method,
      path,
      status: response.status,
      headerNames: Object.keys(response.headers),
      sentAt: dateOf(response),
      retryAfter: headerOf(response, 'retry-after'),
      durationMs: this.clock.now() - startedAt,
      body,
      bytes,
    });
  }

  private textOf({ data }: Response, { call }: Outgoing, signal: AbortSignal): Promise<string> {
    const { idleTimeoutMs } = this.options.limits;
    return readText(data, { signal, what: call.path, idleTimeoutMs }, MAX_ANSWER_BYTES);
  }
}
