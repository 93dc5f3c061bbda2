/** The two known dialects of Clari's API: the documented one, and the one that has `GET /export/forecast/list`. */
export type Contract = 'published' | 'listed';

export type JobKind = 'forecast' | 'activity';

/** A part of the API whose permission the key's user may lack. */
export type Area = 'forecast' | 'limits' | 'activity' | 'audit' | 'opportunity';

/** A user as an organization has it: one per role, so a person who changed roles is there twice. */
export interface OwnerSpec {
  /** `<Clari user id>:<Salesforce role id>`. */
  readonly userId: string;
  readonly crmId: string;
  readonly email: string;
  readonly name: string;
  readonly hierarchyId: string;
  readonly hierarchyName: string;
  /** Null at the top. */
  readonly parentHierarchyId: string | null;
  readonly parentHierarchyName: string | null;
  readonly userType: 'MGR' | 'REP';
}

export interface FieldSpec {
  readonly fieldId: string;
  readonly fieldName: string;
  readonly fieldType: 'forecast' | 'quota' | 'adjustment';
}

export interface Currency {
  readonly code: string;
  readonly symbol: string;
}

/** A Forecast Tab. */
export interface ForecastSpec {
  readonly forecastId: string;
  /** The path key of the listed contract. */
  readonly forecastName: string;
  /** `month`: its answers hold months, though a quarter is asked for. Default `quarter`. */
  readonly periodType?: 'quarter' | 'month';
  /** A number invents that many. Default: four userIds of three people. */
  readonly owners?: number | readonly OwnerSpec[];
  /** A number invents that many of type `forecast`. Default: two forecast fields, one adjustment, one quota. */
  readonly fields?: number | readonly FieldSpec[];
  /** For large exports: how many weeks a historical export holds; default: as many as the quarter has had. */
  readonly weeks?: number;
  /** `false`: the key's user isn't opted in, 401 `no_optin`. */
  readonly optIn?: boolean;
  /** `false`: asking for crm_total or crm_closed is a 400 `type_not_supported`. */
  readonly supportsCrmTypes?: boolean;
  /** No entries ever, though the answer names its period. */
  readonly empty?: boolean;
  /** Default US dollars. */
  readonly currency?: Currency;
  /** Counts, not money: whole numbers, no `currency` on the entries. */
  readonly countForecast?: boolean;
  /** Entries of a user that `users` doesn't hold. */
  readonly unknownUsers?: boolean;
  /** Each entry carries a key `futureKey` that nobody has heard of. */
  readonly futureKey?: boolean;
  /** What the list shows for it; default the newest `listedPeriods`. */
  readonly timePeriods?: readonly string[];
}

/** What `jobDurationMs` may decide by. */
export interface JobRequest {
  readonly kind: JobKind;
  readonly forecastId: string | null;
  /** As asked for; null = none. */
  readonly timePeriod: string | null;
  /** The quarter it resolves to; null for activities. */
  readonly period: string | null;
  /** Jobs submitted before it. */
  readonly index: number;
}

/** How the simulated Clari is set up; everything has a default. */
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
  /** The clock of jobs and of the fiscal calendar, epoch ms; or an ISO date-time at which a running clock starts. Default the system's. */
  now?: (() => number) | string;
  /** 1 to 12, default 2. */
  fiscalYearStartMonth?: number;
  /** 0 (Sunday) to 6, default 3 (Wednesday). */
  weekStartsOn?: number;
  /** The first quarter there is data for; an earlier one silently yields the current quarter. Default `2020_Q1`. */
  dataStartPeriod?: string;
  /** From submission to end; a third of it SCHEDULED, the rest STARTED. Default 30. */
  jobDurationMs?: number | ((job: JobRequest) => number);
  /** Published: a job under `job` (default, as production answers) or flat (as the document draws it). */
  jobEnvelope?: boolean;
  /** Published: the jobs list under `jobs`; default a bare array. */
  jobsListEnvelope?: boolean;
  /** Opportunities under `opportunities`; default a bare array. */
  opportunityEnvelope?: boolean;
  /** Jobs of the organization at a time, default 3. */
  concurrentLimit?: number;
  /** Jobs of the organization in 30 days, default 1000. */
  monthlyQuota?: number;
  /** Quota that other people have used, default 0. */
  usedQuota?: number;
  /** Jobs of other people that run, default 0. */
  foreignRunning?: number;
  /** Listed: also answer `GET /admin/limits` and hold to the limits. Default false: that contract knows no quota. */
  listedLimits?: boolean;
  /** Listed: how many `timePeriods` a forecast shows; 0 leaves the key out. Default 2. */
  listedPeriods?: number;
  /** Listed: how long a download URL is good for; a look at the job gives a new one. Default an hour. */
  downloadUrlMs?: number;
  /** Listed: `status` in the answer to a POST, default true. */
  statusOnSubmit?: boolean;
  forecasts?: readonly ForecastSpec[];
  /** Published: how `GET /export/forecast/list` is refused. Default `no_route`: the gateway's 404, whatever the key. */
  listRefusal?: 'no_route' | 'method_not_allowed' | 'bad_request';
  /** Published: whether `GET /forecast/{forecastId}` exists (it is in no document). Default true. */
  forecastGet?: boolean;
  /** Forecast results begin with `entries` (default) or end with them. */
  entriesFirst?: boolean;
  /** Default 3. */
  activitiesPerDay?: number;
  /** How many opportunities exist, default 12. */
  opportunities?: number;
  /** Default 4. */
  auditEventsPerDay?: number;
  /** Default `absolute`; `elsewhere` is absolute, to the second origin. */
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
  entriesFirst: true,
  activitiesPerDay: 3,
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
