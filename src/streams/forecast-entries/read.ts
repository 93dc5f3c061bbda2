import type { StreamReadRequest } from '../../airbyte/stream';
import { ClariError } from '../../clari/errors';
import { type OpenExport, QuotaExhaustedError } from '../../exports/request';
import type { Quarter } from '../../period';
import { Slots } from '../../slots';
import type { StreamContext } from '../context';
import { quotaFailure, toSyncError } from '../failures';
import type { SelectedForecast } from '../forecast-selection';
import { inOrder, type Slice } from '../in-order';
import { describe, type ForecastExport, ForecastExports } from './exports';
import { planQuarters } from './quarters';
import { ForecastResults, type Surprises } from './results';
import { ForecastState } from './state';

/** So many results lie on disk at a time: one being read, the next ones arriving. The others wait in Clari, which keeps them 30 days. */
const MAX_OPEN_RESULTS = 3;
const RESULTS_KEPT_MS = 30 * 86_400_000;

interface ForecastRun {
  readonly forecast: SelectedForecast;
  readonly exports: ForecastExports;
  /** The current quarter's export; undefined with `end_period`, where nothing is to be learned. */
  readonly current: ForecastExport | undefined;
}

/** One quarter of a forecast's plan. */
interface QuarterSlice extends Slice {
  readonly quarter: Quarter;
  readonly export: ForecastExport;
}

/** One read of `forecast_entries`: learns the current quarter, plans each forecast's quarters, emits them oldest first. */
export class ForecastEntriesRead {
  private readonly state: ForecastState;
  private readonly incremental: boolean;
  private readonly openResults = new Slots(MAX_OPEN_RESULTS);
  private readonly reported = new Set<unknown>();
  private readonly seen: Surprises = { unknownKeys: new Set(), unknownMembers: new Set(), skipped: 0 };
  /** The slice that is being emitted: one after the other, so that a STATE follows its own records. */
  private emitting: Promise<unknown> = Promise.resolve();
  private quota: { error: QuotaExhaustedError; wanted: number } | undefined;
  private interruption: unknown;

  constructor(
    private readonly context: StreamContext,
    private readonly request: StreamReadRequest,
  ) {
    this.incremental = request.syncMode === 'incremental';
    this.state = new ForecastState(request.state);
    this.state.forgetOlderThan(new Date(context.clock.now() - RESULTS_KEPT_MS).toISOString());
    context.pool.know(this.state.jobIds);
  }

  async run(): Promise<void> {
    const { output } = this.request;
    const { forecasts, failures } = await this.context.forecasts();
    for (const failure of failures) output.failure(failure);
    const runs = forecasts.map((forecast) => this.begin(forecast));
    const last = this.context.config.endPeriod ?? learnCurrentQuarter(runs.flatMap(({ current }) => current ?? []));
    try {
      await Promise.all(runs.map(async (run) => this.readForecast(run, await last)));
    } finally {
      await Promise.all(runs.map(async ({ current }) => current?.dispose()));
    }
    this.reportSurprises();
    if (this.quota !== undefined) output.failure(quotaFailure(this.quota.error, this.quota.wanted));
    await this.saveState();
    if (this.interruption !== undefined) throw this.interruption;
  }

  private begin(forecast: SelectedForecast): ForecastRun {
    const exports = new ForecastExports(forecast, this.context, {
      state: this.state,
      save: () => this.saveState(),
      onWaiting: (until) => this.request.output.rateLimited(until),
    });
    return {
      forecast,
      exports,
      current: this.context.config.endPeriod === undefined ? exports.start(null) : undefined,
    };
  }

  private async readForecast(run: ForecastRun, named: Quarter | undefined): Promise<void> {
    const { forecastId, timePeriods } = run.forecast;
    const last = named ?? [...timePeriods].sort().at(-1);
    if (last === undefined) return this.endWithoutPlan(run, currentQuarterUnknown(forecastId));
    const { endPeriod, startPeriod, lookbackPeriods } = this.context.config;
    const quarters = planQuarters({
      progress: this.state.progress(forecastId),
      incremental: this.incremental,
      last,
      lastIsGiven: endPeriod !== undefined,
      startPeriod,
      lookbackPeriods,
    });
    if (quarters.length === 0) {
      this.context.log.warn(
        `Forecast "${forecastId}": nothing to export, since its state or start_period lies past ${last}`,
      );
      return this.endWithoutPlan(run, undefined);
    }
    const slices = quarters.map((quarter) => ({
      quarter,
      export: (quarter === last ? run.current : undefined) ?? run.exports.start(quarter),
    }));
    if (await this.readSlices(run.forecast, slices, last)) this.state.forgetAll(forecastId);
  }

  /** Ends a forecast that has no quarters to read, once its one job, if any, is over. The job's own failure says more than `failure`. */
  private async endWithoutPlan({ forecast, current }: ForecastRun, failure: unknown): Promise<void> {
    try {
      await current?.finished;
      this.state.forgetAll(forecast.forecastId);
      if (failure !== undefined) this.fail(failure, subject(forecast, null));
    } catch (error) {
      // What becomes of a failed job is the pool's to say: it may still be good for the next sync.
      this.fail(error, subject(forecast, null));
    }
  }

  /** Emits the slices in their order. True when all succeeded. */
  private async readSlices(
    forecast: SelectedForecast,
    slices: readonly QuarterSlice[],
    last: Quarter,
  ): Promise<boolean> {
    const { forecastId } = forecast;
    const owed = new Set<Quarter>();
    let succeeded = true;
    for await (const { slice, results } of inOrder(slices, this.openResults, this.request.signal)) {
      const { quarter } = slice;
      try {
        const source = await results();
        const final = await this.afterOthers(() => this.emit(forecast, slice, source, last));
        if (!final) owed.add(quarter);
        this.state.forget(forecastId, slice.export.timePeriod);
        this.state.advance(forecastId, final ? quarter : undefined, owed);
        await this.saveState();
      } catch (error) {
        succeeded = false;
        owed.add(quarter);
        this.state.advance(forecastId, undefined, owed);
        this.fail(error, subject(forecast, quarter));
      }
    }
    return succeeded;
  }

  private afterOthers<T>(emit: () => Promise<T>): Promise<T> {
    const emitted = this.emitting.then(emit);
    this.emitting = emitted.catch(noop);
    return emitted;
  }

  /** Emits one slice's rows. Resolves with whether they are the quarter's final ones: whether it had closed when they were exported. */
  private async emit(
    forecast: SelectedForecast,
    { quarter, export: { timePeriod: asked, mayBeOld } }: QuarterSlice,
    source: OpenExport,
    last: Quarter,
  ): Promise<boolean> {
    const results = await ForecastResults.of(source);
    const answered = results.newestQuarter;
    if (asked !== null && answered !== undefined && !results.quarters.has(asked)) {
      this.context.log.warn(
        `${subject(forecast, asked)}: Clari answered with ${answered} instead, as it does for a quarter it doesn't know; no records were taken from it`,
      );
      return quarter < answered || quarter < last;
    }
    const timePeriod = asked ?? answered ?? quarter;
    const { forecastId, forecastName } = forecast;
    for await (const rows of results.rows({ forecastId, forecastName, timePeriod }, this.seen))
      await this.request.output.records(rows);
    const lastIsGiven = this.context.config.endPeriod !== undefined;
    if (asked === null || (quarter === last && !lastIsGiven)) return false;
    // What was asked for after Clari had named a later quarter as the current one had closed. Where nobody has, or the job may be
    // older than that, the quarter's last day tells.
    const ended = lastIsGiven || mayBeOld ? results.hadEnded(quarter) : undefined;
    return ended ?? quarter < last;
  }

  private fail(error: unknown, what: string): void {
    if (error instanceof QuotaExhaustedError) {
      this.quota = { error, wanted: (this.quota?.wanted ?? 0) + 1 };
    } else if (error instanceof ClariError && error.kind === 'aborted') {
      this.interruption ??= error;
    } else if (!this.reported.has(error)) {
      // One refusal of a whole forecast is met by each of its quarters.
      this.reported.add(error);
      this.request.output.failure(toSyncError(error, what));
    }
  }

  private reportSurprises(): void {
    const { unknownKeys, unknownMembers, skipped } = this.seen;
    if (unknownKeys.size > 0) {
      this.context.log.warn(
        `Clari sent keys that have no column in forecast_entries; they are kept in additionalFields: ${[...unknownKeys].join(', ')}`,
      );
    }
    if (unknownMembers.size > 0) {
      this.context.log.warn(
        `Clari's results hold more than entries and what belongs to them; this was left out of forecast_entries: ${[...unknownMembers].join(', ')}`,
      );
    }
    if (skipped > 0)
      this.context.log.warn(
        `${skipped} entries of another quarter than the one asked for were left out of forecast_entries`,
      );
  }

  private async saveState(): Promise<void> {
    await this.request.output.state(this.incremental ? this.state.toJSON() : this.state.jobsOnly());
  }
}

/** The current quarter, as the first answer that names one has it. Undefined when every export has ended and none did. */
async function learnCurrentQuarter(exports: readonly ForecastExport[]): Promise<Quarter | undefined> {
  let looking: Promise<Quarter | undefined> = Promise.resolve(undefined);
  return new Promise((resolve) => {
    const looks = exports.map(async (current) => {
      await current.finished;
      // One after the other: what is opened lies on disk until its slice has been emitted.
      const look = looking.then(
        async (found) => found ?? (await ForecastResults.of(await current.open())).newestQuarter,
      );
      looking = look.catch(() => undefined);
      const found = await look;
      if (found !== undefined) resolve(found);
    });
    // Failures are met again, and reported, where the slices are read.
    void Promise.allSettled(looks).then(() => resolve(undefined));
  });
}

const noop = (): void => undefined;

const subject = ({ forecastId }: SelectedForecast, quarter: Quarter | null): string => {
  const text = describe(forecastId, quarter);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const currentQuarterUnknown = (forecastId: string): ClariError =>
  new ClariError(
    `Clari's answer for forecast "${forecastId}" names no quarter, so the current one can't be told. Set "end_period" to the last quarter to sync.`,
    { kind: 'bad_request' },
  );
