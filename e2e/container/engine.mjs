// The ways to build the Dockerfile and to run its image: docker, podman, or a tool beside the repository that needs neither.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { output, root, run } from '../support.mjs';

/** docker or podman; they can take the root file system and memory away from a container. */
class Engine {
  limits = true;

  constructor(program) {
    this.name = program;
  }

  async build(tag) {
    await output(this.name, ['build', '--quiet', '--tag', tag, root]);
  }

  async inspect(tag) {
    const [{ Config, Size }] = JSON.parse(await output(this.name, ['image', 'inspect', tag]));
    const env = Object.fromEntries(
      Config.Env.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
    );
    const { User: user, WorkingDir: workdir, Entrypoint: entrypoint, Labels: labels } = Config;
    return { user, workdir, entrypoint, labels, env, sizeMb: Math.round(Size / 1e6) };
  }

  async run(tag, args, { mounts = [], entrypoint, memory = '512m' } = {}) {
    const result = await run(this.name, [
      ...['run', '--rm', '--network', 'host', '--read-only', '--tmpfs', '/tmp', '--memory', memory],
      ...mounts.flatMap((mount) => ['--volume', mount]),
      ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
      tag,
      ...args,
    ]);
    // The engine's own, such as of a kernel that can't limit swap.
    return { ...result, stderr: result.stderr.replace(/^WARNING: .*\n/gm, '') };
  }
}

/** `container.sh`, which makes its own base image and knows no limits. */
class ContainerTool {
  limits = false;
  name = 'container.sh';

  constructor(path) {
    this.path = path;
    this.options = { env: { ...process.env, CTR_QUIET: '1' } };
  }

  async build(tag) {
    await output(this.path, ['build', root, tag], this.options);
  }

  async inspect(tag) {
    const { size_mb: sizeMb, ...image } = JSON.parse(await output(this.path, ['inspect', tag], this.options));
    return { ...image, sizeMb };
  }

  run(tag, args, { mounts = [], entrypoint } = {}) {
    return run(
      this.path,
      [
        ...['run', tag],
        ...mounts.flatMap((mount) => ['--volume', mount]),
        ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
        '--',
        ...args,
      ],
      this.options,
    );
  }
}

/** The first that works here; undefined when none does. */
export async function findEngine() {
  const works = async (program) => (await run(program, ['info'], { timeout: 20_000 })).exitCode === 0;
  if (await works('docker')) return new Engine('docker');
  // Before podman: the tool installs one, for itself, which reaches no base image.
  const tool = join(root, '..', 'shared', 'tools', 'container.sh');
  if (existsSync(tool)) return new ContainerTool(tool);
  return (await works('podman')) ? new Engine('podman') : undefined;
}
