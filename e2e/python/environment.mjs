// The Python environments of the tests with real clients: one they share, and a separate one for dbt, whose versions
// conflict with it. Each is made once, and kept outside of the repository for the next run:
// `node e2e/python/environment.mjs` makes both, as CI does before these tests run side by side.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Checks, output, root, run, say } from '../support.mjs';

const REQUIREMENTS = join(root, 'e2e', 'python', 'requirements.txt');
export const DBT_REQUIREMENTS = join(root, 'e2e', 'dbt', 'requirements.txt');
/** A process that holds the lock for longer was killed. */
const STALE_LOCK_MS = 15 * 60_000;
const PROBE =
  'import sys, venv, ensurepip; print(*sys.version_info[:3], sys.prefix); sys.exit(not (3, 10) <= sys.version_info < (3, 13))';

/** The Python that has everything in a requirements file. Skips the test if it can't be installed. */
export async function findPython(checks, requirements = REQUIREMENTS) {
  const interpreter = await findInterpreter();
  if (interpreter === undefined) return checks.skip('there is no Python 3.10 to 3.12 with venv here');
  const { cache, folder, python, complete } = placeOf(interpreter, requirements);
  mkdirSync(cache, { recursive: true });
  const release = await lock(`${folder}.lock`);
  try {
    if (!existsSync(complete)) {
      rmSync(folder, { recursive: true, force: true });
      await install(checks, { interpreter: interpreter.name, folder, python, requirements });
      writeFileSync(complete, '');
    }
  } finally {
    release();
  }
  return python;
}

/** The same Python if it is already installed; otherwise undefined. */
export async function findReadyPython(requirements) {
  const interpreter = await findInterpreter();
  if (interpreter === undefined) return undefined;
  const { python, complete } = placeOf(interpreter, requirements);
  return existsSync(complete) ? python : undefined;
}

function placeOf({ version }, requirements) {
  const hash = createHash('sha256')
    .update(readFileSync(requirements, 'utf8'))
    .update(version)
    .digest('hex')
    .slice(0, 12);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'source-clari');
  const folder = join(cache, `python-${hash}`);
  return { cache, folder, python: join(folder, 'bin', 'python'), complete: join(folder, 'complete') };
}

/** The version of a package in requirements.txt, as `airbyte==0.71.3`. */
export const requirementOf = (name) =>
  readFileSync(REQUIREMENTS, 'utf8')
    .split('\n')
    .find((line) => line.replace(/\[.*\]/, '').startsWith(`${name}==`));

/** Variables for a Python process that leaves nothing outside of `folder` and calls no server except the simulator. */
export const pythonEnv = (folder) => ({
  PATH: process.env.PATH,
  HOME: folder,
  TMPDIR: folder,
  AIRBYTE_OFFLINE_MODE: '1',
  AIRBYTE_LOGGING_ROOT: join(folder, 'logs'),
  DO_NOT_TRACK: '1',
  RUNTIME__DLTHUB_TELEMETRY: 'false',
  PYTHONDONTWRITEBYTECODE: '1',
});

async function install(checks, { interpreter, folder, python, requirements }) {
  await output(interpreter, ['-m', 'venv', folder]);
  const { exitCode, stderr } = await run(python, [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['-r', requirements],
  ]);
  // Without a package index pip finds no version at all; if only the wanted one is missing, that is a failure.
  if (stderr.includes('from versions: none')) checks.skip('the Python package index cannot be reached');
  if (exitCode !== 0) throw new Error(`pip could not install ${requirements}:\n${stderr.slice(-2000)}`);
}

async function findInterpreter() {
  for (const name of ['python3', 'python3.12', 'python3.11', 'python3.10']) {
    const { exitCode, stdout } = await run(name, ['-c', PROBE]);
    if (exitCode === 0) return { name, version: stdout };
  }
  return undefined;
}

/** Waits until no other process is installing. Resolves with a function that releases the lock. */
async function lock(path) {
  for (;;) {
    try {
      mkdirSync(path);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > STALE_LOCK_MS) rmSync(path, { recursive: true, force: true });
      else await sleep(500);
    }
  }
  const release = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', release);
  return release;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now();
  const checks = new Checks('e2e:python');
  const pythons = await Promise.all([findPython(checks), findPython(checks, DBT_REQUIREMENTS)]);
  say(`e2e:python: ${pythons.join(', ')}, ${Math.round((performance.now() - started) / 1000)} s`);
}
