import { addDays, type Day, dayOf } from '../../days';
import type { ExportHandle } from '../../exports/request';
import { mayBeCurrent, type Quarter, quarterRange } from '../../period';
import type { StreamContext } from '../context';
import type { DirectCalls } from './direct';
import type { ForecastExports } from './exports';

/** No fiscal quarter is shorter than this. */
const SHORTEST_QUARTER_DAYS = 80;

/**
 * How a forecast's quarters are read: by exports or, if so configured, by the direct call for as long as a quarter may
 * change.
 */
export class QuarterSources {
  private currentQuarter: Quarter | undefined;
  private firstDay: Day | undefined;

  constructor(
    private readonly forecastId: string,
    private readonly context: StreamContext,
    private readonly exports: ForecastExports,
    private readonly directCalls: DirectCalls | undefined,
  ) {}

  /** Clari's current quarter, once it is known. */
  get current(): Quarter | undefined {
    return this.currentQuarter;
  }

  /** Every week is wanted, but the direct call returns only the latest. */
  get missesEarlierWeeks(): boolean {
    return this.directCalls !== undefined && this.context.config.includeHistorical;
  }

  know(current: Quarter | undefined, firstDay: Day | undefined): void {
    this.currentQuarter = current;
    this.firstDay = firstDay;
  }

  /**
   * Starts reading a quarter the configured way; null = the current one. A quarter that has certainly settled is always
   * exported.
   */
  start(asked: Quarter | null, mayChange: boolean): ExportHandle {
    if (this.directCalls === undefined || (asked !== null && this.isSurelySettled(asked)))
      return this.exports.start(asked, mayChange);
    return this.directCalls.start(this.forecastId, asked, this.exports, mayChange);
  }

  /** Starts the export of a past quarter. */
  export(quarter: Quarter): ExportHandle {
    return this.exports.start(quarter, false);
  }

  private isSurelySettled(quarter: Quarter): boolean {
    const { client, config } = this.context;
    const { current, firstDay } = this;
    const before = addDays(dayOf(client.now()), -config.settlingDays);
    if (mayBeCurrent(quarter, before) === 'past') return true;
    if (current === undefined || firstDay === undefined || quarter >= current) return false;
    const quartersBetween = quarterRange(quarter, current).length - 2;
    return before >= addDays(firstDay, -quartersBetween * SHORTEST_QUARTER_DAYS);
  }
}
