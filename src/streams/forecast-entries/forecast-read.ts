import { ClariError } from '../../clari/errors';
import { addDays, dayOf } from '../../days';
import type { ExportHandle } from '../../exports/request';
import { addQuarters, earlierQuarter, mayBeCurrent, newestOf, type Quarter, quarterOf } from '../../period';
import type { SelectedForecast } from '../forecast-selection';
import { ForecastExports, isOutdated, subjectOf } from './exports';
import { type Learned, LearnedSource, learnCurrent } from './learning';
import { QuarterReads, type QuarterSlice } from './quarter-reads';
import { QuarterSources } from './quarter-sources';
import { newestPast, planQuarters } from './quarters';
import type { ReadParts } from './read-parts';
import type { Reader } from './reader';

/** Reads one forecast: learns Clari's current quarter, plans what is still wanted, and emits it, oldest first. */
export class ForecastRead {
  /** The current quarter according to this forecast's answer; undefined if it doesn't say, or failed. */
  readonly named: Promise<Quarter | undefined>;
  private readonly sources: QuarterSources;
  private readonly reads: QuarterReads;
  private readonly learning: Promise<Learned | undefined>;
  /** What was last requested to learn the current quarter. */
  private asked: Quarter | null = null;

  /** Starts learning, so that the learning exports of all forecasts come first in the queue. */
  constructor(
    private readonly forecast: SelectedForecast,
    private readonly parts: ReadParts,
  ) {
    const { context, readers, ledger, signal, diskSlots } = parts;
    const { forecastId } = forecast;
    const exports = new ForecastExports(forecast, context, ledger, (until) => {
      for (const { output } of readers) output.rateLimited(until);
    });
    this.sources = new QuarterSources(forecastId, context, exports, parts.directCalls);
    this.reads = new QuarterReads(forecast, this.sources, parts);
    const asksUnnamed = this.asksUnnamed();
    const { startPeriod } = context.config;
    if (startPeriod !== undefined) this.begin(startPeriod);
    this.learning = this.needsLearning()
      ? learnCurrent({
          context,
          diskSlots,
          signal,
          asksUnnamed,
          // Whether the job of a named quarter is out of date shows in its answer.
          start: (asked) => this.asking(asked, this.sources.start(asked, asked === null)),
          startExport: (asked) => this.asking(asked, exports.start(asked, true)),
          forgetOutdated: (asked) => exports.forgetOutdated(asked),
          move: (asked, quarter) => ledger.move({ forecastId, timePeriod: asked }, { forecastId, timePeriod: quarter }),
          wantsEarlierWeeks: (quarter) =>
            this.sources.missesEarlierWeeks &&
            quarter <= (context.config.endPeriod ?? quarter) &&
            readers.some((reader) => this.progressOf(reader)?.open !== quarter),
        })
      : Promise.resolve(undefined);
    this.named = this.learning.then(
      (learned) => learned?.current,
      () => undefined,
    );
  }

  async run(): Promise<void> {
    const { ledger, fail, readers } = this.parts;
    const early = this.earlySlices();
    const readEarly = this.reads.read(early);
    let succeeded = false;
    try {
      const rest = await this.plan(await this.learning, early);
      succeeded = await readEarly;
      succeeded = (await this.reads.read(rest)) && succeeded;
    } catch (error) {
      fail(error, subjectOf(this.forecast.forecastId, this.asked), readers, true);
      await readEarly;
    }
    const { forecastId } = this.forecast;
    const { endPeriod } = this.parts.context.config;
    // What is paid for and lies after `end_period` may be wanted when that moves again.
    const isDone = (quarter: Quarter | null) => quarter === null || quarter <= (endPeriod ?? quarter);
    if (succeeded) ledger.forgetWhere((key) => key.forecastId === forecastId && isDone(key.timePeriod));
  }

  private asking(asked: Quarter | null, handle: ExportHandle): ExportHandle {
    this.asked = asked;
    return handle;
  }

  private begin(first: Quarter): void {
    for (const { incremental, state } of this.parts.readers)
      if (incremental) state.begin(this.forecast.forecastId, first);
  }

  /** Notes what the next sync need not ask Clari again: that `end_period` is over, or until when it is ahead. */
  private noteEndPeriod({ current, startsOn }: Partial<Learned> = {}): void {
    const { endPeriod } = this.parts.context.config;
    if (endPeriod === undefined) return;
    for (const { incremental, state } of this.parts.readers) {
      if (!incremental) continue;
      if (current !== undefined && current > endPeriod) state.noteCurrent(this.forecast.forecastId, current);
      if (startsOn !== undefined)
        state.noteAhead(this.forecast.forecastId, { timePeriod: endPeriod, startDate: startsOn });
    }
  }

  /** The newest quarter Clari lists for the forecast; undefined if it lists none. */
  private get newestListed(): Quarter | undefined {
    return newestOf(this.forecast.timePeriods.flatMap((period) => quarterOf(period) ?? []));
  }

  private progressOf(reader: Reader) {
    return reader.incremental ? reader.state.progress(this.forecast.forecastId) : undefined;
  }

  /** If everything up to `end_period` is past or done, it doesn't matter which quarter is current. */
  private needsLearning(): boolean {
    const { config, client } = this.parts.context;
    const { endPeriod } = config;
    if (endPeriod !== undefined && mayBeCurrent(endPeriod, dayOf(client.now())) === 'past') return false;
    if (this.knownCurrent !== undefined) return false;
    return this.parts.readers.some((reader) => {
      const progress = this.progressOf(reader);
      if (progress === undefined || endPeriod === undefined || progress.timePeriod < endPeriod) return true;
      return progress.missing.includes(endPeriod);
    });
  }

  /** Whether the current quarter is requested without naming it, rather than as `end_period`. */
  private asksUnnamed(): boolean {
    const { context, readers, ledger } = this.parts;
    const { endPeriod } = context.config;
    const today = dayOf(context.client.now());
    if (endPeriod === undefined || mayBeCurrent(endPeriod, today) === 'ahead') return true;
    const { forecastId, source } = this.forecast;
    // Only an answer that names its quarter shows which one is current there: none has dates.
    if (source === 'listed') return true;
    if (ledger.at({ forecastId, timePeriod: endPeriod }).entry !== undefined) return false;
    const left = ledger.at({ forecastId, timePeriod: null }).entry;
    if (left !== undefined && !isOutdated(left, context.client.now())) return true;
    const ahead = readers.flatMap((reader) => this.progressOf(reader)?.ahead ?? []);
    return ahead.some(({ timePeriod, startDate }) => timePeriod === endPeriod && startDate >= today);
  }

  /** A quarter after `end_period` that Clari has called current: nothing up to `end_period` can be current. */
  private get knownCurrent(): Quarter | undefined {
    const { endPeriod } = this.parts.context.config;
    const current = newestOf(this.parts.readers.flatMap((reader) => this.progressOf(reader)?.current ?? []));
    return endPeriod !== undefined && current !== undefined && current > endPeriod ? current : undefined;
  }

  /** What is wanted no matter which quarter is current: these exports wait for nothing. */
  private earlySlices(): QuarterSlice[] {
    const { config, client } = this.parts.context;
    // Until a quarter has settled, the direct call replaces its export.
    const settlingDays = this.parts.directCalls === undefined ? 0 : config.settlingDays;
    const past = newestPast(addDays(dayOf(client.now()), -settlingDays));
    const last = config.endPeriod === undefined ? past : earlierQuarter(config.endPeriod, past);
    const wanted = this.wanted((reader) => {
      const progress = this.progressOf(reader);
      const first = progress?.since ?? config.startPeriod;
      return first === undefined ? [] : planQuarters({ progress, first, last, lookback: 0 });
    });
    return [...wanted].map(([quarter, readers]) => ({
      quarter,
      asked: quarter,
      readers,
      source: this.sources.export(quarter),
    }));
  }

  /** The slices wanted in addition to the early ones; starts their exports. */
  private async plan(learned: Learned | undefined, early: readonly QuarterSlice[]): Promise<QuarterSlice[]> {
    const { config, log } = this.parts.context;
    const { forecastId } = this.forecast;
    const source = learned === undefined ? undefined : new LearnedSource(learned, this.parts.diskSlots);
    try {
      const current = learned?.current ?? (await this.currentOtherwise(learned, source));
      this.sources.know(current, learned?.firstDay);
      const last = this.lastQuarter(current);
      const { startPeriod, lookbackPeriods, lookaheadPeriods } = config;
      const first = startPeriod ?? addQuarters(earlierQuarter(current ?? last, last), -Math.max(1, lookbackPeriods));
      this.begin(first);
      this.noteEndPeriod(learned);
      const wanted = this.wanted((reader) => {
        const progress = this.progressOf(reader);
        return planQuarters({ progress, first, last, current, lookback: lookbackPeriods });
      });
      for (const { quarter } of early) wanted.delete(quarter);
      if (wanted.size === 0 && early.length === 0 && learned !== undefined)
        log.warn(`Forecast "${forecastId}": nothing to export, since its state or start_period is later than ${last}`);
      const isOver = learned === undefined || learned.isOver;
      const mayChange = (quarter: Quarter) => !isOver && (current === undefined || quarter >= current);
      const served = learned?.served ?? current;
      // Clari has already answered that it doesn't have it.
      if (learned?.asked != null && served !== learned.asked && lookaheadPeriods === 0) wanted.delete(learned.asked);
      return [...wanted].map(([quarter, readers], index) => {
        if (learned === undefined || source === undefined || quarter !== served)
          return {
            quarter,
            asked: quarter,
            readers,
            source: this.sources.start(quarter, mayChange(quarter)),
          };
        // The first slice stays on disk; a later one would only be in the way.
        const isOnDisk = source.take(index === 0 && early.length === 0);
        return { quarter, asked: learned.asked, readers, source: learned.source, isOnDisk };
      });
    } finally {
      await source?.close();
    }
  }

  /**
   * The current quarter if the answer doesn't name it: the one other forecasts' answers name, otherwise the newest one
   * Clari lists.
   */
  private async currentOtherwise(
    learned: Learned | undefined,
    source: LearnedSource | undefined,
  ): Promise<Quarter | undefined> {
    const { forecastId } = this.forecast;
    const listed = this.newestListed;
    if (learned === undefined) return this.knownCurrent;
    if (learned.asked !== null) return listed;
    // Other forecasts need the disk for their own learning.
    await source?.leaveDisk();
    const found = (await this.parts.currentOfOthers()) ?? listed;
    if (found !== undefined) return found;
    // The answer was read but names no quarter: the next sync asks again.
    this.parts.ledger.at({ forecastId, timePeriod: null }).settled();
    const { config, client } = this.parts.context;
    if (config.endPeriod !== undefined && mayBeCurrent(config.endPeriod, dayOf(client.now())) !== 'ahead')
      return undefined;
    throw currentQuarterUnknown(forecastId);
  }

  private lastQuarter(current: Quarter | undefined): Quarter {
    const { endPeriod, lookaheadPeriods } = this.parts.context.config;
    const ahead = current === undefined ? endPeriod : addQuarters(current, lookaheadPeriods);
    if (ahead === undefined) throw currentQuarterUnknown(this.forecast.forecastId);
    return endPeriod === undefined ? ahead : earlierQuarter(endPeriod, ahead);
  }

  /** The quarters any stream wants, oldest first, each with the streams that want it. */
  private wanted(of: (reader: Reader) => readonly Quarter[]): Map<Quarter, Reader[]> {
    const wanted = new Map<Quarter, Reader[]>();
    for (const reader of this.parts.readers)
      for (const quarter of of(reader)) wanted.set(quarter, [...(wanted.get(quarter) ?? []), reader]);
    return new Map([...wanted].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

const currentQuarterUnknown = (forecastId: string): ClariError =>
  new ClariError(
    `Clari's answer for forecast "${forecastId}" names no quarter, so the current one isn't known. Set "end_period" to the last quarter to sync.`,
    { kind: 'bad_request' },
  );
