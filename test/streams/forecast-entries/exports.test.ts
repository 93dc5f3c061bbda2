import { describe, expect, it } from 'vitest';
import type { ClariJob } from '../../../src/clari/types';
import { isExportOf } from '../../../src/streams/forecast-entries/exports';

const job = (fileName: string | null): ClariJob => ({
  jobId: 'job-1',
  status: 'STARTED',
  phase: 'running',
  title: null,
  module: null,
  fileName,
  fileType: null,
  currency: null,
  startTime: null,
  endTime: null,
  expiredTime: null,
  rowsTruncated: false,
  cellsTruncated: false,
  downloadUrl: null,
  error: null,
});

describe('telling by its file name whether a job is the export of a forecast and quarter', () => {
  const file = 'clari_export_net_new_2027_Q4901_20261123_080005.json';

  it.each([
    ['net_new', '2027_Q4', file, true],
    ['net_new', null, file, true],
    ['net_new', '2027_Q3', file, false],
    ['net', '2027_Q4', file, false],
    ['net', null, file, false],
    ['new', null, file, false],
    // A forecast's id may end like a quarter.
    ['net', '2027_Q1', 'clari_export_net_2027_Q1_2027_Q4901_20261123_080005.json', false],
    ['net_2027_Q1', '2027_Q4', 'clari_export_net_2027_Q1_2027_Q4901_20261123_080005.json', true],
    ['net_new', null, 'clari_export_net_new_activities.json', false],
    ['net_new', null, null, false],
  ])('given forecast %s, quarter %s and file %s, then %s', (forecastId, quarter, fileName, expected) => {
    expect(isExportOf(job(fileName), forecastId, quarter)).toBe(expected);
  });
});
