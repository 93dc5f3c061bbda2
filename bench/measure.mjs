import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, '..');
export const executable = join(root, 'bin', 'source-clari');

const folders = new Set();
const children = new Set();
// An interrupted bench leaves neither gigabytes nor processes behind.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.on('exit', () => {
  for (const child of children) killGroup(child);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder that exists while `use` runs. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'source-clari-bench-'));
  folders.add(folder);
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
    folders.delete(folder);
  }
}

const NODE = [process.execPath, '--require', join(here, 'peak.cjs')];

/**
 * Runs a Node program (or one for another `interpreter` that reports as peak.cjs does) as a separate process, its
 * stdout piped into `wc`, and resolves with what the whole took: `seconds`, `peakMB`, how many `lines` came out, and
 * why it failed, if it did.
 */
export async function measure(program, interpreter = NODE) {
  return withFolder(async (folder) => {
    const report = join(folder, 'report.json');
    const started = performance.now();
    // Only a shell gives two processes a real pipe between them: Node's own are sockets.
    const { stdout, stderr } = await run('/bin/sh', ['-c', '"$@" | wc -l', 'sh', ...interpreter, ...program], {
      BENCH_REPORT: report,
    });
    const seconds = (performance.now() - started) / 1000;
    const { exitCode, cpuSeconds, peakBytes } = readReport(report);
    const failure = exitCode === 0 ? undefined : reasonOf(stderr);
    return { seconds, cpuSeconds, peakMB: peakBytes / 1e6, lines: Number(stdout), failure };
  });
}

/** A run that takes longer is hung; it is killed with everything it started. */
const LIMIT_MS = 5 * 60_000;

/** Runs a command to its end and resolves with what it printed. */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    children.add(child);
    const late = setTimeout(() => killGroup(child), LIMIT_MS);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (exitCode) => {
      clearTimeout(late);
      children.delete(child);
      resolve({ exitCode, stdout, stderr });
    });
  });
}

/** Kills a child and everything it started. */
function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

/** One warm-up run, then the median of each number over `runs` more. A program that fails is not run again. */
export async function median(runs, once) {
  const warmUp = await once();
  if (warmUp.failure !== undefined) return warmUp;
  const results = [];
  for (let i = 0; i < runs; i++) results.push(await once());
  const failed = results.find(({ failure }) => failure !== undefined);
  if (failed !== undefined) return failed;
  const numbers = Object.keys(warmUp).filter((key) => typeof warmUp[key] === 'number');
  const middles = numbers.map((key) => [key, middle(results.map((result) => result[key]))]);
  return { ...warmUp, ...Object.fromEntries(middles) };
}

function middle(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { exitCode: null, peakBytes: Number.NaN };
  }
}

const reasonOf = (stderr) => /\w*Error[^\n]*/.exec(stderr)?.[0] ?? 'the process died';
