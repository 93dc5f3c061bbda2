// A private PostgreSQL: a cluster in a folder, on a free port, gone when the program ends.
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { output, run } from '../support.mjs';

/** Where Debian installs its programs: they aren't on PATH. */
const INSTALLED = '/usr/lib/postgresql';
/** PostgreSQL refuses to run as root, so it runs as nobody instead. */
const NOBODY = 65_534;
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/**
 * Starts one in `folder`, which every user must be able to reach. Resolves with its port (user and database `postgres`,
 * no password).
 */
export async function startPostgres(checks, folder) {
  const bin = (await findPostgres()) ?? checks.skip('PostgreSQL is not installed here');
  const data = join(folder, 'postgres');
  mkdirSync(data, { mode: 0o700 });
  if (user.uid !== undefined) chownSync(data, user.uid, user.gid);
  const options = { ...user, cwd: data, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
  await output(
    join(bin, 'initdb'),
    ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'],
    options,
  );
  const port = await freePort();
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-k', data, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    { ...options, stdio: 'ignore' },
  );
  // SIGQUIT: immediately, without a checkpoint, including its children.
  process.on('exit', () => server.kill('SIGQUIT'));
  for (let attempt = 0; attempt < 150; attempt++) {
    const ready = await run(join(bin, 'pg_isready'), ['--host', '127.0.0.1', '--port', String(port)], options);
    if (ready.exitCode === 0) return port;
    await sleep(200);
  }
  throw new Error('PostgreSQL did not start within 30 s');
}

/** Where its programs are; undefined if there are none. */
export async function findPostgres() {
  const folders = existsSync(INSTALLED) ? readdirSync(INSTALLED).map((version) => join(INSTALLED, version, 'bin')) : [];
  const configured = await run('pg_config', ['--bindir']);
  if (configured.exitCode === 0) folders.push(configured.stdout.trim());
  return folders.find((folder) => existsSync(join(folder, 'initdb')));
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
