import { DAY_MS } from '../../days';
import { isObject, missingArray, parseJson } from '../../json';
import { laterQuarter, quarterOf } from '../../period';
import { ClariError } from '../errors';
import type { ClariJob, ForecastEntry } from '../types';
import { createEntryMapper, periodsOf, RESULT_PARTS, type ResultParts } from './mapper';

/** What is known about an export besides its job, for the columns the results don't contain. */
export interface ResultContext {
  readonly forecastId?: string | undefined;
  readonly forecastName?: string | null | undefined;
  /** The quarter requested: it counts when the results themselves name none. */
  readonly timePeriod?: string | null | undefined;
}

/** Where results come from: a job, or the direct call (then without an id). */
export interface ResultSource {
  readonly jobId: string | null;
  /** Epoch ms. */
  readonly endTime: number | null;
}

/** What the client adds to that. */
interface ClientContext extends ResultContext {
  readonly now: number;
  /** Results of any quarter other than `timePeriod` are refused, as `unknown_period`. */
  readonly samePeriod?: boolean;
}

/** The entries of a forecast's results, as flat rows. Throws a ClariError when the text isn't valid results. */
export function parseEntries(text: string, job: ResultSource, context: ClientContext): ForecastEntry[] {
  const results = parseResults(text, job);
  const entries = Array.isArray(results.entries) ? results.entries : [];
  if (context.samePeriod === true) requirePeriod(context, periodsOf(results, entries), job);
  const mapper = createEntryMapper(results, {
    forecastId: context.forecastId ?? '',
    forecastName: context.forecastName ?? null,
    timePeriod: newestQuarter(periodsOf(results, entries)) ?? context.timePeriod ?? '',
    jobId: job.jobId,
    exportedAt: new Date(endOf(job, context.now)).toISOString(),
  });
  return entries.map((entry) => mapper.map(entry));
}

/** How long Clari keeps results. */
export const RESULTS_KEPT_MS = 30 * DAY_MS;

/**
 * When a finished job ended, epoch ms. `otherwise` if Clari doesn't say, or says something impossible for results that
 * still exist.
 */
export const endOf = ({ endTime }: Pick<ResultSource, 'endTime'>, now: number, otherwise = now): number =>
  endTime !== null && endTime <= now && endTime > now - RESULTS_KEPT_MS ? endTime : otherwise;

/** The job itself if it is done and its results are whole; otherwise throws a ClariError that says how it ended. */
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
        (isActivityExport(job)
          ? 'fewer "activity_types".'
          : 'a "scope_id" lower in the hierarchy, fewer "types_to_export", or no "include_historical".'),
      { kind: 'truncated', jobId },
    );
  }
  return job;
}

/** Whether a job exports activities, judging by what Clari says about it. */
export const isActivityExport = ({ module, title, fileName }: ClariJob): boolean =>
  [module, title, fileName].some((text) => text !== null && /activit/i.test(text));

/** For a quarter it doesn't have, Clari answers with the current one. */
function requirePeriod({ forecastId, timePeriod }: ResultContext, named: readonly string[], { jobId }: ResultSource) {
  if (!timePeriod) return;
  const answered = newestQuarter(named);
  if (answered === undefined || named.some((period) => period === timePeriod || quarterOf(period) === timePeriod))
    return;
  throw new ClariError(
    `Clari has no quarter "${timePeriod}" of forecast "${forecastId}": it answered with ${answered} instead. ` +
      'Ask for a fiscal quarter that Clari has, such as 2027_Q4.',
    { kind: 'unknown_period', jobId: jobId ?? undefined },
  );
}

/** The newest quarter among time periods, months counting as their quarters; undefined if none belongs to one. */
export const newestQuarter = (timePeriodIds: Iterable<string>): string | undefined =>
  [...timePeriodIds]
    .flatMap((id) => quarterOf(id) ?? [])
    .reduce<string | undefined>((a, b) => (a === undefined ? b : laterQuarter(a, b)), undefined);

function parseResults(text: string, { jobId }: ResultSource): ResultParts & { entries?: unknown } {
  let results: unknown;
  try {
    results = parseJson(text);
  } catch (cause) {
    // The parser's own message quotes the text it couldn't read.
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

const notResults = (jobId: string | null, detail: string): ClariError =>
  new ClariError(
    `Clari's results${jobId === null ? '' : ` of job ${jobId}`} are cut short, or not the JSON document they should be. Download them again.`,
    { kind: 'broken_results', jobId: jobId ?? undefined, detail },
  );
