import { describe, expect, it } from 'vitest';
import { type FailedAnswer, toClariError } from '../../../src/clari/http/error-table';

const answer = (status: number, code?: string, more: Partial<FailedAnswer> = {}): FailedAnswer => ({
  method: 'GET',
  path: '/some/path',
  status,
  body: code === undefined ? {} : { code },
  ...more,
});

describe('the sentences for failed answers', () => {
  it.each([
    answer(401, 'no_optin', { forecastId: 'f' }),
    answer(401),
    answer(400, 'SWW', { jobId: 'j' }),
    answer(403),
    answer(400, 'export_monthly_quota_reached'),
    answer(400, 'no_such_forecast_config', { forecastId: 'f' }),
    answer(404, undefined, { forecastId: 'f' }),
    answer(400, 'type_not_supported', { forecastId: 'f' }),
    answer(400, 'invalid_jobId', { jobId: 'j' }),
    answer(410, undefined, { jobId: 'j' }),
    answer(404, undefined, { forecastId: 'f', undocumented: true }),
    answer(404),
    answer(429),
    answer(407),
    answer(408),
    answer(500),
    answer(418),
    answer(304),
  ])('given HTTP $status, $body, then one says what happened and another what to do', (failed) => {
    const { message } = toClariError(failed);
    expect(message).toMatch(
      /^[^.].+[^.]\. (Add|Check|Create|Export|Have|Opt|Put|Sync|Take|Try)[^.]+(\.clari\.com\/v4)?[^.]*\.$/,
    );
  });

  it('given words of Clari’s own that are long, then the sentence has their beginning, and the detail more', () => {
    const { message, detail } = toClariError(answer(418, undefined, { body: { message: 'x'.repeat(5000) } }));
    expect(message).toMatch(/: x{200}…\. Check the configuration\.$/);
    expect(detail).toContain('x'.repeat(500));
  });
});
