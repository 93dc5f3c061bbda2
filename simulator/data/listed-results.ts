import { type FiscalCalendar, type FiscalPeriod, timeOf } from '../calendar';
import { hash } from '../hash';
import type { ForecastSpec } from '../options';
import { callOf, quotaOf } from './amounts';
import type { ForecastRequest } from './forecast-results';
import { ownersInScope, ownersOf } from './organization';

/** An entry of the listed contract: one per owner and period, no field and no week. */
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

/** What the listed contract answers for one forecast and quarter; the same rows each time. A person with two roles is one owner. */
export function* listedEntries(
  calendar: FiscalCalendar,
  spec: ForecastSpec,
  quarter: FiscalPeriod,
  request: ForecastRequest,
  asOf: number,
): Generator<ListedEntry> {
  if (spec.empty === true) return;
  const everyone = ownersOf(spec);
  const inScope = request.scopeId === null ? everyone : (ownersInScope(everyone, request.scopeId) ?? []);
  const owners = new Map(inScope.map((owner) => [owner.email, owner]));
  const wanted = new Set(request.typesToExport);
  const periods =
    spec.periodType === 'month'
      ? calendar.monthsOf(quarter.id).filter((month) => timeOf(month.startDate) <= asOf)
      : [quarter];
  for (const period of periods) {
    for (const owner of owners.values()) {
      const seed = hash(`${spec.forecastId}|${period.id}|${owner.email}`);
      const call = callOf(spec.forecastId, owner.email, period.id);
      const entry: ListedEntry = { ownerName: owner.name, ownerEmail: owner.email, timePeriod: period.id };
      if (wanted.has('forecast')) entry.forecastAmount = call;
      if (wanted.has('quota')) entry.quotaAmount = quotaOf(owner.email, period.id);
      if (wanted.has('crm_total')) entry.crmTotal = Math.round(call * 0.85);
      if (wanted.has('crm_closed')) entry.crmClosed = Math.round((call * (seed % 60)) / 100);
      if (wanted.has('adjustment')) entry.adjustmentAmount = (seed % 3) * -1000;
      if (spec.futureKey === true) entry.futureKey = `later-${seed % 10}`;
      yield entry;
    }
  }
}
