// The container engine that the tests build and run the image with: docker or podman.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, root, run } from '../support.mjs';

/** The image these tests build, unless SOURCE_CLARI_IMAGE names one already built from this checkout. */
const TAG = 'source-clari:e2e';

class Engine {
  constructor(program, env = process.env) {
    this.name = program;
    this.env = env;
  }

  /** Builds the Dockerfile. Resolves with the image's tag. */
  async build() {
    const built = process.env.SOURCE_CLARI_IMAGE;
    if (built !== undefined) return built;
    await this.buildAs(TAG);
    return TAG;
  }

  async buildAs(tag) {
    await output(this.name, ['build', '--quiet', '--tag', tag, root], { env: this.env });
  }

  async inspect(tag) {
    const [{ Config, Size }] = JSON.parse(await output(this.name, ['image', 'inspect', tag], { env: this.env }));
    const env = Object.fromEntries(
      Config.Env.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
    );
    const { User: user, WorkingDir: workdir, Entrypoint: entrypoint, Labels: labels } = Config;
    return { user, workdir, entrypoint, labels, env, sizeMb: Math.round(Size / 1e6) };
  }

  /** The arguments that run the image with as little as a strict cluster gives: only /tmp writable, and 512 MB. */
  runArgs(tag, { mounts = [], entrypoint, memory = '512m', user, env = {} } = {}) {
    return [
      ...['run', '--rm', '--network', 'host', '--read-only', '--tmpfs', '/tmp:rw,mode=1777', '--memory', memory],
      ...mounts.flatMap((mount) => ['--volume', mount]),
      ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...(user === undefined ? [] : ['--user', user]),
      ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
      tag,
    ];
  }

  async run(tag, args, options) {
    const result = await run(this.name, [...this.runArgs(tag, options), ...args], { env: this.env });
    // The engine's own warnings, for example that the kernel can't limit swap.
    return { ...result, stderr: result.stderr.replace(/^WARNING: .*\n/gm, '') };
  }

  /** A PATH on which this engine is called `docker`, the name clients use. */
  asDocker(folder) {
    if (this.name === 'docker') return process.env.PATH;
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    const settings = Object.entries(this.env).filter(([name]) => name.startsWith('CONTAINERS_'));
    const exports = settings.map(([name, value]) => `export ${name}='${value}'\n`).join('');
    const docker = join(bin, 'docker');
    writeFileSync(docker, `#!/bin/sh\n${exports}exec ${this.name} "$@"\n`);
    chmodSync(docker, 0o755);
    return `${bin}:${process.env.PATH}`;
  }
}

/**
 * A tool next to the repository that builds without a registry, from its own base images, and hands the result to
 * podman.
 */
class BuildTool extends Engine {
  constructor(path) {
    const state = process.env.CTR_STATE ?? '/tmp/ctr';
    super('podman', {
      ...process.env,
      CONTAINERS_CONF: join(state, 'containers.conf'),
      CONTAINERS_STORAGE_CONF: join(state, 'storage.conf'),
    });
    this.path = path;
  }

  async buildAs(tag) {
    await output(this.path, ['build', root, tag], { env: { ...process.env, CTR_QUIET: '1' } });
  }
}

/** The first that works here; undefined if none does. */
export async function findEngine() {
  const works = async (program) => (await run(program, ['info'], { timeout: 20_000 })).exitCode === 0;
  if (await works('docker')) return new Engine('docker');
  // Before podman: the tool installs one that can't reach base images by itself.
  const tool = join(root, '..', 'shared', 'tools', 'container.sh');
  if (existsSync(tool)) return new BuildTool(tool);
  return (await works('podman')) ? new Engine('podman') : undefined;
}
