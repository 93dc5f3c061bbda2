import { ClariError, changed } from '../errors';
import { CONNECT_TIMEOUT } from './connections';
import type { Subject } from './error-table';

/** Failures of a request without a usable answer, as ClariErrors. None of them contains the key or a query. */

/** The request that got no answer. */
export interface SentRequest extends Subject {
  readonly method: string;
  readonly host: string;
  /** Without a query. */
  readonly path: string;
}

/** Codes of connections that were never established: nothing was sent over them. */
const NEVER_SENT = new Set([CONNECT_TIMEOUT, 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);
/** Whether a failure's code says that the server's certificate isn't accepted. A retry wouldn't change that. */
export const isBadCertificate = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code);
const TIMEOUTS = new Set([CONNECT_TIMEOUT, 'ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED']);

/** No answer came. Keeps only the code of `error`: axios errors contain the headers, and so the key. */
export function noAnswer(error: unknown, { method, host, path, jobId }: SentRequest): ClariError {
  const code = (error as { code?: string } | null)?.code ?? 'unknown';
  const more = {
    code,
    detail: `${method} ${path}: ${code}`,
    landed: NEVER_SENT.has(code) || isBadCertificate(code) ? ('no' as const) : ('unknown' as const),
    jobId,
  };
  if (TIMEOUTS.has(code)) {
    return new ClariError(`${host} did not answer in time. Check the network, or sync again later.`, {
      kind: 'timeout',
      ...more,
    });
  }
  return new ClariError(
    `${host} could not be reached (${code}). Check "base_url" and the network, or sync again later.`,
    { kind: 'network', ...more },
  );
}

/** The caller's signal fired. `landed`: what is known about the request so far. */
export const interrupted = (landed: ClariError['landed']): ClariError =>
  new ClariError('The request was interrupted.', { kind: 'aborted', landed });

/** `what`: the path of the answer, without a query. */
export const silentBody = (what: string, ms: number): ClariError =>
  new ClariError(`Clari sent nothing for ${Math.round(ms / 1000)} s in the middle of an answer. Sync again later.`, {
    kind: 'timeout',
    detail: `${what}: silent body`,
    landed: 'unknown',
  });

export const brokenBody = (what: string, error: unknown): ClariError =>
  new ClariError('The connection to Clari broke in the middle of an answer. Sync again later.', {
    kind: 'network',
    detail: `${what}: ${(error as { code?: string } | null)?.code ?? 'body broke off'}`,
    landed: 'unknown',
  });

/** Of a kind that isn't retried: the answer would be just as large again. */
export const oversizedBody = (what: string, bytes: number): ClariError =>
  new ClariError('The answer is larger than any that Clari\'s API should give. Check "base_url".', {
    kind: 'bad_request',
    detail: `${what}: more than ${bytes} bytes`,
    landed: 'unknown',
  });

export const notJson = (method: string, path: string, status: number): ClariError =>
  new ClariError(
    'Clari\'s answer is not JSON: something other than Clari\'s API seems to be answering. Check "base_url", or sync again later.',
    { kind: 'unexpected_answer', status, detail: `${method} ${path}: HTTP ${status} without JSON`, landed: 'unknown' },
  );

/** `why`: the end of a sentence. */
export const refusedRedirect = (url: URL, why: string): ClariError =>
  new ClariError(`Clari redirects ${url.pathname}, which is not followed: ${why}. Check "base_url".`, {
    kind: 'unexpected_answer',
    status: 302,
    detail: `redirect at ${url.origin}${url.pathname}`,
    landed: 'no',
  });

/** A download link that isn't https. Schemes like `file:` and `data:` have no origin to name. */
export const unsafeLink = ({ protocol, host }: URL): ClariError =>
  new ClariError(
    `Clari handed out a download link that is not https (${host === '' ? protocol : `${protocol}//${host}`}), ` +
      'which is not followed. Contact Clari support.',
    { kind: 'unexpected_answer', status: 302, detail: `link to ${protocol}//${host}`, landed: 'no' },
  );

/** A link to an origin other than the base URL's: the key must not go there. */
export const foreignLink = ({ origin, pathname }: URL): ClariError =>
  new ClariError(`Clari handed out a link to another host (${origin}), which is not followed. Check "base_url".`, {
    kind: 'unexpected_answer',
    status: 302,
    detail: `link to ${origin}${pathname}`,
    landed: 'no',
  });

/**
 * A refusal by the host that stores a file for Clari. It never saw the key, so this says nothing about the key or its
 * permissions: the link has expired.
 */
export function asExpired(error: unknown, { jobId }: Subject): unknown {
  const gone = error instanceof ClariError && [400, 401, 403, 404, 410].includes(error.status ?? 0);
  if (!gone) return error;
  const refused = error.status === 404 || error.status === 410 ? '' : ', or a proxy or firewall in between refuses it';
  const message = `The download of job ${jobId}'s results has expired${refused} (HTTP ${error.status}). Sync again.`;
  return changed(error, { message, kind: 'unknown_job', code: undefined, jobId, cause: error });
}

/** A URL Clari handed out, absolute or relative to `base`. Throws a ClariError if it isn't a URL. */
export function parseLink(link: string, base?: URL): URL {
  try {
    return new URL(link, base);
  } catch {
    throw new ClariError('Clari handed out a link that is not a URL. Sync again later, or contact Clari support.', {
      kind: 'unexpected_answer',
      status: 302,
      landed: 'no',
    });
  }
}
