import { describe, expect, it } from 'vitest';
import { parseJob } from '../../../src/clari/contract';
import { parseEntries } from '../../../src/clari/entries/results';

const END = 1795420811663;
const NOW = END + 60_000;
const jobThatEnded = (endTime: number) => parseJob({ jobId: 'job-1', status: 'DONE', endTime });
const parse = (text: string, endTime = END) =>
  parseEntries(text, jobThatEnded(endTime), { forecastId: 'net_new', timePeriod: '2027_Q4', now: NOW });

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

  it.each([
    ['before now', END, END],
    ['ahead of time', NOW + 1000, NOW],
    ['at zero', 0, NOW],
    ['at a time in seconds', Math.floor(END / 1000), NOW],
  ])('given a job that ended %s, then its rows are dated by what can be', (_, endTime, exportedAt) => {
    const [row] = parse('{"entries":[{"fieldId":"f1"}]}', endTime);
    expect(row).toMatchObject({ exportedAt: new Date(exportedAt).toISOString() });
  });
});
