import { isObject, missingArray, parseJson } from '../../json';
import { laterQuarter, quarterOf } from '../../period';
import { ClariError } from '../errors';
import type { ClariJob, ForecastEntry } from '../types';
import { createEntryMapper, periodsOf, RESULT_PARTS, type ResultParts } from './mapper';

/** What is known of an export beside its job, for the columns that the results don't hold. */
export interface ResultContext {
  readonly forecastId?: string | undefined;
  readonly forecastName?: string | null | undefined;
  /** The quarter that was asked for: it counts where the results themselves name none. */
  readonly timePeriod?: string | null | undefined;
}

/** The entries of a forecast job's results, as flat rows. Throws a ClariError when the text isn't what results are. */
export function parseEntries(text: string, job: ClariJob, context: ResultContext & { now: number }): ForecastEntry[] {
  const results = parseResults(text, job);
  const entries = Array.isArray(results.entries) ? results.entries : [];
  const mapper = createEntryMapper(results, {
    forecastId: context.forecastId ?? '',
    forecastName: context.forecastName ?? null,
    timePeriod: newestQuarter(periodsOf(results, entries)) ?? context.timePeriod ?? '',
    jobId: job.jobId,
    exportedAt: new Date(job.endTime ?? context.now).toISOString(),
  });
  return entries.map((entry) => mapper.map(entry));
}

/** The job itself, when it is done and its results are whole; else throws the ClariError that says how it ended. */
export function requireWhole(job: ClariJob): ClariJob {
  const { jobId, status, error } = job;
  if (job.phase !== 'succeeded') {
    throw new ClariError(
      `Clari's job ${jobId} ended as ${status}${error === null ? '' : ` (${error})`}. Sync again later.`,
      { kind: 'job_failed', jobId },
    );
  }
  if (job.rowsTruncated || job.cellsTruncated) {
    throw new ClariError(
      `The results of Clari's job ${jobId} are cut off (${job.rowsTruncated ? 'rows' : 'cells'} truncated). Narrow the export: ` +
        'a "scope_id" lower in the hierarchy, fewer "types_to_export", or no "include_historical".',
      { kind: 'truncated', jobId },
    );
  }
  return job;
}

/** The newest quarter among time periods, months counting for their quarters; undefined where none belongs to one. */
export const newestQuarter = (timePeriodIds: Iterable<string>): string | undefined =>
  [...timePeriodIds]
    .flatMap((id) => quarterOf(id) ?? [])
    .reduce<string | undefined>((a, b) => (a === undefined ? b : laterQuarter(a, b)), undefined);

function parseResults(text: string, { jobId }: ClariJob): ResultParts & { entries?: unknown } {
  let results: unknown;
  try {
    results = parseJson(text);
  } catch (cause) {
    // The parser's message quotes what it could not read.
    throw notResults(jobId, cause instanceof Error ? cause.name : 'no JSON');
  }
  if (!isObject(results)) throw notResults(jobId, 'no JSON object');
  const members = Object.entries(results).map(
    ([name, value]) => [name, value === null || Array.isArray(value)] as const,
  );
  const problem = missingArray(new Map(members), 'entries', RESULT_PARTS);
  if (problem !== undefined) throw notResults(jobId, problem);
  return results;
}

const notResults = (jobId: string, detail: string): ClariError =>
  new ClariError(
    `Clari's results of job ${jobId} are cut short, or not the JSON document they should be. Download them again.`,
    { kind: 'broken_results', jobId, detail },
  );
