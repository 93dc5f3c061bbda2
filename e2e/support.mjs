// What the programs share that use source-clari from outside: the demo, and the tests with real clients in this folder.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const executable = join(root, 'bin', 'source-clari');

export const say = (text = '') => process.stdout.write(`${text}\n`);

/** The simulated Clari, as `npm run build` left it. */
export const startSimulator = (options) =>
  createRequire(import.meta.url)('../build/simulator/index.js').startSimulator(options);

/** Runs a program to its end, whatever that is. Its stderr is kept too, unless `stdio` sends it elsewhere. */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name]?.setEncoding('utf8').on('data', (chunk) => {
      output[name] += chunk;
    });
  }
  const exitCode = await new Promise((resolve) => {
    child.on('error', (error) => {
      output.stderr += error.message;
      resolve(127);
    });
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  return { exitCode, ...output };
}

/** The same, for a program that has to end well; resolves with its stdout. */
export async function output(command, args, options) {
  const { exitCode, stdout, stderr } = await run(command, args, options);
  if (exitCode === 0) return stdout;
  const call = [command, ...args].join(' ');
  throw new Error(`${call} ended with ${exitCode}:\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
}

/** Writes a command's input files to `folder`, and returns the flags that name them where the command sees that folder. */
export function inputFlags(folder, files, seenAs = folder) {
  return Object.entries(files).flatMap(([name, content]) => {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(content, null, 2));
    return [`--${name}`, `${seenAs}/${name}.json`];
  });
}

/** A folder that is removed when the program ends. */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `source-clari-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  return folder;
}

/** The messages of a command's output. Throws when a line is not JSON. */
export const messagesOf = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** The last state of each stream, as the next sync wants them. */
export function statesOf(messages) {
  const states = new Map();
  for (const { state } of messages) if (state) states.set(state.stream.stream_descriptor.name, state);
  return [...states.values()];
}

/** How many records of each stream there are. */
export function countsOf(messages) {
  const counts = {};
  for (const { record } of messages) if (record) counts[record.stream] = (counts[record.stream] ?? 0) + 1;
  return counts;
}

/** A day so many days ago, `YYYY-MM-DD` (UTC). */
export const dayBefore = (days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

/** An hour of that day at which nothing happens in the simulated Clari: no week, no day and no event begins between two looks at the truth. */
export const quietMoment = (days) => `${dayBefore(days)}T10:30:00Z`;

/** The quarter so many before another. */
export function quarterBefore(quarter, count = 1) {
  const [year, n] = quarter.split('_Q').map(Number);
  const index = year * 4 + n - 1 - count;
  return `${Math.floor(index / 4)}_Q${(index % 4) + 1}`;
}

/** Every quarter from one to another, both included. */
export function quarters(from, to) {
  return from > to ? [] : [...quarters(from, quarterBefore(to)), to];
}

/** Which forecasts and quarters were exported, sorted. */
export const forecastExportsOf = (jobs) =>
  jobs.flatMap(({ kind, forecastId, period }) => (kind === 'forecast' ? [`${forecastId} ${period}`] : [])).sort();

/** What a test compares. What differs is printed at once, and makes the program fail when it ends. */
export class Checks {
  constructor(name) {
    this.name = name;
    this.passed = 0;
    this.failed = 0;
  }

  /** Two JSON values; of two objects, what differs is shown key by key. */
  equal(what, actual, expected) {
    if (isDeepStrictEqual(actual, expected)) {
      this.passed++;
      return;
    }
    this.failed++;
    const keyed = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!keyed(actual) || !keyed(expected)) {
      say(`  DIFFERS ${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
      return;
    }
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      if (isDeepStrictEqual(actual[key], expected[key])) continue;
      say(`  DIFFERS ${what}, ${key}: ${JSON.stringify(actual[key])} instead of ${JSON.stringify(expected[key])}`);
    }
  }

  /** Says how it went; the program's exit code says it too. */
  end() {
    if (this.failed > 0) process.exitCode = 1;
    say(
      this.failed === 0
        ? `${this.name}: all ${this.passed} checks passed.`
        : `${this.name}: FAILED, ${this.failed} of ${this.passed + this.failed} checks.`,
    );
  }

  /** Says why the test, or what is left of it, is not run here. That is no failure. */
  skip(reason) {
    say(`${this.name}: SKIPPED, ${reason}.`);
    if (this.passed + this.failed > 0) this.end();
    process.exit();
  }
}
