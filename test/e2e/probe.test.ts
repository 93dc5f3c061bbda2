import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Simulator } from '../../simulator';
import type { ProbeReport } from '../../src/probe';
import { isSafeWord } from '../../src/probe/words';
import { configFor, EXECUTABLE, type RunOptions, runConnector } from '../support/connector';
import { Messages } from '../support/messages';
import { simulatedClari } from '../support/simulated';

const PAGE = readFileSync(join(__dirname, '..', '..', 'docs', 'probe.md'), 'utf8');
const KEY = 'a-very-secret-key-8d1f';
const start = simulatedClari();
const starting = (options: Parameters<typeof start>[0] = {}) => start({ apiKey: KEY, ...options });

interface Call {
  readonly question: string;
  readonly status?: number;
  readonly code?: string;
  readonly statuses?: readonly number[];
  readonly unknownKeys?: readonly string[];
  readonly missingKeys?: readonly string[];
  readonly shape?: Record<string, string> | string;
}

/** Probes a simulated Clari; the report must hold nothing of what that knows. */
async function probe(simulator: Simulator, options: RunOptions = {}) {
  const config = { ...configFor(simulator), ...(options.config as object | undefined) };
  const { stdout, stderr, exitCode } = await runConnector('probe', { ...options, config });
  expect(stdout + stderr, 'the key').not.toContain(KEY);
  expect(exitCode, stdout).toBe(0);
  const report = JSON.parse(stdout) as Omit<ProbeReport, 'answers' | 'calls'> & {
    answers: Record<string, unknown>;
    calls: readonly Call[];
  };
  for (const name of Object.keys(report.answers)) expect(PAGE, 'docs/probe.md').toContain(`| \`${name}\` |`);
  for (const text of textsOf(config).concat(everythingOf(simulator))) expect(stdout).not.toContain(text);
  const call = (question: string): Call | undefined => report.calls.find((one) => one.question === question);
  return { report, answers: report.answers, call, stderr };
}

/** Every text that the simulated Clari knows, as far as a report could hold it by more than chance. */
function everythingOf({ truth, forecastIds, jobs, url }: Simulator): string[] {
  const results = forecastIds.flatMap((id) =>
    [null, '2027_Q3', '2028_Q1'].flatMap((period) => [
      truth.forecastResults(id, period),
      truth.forecastResults(id, period, { currency: 'EUR', includeHistorical: true }),
      truth.listedEntries(id, period),
    ]),
  );
  const events = truth.auditEvents('2026-07-20', '2026-11-24');
  const known = [results, events, truth.auditActors(events), truth.opportunities(), forecastIds];
  const further = [...jobs.map(({ jobId, fileName }) => [jobId, fileName]), new URL(url).host, '2027_Q4', '2028_Q1'];
  return textsOf([...known, ...further]);
}

function textsOf(value: unknown): string[] {
  const texts = new Set<string>();
  const add = (item: unknown): void => {
    if (typeof item === 'string' && item.length > 3 && !isSafeWord(item)) texts.add(item);
    else if (typeof item === 'object' && item !== null) for (const each of Object.values(item)) add(each);
  };
  add(value);
  return [...texts];
}

const exportsOf = ({ requests }: Simulator): number => requests.filter(({ method }) => method === 'POST').length;

describe('probe', () => {
  it('given the published contract, then the report answers what could be asked, and no export is spent', async () => {
    const simulator = await starting();
    const { report, answers, call } = await probe(simulator);
    expect(simulator.jobs).toEqual([]);
    expect(exportsOf(simulator)).toBe(0);
    expect(report).toMatchObject({ contract: 'published', host: 'other', withExport: false, interrupted: false });
    expect(answers).toMatchObject({
      listOfForecasts: 'none (HTTP 404)',
      limits: 'under `jobs`',
      runningJobIds: 'absent',
      jobsList: 'bare array',
      directCall: 'answers',
      directResults: { contract: 'published', rowKeyIsUnique: true, idsAreStrings: true, weeks: '1' },
      keysOfCrmTotal: ['aggregationTotal'],
      keysOfCrmClosed: [],
      directFutureQuarter: 'answers another quarter, entries: 10-99',
      directPastQuarter: 'answers the quarter asked for, entries: 10-99',
      directCurrency: 'honoured',
      directCurrencyChangesAmounts: true,
      nextLink: 'absolute, same host',
      nextLinkParameters: ['limit', 'dateFrom', 'dateTo', 'cursor'],
      auditOrder: 'oldest first',
      auditOlderThan30Days: true,
      opportunities: 'bare array',
      exportsSpentByCalls: 'none',
      jobsStartedByCalls: false,
      dateHeader: true,
      tooManyRequests: false,
      retryAfterHeader: false,
    });
    expect(answers).not.toHaveProperty('export');
    expect(call('direct call')?.shape).toMatchObject({
      'entries[].forecastValue': 'number | absent',
      'timePeriods[].type': 'string: quarter',
      'fields[].fieldType': 'string: adjustment | string: forecast | string: quota',
    });
    expect(call('direct call')?.unknownKeys).toBeUndefined();
    expect(report.headers['200']).toContain('content-type');
  });

  it('given other envelopes, links and orders, and refusals, then the report names them', async () => {
    const simulator = await starting({
      jobEnvelope: false,
      jobsListEnvelope: true,
      opportunityEnvelope: true,
      forecastGet: 'forbidden',
      auditNextLink: 'relative',
      auditOrder: 'newest_first',
      listRefusal: 'method_not_allowed',
      foreignJobs: [
        { forecastId: 'net_new', startTime: '2026-11-20T08:00:00Z' },
        { forecastId: 'net_new', startTime: '2026-11-21T08:00:00Z', status: 'FAILED' },
      ],
    });
    const { answers, call } = await probe(simulator);
    expect(answers).toMatchObject({
      listOfForecasts: 'none (HTTP 405)',
      jobsList: 'under `jobs`',
      jobsListLength: '2-9',
      statusWords: ['DONE', 'FAILED'],
      statusWordsAreKnown: true,
      daysUntilResultsExpire: [30],
      fileNameHoldsForecastId: true,
      job: 'flat',
      directCall: 'refused (HTTP 403)',
      nextLink: 'relative, from the root',
      auditOrder: 'newest first',
      opportunities: 'under `opportunities`',
    });
    expect(call('direct call')).toMatchObject({ status: 403, code: 'SWW' });
  });

  it('given months, a quarter ahead, a key that nobody has documented, and a clock that is wrong, then it says so', async () => {
    const simulator = await starting({
      now: Date.now,
      futurePeriods: 2,
      clockSkewMs: 7_200_000,
      forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', futureKey: true, periodType: 'month' }],
    });
    const { answers, call } = await probe(simulator);
    expect(answers).toMatchObject({
      directResults: { periodForms: ['YYYY_Mn'] },
      directFutureQuarter: 'answers the quarter asked for, entries: 10-99',
      clockOffset: 'Clari about 7000 s ahead',
    });
    expect(call('direct call')?.unknownKeys).toEqual(['entries[].futureKey: string']);
    expect(call('direct call')?.shape).toMatchObject({ 'timePeriods[].type': 'string: month' });
  });

  it('given forecasts of quarters ahead, in counts, without entries, then it says so', async () => {
    const counts = await starting({
      futurePeriods: 1,
      forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', countForecast: true }],
    });
    expect((await probe(counts)).answers).toMatchObject({
      directFutureQuarter: 'answers the quarter asked for, entries: 2-9',
      directCurrency: 'unknown: no entry has a currency',
    });
    const empty = await starting({
      forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', empty: true }],
      opportunities: 0,
      auditEventsPerDay: 0,
    });
    const { answers, call } = await probe(empty);
    expect(answers).toMatchObject({
      directResults: { entries: '0', arrays: ['entries', 'fields', 'users', 'timeFrames', 'timePeriods'] },
      nextLink: 'absent',
    });
    expect(call('direct call')?.shape).toMatchObject({ entries: 'array of 0' });
  });

  it('given the listed contract and --export, then one export is spent, and the key goes to no other host', async () => {
    const simulator = await starting({ contract: 'listed' });
    const { report, answers, call } = await probe(simulator, { args: ['--export'] });
    expect(report).toMatchObject({ contract: 'listed', withExport: true });
    expect(simulator.jobs).toHaveLength(1);
    expect(exportsOf(simulator)).toBe(1);
    expect(simulator.leakedKeys).toEqual([]);
    expect(answers).toMatchObject({
      listOfForecasts: '2-9',
      listHoldsConfiguredForecast: true,
      listNamesPeriods: true,
      limits: 'refused (HTTP 404)',
      jobsList: 'refused (HTTP 404)',
      directCall: 'refused (HTTP 404)',
      export: 'accepted',
      exportJob: 'flat',
      exportStatusWords: expect.arrayContaining(['COMPLETED']),
      exportResults: { contract: 'listed', arrays: ['entries'] },
      exportsSpentByCalls: 'unknown',
      exportsSpentByExport: 'unknown',
    });
    expect(call('export')?.unknownKeys).toEqual(['status: string: PENDING']);
    expect(call('export, status checks')?.unknownKeys).toBeUndefined();
    expect(call('export, results')).toMatchObject({ shape: { 'entries[].ownerEmail': 'string (e-mail)' } });
    expect(call('export, results')?.unknownKeys).toBeUndefined();
  });

  it('given --export, then one export of the current quarter is spent, announced before; what the job does is told', async () => {
    const simulator = await starting({ jobDurationMs: 1_500 });
    // Brewing where STARTED would be; and unknown to Clari at first.
    simulator.faults.job({ forecastId: 'net_new', timePeriod: null }, { statusWord: 'BREWING', thenDone: true });
    simulator.faults.add({
      path: /\/export\/jobs\/[^/]+$/,
      action: { type: 'status', status: 400, body: { code: 'SWW', message: 'Something went wrong' } },
    });
    const { report, answers, stderr, call } = await probe(simulator, { args: ['--export'] });
    expect(simulator.jobs.map(({ forecastId, timePeriod }) => [forecastId, timePeriod])).toEqual([['net_new', null]]);
    expect(stderr).toMatch(/^This spends one export of your organization's monthly quota/);
    expect(report.withExport).toBe(true);
    expect(answers).toMatchObject({
      export: 'accepted',
      exportJob: 'under `job`',
      exportStatusWords: expect.arrayContaining(['DONE', 'other']),
      exportStatusWordsAreKnown: false,
      exportNotVisibleAtFirst: 'HTTP 400',
      exportResults: { contract: 'published', rowKeyIsUnique: true },
      exportsSpentByCalls: 'none',
      exportsSpentByExport: 'one',
      jobsList: 'bare array',
      jobsListLength: '1',
      job: 'under `job`',
    });
    expect(call('export, results')?.shape).toBe('as of: direct call');
    // Each question has its own answers alone.
    const several = report.calls.filter(({ statuses }) => statuses !== undefined);
    expect(several.map(({ question, statuses }) => [question, statuses])).toEqual([
      ['export, status checks', [400, 200]],
    ]);
  });

  it('given refusals as too many, then the report has their header names and how they say to wait', async () => {
    const simulator = await starting();
    simulator.faults.add({
      path: '/admin/limits',
      action: { type: 'status', status: 429, headers: { 'retry-after': '0', 'x-ratelimit-remaining-second': '0' } },
    });
    const { report, answers, call } = await probe(simulator);
    expect(answers).toMatchObject({ tooManyRequests: true, retryAfterHeader: ['seconds'], limits: 'under `jobs`' });
    expect(report.headers['429']).toEqual(expect.arrayContaining(['retry-after', 'x-ratelimit-remaining-second']));
    expect(call('limits')?.statuses).toEqual([429, 200]);
  });

  it('given keys, codes and words that are data, then none of them is in the report', async () => {
    const simulator = await starting();
    simulator.faults.add(
      {
        path: '/admin/limits',
        action: {
          type: 'rewrite',
          change: (body) => ({
            ...(body as object),
            'Maya Ortiz': 1,
            ortizTotal: 2,
            team: 'Ortiz',
            regional: { net_new: 3 },
          }),
        },
      },
      { path: '/export/jobs', action: { type: 'status', status: 400, body: { code: 'Maya Ortiz', message: 'x' } } },
      {
        path: '/audit/events',
        times: 2,
        action: {
          type: 'rewrite',
          change: (body) => ({ ...(body as object), nextLink: '/v4/audit/events?Maya%20Ortiz=1&page=2' }),
        },
      },
    );
    const { answers, call } = await probe(simulator);
    expect(call('limits')?.unknownKeys).toEqual([
      '<key>: integer',
      'team: string',
      'regional: object',
      'regional.<key>: integer',
    ]);
    expect(call('jobs list')).toMatchObject({ status: 400, code: 'other' });
    expect(answers['nextLinkParameters']).toEqual(['<key>', 'page']);
  });

  it('given a link to another host, then it is not followed, and the host is not named', async () => {
    const simulator = await starting({ auditNextLink: 'elsewhere' });
    const { answers } = await probe(simulator);
    expect(answers).toMatchObject({ nextLink: 'absolute, other host', nextPage: 'refused (HTTP 302)' });
    expect(simulator.requests.filter(({ origin }) => origin === 'download')).toEqual([]);
  });

  it('given a wrong key, then the report says only that, and so does stderr', async () => {
    const simulator = await starting();
    const { answers, stderr } = await probe(simulator, { config: { api_key: 'wrong-key' }, args: ['--export'] });
    expect(answers).toMatchObject({
      limits: 'refused (HTTP 401)',
      directCall: 'refused (HTTP 401)',
      export: 'refused (HTTP 401)',
    });
    expect(stderr).toContain('Clari rejected the API key');
    expect(simulator.jobs).toEqual([]);
  });

  it('given no forecast, or a key of the configuration that nothing reads, then the rest is asked, and stdout is the report alone', async () => {
    const simulator = await starting();
    const { answers, stderr } = await probe(simulator, { config: { forecast_ids: [], pol: 1 }, args: ['--export'] });
    expect(answers).toMatchObject({
      directCall: 'not asked: no forecast is configured',
      export: 'not asked: no forecast is configured',
      opportunities: 'bare array',
    });
    expect(stderr).toContain('The configuration key "pol" is not known');
    expect(simulator.jobs).toEqual([]);
  });

  it('given nothing that answers, then there is no report: one error, and exit code 1', async () => {
    const config = { api_key: KEY, base_url: 'http://127.0.0.1:1/v4', forecast_ids: ['net_new'] };
    const { lines, exitCode } = await runConnector('probe', { config });
    expect(exitCode).toBe(1);
    expect(new Messages(lines).errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:1 could not be reached/),
    ]);
  });

  it('given SIGINT while an export runs, then it is cancelled, and what is known so far is reported', async () => {
    const simulator = await starting({ jobDurationMs: 60_000 });
    const folder = mkdtempSync(join(tmpdir(), 'probe-test-'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(configFor(simulator)));
    const child = spawn(process.execPath, [EXECUTABLE, 'probe', '--config', join(folder, 'config.json'), '--export']);
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
    const ended = new Promise<number | null>((done) => child.on('close', done));
    while (!simulator.requests.some(({ path }) => /\/export\/jobs\/[^/]+$/.test(path))) await sleep(20);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    rmSync(folder, { recursive: true });
    expect(simulator.jobs.map(({ status }) => status)).toEqual(['CANCELLED']);
    expect(texts.stderr).toContain('The export was cancelled, which gives its quota back.');
    const report = JSON.parse(texts.stdout) as ProbeReport;
    expect(report).toMatchObject({
      interrupted: true,
      answers: {
        directCall: 'answers',
        exportResults: 'unknown: interrupted',
        exportsSpentByExport: 'not asked: interrupted',
      },
    });
  });

  it('given --help, then an example is shown; given what it does not take, then that is said', async () => {
    const help = await runConnector('probe', { args: ['--help'] });
    expect([help.exitCode, help.stdout]).toEqual([
      0,
      expect.stringContaining('Example:\n  $ source-clari probe --config'),
    ]);
    expect(help.stdout).toContain('--export');
    const surplus = await runConnector('probe', { args: ['--config', 'x.json', 'more'] });
    expect([surplus.exitCode, surplus.stderr]).toEqual([1, expect.stringContaining("too many arguments for 'probe'")]);
    const missing = await runConnector('probe');
    expect([missing.exitCode, missing.stderr]).toEqual([
      1,
      expect.stringContaining("required option '--config <file>'"),
    ]);
  });
});
