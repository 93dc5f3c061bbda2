import type { TimeFrame } from './calendar';
import type { Actor, AuditEvent } from './data/audit';
import type { Activity, Opportunity } from './data/crm';
import {
  type Entry,
  EXPORT_TYPES,
  type ForecastRequest,
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

/** Like an export's body; but all six types by default. */
export type TruthOptions = Partial<ForecastRequest>;

/**
 * What the simulated Clari knows, shaped as it would send it: what to judge an export by. A `timePeriod` that is left
 * out, or unusable, is the current quarter, as for an export. Times are as of now.
 */
export class Truth {
  constructor(private readonly world: World) {}

  /** @throws RangeError for an unknown forecast, as all that take a forecast. */
  forecastResults(forecastId: string, timePeriod?: string | null, options?: TruthOptions): ForecastArrays {
    const results = this.results(forecastId, timePeriod, options);
    const { fields, users, timeFrames, timePeriods } = results;
    return { entries: [...results.entries()], fields, users, timeFrames, timePeriods };
  }

  /** How many entries there are, without making them. */
  entryCount(forecastId: string, timePeriod?: string | null, options?: TruthOptions): number {
    return this.results(forecastId, timePeriod, options).entryCount;
  }

  /** The entries as the listed contract has them. */
  listedEntries(forecastId: string, timePeriod?: string | null, options?: TruthOptions): ListedEntry[] {
    const { calendar, options: setup } = this.world;
    const period = resolvePeriod(this.world, timePeriod ?? null);
    return [...listedEntries(calendar, this.spec(forecastId), period, requestOf(options), setup.now())];
  }

  /** Between two moments (epoch ms or ISO date-time), both included; nothing later than now. */
  activities(from: number | string, to: number | string): Activity[] {
    return [...this.world.crm.activities(momentOf(from), Math.min(momentOf(to), this.world.options.now()))];
  }

  /** Between two moments, both included; by default the last 30 days. */
  auditEvents(from?: number | string, to?: number | string): AuditEvent[] {
    const now = this.world.options.now();
    return this.world.audit.events(momentOf(from ?? now - 30 * 86_400_000), Math.min(momentOf(to ?? now), now));
  }

  auditActors(events: readonly AuditEvent[]): Actor[] {
    return this.world.audit.actorsOf(events);
  }

  opportunities(): Opportunity[] {
    return this.world.crm.opportunities();
  }

  private results(forecastId: string, timePeriod?: string | null, options?: TruthOptions): ForecastResults {
    const period = resolvePeriod(this.world, timePeriod ?? null);
    const { calendar, options: setup } = this.world;
    return forecastResults(calendar, this.spec(forecastId), period, requestOf(options), setup.now());
  }

  private spec(forecastId: string): ForecastSpec {
    const spec = findForecast(this.world, forecastId);
    if (spec === undefined) throw new RangeError(`no such forecast: ${forecastId}`);
    return spec;
  }
}

function requestOf(options: TruthOptions = {}): ForecastRequest {
  return { typesToExport: EXPORT_TYPES, currency: null, includeHistorical: false, scopeId: null, ...options };
}

const momentOf = (moment: number | string): number => (typeof moment === 'number' ? moment : Date.parse(moment));
