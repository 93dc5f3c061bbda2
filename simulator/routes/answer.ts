import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { forbidden, invalidKey, type Refusal } from '../errors';
import type { SimulatedJob } from '../jobs';
import type { Area } from '../options';
import type { World } from '../world';

export type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Sends a refusal. */
export function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return json(reply, refusal.body, refusal.status);
}

export function json(reply: FastifyReply, body: unknown, status = 200): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify(body));
}

/** Sends a body while it is being made. */
export function stream(reply: FastifyReply, body: Readable): FastifyReply {
  return reply.type('application/json').send(body);
}

/** A hook that rejects requests without the key. */
export function keyCheck(world: World): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    if (request.headers['apikey'] === world.options.apiKey) return undefined;
    return refuse(reply, invalidKey(world.options.contract));
  };
}

/** A handler that refuses if the key's user lacks the permission for that area. */
export function permitted(world: World, area: Area, answer: Answer): Answer {
  return async (request, reply) =>
    world.options.forbidden.includes(area)
      ? refuse(reply, forbidden(world.options.contract, area))
      : answer(request, reply);
}

/** The raw body as text. */
export const bodyOf = (request: FastifyRequest): string => (typeof request.body === 'string' ? request.body : '');

/** A path parameter, decoded. */
export function parameterOf(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string | undefined>)[name] ?? '';
}

/** Every value of a query parameter. */
export function queryOf(request: FastifyRequest, name: string): string[] {
  return new URL(request.url, 'http://simulator').searchParams.getAll(name);
}

/** Whether a job ran into a limit: a boolean, or if a fault says so the string. */
export function truncated(job: SimulatedJob, limit: 'ROWS_TRUNCATED' | 'CELLS_TRUNCATED'): boolean | 'true' {
  if (!job.isDone) return false;
  return job.outcome === `${limit}_WORD` ? 'true' : job.outcome === limit;
}
