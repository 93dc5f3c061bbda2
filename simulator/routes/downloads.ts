import type { FastifyInstance } from 'fastify';
import { streamJobResults } from '../results';
import type { World } from '../world';
import { parameterOf, queryOf, stream } from './answer';
import { signatureOf } from './listed';

/** The second origin: object storage, where a URL's signature grants access and the API key means nothing. */
export function registerDownloads(app: FastifyInstance, world: World): void {
  app.get('/exports/:file', async (request, reply) => {
    const jobId = parameterOf(request, 'file').replace(/\.json$/, '');
    const job = world.jobs.find(jobId);
    const denied = (message: string) =>
      reply
        .code(403)
        .type('application/xml')
        .send(`<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`);
    if (job === undefined || !job.isDone) return denied('Access Denied');
    const expires = Number(queryOf(request, 'expires')[0]);
    if (queryOf(request, 'sig')[0] !== signatureOf(jobId, expires)) return denied('Signature does not match');
    if (job.isExpired || world.options.now() >= expires) return denied('Request has expired');
    if (job.refusesResults()) return denied('Access Denied');
    job.downloads += 1;
    return stream(reply, streamJobResults(world, job));
  });
}
