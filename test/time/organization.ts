import { setTimeout as rest } from 'node:timers/promises';
import { AirbyteLogger, type AirbyteMessage } from 'faros-airbyte-cdk';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator';
import { ClariSource } from '../../src/source';
import type { Clock } from '../../src/timing';
import { catalogOf, configFor } from '../support/connector';
import type { Json } from '../support/messages';

const DAY_MS = 86_400_000;
/** Waits of the connector take no longer than this: nothing here takes time but the simulated days. */
const LONGEST_WAIT_MS = 3;
/** Waits that only end with what they wait for (log lines, heartbeats) stay as long as they are. */
const BACKGROUND_MS = 10_000;

class SilentLogger extends AirbyteLogger {
  readonly warnings: string[] = [];
  override write(message: AirbyteMessage): void {
    const { level, message: text } = (message as { log?: { level?: string; message?: string } }).log ?? {};
    if (level === 'WARN') this.warnings.push(text ?? '');
  }
}

/** What one sync has left. */
export interface Synced {
  readonly failed: boolean;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly records: number;
  /** Length of all STATE messages. */
  readonly stateBytes: number;
}

/** How a sync goes. */
export interface SyncOptions {
  readonly config: Record<string, unknown>;
  readonly streams?: Record<string, 'full_refresh' | 'incremental'>;
  /** The sync is stopped after so many messages. */
  readonly stopAfter?: number | undefined;
  /** Of the states that it printed, the platform keeps those among the first so many messages. */
  readonly keepUntil?: number | undefined;
}

/**
 * An organization over the years: a simulated Clari whose days pass, a destination that keeps the newest row per key,
 * and a platform that keeps states.
 */
export class Organization {
  readonly table = new Map<string, Json>();
  /** Every record of the other streams, oldest first. */
  private readonly others: { stream: string; data: Json }[] = [];
  private states: Map<string, unknown> = new Map();

  private constructor(
    readonly simulator: Simulator,
    private readonly clock: Clock & { base: number },
  ) {}

  static async start(options: SimulatorOptions, startsAt: string): Promise<Organization> {
    const clock = {
      base: Date.parse(startsAt) - performance.now(),
      now: () => clock.base + performance.now(),
      random: () => 0.5,
      sleep: async (ms: number, signal?: AbortSignal) => {
        await rest(ms > BACKGROUND_MS ? ms : Math.min(ms, LONGEST_WAIT_MS), undefined, {
          ...(signal && { signal }),
          ref: false,
        }).catch(() => undefined);
      },
    };
    const simulator = await startSimulator({
      jobDurationMs: 0,
      drift: true,
      monthlyQuota: 100_000,
      ...options,
      now: clock.now,
    });
    return new Organization(simulator, clock);
  }

  get today(): string {
    return new Date(this.clock.now()).toISOString().slice(0, 10);
  }

  passDays(days: number): void {
    this.clock.base += days * DAY_MS;
  }

  /** The state of a stream that the platform has. */
  stateOf(stream = 'forecast_entries'): Json | undefined {
    return this.states.get(stream) as Json | undefined;
  }

  /** The platform has this state of a stream. */
  haveState(state: Json, stream = 'forecast_entries'): void {
    this.states.set(stream, state);
  }

  async sync({
    config,
    streams = { forecast_entries: 'incremental' },
    stopAfter,
    keepUntil,
  }: SyncOptions): Promise<Synced> {
    const logger = new SilentLogger();
    // The clock runs as fast as the machine's: what may take Clari half a minute to list must not take a test as long.
    process.env['SOURCE_CLARI_TIMING'] ??= '{"visibleWithinMs": 30}';
    const source = new ClariSource(logger, { clock: this.clock });
    const states = [...this.states].map(([name, stream_state]) => ({
      type: 'STREAM',
      stream: { stream_descriptor: { name }, stream_state },
    }));
    const kept = new Map(this.states);
    const errors: string[] = [];
    let failed = false;
    let records = 0;
    let stateBytes = 0;
    let count = 0;
    try {
      for await (const message of source.read(
        configFor(this.simulator, config) as never,
        catalogOf(streams) as never,
        states,
      ) as AsyncGenerator<Json>) {
        count++;
        const { record, state, trace } = message as { record?: Json; state?: Json; trace?: Json };
        if (state !== undefined) stateBytes += JSON.stringify(message).length;
        if (record !== undefined) {
          records++;
          this.keep(record);
        } else if (state !== undefined && count <= (keepUntil ?? Number.POSITIVE_INFINITY)) {
          const { stream_descriptor: descriptor, stream_state: value } = state['stream'] as Json;
          kept.set(String((descriptor as Json)['name']), value);
        } else if (trace?.['error'] !== undefined) errors.push(String((trace['error'] as Json)['message']));
        if (count === stopAfter) break;
      }
    } catch {
      failed = true;
    }
    this.states = kept;
    return { failed, errors, warnings: logger.warnings, records, stateBytes };
  }

  private keep(record: Json): void {
    const data = record['data'] as Json;
    const key = ['forecastId', 'timePeriodId', 'timeFrameId', 'ownerId', 'fieldId'].map((name) => data[name]);
    if (record['stream'] === 'forecast_entries') this.table.set(key.join('|'), data);
    else this.others.push({ stream: String(record['stream']), data });
  }

  /** The records of a stream other than `forecast_entries`, oldest first. */
  received(stream: string): Json[] {
    return this.others.filter((record) => record.stream === stream).map(({ data }) => data);
  }

  /** The amounts that the destination holds of a quarter, by key. */
  held(forecastId: string, quarter: string): Map<string, string> {
    const rows = [...this.table.values()].filter(
      (row) => row['forecastId'] === forecastId && row['timePeriod'] === quarter,
    );
    return new Map(
      rows.map((row) => [
        keyOf(row, 'ownerId'),
        amountsOf(row['forecastAmount'], row['quotaAmount'], row['adjustmentAmount']),
      ]),
    );
  }

  /** The amounts that Clari holds of a quarter once nothing changes any more, by key. */
  final(forecastId: string, quarter: string, contract: 'published' | 'listed'): Map<string, string> {
    const { truth } = this.simulator;
    if (contract === 'listed')
      return new Map(
        truth
          .listedEntries(forecastId, quarter, { at: 'final' })
          .map((entry) => [
            [entry.timePeriod, entry.timePeriod, entry.ownerEmail, 'all'].join('|'),
            amountsOf(entry.forecastAmount, entry.quotaAmount, entry.adjustmentAmount),
          ]),
      );
    return new Map(
      truth
        .forecastResults(forecastId, quarter, { at: 'final' })
        .entries.map((entry) => [
          keyOf(entry as unknown as Json, 'userId'),
          amountsOf(entry.forecastValue, entry.quotaValue, entry.adjustmentValue),
        ]),
    );
  }

  /** How often a forecast's quarter was exported after `day`. */
  exportsAfter(day: string, forecastId: string, quarter: string): number {
    return this.simulator.jobs.filter(
      (job) =>
        job.forecastId === forecastId &&
        job.period === quarter &&
        new Date(job.submittedAt).toISOString().slice(0, 10) > day,
    ).length;
  }
}

const keyOf = (row: Json, owner: string): string =>
  ['timePeriodId', 'timeFrameId', owner, 'fieldId'].map((name) => row[name]).join('|');

const amountsOf = (...amounts: unknown[]): string => JSON.stringify(amounts.map((amount) => amount ?? null));
