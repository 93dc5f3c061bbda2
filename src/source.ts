import type { AirbyteConfig, AirbyteLogger } from 'faros-airbyte-cdk';
import { AirbyteSpec } from './airbyte/cdk';
import { ProtocolSource, type SessionRequest, type SourceCommand } from './airbyte/source';
import { type ProtocolStream, SyncError } from './airbyte/stream';
import { checkConnection } from './check';
import { ClariClient } from './clari/client';
import type { RetryNotice, SeenAnswer } from './clari/http/http';
import { type ClariConfig, parseConfig } from './config';
import { isKind } from './exports/failures';
import { ExportPool } from './exports/pool';
import { POOL_TIMING } from './exports/pool-options';
import { probe } from './probe';
import { loadSpec } from './resources';
import { STREAMS } from './streams';
import { readActivities } from './streams/activities/read';
import type { StreamContext } from './streams/context';
import { ClariStream } from './streams/define';
import { toSyncError } from './streams/failures';
import { FORECAST_STREAMS, forecastRowsOf } from './streams/forecast-entries';
import { readForecasts } from './streams/forecast-entries/read';
import { type ForecastSelection, selectForecasts } from './streams/forecast-selection';
import { RateLimit } from './streams/rate-limit';
import { SharedRead } from './streams/shared-read';
import {
  CHECK_LIMITS,
  type Clock,
  PROBE_LIMITS,
  READ_LIMITS,
  type RequestLimits,
  systemClock,
  timingOverrides,
  withOverrides,
} from './timing';

export interface ClariSourceOptions {
  readonly clock?: Clock | undefined;
  /** `User-Agent` header. */
  readonly userAgent?: string | undefined;
}

/** The Airbyte source. Its methods take the raw configuration, as in a file. */
export class ClariSource extends ProtocolSource {
  protected override readonly clock: Clock;
  protected override readonly heartbeatMs: number | undefined;
  private readonly overrides = timingOverrides(process.env);

  constructor(
    logger: AirbyteLogger,
    private readonly options: ClariSourceOptions = {},
  ) {
    super(logger);
    this.clock = options.clock ?? systemClock;
    this.heartbeatMs = this.overrides['heartbeatMs'];
  }

  override get name(): string {
    return 'source-clari';
  }

  override readonly commands: readonly SourceCommand[] = [
    {
      name: 'probe',
      description: 'prints an anonymous report of how Clari answers: shapes only, never a value',
      example: 'probe --config config.json > report.json',
      flags: { export: "also export the first forecast's current quarter: spends one export of the monthly quota" },
      run: (raw, { flags, signal, say }) => {
        // Not `configOf`: its warnings go to stdout, where only the report belongs.
        const { config, warnings } = parseConfig(raw, process.env, this.clock);
        for (const warning of warnings) say(warning);
        const { clock, overrides } = this;
        const limits = withOverrides(PROBE_LIMITS, overrides);
        const { userAgent } = this.options;
        return probe(config, { clock, limits, userAgent, signal, say, withExport: flags.has('export') });
      },
    },
  ];

  override async spec(): Promise<AirbyteSpec> {
    return new AirbyteSpec(loadSpec() as never);
  }

  override secretsIn(raw: unknown): string[] {
    const key = (raw as Record<string, unknown> | null)?.['api_key'];
    const named = typeof key === 'string' ? process.env[key.replace(/^\$\{(.*)\}$/, '$1')] : undefined;
    return [key, named, process.env['CLARI_API_KEY']].flatMap((secret) =>
      typeof secret === 'string' ? [secret, secret.trim()] : [],
    );
  }

  override async verify(raw: unknown): Promise<void> {
    const config = this.configOf(raw);
    const { totalTimeoutMs } = withOverrides(CHECK_LIMITS, this.overrides);
    const deadline = AbortSignal.timeout(totalTimeoutMs);
    try {
      await checkConnection(this.clientFor(config, CHECK_LIMITS), config, this.logger, deadline);
    } catch (error) {
      throw deadline.aborted && isKind(error, 'aborted')
        ? noAnswerInTime(config.baseUrl, totalTimeoutMs, error)
        : toSyncError(error);
    }
  }

  override streams(raw: AirbyteConfig): ProtocolStream[] {
    this.configOf(raw);
    return this.streamsIn(() => {
      throw new Error('a stream is read through ClariSource.read');
    });
  }

  override session(raw: unknown, { selected, signal, progress, concealUrl }: SessionRequest): ProtocolStream[] {
    const config = this.configOf(raw);
    const rateLimit = new RateLimit(this.clock, signal);
    const client = this.clientFor(config, READ_LIMITS, { rateLimit, onDownload: concealUrl });
    const timing = withOverrides(POOL_TIMING, this.overrides);
    const pool = new ExportPool({
      client,
      clock: this.clock,
      log: this.logger,
      signal,
      maxConcurrent: config.maxConcurrentExports,
      pollIntervalMs: config.pollIntervalMs,
      slotWaitMs: config.maxPollAttempts * config.pollIntervalMs,
      laterAttempt: Number(process.env['WORKER_JOB_ATTEMPT'] ?? 0) > 0,
      timing,
      onProgress: (jobs) => progress?.update(jobs),
    });
    let startedAt: Promise<number> | undefined;
    let selection: Promise<ForecastSelection> | undefined;
    const forecastStreams = FORECAST_STREAMS.map(({ name }) => name);
    // Opportunities take their ids from the activities unless the configuration names them.
    const activityStreams = config.opportunityIds.length === 0 ? ['activities', 'opportunities'] : ['activities'];
    const sharedBy = (streams: readonly string[]) => streams.filter((name) => selected.has(name));
    const context: StreamContext = {
      config,
      client,
      pool,
      forecastReads: new SharedRead(sharedBy(forecastStreams), (streams) =>
        readForecasts(context, streams, forecastRowsOf),
      ),
      activityReads: new SharedRead(sharedBy(activityStreams), (readers) => readActivities(context, readers)),
      log: this.logger,
      clock: this.clock,
      secondTryMs: timing.secondTryMs,
      signal,
      rateLimit,
      startedAt: () => {
        // Any answer shows Clari's clock; a failure of this call is handled where it matters.
        startedAt ??= client.listForecasts({ signal }).then(
          () => client.now(),
          () => client.now(),
        );
        return startedAt;
      },
      forecasts: () => {
        selection ??= client.listForecasts({ signal }).then((list) => selectForecasts(list, config.forecastIds));
        return selection;
      },
    };
    return this.streamsIn(() => context);
  }

  private streamsIn(context: () => StreamContext): ProtocolStream[] {
    return STREAMS.map((definition) => new ClariStream(this.logger, definition, context));
  }

  private configOf(raw: unknown): ClariConfig {
    const { config, warnings } = parseConfig(raw, process.env, this.clock);
    for (const warning of warnings) this.logger.warn(warning);
    return config;
  }

  private clientFor(
    { apiKey, baseUrl, pollIntervalMs, maxPollAttempts }: ClariConfig,
    limits: RequestLimits,
    { rateLimit, onDownload }: { rateLimit?: RateLimit; onDownload?: (url: string) => void } = {},
  ): ClariClient {
    return new ClariClient({
      apiKey,
      baseUrl,
      pollIntervalMs,
      maxPollAttempts,
      limits: withOverrides(limits, this.overrides),
      visibleWithinMs: this.overrides['visibleWithinMs'],
      onDownload,
      clock: this.clock,
      userAgent: this.options.userAgent,
      onRetry: ({ reason, delayMs, path, detail }: RetryNotice) => {
        this.logger.info(`Retrying ${path} in ${Math.round(delayMs)} ms: ${reason} (${detail})`);
        if (reason === 'rate_limited') void rateLimit?.refused(delayMs);
      },
      onAnswer: ({ method, path, status, durationMs, bytes }: SeenAnswer) =>
        this.logger.debug(
          `${method} ${path}: HTTP ${status} after ${Math.round(durationMs)} ms${bytes === undefined ? '' : `, ${bytes} bytes`}`,
        ),
    });
  }
}

const noAnswerInTime = (baseUrl: string, ms: number, cause: unknown): SyncError =>
  new SyncError(
    `${new URL(baseUrl).host} did not answer within ${Math.round(ms / 1000)} s. Check "base_url" and the network, or try again.`,
    { failureType: 'transient_error', internalMessage: String(cause), cause },
  );
