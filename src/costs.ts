import type { ClariConfig } from './config';
import { addDays, type Day } from './days';
import { mayBeCurrent } from './period';

/** What syncs of so many forecasts with this configuration will cost, in exports of the monthly quota. */
export function costOfSyncs(config: ClariConfig, forecasts: number, today: Day): string {
  const exports = (count: number): string => (count * forecasts === 1 ? '1 export' : `${count * forecasts} exports`);
  return (
    `In exports of the monthly quota, the first sync of the forecasts costs ${first(config, exports)}. ` +
    `Each later sync costs ${later(config, exports, today)}. ` +
    'Activities, and opportunities without "opportunity_ids", cost one export for each calendar month that they read.'
  );
}

type Exports = (count: number) => string;

function first({ startPeriod, endPeriod, ...config }: ClariConfig, exports: Exports): string {
  const { readMethod, includeHistorical, lookbackPeriods, lookaheadPeriods } = config;
  const isDirect = readMethod === 'direct';
  // The direct call has only the latest week: the current quarter's earlier ones are exported once.
  const open = isDirect && !includeHistorical ? 0 : 1;
  const ahead = isDirect || endPeriod !== undefined ? 0 : lookaheadPeriods;
  if (startPeriod === undefined) return `about ${exports(open + ahead + Math.max(1, lookbackPeriods))}`;
  const quarters = open === 0 ? 'closed quarter' : 'quarter';
  return (
    `one export per forecast for each ${quarters} from ${startPeriod} to ${endPeriod ?? 'the current one'}` +
    (ahead === 0 ? '' : `, and ${exports(ahead)} for the quarters ahead`)
  );
}

function later(config: ClariConfig, exports: Exports, today: Day): string {
  const { endPeriod, lookbackPeriods, lookaheadPeriods, readMethod, settlingDays } = config;
  const lookback = lookbackPeriods === 0 ? 'nothing' : exports(lookbackPeriods);
  const isDone = endPeriod !== undefined && mayBeCurrent(endPeriod, addDays(today, -settlingDays)) === 'past';
  if (isDone) return lookback;
  // Quarters that the lookback exports again anyway settle along the way.
  if (readMethod === 'direct')
    return lookbackPeriods > 0 ? lookback : `nothing, and ${exports(1)} once a quarter has settled`;
  if (endPeriod !== undefined)
    return `${exports(1 + lookbackPeriods)}, and ${lookback} once every quarter up to ${endPeriod} has settled`;
  const each = exports(1 + lookaheadPeriods + lookbackPeriods);
  return lookbackPeriods > 0
    ? each
    : `${each}, and ${exports(1)} more until a quarter has settled, ${settlingDays} days after its end`;
}
