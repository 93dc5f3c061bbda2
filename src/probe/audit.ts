import { DAY_MS } from '../days';
import { isObject, type JsonObject } from '../json';
import * as documented from './documented';
import { type Facts, Name } from './facts';
import { orderOf, type Questioner, refusal } from './questions';
import { objectsIn } from './results';
import { countRange } from './rounding';

/** Small, so that there is a second page. */
const AUDIT_PAGE = '10';

export async function askForAudit(questioner: Questioner): Promise<Facts> {
  const { clock, http, signal } = questioner;
  const first = await auditPage(questioner, 'audit events without dateFrom', { limit: AUDIT_PAGE });
  if (first.error !== undefined) return { audit: refusal(first.error) };
  const items = objectsIn(first.value, 'items');
  const link = isObject(first.value) ? first.value['nextLink'] : undefined;
  const oldest = await auditPage(questioner, 'audit events older than 30 days', {
    limit: '1',
    dateFrom: new Date(clock.now() - 120 * DAY_MS).toISOString(),
    dateTo: new Date(clock.now() - 31 * DAY_MS).toISOString(),
  });
  const facts: Facts = {
    audit: 'answers without dateFrom',
    auditPageLength: countRange(items.length),
    auditOlderThan30Days:
      oldest.error === undefined ? objectsIn(oldest.value, 'items').length > 0 : refusal(oldest.error),
    auditActorsAreListed: actorsAreListed(first.value, items),
  };
  if (typeof link !== 'string' || link === '') {
    return { ...facts, nextLink: 'absent', auditOrder: orderOf(items.map(timestampOf)) };
  }
  const second = await questioner.conversation.ask(
    { question: 'audit events, next page', call: 'GET nextLink' },
    () => http.jsonOfLink(link, { method: 'GET', area: 'audit events', signal }),
    () => documented.AUDIT,
  );
  const both = second.error === undefined ? [...items, ...objectsIn(second.value, 'items')] : items;
  return {
    ...facts,
    nextLink: formOfLink(link, questioner.config.baseUrl),
    nextLinkParameters: parametersOf(link).map((name) => new Name(name)),
    nextPage: second.error === undefined ? countRange(objectsIn(second.value, 'items').length) : refusal(second.error),
    auditOrder: orderOf(both.map(timestampOf)),
  };
}

const auditPage = ({ conversation, http, signal }: Questioner, question: string, query: Record<string, string>) =>
  conversation.ask(
    { question, call: `GET /audit/events (${Object.keys(query).join(', ')})` },
    () =>
      http.json({
        method: 'GET',
        path: '/audit/events',
        query: new URLSearchParams(query),
        area: 'audit events',
        signal,
      }),
    () => documented.AUDIT,
  );

const timestampOf = ({ eventTimestamp }: JsonObject): unknown =>
  typeof eventTimestamp === 'string' ? Date.parse(eventTimestamp) : eventTimestamp;

function actorsAreListed(body: unknown, items: readonly JsonObject[]): boolean {
  const actors = new Set(objectsIn(body, 'actors').map(({ actorId }) => actorId));
  return items.filter(({ actorType }) => actorType === 'USER').every(({ actorId }) => actors.has(actorId));
}

function formOfLink(link: string, baseUrl: string): string {
  if (/^https?:\/\//i.test(link)) {
    const isOurs = URL.canParse(link) && new URL(link).origin === new URL(baseUrl).origin;
    return isOurs ? 'absolute, same host' : 'absolute, other host';
  }
  if (link.startsWith('//')) return 'without a scheme';
  if (link.startsWith('/')) return 'relative, from the root';
  return link.startsWith('?') ? 'query only' : 'relative';
}

function parametersOf(link: string): string[] {
  const query = link.includes('?') ? link.slice(link.indexOf('?') + 1).replace(/#.*$/s, '') : '';
  return [...new Set(new URLSearchParams(query).keys())];
}
