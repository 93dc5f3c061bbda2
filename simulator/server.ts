import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createApp } from './app';
import { FiscalCalendar } from './calendar';
import { AuditData } from './data/audit';
import { CrmData } from './data/crm';
import { FaultPlan } from './faults';
import { addForeignJob } from './foreign-jobs';
import { JobBook } from './job-book';
import type { SimulatedJob } from './jobs';
import { type ForeignJobSpec, resolveOptions, type SimulatorOptions } from './options';
import { keyCheck } from './routes/answer';
import { registerDownloads } from './routes/downloads';
import { registerActivityExport } from './routes/exports';
import { registerListed } from './routes/listed';
import { registerOrganization } from './routes/organization';
import { registerPublished } from './routes/published';
import { Truth } from './truth';
import { currentPeriod, type RecordedRequest, type World } from './world';

/** A running simulated Clari. */
export class Simulator {
  /** The base URL, `http://127.0.0.1:PORT/v4`. */
  readonly url: string;
  /** An origin other than the API's, `http://127.0.0.1:PORT`: where download URLs lead, and the key must not go. */
  readonly downloadOrigin: string;
  readonly apiKey: string;
  /** Plans what goes wrong, and when. */
  readonly faults: FaultPlan;
  /** What an export should contain. */
  readonly truth: Truth;
  /** Every request at both origins, in order of arrival. */
  readonly requests: RecordedRequest[];

  constructor(
    private readonly world: World,
    private readonly apps: readonly FastifyInstance[],
  ) {
    this.url = `${world.apiOrigin}/v4`;
    this.downloadOrigin = world.downloadOrigin;
    this.apiKey = world.options.apiKey;
    this.faults = world.faults;
    this.truth = new Truth(world);
    this.requests = world.requests;
  }

  /** Every job ever queued, oldest first. */
  get jobs(): readonly SimulatedJob[] {
    return this.world.jobs.all;
  }

  /** The ids of all Forecast Tabs. */
  get forecastIds(): string[] {
    return this.world.options.forecasts.map(({ forecastId }) => forecastId);
  }

  /** The most of our jobs that ever ran at once. */
  get peakRunning(): number {
    return this.world.jobs.peakRunning;
  }

  /** The requests at the second origin that carried the API key, in a header or in the URL. */
  get leakedKeys(): RecordedRequest[] {
    const holdsKey = (request: RecordedRequest): boolean =>
      request.path.includes(this.apiKey) || JSON.stringify(request.headers).includes(this.apiKey);
    return this.requests.filter((request) => request.origin === 'download' && holdsKey(request));
  }

  /** All calls of `GET /forecast/{forecastId}`, whatever the answer. */
  get directCalls(): RecordedRequest[] {
    return this.requests.filter(({ method, path }) => method === 'GET' && path.startsWith('/v4/forecast/'));
  }

  /** Another connection of the same user starts a job, as with the option `foreignJobs`. */
  addForeignJob(spec: ForeignJobSpec): SimulatedJob {
    return addForeignJob(this.world, spec);
  }

  /** The current fiscal quarter, such as `2027_Q4`. */
  currentPeriod(): string {
    return currentPeriod(this.world);
  }

  /** Sets how many jobs other people are running. */
  setForeignRunning(count: number): void {
    this.world.jobs.foreignRunning = count;
  }

  /** Other people use, or give back, quota until that many jobs are left. */
  setAvailableQuota(available: number): void {
    this.world.jobs.setAvailableQuota(available);
  }

  /** The jobs list no longer shows the existing jobs; by id they are still known. */
  forgetJobsList(): void {
    this.world.jobs.hideAll();
  }

  /** Clari no longer knows the job at all. */
  forgetJob(jobId: string): void {
    this.world.jobs.forget(jobId);
  }

  /** A job's results are gone, as they would be 30 days after its end. */
  expireResults(jobId: string): void {
    const job = this.world.jobs.find(jobId);
    if (job === undefined) throw new RangeError(`no such job: ${jobId}`);
    job.resultsExpired = true;
  }

  /** Closes every connection, including hung ones. */
  async close(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
  }
}

/** Starts a simulated Clari and resolves once it listens. @throws RangeError for invalid options. */
export async function startSimulator(given: SimulatorOptions = {}): Promise<Simulator> {
  const options = resolveOptions(given);
  const faults = new FaultPlan();
  const world: World = {
    options,
    calendar: new FiscalCalendar(options.fiscalYearStartMonth, options.weekStartsOn),
    crm: new CrmData(options, options.opportunities),
    audit: new AuditData(options.auditEventsPerDay, options.auditOrder, options),
    faults,
    jobs: new JobBook(options, faults),
    requests: [],
    apiOrigin: '',
    downloadOrigin: '',
  };
  for (const spec of options.foreignJobs) addForeignJob(world, spec);

  const api = createApp(world, 'api');
  await api.register(
    async (scope) => {
      scope.addHook('preHandler', keyCheck(world));
      registerActivityExport(scope, world);
      registerOrganization(scope, world);
      if (options.contract === 'listed') registerListed(scope, world);
      else registerPublished(scope, world);
    },
    { prefix: '/v4' },
  );
  const downloads = createApp(world, 'download');
  registerDownloads(downloads, world);

  world.apiOrigin = await listen(api, options.host, options.port);
  try {
    world.downloadOrigin = await listen(downloads, options.host, options.downloadPort);
  } catch (error) {
    await api.close();
    throw error;
  }
  return new Simulator(world, [api, downloads]);
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  await app.listen({ host, port });
  const { port: bound } = app.server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}
