import { ClariError } from './errors';

/** Ids as path segments. */

/** A forecast's id as a path segment. Throws a ClariError (`bad_request`) if it can't be a forecast's id. */
export const forecastSegment = (forecastId: string): string =>
  segment(forecastId, 'a forecast id', 'It is in the URL of the Forecast Tab in Clari.');

/** A job's path. Throws a ClariError (`bad_request`) if it can't be a job's id. */
export const jobPath = (jobId: string): string =>
  `/export/jobs/${segment(jobId, 'a job id', 'Use the one that Clari answered when the export was started.')}`;

/** Untyped programs may pass anything, most often `undefined`. */
function segment(value: unknown, what: string, hint: string): string {
  const encoded = typeof value === 'string' ? encode(value) : undefined;
  if (encoded !== undefined) return encoded;
  const said = typeof value === 'string' && value !== '' ? `"${value}" is not ${what}` : `${what} is missing`;
  throw new ClariError(`${said.replace(/^a /, 'A ')}. ${hint}`, { kind: 'bad_request', landed: 'no' });
}

/** `.` and `..` would be resolved away even when encoded; half a surrogate pair can't be encoded. */
function encode(value: string): string | undefined {
  if (value.trim() === '' || value === '.' || value === '..') return undefined;
  try {
    return encodeURIComponent(value);
  } catch {
    return undefined;
  }
}
