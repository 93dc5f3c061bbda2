import { describe, expect, it } from 'vitest';
import { parseJob } from '../../../src/clari/contract';
import { parseEntries } from '../../../src/clari/entries/results';

const JOB = parseJob({ jobId: 'job-1', status: 'DONE', endTime: 1795420811663 });
const parse = (text: string) => parseEntries(text, JOB, { forecastId: 'net_new', timePeriod: '2027_Q4', now: 0 });

describe('the entries of results', () => {
  it.each([
    ['entries', '{"entries":[{"fieldId":"f1"}],"fields":[]}', 1],
    ['no entries', '{"entries":[]}', 0],
    ['null for entries', '{"entries":null}', 0],
  ])('given %s, then that is what results are', (_, text, count) => {
    expect(parse(text)).toHaveLength(count);
  });

  it.each([
    ['an error', '{"code":"internal_server_error","message":"try later"}'],
    ['an empty object', '{}'],
    ['everything but the entries', '{"users":[],"timePeriods":[]}'],
    ['entries that are an object', '{"entries":{}}'],
    ['users that are text', '{"entries":[],"users":"none"}'],
    ['an array', '[]'],
    ['HTML', '<html></html>'],
    ['a document cut short', '{"entries":[{"fieldId"'],
  ])('given %s, then it is no results', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ kind: 'broken_results', jobId: 'job-1' }));
  });

  it('given numbers that JavaScript can not hold, then none of their digits is lost', () => {
    const [row] = parse('{"entries":[{"fieldId":"f1","userId":12345678901234567890,"forecastValue":1e400}]}');
    expect(row).toMatchObject({ ownerId: '12345678901234567890', additionalFields: { forecastValue: '1e400' } });
  });
});
