import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, say } from '../scripts/lib/programs.mjs';

/** Installs and builds what is missing or out of date, so that a fresh clone needs one command. */
export function setUp() {
  const npm = (...args) => execFileSync('npm', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (isOlder('node_modules/.package-lock.json', ['package-lock.json'])) {
    say('Installing (once) …');
    npm('ci', '--ignore-scripts', '--no-audit', '--no-fund');
  }
  const sources = ['src', 'simulator'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
  );
  if (isOlder('dist/main.js', sources) || isOlder('build/simulator/index.js', sources)) {
    say('Building (once) …');
    npm('run', 'build');
  }
}

/** Whether a file is missing, or older than one of its sources. */
function isOlder(path, sources) {
  const made = join(root, path);
  if (!existsSync(made)) return true;
  const time = statSync(made).mtimeMs;
  return sources.some((source) => statSync(join(root, source)).mtimeMs > time);
}
