import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DAY_MS } from '../calendar';
import { badAuditParameter, badOpportunityRequest, type Refusal } from '../errors';
import type { World } from '../world';
import { json, permitted, queryOf, refuse } from './answer';

const MAX_OPPORTUNITIES = 100;

/** What both contracts share besides exports: limits, audit events, opportunities. */
export function registerOrganization(scope: FastifyInstance, world: World): void {
  const { options, jobs, crm } = world;
  if (options.contract === 'published' || options.listedLimits) {
    scope.get(
      '/admin/limits',
      permitted(world, 'limits', async (_, reply) => json(reply, jobs.limits())),
    );
  }
  scope.get(
    '/audit/events',
    permitted(world, 'audit', async (request, reply) => {
      const query = readAuditQuery(world, request);
      return 'refusal' in query ? refuse(reply, query.refusal) : json(reply, auditPage(world, query));
    }),
  );
  scope.get(
    '/opportunity',
    permitted(world, 'opportunity', async (request, reply) => {
      const ids = queryOf(request, 'oppId').filter((id) => id !== '');
      if (ids.length === 0) return refuse(reply, badOpportunityRequest('oppId is required'));
      if (ids.length > MAX_OPPORTUNITIES) return refuse(reply, badOpportunityRequest('at most 100 oppId are allowed'));
      const found = crm.opportunities().filter(({ id }) => ids.includes(id));
      return json(reply, options.opportunityEnvelope ? { opportunities: found } : found);
    }),
  );
}

interface AuditQuery {
  readonly limit: number;
  readonly from: number;
  readonly to: number;
  /** How many events come before this page. */
  readonly skip: number;
  /** When the first page was requested, epoch ms: what becomes visible later is on no page. */
  readonly asOf: number;
  readonly filters: ReadonlyMap<'actorId' | 'event' | 'sessionType' | 'sessionId' | 'impersonatingActorId', string>;
}

const FILTERS = ['actorId', 'event', 'sessionType', 'sessionId', 'impersonatingActorId'] as const;

function readAuditQuery(world: World, request: FastifyRequest): AuditQuery | { readonly refusal: Refusal } {
  const one = (name: string): string | undefined => queryOf(request, name)[0];
  const limit = Number(one('limit') ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    return { refusal: badAuditParameter('limit', 'limit must be an integer from 1 to 1000') };
  }
  const now = world.options.now();
  const dates: Record<'dateFrom' | 'dateTo', number> = { dateFrom: now - 30 * DAY_MS, dateTo: now };
  for (const name of ['dateFrom', 'dateTo'] as const) {
    const text = one(name);
    if (text === undefined) continue;
    dates[name] = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(dates[name])) {
      return { refusal: badAuditParameter(name, `${name} must be an ISO 8601 date-time`) };
    }
  }
  const cursor = /^simulator-(\d+)-(\d+)$/.exec(one('cursor') ?? `simulator-0-${Math.floor(now)}`);
  if (cursor === null) return { refusal: badAuditParameter('cursor', 'cursor is invalid') };
  const skip = Number(cursor[1]);
  const asOf = Number(cursor[2]);
  const given = FILTERS.flatMap((name) => {
    const value = one(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { limit, from: dates.dateFrom, to: Math.min(dates.dateTo, asOf), skip, asOf, filters: new Map(given) };
}

function auditPage(world: World, query: AuditQuery): object {
  const { audit, options } = world;
  const events = audit
    .events(query.from, query.to, query.asOf)
    .filter((event) => [...query.filters].every(([name, value]) => event[name] === value));
  const items = events.slice(query.skip, query.skip + query.limit);
  const next = query.skip + items.length;
  const page = { items, actors: audit.actorsOf(items) };
  if (next >= events.length) return page;
  // Both dates are pinned, so that later pages belong to the same list no matter how long the reader takes.
  const parameters = new URLSearchParams({
    limit: `${query.limit}`,
    dateFrom: new Date(query.from).toISOString(),
    dateTo: new Date(query.to).toISOString(),
    ...Object.fromEntries(query.filters),
    cursor: `simulator-${next}-${query.asOf}`,
  });
  const origins = { absolute: world.apiOrigin, relative: '', elsewhere: world.downloadOrigin };
  return { nextLink: `${origins[options.auditNextLink]}/v4/audit/events?${parameters}`, ...page };
}
