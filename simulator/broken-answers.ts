import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyOfStatus } from './errors';
import type { FaultAction, NotResults } from './faults';

/** The page of a proxy that wants a login. */
export const SIGN_IN_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>\n';
const BYTES_LET_THROUGH = 64;

/** Whether the request is processed before the fault strikes. */
export function strikesAfterwards(action: FaultAction): boolean {
  switch (action.type) {
    case 'redirect':
      return false;
    case 'hang':
      return action.afterProcessing === true || (action.stage ?? 'before_answer') !== 'before_answer';
    case 'status':
    case 'reset':
    case 'garbage':
      return action.afterProcessing === true;
    default:
      return true;
  }
}

/** Whether any part of the answer reaches the client. */
export function leavesAnAnswer(action: FaultAction): boolean {
  if (action.type === 'hang') return (action.stage ?? 'before_answer') !== 'before_answer';
  return action.type !== 'reset';
}

/** Applies a fault that replaces the answer. */
export function strike(action: FaultAction, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (action.type === 'reset' || action.type === 'hang') {
    reply.hijack();
    if (action.type === 'reset') request.raw.socket.resetAndDestroy();
    return reply;
  }
  return reply.send(replaceAnswer(action, reply));
}

/** The payload that replaces `payload`; sets status and headers on `reply`. */
export function spoil(action: FaultAction, payload: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  switch (action.type) {
    case 'status':
    case 'garbage':
    case 'redirect':
      discard(payload);
      return replaceAnswer(action, reply);
    case 'reset':
      discard(payload);
      request.raw.socket.resetAndDestroy();
      return '';
    case 'notResults':
      return rewritten(payload, reply, (body) => withoutResults(body, action.shape));
    case 'emptyPage':
      return rewritten(payload, reply, () => ({ nextLink: linkToAnother(request), items: [], actors: [] }));
    case 'nullActors':
      return rewritten(payload, reply, (body) => (isObject(body) ? { ...body, actors: [null] } : body));
    case 'rewrite':
      return rewritten(payload, reply, action.change);
    default:
      reply.removeHeader('content-length');
      return Readable.from(spoilt(action, payload, reply.raw), { objectMode: false });
  }
}

function replaceAnswer(action: FaultAction, reply: FastifyReply): string {
  if (action.type === 'redirect') {
    reply
      .code(action.status ?? 302)
      .header('location', action.location)
      .type('text/html');
    return '';
  }
  if (action.type === 'garbage') {
    reply.code(200).type(action.contentType ?? 'text/html; charset=utf-8');
    return action.body ?? SIGN_IN_PAGE;
  }
  if (action.type !== 'status') throw new Error(`not an answer: ${action.type}`);
  reply.code(action.status).headers(action.headers ?? {});
  const body = action.body === undefined ? bodyOfStatus(action.status) : action.body;
  reply.type(action.contentType ?? (typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'));
  return typeof body === 'string' ? body : JSON.stringify(body);
}

async function* spoilt(
  action: FaultAction & { type: 'hang' | 'cutBody' | 'shortBody' },
  payload: unknown,
  response: ServerResponse,
): AsyncGenerator<Buffer> {
  const stage = action.type === 'hang' ? (action.stage ?? 'before_answer') : 'mid_body';
  if (stage === 'after_headers') response.flushHeaders();
  if (stage === 'mid_body') yield* beginning(payload, action.bytes ?? BYTES_LET_THROUGH);
  else discard(payload);
  if (action.type === 'shortBody') return;
  if (action.type === 'cutBody') {
    await flushed(response);
    response.socket?.destroy();
    return;
  }
  if (!response.destroyed) await once(response, 'close');
}

/** The first `bytes` bytes, but never the very last one: a spoiled body must not be complete. */
async function* beginning(payload: unknown, bytes: number): AsyncGenerator<Buffer> {
  const source = payload instanceof Readable ? payload : [Buffer.from(String(payload ?? ''))];
  let room = bytes;
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of source as AsyncIterable<Buffer>) {
    const data = Buffer.concat([held, chunk]);
    const ready = data.subarray(0, Math.min(room, data.length - 1));
    if (ready.length > 0) yield ready;
    room -= ready.length;
    held = data.subarray(data.length - 1);
    if (room <= 0) return;
  }
}

/** Destroying a socket discards what it hasn't sent yet, so this waits until the bytes let through are gone. */
async function flushed(response: ServerResponse): Promise<void> {
  const deadline = Date.now() + 1000;
  do await new Promise((resolve) => setTimeout(resolve, 5));
  while ((response.socket?.writableLength ?? 0) > 0 && Date.now() < deadline);
}

function discard(payload: unknown): void {
  if (payload instanceof Readable) payload.destroy();
}

/** The JSON body, changed; a body that isn't JSON is passed to `change` as text. */
async function rewritten(payload: unknown, reply: FastifyReply, change: (body: unknown) => unknown): Promise<string> {
  const source = payload instanceof Readable ? payload : [Buffer.from(String(payload ?? ''))];
  const chunks: Buffer[] = [];
  for await (const chunk of source as AsyncIterable<Buffer>) chunks.push(chunk);
  reply.removeHeader('content-length');
  return JSON.stringify(change(parse(Buffer.concat(chunks).toString('utf8'))));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const ROWS = ['entries', 'activities', 'items'];

function withoutResults(body: unknown, shape: NotResults): unknown {
  if (shape === 'empty') return {};
  if (shape === 'message') return { message: 'maintenance' };
  if (shape === 'error') return bodyOfStatus(500);
  const parts = isObject(body) ? Object.entries(body) : [];
  const kept = shape === 'without_entries' ? parts.filter(([key]) => !ROWS.includes(key)) : parts;
  return Object.fromEntries(kept.map(([key, value]) => [key, ROWS.includes(key) ? { ...Object(value) } : value]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same page under a new link. */
function linkToAnother(request: FastifyRequest): string {
  const url = new URL(request.url, `http://${request.headers.host ?? 'simulator'}`);
  url.searchParams.set('page', `${Number(url.searchParams.get('page') ?? 1) + 1}`);
  return url.href;
}
