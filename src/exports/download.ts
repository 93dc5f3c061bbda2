import { ClariError, type ClariErrorKind } from '../clari/errors';
import type { ClariJob } from '../clari/types';
import { SpooledDocument } from './document';
import { aborted, downloadFailure, isKind } from './failures';
import { knownJob, whyUseless } from './known-job';
import type { PoolOptions, PoolTiming } from './pool-options';
import type { ExportRequest } from './request';

/** A broken download is fetched at most this many times. */
const MAX_DOWNLOADS = 3;
/** Failures that have nothing to do with the job, and that another job would hit too: they don't count against it. */
const NOT_OF_THE_JOB: readonly ClariErrorKind[] = ['temporary_folder', 'rate_limited', 'invalid_key'];

/**
 * Fetches the results of a finished job to disk and checks all of them. Rejects with kind `unknown_job` when they are
 * gone; on any other failure the job stays in the ledger, since it is paid for.
 */
export async function downloadResults(
  options: PoolOptions,
  request: ExportRequest,
  finished: ClariJob,
  timing: PoolTiming,
): Promise<SpooledDocument> {
  const { client, signal, log, clock } = options;
  let job = finished;
  for (let tries = 1; ; tries++) {
    try {
      const body = await client.openResults(job, { signal });
      return await SpooledDocument.spool(body, (document) => request.expects(document));
    } catch (error) {
      if (signal.aborted) throw aborted(request);
      const failure = downloadFailure(error, `job ${job.jobId} (${request.label})`);
      const refused = isKind(failure, 'unknown_job', 'job_not_readable');
      const mayPass =
        refused || isKind(failure, 'broken_results', 'unexpected_answer', 'network', 'timeout', 'server_error');
      if (!mayPass || tries >= MAX_DOWNLOADS) {
        if (isKind(failure, ...NOT_OF_THE_JOB) || request.slot.unread())
          log.info(`Job ${job.jobId} (${request.label}) has been paid for; the next sync will use it`);
        throw refused ? resultsRefused(job, request, failure) : failure;
      }
      const what = refused ? 'could not be downloaded' : 'arrived incomplete';
      log.warn(`The results of job ${job.jobId} (${request.label}) ${what}; downloading them again`);
      await clock.sleep(timing.secondTryMs, signal);
      // Either the results are gone, or only the download URL has expired, which happens sooner: the job itself says
      // which.
      if (refused) job = await stillDone(options, request, job, timing);
    }
  }
}

/** The job as Clari shows it now, with a new download URL. Rejects with `unknown_job` when its results are gone. */
async function stillDone(
  options: PoolOptions,
  { slot }: ExportRequest,
  { jobId }: ClariJob,
  timing: PoolTiming,
): Promise<ClariJob> {
  const { client, signal } = options;
  const job = await knownJob(options, jobId, Date.parse(slot.entry?.submittedAt ?? ''), timing);
  const why = whyUseless(job, client.now());
  if (job === undefined || why !== undefined)
    throw new ClariError(`Clari's job ${jobId} ${why}. Sync again.`, { kind: 'unknown_job', jobId });
  return job.phase === 'running' ? client.waitForJob(jobId, { signal }) : job;
}

const resultsRefused = ({ jobId }: ClariJob, { label }: ExportRequest, cause: unknown): ClariError =>
  new ClariError(
    `The results of Clari's job ${jobId} (${label}) can't be downloaded, though the job is done: the download host refuses them. ` +
      'Check that a proxy or firewall lets the download through; the next sync tries again.',
    {
      kind: 'unexpected_answer',
      jobId,
      status: cause instanceof ClariError ? cause.status : undefined,
      detail: cause instanceof ClariError ? cause.detail : undefined,
      cause,
    },
  );
