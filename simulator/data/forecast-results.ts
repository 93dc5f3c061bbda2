import { DAY_MS, type FiscalCalendar, type FiscalPeriod, type TimeFrame, timeOf, weekAt } from '../calendar';
import type { Currency, FieldSpec, ForecastSpec, OwnerSpec } from '../forecast-spec';
import { crmIdOf, hash, shuffled } from '../hash';
import { Amounts, type Behaviour } from './amounts';
import type { ForecastRequest } from './forecast-request';
import {
  clariUserId,
  currencyOf,
  everyoneIn,
  fieldsOf,
  idleFieldsOf,
  ownersInScope,
  ownersOf,
  STRANGER,
  scopeIdOf,
  USER_ID,
} from './organization';

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

/** The five arrays of a forecast's results; `entries` are made one by one so that any size fits in memory. */
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
 * The results of one forecast and quarter as of `asOf` (epoch ms; Infinity = once nothing changes anymore). The same
 * request always gets the same rows: every value is derived from forecast, period, week, owner and field, plus the day
 * if amounts drift. `typesToExport` adds keys to rows, never rows; crm_closed adds nothing, since its key is
 * unpublished.
 */
export function forecastResults(
  calendar: FiscalCalendar,
  spec: ForecastSpec,
  quarter: FiscalPeriod,
  request: ForecastRequest,
  asOf: number,
  behaviour: Behaviour,
): ForecastResults {
  const isAhead = timeOf(quarter.startDate) > asOf;
  const slices = slicesOf(calendar, spec, quarter, request, asOf);
  const timePeriods = slices.map((slice) => timePeriodOf(slice.period));
  if (spec.empty === true) return noResults(timePeriods);

  const everyone = everyoneIn(spec);
  const users = request.scopeId === null ? everyone : (ownersInScope(everyone, request.scopeId) ?? []);
  const owners = [...ownersIn(spec, users, isAhead)];
  const fields = fieldsOf(spec);
  const frames = new Map(slices.flatMap((slice) => slice.frames.map((frame) => [frame.timeFrameId, frame])));
  const pairs = slices.reduce((sum, slice) => sum + slice.frames.length, 0);
  const amounts = new Amounts(spec.forecastId, ownersOf(spec), (owner) => owner.userId, behaviour, asOf);
  const makeEntry = entryMaker(spec, request, amounts);

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
    fields: [...fields, ...idleFieldsOf(spec)],
    users: users.map(userOf),
    timeFrames: shuffled([...frames.values()], (frame) => frame.timeFrameId, 'frames'),
    timePeriods,
  };
}

/** The users with entries: not those who never enter anything; for a quarter still ahead, only managers. */
function* ownersIn(spec: ForecastSpec, users: readonly OwnerSpec[], isAhead: boolean): Generator<OwnerSpec> {
  const entering = new Set(ownersOf(spec).map((owner) => owner.userId));
  for (const user of users) {
    if (entering.has(user.userId) && (!isAhead || user.userType === 'MGR')) yield user;
  }
  if (spec.unknownUsers === true) yield STRANGER;
}

/** Empty results, except for any periods given. */
export function noResults(timePeriods: readonly TimePeriod[] = []): ForecastResults {
  return { entries: () => [], entryCount: 0, fields: [], users: [], timeFrames: [], timePeriods };
}

/** The periods in an export of `quarter`: itself, or its months that have begun; all three if it is still ahead. */
export function periodsOf(
  calendar: FiscalCalendar,
  spec: ForecastSpec,
  quarter: FiscalPeriod,
  asOf: number,
): readonly FiscalPeriod[] {
  if (spec.periodType !== 'month') return [quarter];
  const isAhead = timeOf(quarter.startDate) > asOf;
  return calendar.monthsOf(quarter.id).filter((month) => isAhead || timeOf(month.startDate) <= asOf);
}

function slicesOf(
  calendar: FiscalCalendar,
  spec: ForecastSpec,
  quarter: FiscalPeriod,
  request: ForecastRequest,
  asOf: number,
): Slice[] {
  return periodsOf(calendar, spec, quarter, asOf).map((period) => {
    if (timeOf(period.startDate) > asOf) return { period, frames: calendar.weeks(period, Infinity).slice(0, 1) };
    const weeks = calendar.weeks(period, asOf);
    if (!request.includeHistorical) return { period, frames: weeks.slice(-1) };
    return { period, frames: shuffled(stretch(weeks, spec.weeks), (week) => week.timeFrameId, period.id) };
  });
}

/** Exactly `count` weeks up to the newest, continuing further into the past if there are too few. */
function stretch(weeks: readonly TimeFrame[], count: number | undefined): readonly TimeFrame[] {
  const newest = weeks.at(-1);
  if (count === undefined || newest === undefined) return weeks;
  return Array.from({ length: count }, (_, back) => weekAt(timeOf(newest.startDate) - 7 * DAY_MS * back));
}

function entryMaker(spec: ForecastSpec, request: ForecastRequest, amounts: Amounts) {
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
    const cell = { owner, period, weekStart: frame.startDate, fieldIndex: fieldIndexes.get(field.fieldId) ?? 0, seed };
    const drifted = (amount: number): number =>
      counts ? amounts.drifted(amount, cell, true) : money(amounts.drifted(amount, cell));
    const adjustment = drifted(counts ? (seed % 7) - 3 : ((seed % 21) - 10) * 500);
    if (field.fieldType === 'quota') {
      if (wanted.has('quota')) {
        const quota = amounts.quota(cell);
        entry.quotaValue = quota === null ? null : counts ? Math.round(quota / 10_000) : money(quota);
      }
    } else if (field.fieldType === 'adjustment') {
      if (wanted.has('adjustment')) addAdjustment(entry, adjustment, written);
    } else {
      const weekly = amounts.weekly(cell);
      const value = drifted(counts ? Math.round(weekly / 10_000) : weekly);
      const blank = seed % 7 === 0;
      if (wanted.has('forecast') && seed % 21 !== 0) entry.forecastValue = blank ? null : value;
      if (wanted.has('forecast_updated')) {
        entry.isUpdated = !blank && seed % 2 === 0;
        if (entry.isUpdated) Object.assign(entry, { updatedBy: clariUserId(owner), updatedOn: written });
      }
      if (wanted.has('adjustment')) addAdjustment(entry, seed % 5 === 0 ? adjustment : null, written);
      if (wanted.has('crm_total') && !blank) entry.aggregationTotal = counts ? value : drifted(weekly * 0.85);
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
