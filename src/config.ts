import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { SyncError } from './airbyte/stream';
import { describeAjvErrors } from './airbyte/validation';
import { baseUrlProblem } from './clari/http/base-url';
import type { ActivityType, ExportSchedule, ExportType } from './clari/types';
import { isQuarter, type Quarter } from './period';
import { RESOURCES } from './resources';
import { type Clock, systemClock } from './timing';

/** The configuration as the connector uses it; `resources/spec.json` says what each key means. */
export interface ClariConfig {
  readonly apiKey: string;
  readonly forecastIds: readonly string[];
  readonly startPeriod: Quarter | undefined;
  readonly endPeriod: Quarter | undefined;
  /** Days after a quarter's last day during which its values may still change. */
  readonly settlingDays: number;
  /** Closed quarters that every incremental sync exports again, settled or not. */
  readonly lookbackPeriods: number;
  /** Quarters after the current one that every sync exports too. */
  readonly lookaheadPeriods: number;
  /** How quarters that aren't final are read: by an export job, or by the direct call, which starts none. */
  readonly readMethod: 'export' | 'direct';
  readonly typesToExport: readonly ExportType[];
  /** Empty = the organization's own. */
  readonly currency: string;
  readonly includeHistorical: boolean;
  readonly scopeId: string | undefined;
  readonly schedule: ExportSchedule;
  /** First day of activities and audit events, YYYY-MM-DD (UTC); undefined = 30 days ago. */
  readonly startDate: string | undefined;
  /** Days before the last sync that activities and audit events are read again. */
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
  /** Sentences for the log: keys that nothing reads. */
  readonly warnings: readonly string[];
}

/** Every problem of a configuration at once, each as `path: what is wrong`. Never holds the value of a secret. */
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

/** Keys whose empty text means "not set": a form sends it for a field that was cleared. */
const EMPTY_MEANS_UNSET = ['start_period', 'end_period', 'scope_id', 'start_date', 'base_url'];

/** The SPEC message's body, as `resources/spec.json` has it. */
export function loadSpec(): { connectionSpecification: { properties: Record<string, unknown> } } & Record<
  string,
  unknown
> {
  return JSON.parse(readFileSync(join(RESOURCES, 'spec.json'), 'utf8'));
}

/**
 * Turns a configuration file's content into a frozen `ClariConfig`, defaults filled in. A value that is exactly
 * `${NAME}` is taken from the environment; without `api_key`, `CLARI_API_KEY` is used. `clock` says what today is.
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
  // Pasted keys often carry a line break or a blank.
  if (key !== undefined) filled['api_key'] = typeof key === 'string' ? key.trim() : key;
  const unknown = unknownKeys(Object.keys(filled));
  const valid = validator();
  if (!valid(filled)) problems.push(...describeAjvErrors(valid.errors ?? []));
  problems.push(...keyProblems(filled['api_key']), ...furtherProblems(filled), ...periodProblems(filled, clock.now()));
  if (problems.length > 0) {
    // Nobody reads the warnings of a configuration that fails, and a misspelt key may be why.
    const misspelt = unknown.filter(({ meant }) => meant !== undefined).map((key) => `${key.name}: ${notKnown(key)}`);
    throw new ConfigProblems([...new Set([...problems, ...misspelt])]);
  }
  return {
    config: freeze(filled as unknown as RawConfig),
    warnings: unknown.map((key) => `The configuration key "${key.name}" ${notKnown(key)}.`),
  };
}

interface UnknownKey {
  readonly name: string;
  /** The key that it seems to stand for. */
  readonly meant: string | undefined;
}

const notKnown = ({ meant }: UnknownKey): string =>
  `is not known and has no effect (${meant === undefined ? 'is it misspelt?' : `did you mean "${meant}"?`})`;

/** What people call the API key. */
const NAMES_OF_THE_KEY = ['token', 'apitoken', 'accesstoken', 'key', 'clariapikey'];
/** More unknown keys than these are not named one by one. */
const MAX_UNKNOWN_KEYS = 20;
const MAX_SHOWN_LENGTH = 60;

function unknownKeys(names: readonly string[]): UnknownKey[] {
  const known = Object.keys(loadSpec().connectionSpecification.properties);
  return names
    .filter((name) => !known.includes(name) && !name.startsWith('_'))
    .slice(0, MAX_UNKNOWN_KEYS)
    .map((name) => ({ name: name.slice(0, MAX_SHOWN_LENGTH), meant: similar(name, known) }));
}

/**
 * The known key that a misspelt one stands for: the same but for case and marks between words, or at most two edits
 * away.
 */
function similar(name: string, known: readonly string[]): string | undefined {
  const bare = bareName(name);
  if (NAMES_OF_THE_KEY.includes(bare)) return 'api_key';
  const distances = known.map((key) => ({ key, distance: editDistance(bare, bareName(key)) }));
  const [nearest] = distances.sort((a, b) => a.distance - b.distance);
  // Two edits turn a short word into any other.
  return nearest !== undefined && nearest.distance <= Math.min(2, bare.length / 4) ? nearest.key : undefined;
}

const bareName = (name: string): string =>
  name
    .slice(0, MAX_SHOWN_LENGTH)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

/** How many letters have to be inserted, removed or replaced to get from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  [...a].forEach((letter, i) => {
    const next = [i + 1];
    row.slice(1).forEach((above, j) => {
      const replaced = (row[j] ?? 0) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(above + 1, (next[j] ?? 0) + 1, replaced));
    });
    row = next;
  });
  return row.at(-1) ?? 0;
}

let compiled: ValidateFunction | undefined;
function validator(): ValidateFunction {
  if (compiled === undefined) {
    // The spec's own words (order, airbyte_secret, …) are no JSON Schema keywords, hence not strict.
    const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, verbose: true });
    addFormats(ajv);
    compiled = ajv.compile(loadSpec().connectionSpecification);
  }
  return compiled;
}

/** What is wrong with a key that the schema accepts. Says nothing of its value, but for a variable's name. */
function keyProblems(key: unknown): string[] {
  if (typeof key !== 'string') return [];
  const variable = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(key)?.[1];
  if (variable !== undefined) {
    return [`api_key: looks like the name of an environment variable; write it with braces, as \${${variable}}`];
  }
  if (/^(bearer|basic|token|apikey)\s/i.test(key)) {
    return ['api_key: must be the token alone, without the word before it ("Bearer" or the like)'];
  }
  // No header can carry it.
  if (/[^\x21-\x7e]/.test(key)) {
    return ['api_key: must consist of visible ASCII characters without blanks; copy it from Clari again'];
  }
  return [];
}

/** What a schema can't say. Looks only at values of the right type: the others are named already. */
function furtherProblems({ forecast_ids: ids, base_url: baseUrl }: Record<string, unknown>): string[] {
  const problems: string[] = [];
  if (Array.isArray(ids)) {
    ids.forEach((id: unknown, index) => {
      if (typeof id === 'string' && /^https?:\/\//i.test(id))
        problems.push(`forecast_ids[${index}]: is a URL; give only the part of it that names the forecast`);
    });
  }
  if (typeof baseUrl === 'string') {
    const problem = baseUrlProblem(baseUrl);
    if (problem !== undefined) problems.push(`base_url: ${problem}`);
  }
  return problems;
}

/** What lies further back is a typing mistake; each quarter of it would cost an export. */
const MAX_YEARS_BACK = 15;
/** A fiscal year may be named after the calendar year in which it ends, and a backfill may end with the next one. */
const MAX_YEARS_AHEAD = 2;

/** Periods that no one can mean, said before anything is paid for them. */
function periodProblems(config: Record<string, unknown>, now: number): string[] {
  const problems: string[] = [];
  const today = new Date(now).toISOString().slice(0, 10);
  const year = Number(today.slice(0, 4));
  const { start_period: start, end_period: end, start_date: date } = config;
  for (const [key, quarter] of Object.entries({ start_period: start, end_period: end })) {
    if (typeof quarter !== 'string' || !isQuarter(quarter)) continue;
    const named = Number(quarter.slice(0, 4));
    if (named < year - MAX_YEARS_BACK)
      problems.push(
        `${key}: must not lie more than ${MAX_YEARS_BACK} years back (${quarter}; each quarter costs an export)`,
      );
    if (named > year + MAX_YEARS_AHEAD)
      problems.push(`${key}: must not lie more than ${MAX_YEARS_AHEAD} years ahead (${quarter}; today is ${today})`);
  }
  if (typeof start === 'string' && typeof end === 'string' && end < start) {
    problems.push(`end_period: must not be before start_period (${end} is before ${start})`);
  }
  if (typeof date === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(date)) {
    if (date > today) problems.push(`start_date: must not lie in the future (${date}; today is ${today}, UTC)`);
    if (date < `${String(year - MAX_YEARS_BACK).padStart(4, '0')}${today.slice(4)}`)
      problems.push(
        `start_date: must not lie more than ${MAX_YEARS_BACK} years back (${date}; each month costs an export)`,
      );
  }
  return problems;
}

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
