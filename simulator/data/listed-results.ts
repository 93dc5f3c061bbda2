import { type FiscalCalendar, type FiscalPeriod, timeOf } from '../calendar';
import type { ForecastSpec } from '../forecast-spec';
import { hash } from '../hash';
import { Amounts, type Behaviour } from './amounts';
import type { ForecastRequest } from './forecast-request';
import { periodsOf } from './forecast-results';
import { ownersInScope, ownersOf } from './organization';

/** An entry of the listed contract: one per owner and period, without field or week. */
export interface ListedEntry {
  ownerName: string;
  ownerEmail: string;
  forecastAmount?: number;
  quotaAmount?: number;
  crmTotal?: number;
  crmClosed?: number;
  adjustmentAmount?: number;
  timePeriod: string;
  futureKey?: string;
}

/**
 * The listed contract's entries for one forecast and quarter, by the rules of `forecastResults`. A person with two
 * roles is one owner.
 */
export function* listedEntries(
  calendar: FiscalCalendar,
  spec: ForecastSpec,
  quarter: FiscalPeriod,
  request: ForecastRequest,
  asOf: number,
  behaviour: Behaviour,
): Generator<ListedEntry> {
  if (spec.empty === true) return;
  const isAhead = timeOf(quarter.startDate) > asOf;
  const everyone = [...new Map(ownersOf(spec).map((owner) => [owner.email, owner])).values()];
  const inScope = request.scopeId === null ? ownersOf(spec) : (ownersInScope(ownersOf(spec), request.scopeId) ?? []);
  const owners = new Map(inScope.map((owner) => [owner.email, owner]));
  const wanted = new Set(request.typesToExport);
  const amounts = new Amounts(spec.forecastId, everyone, (owner) => owner.email, behaviour, asOf);
  for (const period of periodsOf(calendar, spec, quarter, asOf)) {
    for (const owner of owners.values()) {
      if (isAhead && owner.userType !== 'MGR') continue;
      const seed = hash(`${spec.forecastId}|${period.id}|${owner.email}`);
      const cell = { period, seed };
      const call = amounts.call(owner, period);
      const drifted = (amount: number): number => Math.round(amounts.drifted(amount, cell));
      const entry: ListedEntry = { ownerName: owner.name, ownerEmail: owner.email, timePeriod: period.id };
      if (wanted.has('forecast')) entry.forecastAmount = drifted(call);
      if (wanted.has('quota')) entry.quotaAmount = amounts.fullQuota(owner, period);
      if (wanted.has('crm_total')) entry.crmTotal = drifted(call * 0.85);
      if (wanted.has('crm_closed')) entry.crmClosed = drifted((call * (seed % 60)) / 100);
      if (wanted.has('adjustment')) entry.adjustmentAmount = drifted(0 - (seed % 3) * 1000);
      if (spec.futureKey === true) entry.futureKey = `later-${seed % 10}`;
      yield entry;
    }
  }
}
