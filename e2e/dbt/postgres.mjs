// A PostgreSQL of one's own: a throwaway cluster on a free port.
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { output, run } from '../support.mjs';

const DEBIAN = '/usr/lib/postgresql';

/** Starts it; resolves with its port and how to stop it; undefined where PostgreSQL is missing for good. */
export async function startPostgres(database) {
  const bin = findServer() ?? ((await installServer()) ? findServer() : undefined);
  if (bin === undefined) return undefined;
  // PostgreSQL refuses to run as root.
  const asUser = process.getuid?.() === 0 ? await userIds('postgres') : {};
  const folder = mkdtempSync(join(tmpdir(), 'source-clari-postgres-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  if (asUser.uid !== undefined) chownSync(folder, asUser.uid, asUser.gid);
  const data = join(folder, 'data');
  const options = { ...asUser, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
  await output(join(bin, 'initdb'), ['-D', data, '-U', 'clari', '--auth=trust', '-E', 'UTF8', '--no-sync'], options);

  const port = await freePort();
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: folder, fsync: 'off' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...flags], { ...options, stdio: 'ignore' });
  const ended = new Promise((resolve) => server.on('close', resolve));
  process.on('exit', () => server.kill('SIGQUIT'));

  const where = ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'clari'];
  for (let tries = 0; (await run(join(bin, 'pg_isready'), where, options)).exitCode !== 0; tries++) {
    if (tries === 100) throw new Error('PostgreSQL was not ready within 20 seconds');
    await sleep(200);
  }
  await output(join(bin, 'createdb'), [...where, database], options);
  return {
    port,
    stop: async () => {
      server.kill('SIGINT');
      await ended;
    },
  };
}

/** Where the server's programs are: in the PATH, or the newest of Debian's. */
function findServer() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...versions.map((each) => join(DEBIAN, each, 'bin'))];
  return folders.find((folder) => ['initdb', 'postgres', 'createdb'].every((name) => existsSync(join(folder, name))));
}

/** Installs it as root on Debian, as in CI; never on a developer's own machine. Resolves with whether it did. */
async function installServer() {
  if (process.getuid?.() !== 0) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = async (...args) => (await run('apt-get', ['-qq', ...args], { env })).exitCode === 0;
  return (await apt('update')) && (await apt('install', '-y', '--no-install-recommends', 'postgresql'));
}

async function userIds(user) {
  const id = async (flag) => Number(await output('id', [flag, user]));
  return { uid: await id('-u'), gid: await id('-g') };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
