import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Simulator } from '../../simulator';

export const EXECUTABLE = resolve(__dirname, '..', '..', 'bin', 'source-clari');

/** The connector's waits, shortened: tests of hung servers and long waits don't have to wait themselves. */
const SHORT_TIMING = {
  connectTimeoutMs: 1_000,
  firstByteTimeoutMs: 1_000,
  idleTimeoutMs: 1_000,
  // A fault that never ends is tried this many times, instead of for ten minutes.
  maxTries: 8,
  retryBaseMs: 5,
  retryCeilingMs: 20,
  slotRetryMs: 20,
  secondTryMs: 20,
  visibleWithinMs: 300,
};

export interface RunOptions {
  readonly config?: unknown;
  readonly catalog?: unknown;
  readonly state?: unknown;
  /** Text written instead of a file's JSON. */
  readonly raw?: Partial<Record<'config' | 'catalog' | 'state', string>>;
  readonly env?: Record<string, string>;
  readonly timing?: Record<string, number>;
  readonly args?: readonly string[];
  /** No file may grow beyond this many blocks (of 512 or 1024 bytes), as if the disk were full. */
  readonly fileBlocks?: number;
  /** Called for each line of stdout as it arrives; may kill the process. */
  readonly onLine?: (line: string, index: number, child: ChildProcess) => void;
  /** Reads stdout slowly: pauses this many ms after each chunk. */
  readonly slowReaderMs?: number;
}

export interface RunResult {
  readonly lines: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs the real executable as Airbyte does: files on disk, one process, its stdout read to the end. */
export async function runConnector(command: string, options: RunOptions = {}): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'connector-test-'));
  const args = [command];
  for (const name of ['config', 'catalog', 'state'] as const) {
    const text = options.raw?.[name] ?? (options[name] === undefined ? undefined : JSON.stringify(options[name]));
    if (text === undefined) continue;
    // The suffixes PyAirbyte uses.
    const path = join(folder, `${name}.${name === 'config' ? 'json' : 'txt'}`);
    writeFileSync(path, text);
    args.push(`--${name}`, path);
  }
  const limit =
    options.fileBlocks === undefined ? [] : ['bash', '-c', `ulimit -f ${options.fileBlocks}; exec "$@"`, ''];
  const [program = '', ...programArgs] = [...limit, process.execPath, EXECUTABLE, ...args, ...(options.args ?? [])];
  const child = spawn(program, programArgs, {
    env: {
      PATH: process.env['PATH'],
      TMPDIR: tmpdir(),
      SOURCE_CLARI_TIMING: JSON.stringify({ ...SHORT_TIMING, ...options.timing }),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  let lineCount = 0;
  let rest = '';
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (options.onLine !== undefined) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) options.onLine(line, lineCount++, child);
    }
    if (options.slowReaderMs !== undefined) {
      child.stdout.pause();
      setTimeout(() => child.stdout.resume(), options.slowReaderMs);
    }
  });
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done) =>
    child.on('close', (...end) => done(end)),
  );
  rmSync(folder, { recursive: true });
  const stdout = Buffer.concat(chunks).toString('utf8');
  return {
    stdout,
    lines: stdout.split('\n').filter((line) => line !== ''),
    stderr: Buffer.concat(errors).toString('utf8'),
    exitCode,
    signal,
  };
}

/** A configuration that reaches the simulator. */
export const configFor = (simulator: Simulator, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  api_key: simulator.apiKey,
  base_url: simulator.url,
  forecast_ids: ['net_new'],
  poll_interval_seconds: 1,
  ...more,
});

/** A configured catalog with these streams, as Airbyte would send it. */
export function catalogOf(streams: Record<string, 'full_refresh' | 'incremental'>): unknown {
  return {
    streams: Object.entries(streams).map(([name, sync_mode]) => ({
      stream: {
        name,
        json_schema: { type: 'object', properties: {} },
        supported_sync_modes: ['full_refresh', 'incremental'],
      },
      sync_mode,
      destination_sync_mode: 'append',
    })),
  };
}
