import type { ExportType } from './data/forecast-request';
import type { ForecastSpec } from './forecast-spec';

export type { Currency, FieldSpec, ForecastSpec, OwnerSpec } from './forecast-spec';

/** The two known dialects of Clari's API: the documented one, and the one that has `GET /export/forecast/list`. */
export type Contract = 'published' | 'listed';

export type JobKind = 'forecast' | 'activity';

/** A part of the API whose permission the key's user may lack. */
export type Area = 'forecast' | 'limits' | 'activity' | 'audit' | 'opportunity';

/** What `jobDurationMs` and `visibilityLagMs` may depend on. */
export interface JobRequest {
  readonly kind: JobKind;
  readonly forecastId: string | null;
  /** As requested; null = none. */
  readonly timePeriod: string | null;
  /** The quarter it resolves to; null for activities. */
  readonly period: string | null;
  /** How many jobs were submitted before it. */
  readonly index: number;
}

/** A job of the key's user, started by another connection before the simulator gets any request. */
export interface ForeignJobSpec {
  readonly forecastId: string;
  /** As requested; default none: the quarter that was current at `startTime`. */
  readonly timePeriod?: string | null;
  /** Default the forecast's own. */
  readonly currency?: string | null;
  /** Epoch ms or ISO date-time. */
  readonly startTime: number | string;
  /** In the published contract's words; default `DONE`. SCHEDULED and STARTED never end, and take up a slot. */
  readonly status?: string;
  /** Other keys of an export's body, with the same defaults. */
  readonly typesToExport?: readonly ExportType[];
  readonly includeHistorical?: boolean;
  readonly scopeId?: string | null;
}

/** The answer for a job that isn't visible: 400 SWW, 403 SWW, 404 in Clari's words, the gateway's 404. */
export type UnknownJobAnswer = 'sww' | 'forbidden' | 'not_found' | 'no_route';

/** The simulated Clari's setup; everything has a default. */
export interface SimulatorOptions {
  /** Default `published`. */
  contract?: Contract;
  /** Default `simulator-key-not-a-secret`. */
  apiKey?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Default `127.0.0.1`. */
  host?: string;
  /** Port of the second origin, the one download URLs point to. Default 0. */
  downloadPort?: number;
  /**
   * The clock for jobs and the fiscal calendar, epoch ms; or an ISO date-time at which a running clock starts. Default
   * the system's.
   */
  now?: (() => number) | string;
  /** 1 to 12, default 2. */
  fiscalYearStartMonth?: number;
  /** 0 (Sunday) to 6, default 3 (Wednesday). */
  weekStartsOn?: number;
  /** The first quarter with data; an earlier one silently yields the current quarter. Default `2020_Q1`. */
  dataStartPeriod?: string;
  /** From submission to end; the first third SCHEDULED, the rest STARTED. Default 30. */
  jobDurationMs?: number | ((job: JobRequest) => number);
  /** How long after its POST a job is unknown: by id, in the list and for cancellation. Default 0. */
  visibilityLagMs?: number | ((job: JobRequest) => number);
  /** The answer while a job is unknown for that reason. Default `sww`. */
  visibilityLagAnswer?: UnknownJobAnswer;
  /** Published: jobs started by another connection of the same user. Default none. */
  foreignJobs?: readonly ForeignJobSpec[];
  /** How far Clari's clock is ahead of `now`: in the `Date` header and in job times. Default 0. */
  clockSkewMs?: number;
  /** Published: whether a job is under `job` (default, as in production) or flat (as in the document). */
  jobEnvelope?: boolean;
  /** Published: whether the jobs list is under `jobs`; default a bare array. */
  jobsListEnvelope?: boolean;
  /** Whether opportunities are under `opportunities`; default a bare array. */
  opportunityEnvelope?: boolean;
  /** How many jobs the organization may run at once, default 3. */
  concurrentLimit?: number;
  /** How many jobs the organization may start in 30 days, default 1000. */
  monthlyQuota?: number;
  /** Quota used by other people, default 0. */
  usedQuota?: number;
  /** Other people's running jobs, default 0. */
  foreignRunning?: number;
  /** Listed: also answer `GET /admin/limits` and enforce the limits. Default false: that contract has no quota. */
  listedLimits?: boolean;
  /** Listed: how many `timePeriods` a forecast shows; 0 leaves the key out. Default 2. */
  listedPeriods?: number;
  /** Listed: how long a download URL is valid; each status check gives a new one. Default an hour. */
  downloadUrlMs?: number;
  /** Listed: whether the answer to a POST has a `status`, default true. */
  statusOnSubmit?: boolean;
  forecasts?: readonly ForecastSpec[];
  /** Published: how `GET /export/forecast/list` is refused. Default `no_route`: the gateway's 404, with any key. */
  listRefusal?: 'no_route' | 'method_not_allowed' | 'bad_request';
  /**
   * Published: whether `GET /forecast/{forecastId}` exists (it is undocumented), or how it is refused: the gateway's
   * 404 (`no_route`, also `false`), a 403, or 200 with an HTML page. Default true.
   */
  forecastGet?: boolean | 'no_route' | 'forbidden' | 'html';
  /**
   * A quarter's amounts, except quotas, change from day to day (UTC) until `settlesAfterDays` after its last day, then
   * stay. Default false: they never change.
   */
  drift?: boolean;
  /** With `drift`: days from a quarter's last day to the last change. Default 5. */
  settlesAfterDays?: number;
  /** How many quarters after the current one can be exported; they hold only the managers' calls. Default 0. */
  futurePeriods?: number;
  /**
   * `plain` (default): every owner and week is independent. `plausible`: a manager's call and quota are about the sum
   * of the reports', and calls approach their final value from week to week.
   */
  amounts?: 'plain' | 'plausible';
  /** Whether forecast results begin with `entries` (default) or end with them. */
  entriesFirst?: boolean;
  /** Default 3. */
  activitiesPerDay?: number;
  /** How an activity's date is written; occasionally an epoch one is quoted. Default `epoch_ms`, as documented. */
  activityDates?: 'epoch_ms' | 'epoch_seconds' | 'us_date' | 'iso_offset';
  /** Whether an export of activities includes the day of its `endDate`, which is undocumented. Default true. */
  activityEndIncluded?: boolean;
  /** Every n-th activity is moved to an earlier date under the same id. Default 0: none. */
  movedEvery?: number;
  /** How many hours after its first date that happens, default 24. */
  movedAfterHours?: number;
  /** How many hours earlier the new date is, default 48. */
  movedBackHours?: number;
  /** How many hours after their date the late activities and audit events become visible. Default 0: at once. */
  lateHours?: number;
  /** With `lateHours`: every n-th one is late. Default 7. */
  lateEvery?: number;
  /** How many opportunities exist, default 12. */
  opportunities?: number;
  /** Default 4. */
  auditEventsPerDay?: number;
  /** Default `absolute`; `elsewhere` is an absolute link to the second origin. */
  auditNextLink?: 'absolute' | 'relative' | 'elsewhere';
  /** Default `oldest_first`; the real order is undocumented. */
  auditOrder?: 'oldest_first' | 'newest_first' | 'unordered';
  /** Answer 403 in these parts of the API. Default none. */
  forbidden?: readonly Area[];
}

export type ResolvedOptions = Required<Omit<SimulatorOptions, 'now'>> & { readonly now: () => number };

export const SIMULATOR_KEY = 'simulator-key-not-a-secret';

const DEFAULTS: Omit<ResolvedOptions, 'now'> = {
  contract: 'published',
  apiKey: SIMULATOR_KEY,
  port: 0,
  host: '127.0.0.1',
  downloadPort: 0,
  fiscalYearStartMonth: 2,
  weekStartsOn: 3,
  dataStartPeriod: '2020_Q1',
  jobDurationMs: 30,
  visibilityLagMs: 0,
  visibilityLagAnswer: 'sww',
  foreignJobs: [],
  clockSkewMs: 0,
  jobEnvelope: true,
  jobsListEnvelope: false,
  opportunityEnvelope: false,
  concurrentLimit: 3,
  monthlyQuota: 1000,
  usedQuota: 0,
  foreignRunning: 0,
  listedLimits: false,
  listedPeriods: 2,
  downloadUrlMs: 3_600_000,
  statusOnSubmit: true,
  forecasts: [
    { forecastId: 'net_new', forecastName: 'Net New' },
    { forecastId: 'renewals_emea', forecastName: 'Renewals EMEA' },
  ],
  listRefusal: 'no_route',
  forecastGet: true,
  drift: false,
  settlesAfterDays: 5,
  futurePeriods: 0,
  amounts: 'plain',
  entriesFirst: true,
  activitiesPerDay: 3,
  activityDates: 'epoch_ms',
  activityEndIncluded: true,
  movedEvery: 0,
  movedAfterHours: 24,
  movedBackHours: 48,
  lateHours: 0,
  lateEvery: 7,
  opportunities: 12,
  auditEventsPerDay: 4,
  auditNextLink: 'absolute',
  auditOrder: 'oldest_first',
  forbidden: [],
};

/** Every option's name. */
export const OPTION_NAMES: readonly string[] = [...Object.keys(DEFAULTS), 'now'];

/** Fills in the defaults. @throws RangeError for an unknown option, or a `now` that isn't a date-time. */
export function resolveOptions(options: SimulatorOptions = {}): ResolvedOptions {
  const unknown = Object.keys(options).filter((name) => !OPTION_NAMES.includes(name));
  if (unknown.length > 0) throw new RangeError(`unknown simulator options: ${unknown.join(', ')}`);
  const { now, ...rest } = options;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { ...DEFAULTS, ...given, now: resolveClock(now) };
}

function resolveClock(now: SimulatorOptions['now']): () => number {
  if (now === undefined) return Date.now;
  if (typeof now === 'function') return now;
  const start = Date.parse(now);
  if (Number.isNaN(start)) throw new RangeError(`now is not a date-time: ${now}`);
  const ahead = start - Date.now();
  return () => Date.now() + ahead;
}
