import type { ClariJob } from '../clari/types';
import { DAY_MS, toSeconds } from '../days';
import { knownJob, whyUseless } from './known-job';
import type { PoolOptions, PoolTiming } from './pool-options';
import type { Recovery } from './recovery';
import type { ExportRequest } from './request';

/** Exports take minutes: a job that has been running longer than this will never end. */
const STUCK_AFTER_MS = DAY_MS;

/** A job that is taken over. A `found` one comes from Clari's list and isn't certain to be ours. */
export interface Adopted {
  readonly job: ClariJob;
  readonly origin: 'ledger' | 'found';
}

/**
 * The only place that decides whether to take over what an earlier sync, or an earlier attempt of this one, paid for.
 */
export class Adoption {
  constructor(
    private readonly options: PoolOptions,
    private readonly recovery: Recovery,
    private readonly timing: PoolTiming,
    private readonly cancel: (jobId: string) => Promise<boolean>,
  ) {}

  /** The job left behind for an export, running or done; undefined when there is no usable one. */
  async adopt(request: ExportRequest): Promise<Adopted | undefined> {
    const { entry } = request.slot;
    if (entry === undefined) return this.options.laterAttempt === true ? this.ofEarlierAttempt(request) : undefined;
    const ageMs = this.options.client.now() - Date.parse(entry.submittedAt);
    const other = entry.request !== undefined && entry.request !== request.slot.request;
    const unfit = other ? 'was asked for with other settings' : ageMs > request.maxAgeMs ? 'is too old' : undefined;
    if (entry.jobId !== undefined) return this.ofLedger(request, entry.jobId, Date.parse(entry.submittedAt), unfit);
    return unfit === undefined ? this.ofLostPost(request, entry.submittedAt) : undefined;
  }

  private async ofLedger(
    { label, slot }: ExportRequest,
    jobId: string,
    submittedAt: number,
    unfit: string | undefined,
  ): Promise<Adopted | undefined> {
    const { client, log } = this.options;
    this.recovery.exclude([jobId]);
    const job = await knownJob(this.options, jobId, submittedAt, this.timing);
    const isStuck = job?.phase === 'running' && client.now() - submittedAt > STUCK_AFTER_MS;
    const why =
      unfit ?? whyUseless(job, client.now()) ?? (isStuck ? 'has been running for more than a day' : undefined);
    if (job !== undefined && why === undefined) {
      log.info(`Job ${jobId} (${label}) of an earlier sync is ${job.status}; resuming it`);
      return { job, origin: slot.entry?.found === true ? 'found' : 'ledger' };
    }
    log.info(`Job ${jobId} (${label}) of an earlier sync ${why}; exporting again`);
    if (job?.phase === 'running') await this.cancel(jobId);
    slot.settled();
    return undefined;
  }

  private async ofLostPost(request: ExportRequest, submittedAt: string): Promise<Adopted | undefined> {
    const job = await this.recovery.fromEarlierSync(request, submittedAt, this.options.signal);
    return job && this.found(request, job, 'an earlier sync that never learned its id');
  }

  private async ofEarlierAttempt(request: ExportRequest): Promise<Adopted | undefined> {
    const { client, signal } = this.options;
    const job = await this.recovery.fromEarlierAttempt(request, signal);
    if (job === undefined) return undefined;
    request.slot.posting(toSeconds(job.startTime ?? client.now()));
    return this.found(request, job, 'an earlier attempt of this sync');
  }

  private async found({ label, slot }: ExportRequest, job: ClariJob, startedBy: string): Promise<Adopted> {
    this.options.log.info(`Job ${job.jobId} (${label}) was started by ${startedBy}; resuming it`);
    slot.started(job.jobId, 'found');
    await slot.save();
    return { job, origin: 'found' };
  }
}
