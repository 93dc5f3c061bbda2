import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config';
import { probe } from '../../src/probe';
import { READ_LIMITS } from '../../src/timing';
import { FastClock } from '../support/clock';
import { startServer, type TestServer } from '../support/server';

const KEY = 'zq-a-very-secret-key';

/** What the server answers to each request, by the order in which they come; the last one again and again. */
let answers: readonly unknown[] = [];
let asked = 0;
let server: TestServer;
beforeAll(async () => {
  server = await startServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answers[Math.min(asked++, answers.length - 1)] ?? null));
  });
});
afterAll(() => server.close());

async function reportOn(given: readonly unknown[]): Promise<string> {
  answers = given;
  asked = 0;
  const { config } = parseConfig({
    api_key: KEY,
    base_url: `${server.origin}/v4`,
    forecast_ids: ['zqforecast'],
    opportunity_ids: ['zqopportunity'],
    max_poll_attempts: 3,
  });
  return JSON.stringify(
    await probe(config, {
      clock: new FastClock(),
      limits: { ...READ_LIMITS, maxTries: 1 },
      userAgent: undefined,
      signal: new AbortController().signal,
      say: (line) => expect(line).not.toContain('connector itself'),
      withExport: true,
    }),
  );
}

/** Texts that no report says of itself. */
const value = fc.constantFrom('zqmaya', 'zqortiz', 'zq Fabrikam', 'zq@example.com', 'zqforecast', KEY);
const key = fc.oneof(
  fc.constantFrom('zqmaya', 'xzqmaya', 'zq Fabrikam', 'zqforecast', 'xzqortizx', KEY, '__proto__', 'constructor'),
  fc.constantFrom('jobs', 'job', 'jobId', 'status', 'forecasts', 'entries', 'userId', 'fieldId', 'timePeriodId'),
  fc.constantFrom('timePeriods', 'type', 'items', 'nextLink', 'opportunities', 'currency', 'code', 'startTime'),
);
const anyJson = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: 'large' },
    fc.oneof(value, fc.integer(), fc.constant(null), fc.boolean(), fc.constantFrom('2027_Q4', 'DONE')),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(key, tie('json'), { maxKeys: 6 }),
  ),
})).json;
/** So that the questions after the first get somewhere. */
const likely = fc.oneof(
  anyJson,
  fc.record({ entries: fc.array(anyJson), timePeriods: fc.array(anyJson) }),
  fc.record({ jobs: fc.array(fc.record({ jobId: value, status: value, startTime: fc.integer() })) }),
  fc.record({ items: fc.array(anyJson), nextLink: fc.oneof(value, fc.constant('?zqmaya=1&zq%20Fabrikam=2')) }),
  fc.record({ jobId: value, status: fc.oneof(value, fc.constant('DONE')), downloadUrl: fc.constant(null) }),
);

describe('a probe of something that answers anything', () => {
  it('given any JSON to each question, then there is a report, no question fails, and no text of the answers is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(likely, { minLength: 1, maxLength: 25 }), async (given) => {
        const report = await reportOn(given);
        const shown = report.toLowerCase();
        // Keys that occur as no value, and could be a program's, may be shown.
        const texts = textsOf(given).filter((text) => text.startsWith('zq'));
        for (const text of [...texts, KEY, 'zqforecast', 'zqopportunity', 'zq fabrikam', '@'])
          expect(shown).not.toContain(text.toLowerCase());
        expect(report).not.toContain('failed in the connector');
      }),
      { numRuns: 40 },
    );
  });
});

function textsOf(json: unknown): string[] {
  if (typeof json === 'string') return [json];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(textsOf) : [];
}
