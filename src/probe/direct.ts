import { forecastSegment } from '../clari/ids';
import { EXPORT_TYPES, type ExportType } from '../clari/types';
import { isObject, type JsonObject } from '../json';
import { addQuarters, newestOf, quarterOf } from '../period';
import { type Facts, Name } from './facts';
import { type Questioner, refusal } from './questions';
import { documentedResults, entryKeysOf, namedPeriods, objectsIn, resultFacts } from './results';
import { countRange } from './rounding';

/** Asks by the direct call, which starts no job. */
export async function askDirectly(questioner: Questioner, forecastId: string | undefined): Promise<Facts> {
  if (forecastId === undefined) return { directCall: 'not asked: no forecast is configured' };
  const all = await direct(questioner, forecastId, 'direct call');
  if (all.error !== undefined) return { directCall: refusal(all.error) };
  const entries = objectsIn(all.value, 'entries');
  const facts: Facts = { directCall: 'answers', directResults: resultFacts(all.value) };
  const current = newestOf(namedPeriods(all.value).flatMap((id) => quarterOf(id) ?? []));
  return {
    ...facts,
    ...(await keysByType(questioner, forecastId, entryKeysOf(all.value))),
    ...(current === undefined
      ? { directFutureQuarter: 'not asked: no current quarter is known' }
      : {
          directFutureQuarter: await otherQuarter(questioner, forecastId, 'future', addQuarters(current, 1)),
          directPastQuarter: await otherQuarter(questioner, forecastId, 'past', addQuarters(current, -1)),
        }),
    ...(await inCurrency(questioner, forecastId, entries)),
  };
}

interface DirectQuery {
  readonly types?: readonly ExportType[];
  readonly timePeriod?: string;
  readonly currency?: string;
}

function direct(
  { conversation, http, config, signal }: Questioner,
  forecastId: string,
  question: string,
  { types = EXPORT_TYPES, timePeriod, currency = config.currency }: DirectQuery = {},
) {
  const query = new URLSearchParams(types.map((type): [string, string] => ['typesToExport', type]));
  if (timePeriod !== undefined) query.set('timePeriod', timePeriod);
  if (currency !== '') query.set('currency', currency);
  if (config.scopeId !== undefined) query.set('scopeId', config.scopeId);
  return conversation.ask(
    { question, call: 'GET /forecast/{forecastId}' },
    async () => {
      const path = `/forecast/${forecastSegment(forecastId)}`;
      return http.json({ method: 'GET', path, query, forecastId, undocumented: true, signal });
    },
    documentedResults,
  );
}

/** Which keys of entries belong to crm_total and crm_closed: those that disappear when the type isn't requested. */
async function keysByType(questioner: Questioner, forecastId: string, all: ReadonlySet<string>): Promise<Facts> {
  const facts: Record<string, Facts[string]> = {};
  for (const [type, name] of [
    ['crm_total', 'keysOfCrmTotal'],
    ['crm_closed', 'keysOfCrmClosed'],
  ] as const) {
    const types = EXPORT_TYPES.filter((other) => other !== type);
    const reply = await direct(questioner, forecastId, `direct call without ${type}`, { types });
    if (reply.error !== undefined) {
      facts[name] = refusal(reply.error);
      continue;
    }
    const without = entryKeysOf(reply.value);
    facts[name] = [...all].filter((key) => !without.has(key)).map((key) => new Name(key));
  }
  return facts;
}

async function otherQuarter(
  questioner: Questioner,
  forecastId: string,
  which: 'future' | 'past',
  timePeriod: string,
): Promise<string> {
  const reply = await direct(questioner, forecastId, `direct call, ${which} quarter`, { timePeriod });
  if (reply.error !== undefined) return refusal(reply.error);
  const named = namedPeriods(reply.value);
  const entries = countRange(objectsIn(reply.value, 'entries').length);
  if (named.length === 0) return `names no quarter, entries: ${entries}`;
  return named.some((id) => quarterOf(id) === timePeriod)
    ? `answers the quarter asked for, entries: ${entries}`
    : `answers another quarter, entries: ${entries}`;
}

async function inCurrency(questioner: Questioner, forecastId: string, entries: readonly JsonObject[]): Promise<Facts> {
  const before = currenciesOf(entries);
  const currency = before.includes('EUR') ? 'USD' : 'EUR';
  const reply = await direct(questioner, forecastId, 'direct call, other currency', { currency });
  if (reply.error !== undefined) return { directCurrency: refusal(reply.error) };
  const converted = objectsIn(reply.value, 'entries');
  const after = currenciesOf(converted);
  if (after.length === 0) return { directCurrency: 'unknown: no entry has a currency' };
  return {
    directCurrency: after.every((code) => code === currency) ? 'honoured' : 'not honoured',
    directCurrencyChangesAmounts: JSON.stringify(amountsOf(entries)) !== JSON.stringify(amountsOf(converted)),
  };
}

const currenciesOf = (entries: readonly JsonObject[]): string[] => [
  ...new Set(
    entries
      .map(({ currency }) => (isObject(currency) ? currency['code'] : currency))
      .filter((code) => typeof code === 'string'),
  ),
];

const amountsOf = (entries: readonly JsonObject[]): unknown[] =>
  entries.map((entry) => [entry['forecastValue'], entry['quotaValue']]);
