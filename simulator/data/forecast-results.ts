import { DAY_MS, type FiscalCalendar, type FiscalPeriod, type TimeFrame, timeOf, weekAt } from '../calendar';
import { crmIdOf, hash, shuffled } from '../hash';
import type { Currency, FieldSpec, ForecastSpec, OwnerSpec } from '../options';
import { callOf, quotaOf, weeklyCallOf } from './amounts';
import {
  clariUserId,
  currencyOf,
  fieldsOf,
  ownersInScope,
  ownersOf,
  STRANGER,
  scopeIdOf,
  USER_ID,
} from './organization';

export const EXPORT_TYPES = ['forecast', 'quota', 'forecast_updated', 'adjustment', 'crm_total', 'crm_closed'] as const;
export type ExportType = (typeof EXPORT_TYPES)[number];

/** What Clari exports when `typesToExport` is left out. */
export const DEFAULT_TYPES: readonly ExportType[] = ['forecast', 'forecast_updated'];

/** An export request, its defaults filled in. */
export interface ForecastRequest {
  readonly typesToExport: readonly ExportType[];
  readonly currency: string | null;
  /** Every week up to now, not the latest alone. */
  readonly includeHistorical: boolean;
  readonly scopeId: string | null;
}

export interface Entry {
  userId: string;
  fieldId: string;
  timePeriodId: string;
  timeFrameId: string;
  forecastValue?: number | null;
  quotaValue?: number | null;
  isUpdated?: boolean;
  updatedBy?: string;
  updatedOn?: number;
  adjustmentValue?: number | null;
  adjustedBy?: string;
  adjustedOn?: number;
  aggregationTotal?: number;
  currency?: Currency;
  futureKey?: string;
}

export interface ForecastUser {
  readonly userId: string;
  readonly crmId: string;
  readonly name: string;
  readonly email: string;
  readonly hierarchyId: string;
  readonly hierarchyName: string;
  readonly parentHierarchyId: string | null;
  readonly parentHierarchyName: string | null;
  /** JSON inside a string. */
  readonly scopeId: string;
}

export interface TimePeriod {
  readonly timePeriodId: string;
  readonly type: string;
  readonly label: string;
  readonly year: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly crmId: string;
}

/** The five arrays of a forecast's results, `entries` made one by one so that any size fits in memory. */
export interface ForecastResults {
  entries(): Iterable<Entry>;
  readonly entryCount: number;
  readonly fields: readonly FieldSpec[];
  readonly users: readonly ForecastUser[];
  readonly timeFrames: readonly TimeFrame[];
  readonly timePeriods: readonly TimePeriod[];
}

interface Slice {
  readonly period: FiscalPeriod;
  readonly frames: readonly TimeFrame[];
}

/**
 * The results of one forecast and quarter as they stand at `asOf` (epoch ms). The same question always gets the same
 * rows: every value follows from forecast, period, week, owner and field. `typesToExport` adds keys to rows, never rows;
 * crm_closed adds nothing, since nobody has published its key.
 */
export function forecastResults(
  calendar: FiscalCalendar,
  spec: ForecastSpec,
  quarter: FiscalPeriod,
  request: ForecastRequest,
  asOf: number,
): ForecastResults {
  const slices = slicesOf(calendar, spec, quarter, request, asOf);
  const timePeriods = slices.map((slice) => timePeriodOf(slice.period));
  if (spec.empty === true) return noResults(timePeriods);

  const everyone = ownersOf(spec);
  const known = request.scopeId === null ? everyone : (ownersInScope(everyone, request.scopeId) ?? []);
  const owners = spec.unknownUsers === true ? [...known, STRANGER] : known;
  const fields = fieldsOf(spec);
  const frames = new Map(slices.flatMap((slice) => slice.frames.map((frame) => [frame.timeFrameId, frame])));
  const pairs = slices.reduce((sum, slice) => sum + slice.frames.length, 0);
  const makeEntry = entryMaker(spec, request);

  function* entries(): Generator<Entry> {
    for (const { period, frames } of slices) {
      for (const frame of frames) {
        for (const owner of owners) for (const field of fields) yield makeEntry(period, frame, owner, field);
      }
    }
  }
  return {
    entries,
    entryCount: pairs * owners.length * fields.length,
    fields,
    users: known.map(userOf),
    timeFrames: shuffled([...frames.values()], (frame) => frame.timeFrameId, 'frames'),
    timePeriods,
  };
}

/** Nothing but, if given, the periods. */
export function noResults(timePeriods: readonly TimePeriod[] = []): ForecastResults {
  return { entries: () => [], entryCount: 0, fields: [], users: [], timeFrames: [], timePeriods };
}

function slicesOf(
  calendar: FiscalCalendar,
  spec: ForecastSpec,
  quarter: FiscalPeriod,
  request: ForecastRequest,
  asOf: number,
): Slice[] {
  const periods =
    spec.periodType === 'month'
      ? calendar.monthsOf(quarter.id).filter((month) => timeOf(month.startDate) <= asOf)
      : [quarter];
  return periods.map((period) => {
    const weeks = calendar.weeks(period, asOf);
    if (!request.includeHistorical) return { period, frames: weeks.slice(-1) };
    return { period, frames: shuffled(stretch(weeks, spec.weeks), (week) => week.timeFrameId, period.id) };
  });
}

/** Exactly `count` weeks: the newest of these, or more of them into the past. */
function stretch(weeks: readonly TimeFrame[], count: number | undefined): readonly TimeFrame[] {
  const newest = weeks.at(-1);
  if (count === undefined || newest === undefined) return weeks;
  return Array.from({ length: count }, (_, back) => weekAt(timeOf(newest.startDate) - 7 * DAY_MS * back));
}

function entryMaker(spec: ForecastSpec, request: ForecastRequest) {
  const wanted = new Set(request.typesToExport);
  const currency = currencyOf(spec, request.currency);
  const rate = rateOf(spec, currency);
  const money = (own: number): number => Math.round(own * rate * 100) / 100;
  const counts = spec.countForecast === true;
  const fieldIndexes = new Map(fieldsOf(spec).map(({ fieldId }, index) => [fieldId, index]));

  return (period: FiscalPeriod, frame: TimeFrame, owner: OwnerSpec, field: FieldSpec): Entry => {
    const ids = {
      userId: owner.userId,
      fieldId: field.fieldId,
      timePeriodId: period.id,
      timeFrameId: frame.timeFrameId,
    };
    const seed = hash(`${spec.forecastId}|${period.id}|${frame.timeFrameId}|${owner.userId}|${field.fieldId}`);
    const written = timeOf(frame.startDate) + (seed % 21_600) * 1000;
    const entry: Entry = { ...ids };
    const adjustment = counts ? (seed % 7) - 3 : money(((seed % 21) - 10) * 500);
    if (field.fieldType === 'quota') {
      if (wanted.has('quota')) {
        const quota = quotaOf(owner.userId, period.id);
        entry.quotaValue = seed % 6 === 0 ? null : counts ? Math.round(quota / 10_000) : money(quota);
      }
    } else if (field.fieldType === 'adjustment') {
      if (wanted.has('adjustment')) addAdjustment(entry, adjustment, written);
    } else {
      const call = callOf(spec.forecastId, owner.userId, period.id);
      const weekly = weeklyCallOf(call, seed, fieldIndexes.get(field.fieldId) ?? 0);
      const value = counts ? Math.round(weekly / 10_000) : money(weekly);
      const blank = seed % 7 === 0;
      if (wanted.has('forecast') && seed % 21 !== 0) entry.forecastValue = blank ? null : value;
      if (wanted.has('forecast_updated')) {
        entry.isUpdated = !blank && seed % 2 === 0;
        if (entry.isUpdated) Object.assign(entry, { updatedBy: clariUserId(owner), updatedOn: written });
      }
      if (wanted.has('adjustment')) addAdjustment(entry, seed % 5 === 0 ? adjustment : null, written);
      if (wanted.has('crm_total') && !blank) entry.aggregationTotal = counts ? value : money(weekly * 0.85);
    }
    if (!counts) entry.currency = currency;
    if (spec.futureKey === true) entry.futureKey = `later-${seed % 10}`;
    return entry;
  };
}

function addAdjustment(entry: Entry, value: number | null, written: number): void {
  entry.adjustmentValue = value;
  if (value === null) return;
  entry.adjustedBy = `${USER_ID}`;
  entry.adjustedOn = written + 3_600_000;
}

function rateOf(spec: ForecastSpec, currency: Currency): number {
  return currency.code === (spec.currency?.code ?? 'USD') ? 1 : 0.5 + (hash(currency.code) % 1000) / 1000;
}

function timePeriodOf(period: FiscalPeriod): TimePeriod {
  const { id, type, label, year, startDate, endDate } = period;
  return { timePeriodId: id, type, label, year, startDate, endDate, crmId: crmIdOf('0265x', id) };
}

function userOf(owner: OwnerSpec): ForecastUser {
  const { userType: _, ...user } = owner;
  return { ...user, scopeId: scopeIdOf(owner) };
}
