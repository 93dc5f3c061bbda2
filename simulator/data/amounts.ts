import { DAY_MS, type FiscalPeriod, timeOf } from '../calendar';
import type { OwnerSpec } from '../forecast-spec';
import { hash } from '../hash';

/** How an organization's amounts behave: the options of the same names. */
export interface Behaviour {
  readonly amounts: 'plain' | 'plausible';
  readonly drift: boolean;
  readonly settlesAfterDays: number;
}

/** Identifies an amount: its owner, period, week and field. `seed` is derived from all of them. */
export interface Cell {
  readonly owner: OwnerSpec;
  readonly period: FiscalPeriod;
  /** `YYYY-MM-DD`; if absent, the value at the period's end. */
  readonly weekStart?: string;
  /** 0 for commit, 1 for best case, … */
  readonly fieldIndex: number;
  readonly seed: number;
}

/** A quota in the organization's own currency, the same for every forecast. */
const quotaOf = (owner: string, periodId: string): number =>
  150_000 + (hash(`${owner}|${periodId}|quota`) % 61) * 5_000;

/** What an owner calls in a forecast for a period: 60 to 120 % of the quota. */
const callOf = (forecastId: string, owner: string, periodId: string): number =>
  Math.round((quotaOf(owner, periodId) * (60 + (hash(`${forecastId}|${periodId}|${owner}`) % 61))) / 100);

/**
 * One forecast's amounts in the organization's own currency: around a quota, moving a little from week to week. All are
 * derived only from names.
 */
export class Amounts {
  private readonly calls = new Map<string, Map<OwnerSpec, number>>();
  private readonly sums = new Map<string, number>();
  private readonly reports = new Map<string, OwnerSpec[]>();

  /** @param keyOf what tells owners apart: the userId, or the email if the contract has no userId. */
  constructor(
    private readonly forecastId: string,
    owners: readonly OwnerSpec[],
    private readonly keyOf: (owner: OwnerSpec) => string,
    private readonly behaviour: Behaviour,
    private readonly asOf: number,
  ) {
    for (const owner of owners) {
      if (owner.parentHierarchyId === null || owner.parentHierarchyId === owner.hierarchyId) continue;
      const known = this.reports.get(owner.parentHierarchyId);
      if (known === undefined) this.reports.set(owner.parentHierarchyId, [owner]);
      else known.push(owner);
    }
  }

  /** Null for owners without one. */
  quota({ owner, period, seed }: Cell): number | null {
    if (this.behaviour.amounts === 'plain') return seed % 6 === 0 ? null : this.fullQuota(owner, period);
    const hasNone = owner.userType === 'REP' && hash(`${this.keyOf(owner)}|${period.id}|no quota`) % 8 === 0;
    return hasNone ? null : this.fullQuota(owner, period);
  }

  /** The quota, whether or not the week shows one. */
  fullQuota(owner: OwnerSpec, period: FiscalPeriod): number {
    const own = quotaOf(this.keyOf(owner), period.id);
    const team = this.team('quota', owner, period, (report) => this.fullQuota(report, period));
    return team === null ? own : Math.round((team * 0.9) / 5000) * 5000;
  }

  /** The owner's final call. A manager's call is a judgment: close to the reports' sum, but never equal to it. */
  call(owner: OwnerSpec, period: FiscalPeriod): number {
    const known = this.calls.get(period.id) ?? new Map<OwnerSpec, number>();
    this.calls.set(period.id, known);
    const call = known.get(owner) ?? this.judgedCall(owner, period);
    known.set(owner, call);
    return call;
  }

  private judgedCall(owner: OwnerSpec, period: FiscalPeriod): number {
    const own = callOf(this.forecastId, this.keyOf(owner), period.id);
    const team = this.team('call', owner, period, (report) => this.call(report, period));
    if (team === null) return own;
    const trust = 90 + (hash(`${this.forecastId}|${period.id}|${this.keyOf(owner)}|trust`) % 16);
    return Math.floor((team * trust) / 100 / 1000) * 1000 + 500;
  }

  /** The call in one week and field, with cents; doesn't include drift. */
  weekly(cell: Cell): number {
    const { owner, period, fieldIndex, seed } = cell;
    const call = this.call(owner, period);
    if (this.behaviour.amounts === 'plain') {
      // Up to 8 % either way, and larger for later fields.
      return Math.round(call * (1 + 0.25 * (fieldIndex % 4)) * (92 + (seed % 17))) / 100;
    }
    const done = progressOf(period, cell.weekStart);
    const upside = 1 + (fieldIndex % 4) * (0.35 - 0.25 * done);
    const noise = 0.985 + (seed % 31) / 1000;
    return Math.round(call * (0.78 + 0.22 * done) * upside * noise * 100) / 100;
  }

  /** An amount as of the day it is requested: slightly off for each day left until it settles. */
  drifted(amount: number, { period, seed }: Pick<Cell, 'period' | 'seed'>, isCount = false): number {
    if (!this.behaviour.drift) return amount;
    const settled = timeOf(period.endDate) + this.behaviour.settlesAfterDays * DAY_MS;
    const daysLeft = Math.max(0, settled / DAY_MS - Math.floor(this.asOf / DAY_MS));
    if (isCount) return amount + daysLeft;
    const daily = (seed % 2 === 0 ? 1 : -1) * (0.0005 + (seed % 10) / 10_000);
    return amount * (1 + daily * daysLeft);
  }

  /** The sum over an owner's reports; null for owners without reports, and with `plain` amounts. */
  private team(what: string, owner: OwnerSpec, period: FiscalPeriod, of: (report: OwnerSpec) => number): number | null {
    if (this.behaviour.amounts === 'plain' || owner.userType !== 'MGR') return null;
    const reports = this.reports.get(owner.hierarchyId);
    if (reports === undefined) return null;
    const key = `${what}|${owner.hierarchyId}|${period.id}`;
    const known = this.sums.get(key);
    if (known !== undefined) return known;
    const sum = reports.reduce((total, report) => total + of(report), 0);
    this.sums.set(key, sum);
    return sum;
  }
}

/** 0 at the start of a period, 1 at its end. */
function progressOf(period: FiscalPeriod, weekStart: string | undefined): number {
  if (weekStart === undefined) return 1;
  const start = timeOf(period.startDate);
  return Math.min(1, Math.max(0, (timeOf(weekStart) - start) / (timeOf(period.endDate) - 6 * DAY_MS - start)));
}
