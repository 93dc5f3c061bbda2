// Runs the connector from the outside, as its users do.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const executable = join(root, 'bin', 'source-clari');

export const say = (text = '') => process.stdout.write(`${text}\n`);

/** Starts the simulated Clari that `npm run build` built. */
export const startSimulator = (options) =>
  createRequire(import.meta.url)('../../build/simulator/index.js').startSimulator(options);

/** Runs a program until it exits, with whatever code. Captures its stderr too, unless `stdio` sends it elsewhere. */
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

/** The same for a program that must succeed; resolves with its stdout. */
export async function output(command, args, options) {
  const { exitCode, stdout, stderr } = await run(command, args, options);
  if (exitCode === 0) return stdout;
  const call = [command, ...args].join(' ');
  throw new Error(`${call} ended with ${exitCode}:\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
}

/**
 * Writes a command's input files to `folder`; returns the flags for them, with paths as the command sees the folder.
 */
export function inputFlags(folder, files, seenAs = folder) {
  return Object.entries(files).flatMap(([name, content]) => {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(content, null, 2));
    return [`--${name}`, `${seenAs}/${name}.json`];
  });
}
