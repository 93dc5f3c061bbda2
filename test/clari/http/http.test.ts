import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ClariHttp } from '../../../src/clari/http/http';
import { READ_LIMITS, type RequestLimits } from '../../../src/timing';
import { startServer, type TestServer } from '../../support/server';

const KEY = 'a-very-secret-key-8d1f';
const SHORT: RequestLimits = {
  ...READ_LIMITS,
  firstByteTimeoutMs: 200,
  idleTimeoutMs: 200,
  maxTries: 2,
  retryBaseMs: 1,
  retryCeilingMs: 2,
};

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer: RequestListener): Promise<TestServer> {
  const server = await startServer(answer);
  servers.push(server);
  return server;
}

const httpTo = ({ origin }: TestServer, limits: Partial<RequestLimits> = {}) =>
  new ClariHttp({ apiKey: KEY, baseUrl: `${origin}/v4`, limits: { ...SHORT, ...limits } });

async function bytesOf(body: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

/** Sends ten pieces, one every 40 ms. */
const trickle: RequestListener = (_, response) => {
  let pieces = 0;
  const timer = setInterval(() => {
    response.write('x'.repeat(10));
    if (++pieces < 10) return;
    clearInterval(timer);
    response.end();
  }, 40);
};

describe('downloads', () => {
  it('given a download that takes longer than a request may, when it never falls silent, then it arrives whole', async () => {
    const http = httpTo(await serve(trickle), { totalTimeoutMs: 200, idleTimeoutMs: 2_000 });
    expect(await bytesOf(await http.download({ path: '/results' }, {}, {}))).toBe(100);
  });

  it('given an answer of the API proper that takes longer than that, then it is a timeout', async () => {
    const http = httpTo(await serve(trickle), { totalTimeoutMs: 200, idleTimeoutMs: 2_000 });
    await expect(http.json({ method: 'GET', path: '/jobs' })).rejects.toMatchObject({ kind: 'timeout' });
  });

  it.each([400, 401, 403, 404, 410])(
    'given a download URL whose host refuses with %i, then the results have expired: it says nothing about the key',
    async (status) => {
      const storage = await serve((_, response) => response.writeHead(status).end('<Error/>'));
      const http = httpTo(await serve((_, response) => response.end('{}')));
      const download = http.download({ url: `${storage.origin}/file?sig=x`, withoutKey: true }, { jobId: 'job-1' }, {});
      await expect(download).rejects.toMatchObject({ kind: 'unknown_job', jobId: 'job-1' });
    },
  );

  it('given results that redirect to another host, then it gets no key, and its refusal is no verdict on the key', async () => {
    const seen: unknown[] = [];
    const storage = await serve((request, response) => {
      seen.push(request.headers['apikey']);
      response.writeHead(401).end();
    });
    const api = await serve((request, response) => {
      seen.push(request.headers['apikey']);
      response.writeHead(302, { location: `${storage.origin}/file` }).end();
    });
    await expect(httpTo(api).download({ path: '/results' }, { jobId: 'job-1' }, {})).rejects.toMatchObject({
      kind: 'unknown_job',
    });
    expect(seen).toEqual([KEY, undefined]);
  });

  it('given redirects without end, or to nowhere, then that is an error', async () => {
    const circle = await serve((_, response) => response.writeHead(302, { location: '/v4/results' }).end());
    await expect(httpTo(circle).download({ path: '/results' }, {}, {})).rejects.toThrow(/too many redirects/);
    const nowhere = await serve((_, response) => response.writeHead(302, { location: 'http://[' }).end());
    await expect(httpTo(nowhere).download({ path: '/results' }, {}, {})).rejects.toThrow(/a link that is no URL/);
  });

  it('given a download URL that is not https, then it is not fetched', async () => {
    const http = new ClariHttp({ apiKey: KEY, baseUrl: 'https://api.clari.com/v4', limits: SHORT });
    const download = http.download({ url: 'http://files.example/x?sig=1', withoutKey: true }, {}, {});
    await expect(download).rejects.toThrow(/is not https/);
  });
});

describe('calls', () => {
  it('given a proxy in the environment, when the base URL is on this machine, then nothing is sent to the proxy', async () => {
    const asked: string[] = [];
    const proxy = await serve((request, response) => {
      asked.push(String(request.url));
      response.end('{}');
    });
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = proxy.origin;
    try {
      const http = httpTo(await serve((_, response) => response.end('{"own":true}')));
      expect(await http.json({ method: 'GET', path: '/jobs' })).toEqual({ own: true });
    } finally {
      if (before === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = before;
    }
    expect(asked).toEqual([]);
  });

  it('given any failure, then neither message nor detail nor stack nor cause holds the key', async () => {
    const echo = await serve((request, response) => response.writeHead(500).end(JSON.stringify(request.headers)));
    for (const baseUrl of [`${echo.origin}/v4`, 'http://127.0.0.1:1/v4']) {
      const http = new ClariHttp({ apiKey: KEY, baseUrl, limits: SHORT });
      const error = await http.json({ method: 'GET', path: '/jobs' }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'ClariError' });
      const { message, detail, stack, cause } = error as {
        message: string;
        detail: string;
        stack: string;
        cause: unknown;
      };
      expect(`${message} ${detail} ${stack} ${String(cause)}`).not.toContain(KEY);
    }
  });

  it('given a signal that fires, then the call ends as aborted, while it waits for a retry too', async () => {
    const server = await serve((_, response) => response.writeHead(503).end());
    const stop = new AbortController();
    const call = httpTo(server, { retryBaseMs: 60_000, retryCeilingMs: 60_000 }).json({
      method: 'GET',
      path: '/jobs',
      signal: stop.signal,
    });
    setTimeout(() => stop.abort(), 30);
    await expect(call).rejects.toMatchObject({ kind: 'aborted' });
  });
});
