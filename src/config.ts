import { SyncError } from './airbyte/stream';
import { checkOf } from './airbyte/validation';
import type { ActivityType, ExportSchedule, ExportType } from './clari/types';
import { furtherProblems, keyProblems, notKnown, periodProblems, unknownKeys } from './config-problems';
import type { Quarter } from './period';
import { loadSpec } from './resources';
import { type Clock, systemClock } from './timing';

/** The configuration as the connector uses it; `resources/spec.json` says what each key means. */
export interface ClariConfig {
  readonly apiKey: string;
  readonly forecastIds: readonly string[];
  readonly startPeriod: Quarter | undefined;
  readonly endPeriod: Quarter | undefined;
  /** How many days after a quarter's last day its values may still change. */
  readonly settlingDays: number;
  /** How many closed quarters every incremental sync exports again, settled or not. */
  readonly lookbackPeriods: number;
  /** How many quarters after the current one every sync also exports. */
  readonly lookaheadPeriods: number;
  /** How quarters that aren't final are read: by an export job, or by the direct call, which starts no job. */
  readonly readMethod: 'export' | 'direct';
  readonly typesToExport: readonly ExportType[];
  /** Empty = the organization's own. */
  readonly currency: string;
  readonly includeHistorical: boolean;
  readonly scopeId: string | undefined;
  readonly schedule: ExportSchedule;
  /** First day of activities and audit events, YYYY-MM-DD (UTC); undefined = 30 days ago. */
  readonly startDate: string | undefined;
  /** How far before the last sync activities and audit events are read again, in days. */
  readonly lookbackDays: number;
  readonly activityTypes: readonly ActivityType[];
  readonly opportunityIds: readonly string[];
  /** undefined = what Clari's limits allow. */
  readonly maxConcurrentExports: number | undefined;
  /** Ceiling of the poll interval. */
  readonly pollIntervalMs: number;
  readonly maxPollAttempts: number;
  readonly baseUrl: string;
}

export interface ParsedConfig {
  readonly config: ClariConfig;
  /** Sentences for the log about unknown keys. */
  readonly warnings: readonly string[];
}

/** All problems of a configuration at once, each as `path: what is wrong`. Never holds the value of a secret. */
export class ConfigProblems extends SyncError {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not valid: ${problems.join('; ')}.`, { failureType: 'config_error' });
  }
}

interface RawConfig {
  api_key: string;
  forecast_ids: string[];
  start_period?: Quarter;
  end_period?: Quarter;
  settling_days: number;
  lookback_periods: number;
  lookahead_periods: number;
  read_method: 'export' | 'direct';
  types_to_export: ExportType[];
  currency: string;
  include_historical: boolean;
  scope_id?: string;
  schedule: ExportSchedule;
  start_date?: string;
  lookback_days: number;
  activity_types: ActivityType[];
  opportunity_ids: string[];
  max_concurrent_exports?: number;
  poll_interval_seconds: number;
  max_poll_attempts: number;
  base_url: string;
}

/** Keys for which an empty text means "not set": a form sends it for a cleared field. */
const EMPTY_MEANS_UNSET = ['start_period', 'end_period', 'scope_id', 'start_date', 'base_url'];

/**
 * Turns a configuration file's content into a frozen `ClariConfig` with defaults filled in. A value that is exactly
 * `${NAME}` is taken from the environment; without `api_key`, `CLARI_API_KEY` is used. `clock` gives today's date.
 * Throws `ConfigProblems`.
 */
export function parseConfig(
  raw: unknown,
  env: NodeJS.ProcessEnv = process.env,
  clock: Pick<Clock, 'now'> = systemClock,
): ParsedConfig {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new ConfigProblems(['the configuration must be a JSON object']);
  const problems: string[] = [];
  const filled = withoutUnset(fromEnvironment(raw, env, '', problems) as Record<string, unknown>);
  const key = filled['api_key'] ?? env['CLARI_API_KEY'];
  // Pasted keys often include a line break or a blank.
  if (key !== undefined) filled['api_key'] = typeof key === 'string' ? key.trim() : key;
  const unknown = unknownKeys(Object.keys(filled));
  check ??= checkOf(loadSpec().connectionSpecification);
  problems.push(
    ...check(filled),
    ...keyProblems(filled['api_key']),
    ...furtherProblems(filled),
    ...periodProblems(filled, clock.now()),
  );
  if (problems.length > 0) {
    // Warnings aren't shown when a configuration fails, and a misspelled key may be the cause.
    const misspelled = unknown.filter(({ meant }) => meant !== undefined).map((key) => `${key.name}: ${notKnown(key)}`);
    throw new ConfigProblems([...new Set([...problems, ...misspelled])]);
  }
  return {
    config: freeze(filled as unknown as RawConfig),
    warnings: unknown.map((key) => `The configuration key "${key.name}" ${notKnown(key)}.`),
  };
}

/** The check against the spec, the same for every configuration. */
let check: ReturnType<typeof checkOf> | undefined;

const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

function fromEnvironment(value: unknown, env: NodeJS.ProcessEnv, path: string, problems: string[]): unknown {
  if (typeof value === 'string') {
    const name = VARIABLE.exec(value)?.[1];
    if (name === undefined) return value;
    const found = env[name];
    if (found === undefined) problems.push(`${path}: the environment variable ${name} is not set`);
    return found ?? value;
  }
  if (Array.isArray(value))
    return value.map((item, index) => fromEnvironment(item, env, `${path}[${index}]`, problems));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        fromEnvironment(item, env, path === '' ? key : `${path}.${key}`, problems),
      ]),
    );
  }
  return value;
}

function withoutUnset(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).filter(
      ([key, value]) => value !== null && !(value === '' && EMPTY_MEANS_UNSET.includes(key)),
    ),
  );
}

function freeze(raw: RawConfig): ClariConfig {
  return Object.freeze({
    apiKey: raw.api_key,
    forecastIds: raw.forecast_ids,
    startPeriod: raw.start_period,
    endPeriod: raw.end_period,
    settlingDays: raw.settling_days,
    lookbackPeriods: raw.lookback_periods,
    lookaheadPeriods: raw.lookahead_periods,
    readMethod: raw.read_method,
    typesToExport: raw.types_to_export,
    currency: raw.currency,
    includeHistorical: raw.include_historical,
    scopeId: raw.scope_id,
    schedule: raw.schedule,
    startDate: raw.start_date,
    lookbackDays: raw.lookback_days,
    activityTypes: raw.activity_types,
    opportunityIds: raw.opportunity_ids,
    maxConcurrentExports: raw.max_concurrent_exports,
    pollIntervalMs: raw.poll_interval_seconds * 1000,
    maxPollAttempts: raw.max_poll_attempts,
    baseUrl: raw.base_url,
  });
}
