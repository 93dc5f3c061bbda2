import type { FiscalCalendar, FiscalPeriod } from './calendar';
import type { AuditData } from './data/audit';
import type { CrmData } from './data/crm';
import type { FaultPlan } from './faults';
import type { JobBook } from './job-book';
import type { ForecastSpec, ResolvedOptions } from './options';

/** A request as received, and what became of it. */
export interface RecordedRequest {
  /** The API itself, or the second origin, which download URLs point to. */
  readonly origin: 'api' | 'download';
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As text; empty if there was none. */
  readonly body: string;
  /** Epoch ms by the simulator's clock. */
  readonly at: number;
  /** Null as long as there is no answer. */
  status: number | null;
  /** The type of the fault that struck it. */
  fault: string | null;
}

/** Everything the routes work with. */
export interface World {
  readonly options: ResolvedOptions;
  readonly calendar: FiscalCalendar;
  readonly crm: CrmData;
  readonly audit: AuditData;
  readonly faults: FaultPlan;
  readonly jobs: JobBook;
  readonly requests: RecordedRequest[];
  /** `http://127.0.0.1:PORT`; known once it is listening. */
  apiOrigin: string;
  /** An origin other than the API's, which download URLs lead to. */
  downloadOrigin: string;
}

/** The quarter that is current at `at`, epoch ms; default now. */
export function currentPeriod(world: World, at = world.options.now()): string {
  return world.calendar.quarterAt(at);
}

/**
 * The quarter an export requested at `at` (default now) covers. An unusable `timePeriod` (unknown, too far ahead,
 * before the data begins) silently yields the current one.
 */
export function resolvePeriod(world: World, timePeriod: string | null, at = world.options.now()): FiscalPeriod {
  const { dataStartPeriod, futurePeriods } = world.options;
  const current = currentPeriod(world, at);
  const last = world.calendar.quarterAfter(current, futurePeriods) ?? current;
  const asked = timePeriod === null ? undefined : world.calendar.quarter(timePeriod);
  const usable = asked !== undefined && asked.id <= last && asked.id >= dataStartPeriod;
  const period = usable ? asked : world.calendar.quarter(current);
  if (period === undefined) throw new Error(`no such quarter: ${current}`);
  return period;
}

export function findForecast(world: World, forecastId: string): ForecastSpec | undefined {
  return world.options.forecasts.find((forecast) => forecast.forecastId === forecastId);
}
