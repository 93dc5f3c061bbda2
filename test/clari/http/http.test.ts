import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClariError } from '../../../src/clari/errors';
import { noAnswer } from '../../../src/clari/http/failures';
import { ClariHttp, type HttpOptions, type RetryNotice, type SeenAnswer } from '../../../src/clari/http/http';
import { READ_LIMITS, type RequestLimits } from '../../../src/timing';
import { FastClock } from '../../support/clock';
import { startServer, type TestServer } from '../../support/server';

const KEY = 'a-very-secret/key+8d1f';
const SHORT: RequestLimits = {
  ...READ_LIMITS,
  firstByteTimeoutMs: 2_000,
  idleTimeoutMs: 200,
  maxTries: 2,
  retryBaseMs: 1,
  retryCeilingMs: 2,
};
/** A machine that nobody is on: a closed port of this one. */
const NOBODY = 'http://127.0.0.1:1';

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer: RequestListener): Promise<TestServer> {
  const server = await startServer(answer);
  servers.push(server);
  return server;
}

const httpTo = (
  { origin }: Pick<TestServer, 'origin'>,
  limits: Partial<RequestLimits> = {},
  more: Partial<HttpOptions> = {},
) => new ClariHttp({ apiKey: KEY, baseUrl: `${origin}/v4`, limits: { ...SHORT, ...limits }, ...more });

const failureOf = async (call: Promise<unknown>): Promise<ClariError> => {
  const error = await call.then(
    () => new Error('no failure'),
    (reason: unknown) => reason,
  );
  if (error instanceof ClariError) return error;
  throw error;
};

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

describe('who watches the answers', () => {
  it('given a refusal, a retry and a download, then each answer is shown as it came, and no query or key that was sent', async () => {
    let requests = 0;
    const server = await serve((_, response) => {
      response.setHeader('x-seen', 'value');
      if (++requests === 1) response.writeHead(429, { 'retry-after': '0' }).end('{"message":"too many"}');
      else response.end('{"jobs":[]}');
    });
    const seen: SeenAnswer[] = [];
    const http = httpTo(server, {}, { clock: new FastClock(), onAnswer: (answer) => seen.push(answer) });
    await http.json({ method: 'GET', path: '/admin/limits' });
    await bytesOf(await http.download({ path: '/results' }, {}, {}));
    expect(seen.map(({ path }) => path)).toEqual(['/admin/limits', '/admin/limits', '/v4/results']);
    expect(seen.map(({ status, body, bytes, retryAfter }) => [status, body, bytes, retryAfter])).toEqual([
      [429, { message: 'too many' }, 22, '0'],
      [200, { jobs: [] }, 11, undefined],
      [200, undefined, undefined, undefined],
    ]);
    for (const { headerNames, sentAt } of seen) {
      expect(headerNames).toContain('x-seen');
      expect(sentAt).toEqual(expect.any(Number));
    }
    expect(JSON.stringify(seen)).not.toContain(KEY);
  });
});

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
      await expect(download).rejects.toMatchObject({ kind: 'unknown_job', jobId: 'job-1', status });
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
    await expect(httpTo(nowhere).download({ path: '/results' }, {}, {})).rejects.toThrow(/a link that is not a URL/);
  });

  it.each([
    ['http://files.example/x?sig=1', 'http://files.example'],
    ['http://127.0.0.1:9/x?sig=1', 'http://127.0.0.1:9'],
    ['http://localhost/x?sig=1', 'http://localhost'],
    ['file:///etc/passwd', 'file:'],
  ])(
    'given a base URL with https and the download URL %s, then it is not fetched, and nothing is said of a redirect',
    async (url, named) => {
      const http = httpTo({ origin: 'https://api.clari.com' });
      const { kind, message } = await failureOf(http.download({ url, withoutKey: true }, {}, {}));
      expect(kind).toBe('unexpected_answer');
      expect(message).toContain(`a download link that is not https (${named})`);
    },
  );

  it('given a redirect to something else than a web address, then it is not followed', async () => {
    const api = await serve((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
    await expect(httpTo(api).download({ path: '/results' }, {}, {})).rejects.toThrow(/leads to file:, not to https/);
  });
});

describe('a body that is opened', () => {
  it('given JSON, then its bytes come, with the time of the answer on the clock of its server', async () => {
    const date = 'Tue, 24 Nov 2026 12:00:00 GMT';
    const http = httpTo(await serve((_, response) => response.writeHead(200, { date }).end('{"entries":[]}')));
    const { body, answeredAt } = await http.open({ method: 'GET', path: '/forecast/a' });
    expect(await bytesOf(body)).toBe(14);
    expect(Math.abs(answeredAt - Date.parse(date))).toBeLessThan(2_000);
  });

  it.each([
    ['a web page', 200, { 'content-type': 'text/html; charset=utf-8' }, '<html>', 'unexpected_answer'],
    ['a redirect', 302, { location: 'https://login.example/' }, '', 'unexpected_answer'],
    ['no such path', 404, {}, '{"message":"no Route matched with those values"}', 'no_such_path'],
    ['some other 404', 404, {}, '{"error":"Not Found"}', 'no_such_path'],
    ['a method that is not allowed', 405, {}, '{"message":"Method Not Allowed"}', 'no_such_path'],
    ['a missing permission', 403, {}, '{"message":"Forbidden"}', 'forbidden'],
    ['an unknown forecast', 400, {}, '{"code":"no_such_forecast_config"}', 'unknown_forecast'],
  ] as const)('given %s, then it is refused at once, as such', async (_, status, headers, text, kind) => {
    const asked: unknown[] = [];
    const api = await serve((request, response) => {
      asked.push(request.url);
      response.writeHead(status, headers).end(text);
    });
    const open = httpTo(api).open({ method: 'GET', path: '/forecast/a', forecastId: 'a', undocumented: true });
    await expect(open).rejects.toMatchObject({ kind });
    expect(asked).toHaveLength(1);
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

  it('given a proxy that wants credentials, then the error names the proxy and the variable, and there is no second try', async () => {
    let asked = 0;
    const proxy = await serve((_, response) => {
      asked++;
      response.writeHead(407).end();
    });
    const failure = await failureOf(
      httpTo(proxy).json({ method: 'GET', path: '/admin/limits', area: 'export limits' }),
    );
    expect(failure).toMatchObject({ kind: 'bad_request', status: 407, landed: 'no' });
    expect(failure.message).toMatch(/proxy .* user name and a password .* HTTPS_PROXY/);
    expect(asked).toBe(1);
  });

  it.each([
    ['its message', (key: string) => ({ status: 400, body: { message: `key ${key} may not do that` } })],
    ['its code and errorId', (key: string) => ({ status: 400, body: { code: key, errorId: key } })],
    ['its message, encoded', (key: string) => ({ status: 403, body: { message: encodeURIComponent(key) } })],
    ['the path of a redirect', (key: string) => ({ status: 302, location: `/${encodeURIComponent(key)}`, body: {} })],
    ['its headers, as the body of a failure', (key: string) => ({ status: 500, body: { apikey: key } })],
  ])('given a server that repeats the key in %s, then no part of the error holds it', async (_, answerWith) => {
    const echo = await serve((request, response) => {
      const { status, body, location } = answerWith(String(request.headers['apikey'])) as {
        status: number;
        body: object;
        location?: string;
      };
      response.writeHead(status, location === undefined ? {} : { location }).end(JSON.stringify(body));
    });
    const notices: RetryNotice[] = [];
    const http = httpTo(echo, {}, { onRetry: (notice) => notices.push(notice) });
    for (const method of ['GET', 'POST'] as const) {
      const { message, detail, code, stack, cause } = await failureOf(http.json({ method, path: '/jobs' }));
      const all = `${message} ${detail} ${code} ${stack} ${String(cause)} ${JSON.stringify(notices)}`;
      expect(all).not.toContain(KEY);
      expect(all).not.toContain(encodeURIComponent(KEY));
    }
  });

  it.each([190, 490])(
    'given a message that repeats the key after %i characters, then no beginning of it is left where it is cut',
    async (before) => {
      const echo = await serve((_, response) => {
        response.writeHead(418).end(JSON.stringify({ message: `${'x'.repeat(before)} ${KEY} ${'x'.repeat(500)}` }));
      });
      const { message, detail } = await failureOf(httpTo(echo).json({ method: 'GET', path: '/jobs' }));
      expect(`${message} ${detail}`).not.toContain(KEY.slice(0, 6));
    },
  );

  it('given a link whose path repeats the key, then neither the error nor the notice of a retry holds it', async () => {
    const notices: RetryNotice[] = [];
    const server = await serve((_, response) => response.writeHead(500).end('{}'));
    const http = httpTo(server, {}, { onRetry: (notice) => notices.push(notice) });
    const link = `/v4/${encodeURIComponent(KEY)}`;
    const { message, detail } = await failureOf(http.jsonOfLink(link, { method: 'GET' }));
    expect(notices).toHaveLength(1);
    expect(`${message} ${detail} ${JSON.stringify(notices)}`).not.toContain(encodeURIComponent(KEY));
  });

  it('given nobody who answers, then no part of the error holds the key', async () => {
    const { message, detail, stack, cause } = await failureOf(
      httpTo({ origin: NOBODY }).json({ method: 'GET', path: '/jobs' }),
    );
    expect(`${message} ${detail} ${stack} ${String(cause)}`).not.toContain(KEY);
  });
});

describe('the loop', () => {
  it('given more refusals than any small number, when they end in time, then the call succeeds', async () => {
    let refusals = 30;
    const server = await serve((_, response) => {
      if (refusals-- > 0) response.writeHead(429, { 'retry-after': '0' }).end('{}');
      else response.end('{"done":true}');
    });
    const http = httpTo(server, { maxTries: READ_LIMITS.maxTries });
    expect(await http.json({ method: 'POST', path: '/export', body: {} })).toEqual({ done: true });
  });

  it('given refusals that do not end, then the time of the request ends them, with the refusal as the failure', async () => {
    const clock = new FastClock();
    const server = await serve((_, response) => response.writeHead(429, { 'retry-after': '-1' }).end('{}'));
    const http = httpTo(server, { ...READ_LIMITS }, { clock });
    const failure = await failureOf(http.json({ method: 'GET', path: '/jobs' }));
    expect(failure.kind).toBe('rate_limited');
    const waited = clock.sleeps.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(0.9 * READ_LIMITS.totalTimeoutMs);
    expect(waited).toBeLessThanOrEqual(READ_LIMITS.totalTimeoutMs);
    expect(Math.min(...clock.sleeps.slice(0, -1))).toBeGreaterThanOrEqual(READ_LIMITS.retryBaseMs / 2);
  });

  it('given a date in Retry-After, when the server’s clock is three hours ahead, then it waits as long as the server means', async () => {
    const clock = new FastClock();
    const ahead = clock.now() + 3 * 3_600_000;
    let tries = 0;
    const server = await serve((_, response) => {
      if (tries++ > 0) response.end('{}');
      else {
        const headers = { date: new Date(ahead).toUTCString(), 'retry-after': new Date(ahead + 40_000).toUTCString() };
        response.writeHead(503, headers).end('{}');
      }
    });
    await httpTo(server, {}, { clock }).json({ method: 'GET', path: '/jobs' });
    expect(clock.sleeps).toEqual([40_000]);
  });
});

describe('whether a POST took effect, as its failure says', () => {
  const post = { method: 'POST' as const, path: '/export', body: {} };

  it('given a signal that fired before, then nothing was sent: no', async () => {
    expect(await failureOf(httpTo({ origin: NOBODY }).json({ ...post, signal: AbortSignal.abort() }))).toMatchObject({
      kind: 'aborted',
      landed: 'no',
    });
  });

  it.each([429, 503])(
    'given a signal that fires while it waits to retry a %i, then it did not land: no',
    async (status) => {
      const stop = new AbortController();
      const server = await serve((_, response) => response.writeHead(status, { 'retry-after': '60' }).end('{}'));
      const http = httpTo(server, {}, { onRetry: () => setTimeout(() => stop.abort(), 10) });
      const failure = await failureOf(http.json({ ...post, signal: stop.signal }));
      expect(failure).toMatchObject({ kind: 'aborted', landed: 'no' });
    },
  );

  it('given a signal that fires while it waits to retry a refused connection, then: no', async () => {
    const stop = new AbortController();
    const slow = { retryBaseMs: 60_000, retryCeilingMs: 60_000 };
    const http = httpTo({ origin: NOBODY }, slow, { onRetry: () => setTimeout(() => stop.abort(), 10) });
    const failure = await failureOf(http.json({ ...post, signal: stop.signal }));
    expect(failure).toMatchObject({ kind: 'aborted', landed: 'no' });
  });

  it('given a signal that fires while the body of a refusal is still coming, then: no', async () => {
    const stop = new AbortController();
    const date = new Date(Date.now() + 86_400_000).toUTCString();
    const server = await serve((_, response) => response.writeHead(429, { date }).write('{"error":'));
    const http = httpTo(server, { firstByteTimeoutMs: 10_000, idleTimeoutMs: 10_000 });
    const failed = failureOf(http.json({ ...post, signal: stop.signal }));
    // The head of the answer, and with it the server's time, is here.
    await vi.waitFor(() => expect(http.now()).toBeGreaterThan(Date.now() + 3_600_000), {
      timeout: 10_000,
      interval: 5,
    });
    stop.abort();
    const failure = await failed;
    expect(failure).toMatchObject({ kind: 'aborted', landed: 'no' });
  });

  it('given a signal that fires while it is in flight, then nobody knows', async () => {
    const stop = new AbortController();
    const server = await serve(() => stop.abort());
    const failure = await failureOf(httpTo(server).json({ ...post, signal: stop.signal }));
    expect(failure).toMatchObject({ kind: 'aborted', landed: 'unknown' });
  });

  const answers: readonly [string, RequestListener, string, string][] = [
    ['silence', () => undefined, 'timeout', 'unknown'],
    ['a 408', (_, response) => response.writeHead(408).end('{}'), 'timeout', 'unknown'],
    ['a 500', (_, response) => response.writeHead(500).end('{}'), 'server_error', 'unknown'],
    ['a success that is no JSON', (_, response) => response.end('<html>'), 'unexpected_answer', 'unknown'],
    ['a 400', (_, response) => response.writeHead(400).end('{}'), 'bad_request', 'no'],
  ];
  it.each(answers)('given %s, then it is not sent again, and the verdict is exact', async (_, answer, kind, landed) => {
    let posts = 0;
    const server = await serve((request, response) => {
      posts++;
      answer(request, response);
    });
    const limits = kind === 'timeout' ? { firstByteTimeoutMs: 200 } : {};
    expect(await failureOf(httpTo(server, limits).json(post))).toMatchObject({ kind, landed });
    expect(posts).toBe(1);
  });

  it.each([
    ['ECONNREFUSED', 'no'],
    ['ENOTFOUND', 'no'],
    ['CERT_HAS_EXPIRED', 'no'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'no'],
    ['ECONNRESET', 'unknown'],
    ['ETIMEDOUT', 'unknown'],
  ])('given a connection that ends with %s, then: %s', (code, landed) => {
    expect(noAnswer({ code }, { method: 'POST', host: 'clari', path: '/export' })).toMatchObject({ landed });
  });

  it('given a read, then it changed nothing, whatever became of it', async () => {
    const server = await serve((_, response) => response.writeHead(500).end('{}'));
    expect(await failureOf(httpTo(server).json({ method: 'GET', path: '/jobs' }))).toMatchObject({
      kind: 'server_error',
      landed: 'no',
    });
  });
});

describe('the time', () => {
  const answeringAt =
    (date: string): RequestListener =>
    (_, response) =>
      response.writeHead(200, { date }).end('{}');

  it('given a server whose clock is an hour ahead of ours, then its time counts once it has answered', async () => {
    const clock = new FastClock();
    const ahead = clock.now() + 3_600_000;
    const http = httpTo(await serve(answeringAt(new Date(ahead).toUTCString())), {}, { clock });
    expect(http.now()).toBe(clock.now());
    await http.json({ method: 'GET', path: '/jobs' });
    expect(http.now()).toBe(ahead);
  });

  it.each([-1_000, 1_000, 0])('given clocks %i ms apart, then ours counts', async (ms) => {
    const clock = new FastClock();
    const http = httpTo(await serve(answeringAt(new Date(clock.now() + ms).toUTCString())), {}, { clock });
    await http.json({ method: 'GET', path: '/jobs' });
    expect(http.now()).toBe(clock.now());
  });

  it('given a date that is none, or another host’s, then ours counts', async () => {
    const clock = new FastClock();
    const storage = await serve(answeringAt('Tue, 01 Jan 2030 00:00:00 GMT'));
    const http = httpTo(await serve(answeringAt('soon')), {}, { clock });
    await http.json({ method: 'GET', path: '/jobs' });
    await bytesOf(await http.download({ url: `${storage.origin}/file`, withoutKey: true }, {}, {}));
    expect(http.now()).toBe(clock.now());
  });
});
