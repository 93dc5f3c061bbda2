import type { Readable } from 'node:stream';
import type { AxiosResponse } from 'axios';
import { parseJson } from '../../json';
import { parseLink } from './failures';

/** An answer before its body is read. */
export type Response = AxiosResponse<Readable>;

export const isSuccess = ({ status }: Response): boolean => status >= 200 && status < 300;

export const isRedirect = (response: Response): boolean =>
  response.status >= 300 && response.status < 400 && headerOf(response, 'location') !== undefined;

export const locationOf = (response: Response, from: URL): URL => parseLink(headerOf(response, 'location') ?? '', from);

/** Schemes like `file:` have no origin: then only the scheme is named. */
export const originOf = ({ origin, protocol }: URL): string => (origin === 'null' ? protocol : origin);

export function headerOf({ headers }: Response, name: string): string | undefined {
  const value: unknown = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** When the answer was sent, epoch ms by its server's clock; undefined if it doesn't say. */
export function dateOf(response: Response): number | undefined {
  const date = Date.parse(headerOf(response, 'date') ?? '');
  return Number.isNaN(date) ? undefined : date;
}

/** An answer's JSON, no digit of a number lost; undefined if the text isn't JSON. */
export function parseBody(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
