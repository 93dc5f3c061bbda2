import type { FiscalPeriod, TimeFrame } from './calendar';
import type { Actor, AuditEvent } from './data/audit';
import type { Activity, Opportunity } from './data/crm';
import { EXPORT_TYPES, type ForecastRequest } from './data/forecast-request';
import {
  type Entry,
  type ForecastResults,
  type ForecastUser,
  forecastResults,
  type TimePeriod,
} from './data/forecast-results';
import { type ListedEntry, listedEntries } from './data/listed-results';
import type { FieldSpec, ForecastSpec } from './options';
import { findForecast, resolvePeriod, type World } from './world';

/** The five arrays of the published contract. */
export interface ForecastArrays {
  readonly entries: Entry[];
  readonly fields: readonly FieldSpec[];
  readonly users: readonly ForecastUser[];
  readonly timeFrames: readonly TimeFrame[];
  readonly timePeriods: readonly TimePeriod[];
}

/** Epoch ms or ISO date-time; `final` = once nothing changes anymore. */
export type Moment = number | string;

/** Like an export's body, but with all six types by default; `at` = the time of the request (default now). */
export type TruthOptions = Partial<ForecastRequest> & { readonly at?: Moment };

/**
 * What the simulated Clari knows, shaped as it would send it: the standard to judge an export by. A missing or unusable
 * `timePeriod` means the current quarter, as for an export. Everything is as of now, or as of the given moment.
 */
export class Truth {
  constructor(private readonly world: World) {}

  /** @throws RangeError for an unknown forecast, like every method that takes one. */
  forecastResults(forecastId: string, timePeriod?: string | null, options?: TruthOptions): ForecastArrays {
    const results = this.results(forecastId, timePeriod, options);
    const { fields, users, timeFrames, timePeriods } = results;
    return { entries: [...results.entries()], fields, users, timeFrames, timePeriods };
  }

  /** The number of entries, without making them. */
  entryCount(forecastId: string, timePeriod?: string | null, options?: TruthOptions): number {
    return this.results(forecastId, timePeriod, options).entryCount;
  }

  /** The entries as the listed contract has them. */
  listedEntries(forecastId: string, timePeriod?: string | null, options?: TruthOptions): ListedEntry[] {
    const { calendar, options: setup } = this.world;
    const at = this.moment(options?.at);
    const period = this.period(timePeriod, at);
    return [...listedEntries(calendar, this.spec(forecastId), period, requestOf(options), at, setup)];
  }

  /** The activities dated between two moments, both inclusive, as of `at`: nothing later than that. */
  activities(from: Moment, to: Moment, at?: Moment): Activity[] {
    const asOf = this.moment(at);
    return [...this.world.crm.activities(momentOf(from), Math.min(momentOf(to), asOf), asOf)];
  }

  /** Whether the option `lateHours` applies to that activity. */
  isLateActivity(activityId: string): boolean {
    return this.world.crm.isLate(activityId);
  }

  /** Whether the option `movedEvery` applies to that activity. */
  isMovedActivity(activityId: string): boolean {
    return this.world.crm.isMoved(activityId);
  }

  /** The events between two moments, both inclusive, visible at `at`; by default the last 30 days. */
  auditEvents(from?: Moment, to?: Moment, at?: Moment): AuditEvent[] {
    const now = this.world.options.now();
    const asOf = this.moment(at);
    return this.world.audit.events(momentOf(from ?? now - 30 * 86_400_000), Math.min(momentOf(to ?? now), asOf), asOf);
  }

  /** Whether the option `lateHours` applies to that event. */
  isLateEvent(event: AuditEvent): boolean {
    return this.world.audit.isLate(event);
  }

  auditActors(events: readonly AuditEvent[]): Actor[] {
    return this.world.audit.actorsOf(events);
  }

  opportunities(): Opportunity[] {
    return this.world.crm.opportunities();
  }

  private results(forecastId: string, timePeriod?: string | null, options?: TruthOptions): ForecastResults {
    const { calendar, options: setup } = this.world;
    const at = this.moment(options?.at);
    const period = this.period(timePeriod, at);
    return forecastResults(calendar, this.spec(forecastId), period, requestOf(options), at, setup);
  }

  /** Epoch ms, Infinity for `final`. */
  private moment(at: Moment | undefined): number {
    return at === undefined ? this.world.options.now() : momentOf(at);
  }

  /** As of `final`, no quarter is still ahead. */
  private period(timePeriod: string | null | undefined, at: number): FiscalPeriod {
    if (at !== Number.POSITIVE_INFINITY) return resolvePeriod(this.world, timePeriod ?? null, at);
    const asked = this.world.calendar.quarter(timePeriod ?? '');
    return asked ?? resolvePeriod(this.world, null);
  }

  private spec(forecastId: string): ForecastSpec {
    const spec = findForecast(this.world, forecastId);
    if (spec === undefined) throw new RangeError(`no such forecast: ${forecastId}`);
    return spec;
  }
}

function requestOf({ at: _, ...options }: TruthOptions = {}): ForecastRequest {
  return { typesToExport: EXPORT_TYPES, currency: null, includeHistorical: false, scopeId: null, ...options };
}

function momentOf(moment: Moment): number {
  if (moment === 'final') return Number.POSITIVE_INFINITY;
  return typeof moment === 'number' ? moment : Date.parse(moment);
}
