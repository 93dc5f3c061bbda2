import type { OpenExport } from '../../exports/request';
import { newestOf, type Quarter } from '../../period';
import type { SelectedForecast } from '../forecast-selection';
import { readInOrder, type Slice } from '../read-in-order';
import { subjectOf } from './exports';
import type { QuarterSources } from './quarter-sources';
import { isDone, type Verdict, verdict } from './quarters';
import type { ReadParts } from './read-parts';
import type { Reader } from './reader';
import { ForecastResults } from './results';

/** One quarter in a forecast's plan. */
export interface QuarterSlice extends Slice {
  readonly quarter: Quarter;
  /** The quarter as requested; null = the current one. */
  readonly asked: Quarter | null;
  /** The streams that want it. */
  readonly readers: readonly Reader[];
}

/** Emits the quarters in one forecast's plan, and notes in each stream's state what became of them. */
export class QuarterReads {
  constructor(
    private readonly forecast: SelectedForecast,
    private readonly sources: QuarterSources,
    private readonly parts: ReadParts,
  ) {}

  /** Emits the slices in order. Resolves with whether all succeeded; never rejects. */
  async read(slices: readonly QuarterSlice[]): Promise<boolean> {
    const { diskSlots, signal, ledger, inTurn, fail } = this.parts;
    const { missesEarlierWeeks } = this.sources;
    const { forecastId } = this.forecast;
    let succeeded = true;
    for await (const { slice, results } of readInOrder(slices, diskSlots, signal)) {
      const { quarter, asked, readers } = slice;
      try {
        const opened = await this.finalResults(slice, await results());
        try {
          const outcome = await inTurn(() => this.emit(opened.slice, opened.results));
          for (const { state } of readers) {
            if (isDone(outcome)) state.settle(forecastId, quarter);
            // If the current quarter is unknown, a lookback at a final one doesn't reopen it.
            else if (this.sources.current !== undefined) state.owe(forecastId, quarter);
            if (missesEarlierWeeks && quarter === this.sources.current && !isDone(outcome))
              state.noteOpen(forecastId, quarter);
          }
          for (const timePeriod of new Set([asked, quarter])) ledger.at({ forecastId, timePeriod }).settled();
          await Promise.all(readers.map(({ checkpoint }) => checkpoint.save()));
        } finally {
          await opened.close();
        }
      } catch (error) {
        succeeded = false;
        fail(error, subjectOf(forecastId, quarter), readers);
      }
    }
    return succeeded;
  }

  /** A quarter's final values come from an export, even where the direct call has answered first. */
  private async finalResults(
    slice: QuarterSlice,
    source: OpenExport,
  ): Promise<{ slice: QuarterSlice; results: ForecastResults; close: () => Promise<void> }> {
    const results = await ForecastResults.of(source);
    const isFinal = source.jobId === null && this.verdictOn(slice, results) === 'final';
    if (!isFinal) return { slice, results, close: async () => undefined };
    // One disk slot holds one answer.
    await slice.source.release();
    const exported = this.sources.export(slice.quarter);
    try {
      const last = await ForecastResults.of(await exported.open());
      return {
        // An earlier sync may have left its job behind.
        slice: { ...slice, asked: slice.quarter, source: exported },
        results: last,
        close: () => exported.dispose(),
      };
    } catch (error) {
      await exported.dispose();
      throw error;
    }
  }

  private verdictOn({ quarter, asked, readers, source }: QuarterSlice, results: ForecastResults): Verdict {
    const { current } = this.sources;
    const { forecastId } = this.forecast;
    const { entry } = this.parts.ledger.at({ forecastId, timePeriod: asked });
    return verdict({
      quarter,
      answered: results.quarters,
      current: current ?? (results.quarters.has(quarter) ? undefined : results.newestQuarter),
      cursor: newestOf(readers.flatMap(({ state }) => state.progress(forecastId)?.timePeriod ?? [])),
      lastDay: results.lastDayOf(quarter),
      // What a job that was left behind holds may be as old as the job.
      exportedOn: source.adopted && entry !== undefined ? entry.submittedAt.slice(0, 10) : results.exportedOn,
      settlingDays: this.parts.context.config.settlingDays,
      wasLeftBehind: source.adopted,
    });
  }

  private async emit(slice: QuarterSlice, results: ForecastResults): Promise<Verdict> {
    const { quarter, readers } = slice;
    const { seen, context } = this.parts;
    const { forecastId, forecastName } = this.forecast;
    const outcome = this.verdictOn(slice, results);
    if (outcome === 'never' || outcome === 'not_yet') {
      const text = `${subjectOf(forecastId, quarter)}: Clari answered with ${results.newestQuarter} instead, as it does for a quarter it doesn't know; no records were taken from it`;
      if (outcome === 'never') context.log.warn(text);
      else context.log.info(text);
      return outcome;
    }
    const { jobId, exportedAt } = results.source;
    for (const { rows, output } of readers)
      for await (const batch of rows(
        results,
        { forecastId, forecastName, timePeriod: quarter, jobId, exportedAt },
        seen,
      ))
        await output.records(batch);
    return outcome;
  }
}
