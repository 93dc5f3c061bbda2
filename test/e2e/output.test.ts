import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator';
import { addQuarters } from '../../src/period';
import { catalogOf, configFor, EXECUTABLE, runConnector } from '../support/connector';
import { checkConversation, Messages } from '../support/messages';
import { NOW } from '../support/simulated';

let simulator: Simulator;
afterEach(async () => {
  await simulator.close();
  expect(simulator.faults.unused()).toEqual([]);
});

describe('what a reader of stdout gets', () => {
  it('given a slow reader, when synced, then every message arrives', async () => {
    simulator = await startSimulator({
      now: NOW,
      forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', owners: 500, fields: 4 }],
    });
    const run = await runConnector('read', {
      config: configFor(simulator, { start_period: '2027_Q4' }),
      catalog: catalogOf({ forecast_entries: 'incremental' }),
      slowReaderMs: 5,
    });
    const messages = new Messages(run.lines);
    expect(run.exitCode).toBe(0);
    checkConversation(messages, ['forecast_entries']);
    expect(messages.records('forecast_entries')).toHaveLength(simulator.truth.entryCount('net_new'));
  });

  it('given a hundred thousand records before a failure, then every one of them arrives, and the failure, and the state', async () => {
    simulator = await startSimulator({
      now: NOW,
      forecasts: [{ forecastId: 'net_new', forecastName: 'Net New', owners: 2_000, fields: 50 }],
    });
    simulator.faults.add({
      method: 'GET',
      path: '/audit/events',
      times: Number.POSITIVE_INFINITY,
      action: { type: 'status', status: 400 },
    });
    const closed = '2026_Q1';
    const run = await runConnector('read', {
      config: configFor(simulator, { start_period: closed, end_period: closed }),
      catalog: catalogOf({ forecast_entries: 'incremental', audit_events: 'incremental' }),
    });
    expect(run.exitCode).toBe(1);
    expect(run.lines.filter((line) => line.startsWith('{"type":"RECORD"'))).toHaveLength(100_000);
    const others = new Messages(run.lines.filter((line) => !line.startsWith('{"type":"RECORD"')));
    expect(others.errors).toHaveLength(1);
    expect(others.statuses('audit_events').at(-1)).toBe('INCOMPLETE');
    expect(others.statuses('forecast_entries').at(-1)).toBe('COMPLETE');
    expect(
      others.all
        .filter(({ state }) => state !== undefined)
        .reduce((total, { state }) => total + (state?.sourceStats.recordCount ?? 0), 0),
    ).toBe(100_000);
  });
});

/** Commands as a person types them in a shell, in a folder with `config.json` and `catalog.json`. */
describe('in a shell', () => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shell-test-'));
    simulator = await startSimulator();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content));

  /** What a shell shows: stdout and stderr together, and the exit code. */
  const shell = (line: string, wrap = (text: string): [string, string[]] => ['bash', ['-c', text]]) => {
    const [file, args] = wrap(`${line.replaceAll('source-clari', `'${process.execPath}' '${EXECUTABLE}'`)} 2>&1`);
    const env = { PATH: process.env['PATH'], TERM: 'xterm', SOURCE_CLARI_TIMING: '{"retryBaseMs": 5}' };
    return new Promise<{ shown: string; code: number }>((resolve) =>
      execFile(file, args, { cwd: folder, env }, (error, stdout, stderr) =>
        resolve({ shown: `${stdout}${stderr}`, code: error === null ? 0 : Number(error.code) }),
      ),
    );
  };
  /** The same at a real terminal. */
  const terminal = (line: string) =>
    shell(line, (text) => ['script', ['-qec', text.replace(/ 2>&1$/, ''), '/dev/null']]);

  it('given a terminal and stdout in a file, when a read fails, then the person reads why, in plain words, and what the read came to', async () => {
    simulator.faults.job({ times: Number.POSITIVE_INFINITY }, 'FAILED');
    write('config.json', configFor(simulator, { forcast_ids: [] }));
    write('catalog.json', catalogOf({ forecast_entries: 'incremental' }));
    const { shown, code } = await terminal(
      'stty cols 60; source-clari read --config config.json --catalog catalog.json > messages.jsonl',
    );
    expect(code).toBe(1);
    expect(shown).toMatch(/^warning: The configuration key "forcast_ids" is not known/m);
    expect(shown).toMatch(/error \(forecast_entries\): Forecast "net_new", .*FAILED/);
    expect(shown).not.toMatch(/"type":/);
    // The last thing that stands there: the final numbers, on one line that fits.
    const last = shown.trimEnd().split('\x1b[K').at(-1) ?? '';
    expect(last).toMatch(/^exports: \d+\/\d+.*records/);
    expect(last.length).toBeLessThan(60);
    // Nothing of that is in the file.
    const messages = new Messages(readFileSync(join(folder, 'messages.jsonl'), 'utf8').trim().split('\n'));
    checkConversation(messages, ['forecast_entries']);
  });

  it('given a terminal and stdout in a file, when a catalog or a check fails, then the terminal says why', async () => {
    write('config.json', configFor(simulator, { api_key: 'wrong' }));
    const { shown, code } = await terminal(
      'source-clari check --config config.json > check.jsonl; source-clari catalog --config config.json --streams forecast > catalog.json',
    );
    expect(shown).toMatch(/^check failed: Clari rejected the API key/m);
    expect(shown).toMatch(/^error: There is no stream "forecast"; there are forecasts, /m);
    expect(code).toBe(1);
  });

  it('given a stdout that is closed from the start, then the read refuses to lose its records', async () => {
    write('config.json', configFor(simulator));
    write('catalog.json', catalogOf({ forecasts: 'full_refresh' }));
    const read = 'source-clari read --config config.json --catalog catalog.json';
    const closed = await shell(`exec 3>&2; ${read} >&- 2>&3`);
    expect(closed.code).toBe(1);
    expect(simulator.requests).toEqual([]);
    // What a shell opens for it is somebody's wish.
    expect((await shell(`${read} > /dev/null`)).code).toBe(0);
  });

  it('given a full disk, then stderr says so', async () => {
    write('config.json', configFor(simulator));
    write('catalog.json', catalogOf({ forecasts: 'full_refresh' }));
    const { shown, code } = await shell(
      '{ source-clari read --config config.json --catalog catalog.json > /dev/full; }',
    );
    expect(code).toBe(1);
    expect(shown).toMatch(/^error: stdout can't be written: ENOSPC/m);
  });

  it('given a stdout that gets full while jobs run, and a stderr that is full too, then the jobs are cancelled', async () => {
    const closed = addQuarters(simulator.currentPeriod(), -1);
    simulator.faults.job({ timePeriod: closed }, 'NEVER_ENDS');
    write('config.json', configFor(simulator, { start_period: addQuarters(closed, -2) }));
    write('catalog.json', catalogOf({ forecast_entries: 'incremental' }));
    // No file may be larger than 24 KiB: a quarter fits, two don't.
    const read = 'source-clari read --config config.json --catalog catalog.json > messages.jsonl 2> /dev/full';
    const { code } = await shell(`ulimit -f 24; { ${read}; }`);
    expect(code).toBe(1);
    expect(readFileSync(join(folder, 'messages.jsonl'))).toHaveLength(24 * 1024);
    const statuses = simulator.jobs.map(({ timePeriod, status }) => [timePeriod, status]);
    expect(statuses).toContainEqual([closed, 'CANCELLED']);
    expect(statuses.map(([, status]) => status)).not.toContain('STARTED');
  });
});

describe('SIGTERM while nobody reads stdout', () => {
  it('given a job whose STATE could not leave, then it is cancelled all the same, and the process ends', async () => {
    simulator = await startSimulator({
      forecasts: [
        { forecastId: 'large', forecastName: 'Large', owners: 500, fields: 20 },
        { forecastId: 'slow', forecastName: 'Slow', owners: 1, fields: 1 },
      ],
    });
    const closed = addQuarters(simulator.currentPeriod(), -1);
    // While the second POST waits for its answer, the records of the first export fill the pipe.
    simulator.faults.add({ method: 'POST', forecastId: 'slow', action: { type: 'hang', afterProcessing: true } });
    simulator.faults.job({ forecastId: 'slow' }, 'NEVER_ENDS');
    const folder = mkdtempSync(join(tmpdir(), 'full-pipe-test-'));
    try {
      const [config, catalog] = ['config.json', 'catalog.json'].map((name) => join(folder, name)) as [string, string];
      const period = { start_period: closed, end_period: closed, forecast_ids: ['large', 'slow'] };
      writeFileSync(config, JSON.stringify(configFor(simulator, period)));
      writeFileSync(catalog, JSON.stringify(catalogOf({ forecast_entries: 'incremental' })));
      const env = { ...process.env, SOURCE_CLARI_TIMING: '{"firstByteTimeoutMs": 1000, "secondTryMs": 20}' };
      const args = [EXECUTABLE, 'read', '--config', config, '--catalog', catalog];
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
      const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
      const running = () => simulator.jobs.filter(({ status }) => ['SCHEDULED', 'STARTED'].includes(status));
      // The list of jobs is asked for once at first, and again for the job whose POST was not answered.
      const lists = () => simulator.requests.filter(({ method, path }) => method === 'GET' && /\/jobs$/.test(path));
      await expect.poll(() => lists().length, { timeout: 10_000 }).toBeGreaterThan(1);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(running()).toHaveLength(1);
      child.kill('SIGTERM');
      await expect.poll(running, { timeout: 5_000 }).toEqual([]);
      // Without a reader it would end after 9 s.
      child.stdout.resume();
      expect(await ended).toBe(143);
      expect(simulator.faults.unused()).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
