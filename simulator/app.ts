import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { leavesAnAnswer, spoil, strike, strikesAfterwards } from './broken-answers';
import { noRoute } from './errors';
import type { FaultAction, FaultSubject } from './faults';
import { bodyOf, json, refuse } from './routes/answer';
import type { RecordedRequest, World } from './world';

interface Fate {
  readonly record: RecordedRequest;
  /** The fault that has yet to strike. */
  pending: FaultAction | undefined;
}

/** A server without routes: records every request, applies the faults, and takes bodies as text. */
export function createApp(world: World, origin: RecordedRequest['origin']): FastifyInstance {
  const app = Fastify({
    forceCloseConnections: true,
    bodyLimit: 16 * 1024 * 1024,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 2000 },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler(async (_, reply) => refuse(reply, noRoute()));
  app.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) =>
    json(reply, { message: error.message }, error.statusCode ?? 500),
  );

  app.addHook('onRequest', async (_, reply) => {
    const skew = origin === 'api' ? world.options.clockSkewMs : 0;
    reply.header('date', new Date(world.options.now() + skew).toUTCString());
  });
  const fates = new WeakMap<FastifyRequest, Fate>();
  app.addHook('preHandler', async (request: FastifyRequest, reply: FastifyReply) => {
    const record = recordOf(world, origin, request);
    world.requests.push(record);
    const action = world.faults.takeForRequest(subjectOf(world, record));
    const fate: Fate = { record, pending: undefined };
    fates.set(request, fate);
    if (action === undefined) return undefined;
    record.fault = action.type;
    if (!strikesAfterwards(action)) return strike(action, request, reply);
    fate.pending = action;
    return undefined;
  });
  app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const fate = fates.get(request);
    if (fate === undefined) return payload;
    const { pending, record } = fate;
    fate.pending = undefined;
    const answer = pending === undefined ? payload : spoil(pending, payload, request, reply);
    if (pending === undefined || leavesAnAnswer(pending)) record.status = reply.statusCode;
    return answer;
  });
  return app;
}

function recordOf(world: World, origin: RecordedRequest['origin'], request: FastifyRequest): RecordedRequest {
  return {
    origin,
    method: request.method,
    path: request.url,
    headers: { ...request.headers },
    body: bodyOf(request),
    at: world.options.now(),
    status: null,
    fault: null,
  };
}

/** Which forecast or job a request is about, from its path. */
function subjectOf(world: World, { method, path, origin }: RecordedRequest): FaultSubject {
  const [, area = '', key = ''] = /^\/v4\/(export\/forecast|export\/jobs|forecast)\/([^/?]+)/.exec(path) ?? [];
  const name = decode(key);
  if (area === 'export/jobs' || origin === 'download') {
    const jobId = origin === 'api' ? name : (/^\/exports\/([^/?]+)\.json/.exec(path)?.[1] ?? '');
    const job = world.jobs.find(jobId);
    return { method, path, origin, forecastId: job?.forecastId ?? null, jobKind: job?.kind ?? null };
  }
  if (path.startsWith('/v4/export/activity')) return { method, path, origin, forecastId: null, jobKind: 'activity' };
  const spec = world.options.forecasts.find((each) => each.forecastId === name || each.forecastName === name);
  const jobKind = area === 'export/forecast' && method === 'POST' ? 'forecast' : null;
  return { method, path, origin, forecastId: area === '' ? null : (spec?.forecastId ?? name), jobKind };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
