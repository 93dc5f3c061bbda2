// The image, as Airbyte gets and runs it: builds the Dockerfile, looks at what is in it, and runs every command against a simulated Clari.
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  Checks,
  countsOf,
  forecastExportsOf,
  inputFlags,
  messagesOf,
  quarterBefore,
  quarters,
  quietMoment,
  root,
  say,
  startSimulator,
  statesOf,
  temporaryFolder,
} from '../support.mjs';
import { findEngine } from './engine.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const checks = new Checks('container:test');
const engine = (await findEngine()) ?? checks.skip('neither docker nor podman works here');

const folder = temporaryFolder('container');
// The container's user has to reach it, and must not write there.
chmodSync(folder, 0o755);
const mounts = [`${folder}:/config:ro`];

/** Runs a command of the image's entrypoint on files in the folder. */
const connector = (command, files = {}) =>
  engine.run(TAG, [command, ...inputFlags(folder, files, '/config')], { mounts });

/** The same, for a command whose every line has to be a message. */
async function messages(command, files, expectedExit = 0) {
  const { exitCode, stdout, stderr } = await connector(command, files);
  checks.equal(`${command}, exit code`, exitCode, expectedExit);
  checks.equal(`${command}, stderr`, stderr, '');
  return messagesOf(stdout);
}

/** What a shell in the container prints, as the image's user, in its working directory. */
async function shell(script, options) {
  const { stdout, stderr } = await engine.run(TAG, ['-c', script], { entrypoint: '/bin/sh', ...options });
  if (stderr !== '') say(stderr);
  return stdout.trim();
}

const TAG = await engine.build();
const image = await engine.inspect(TAG);
say(`container:test: built by ${engine.name}`);

const { version, devDependencies } = JSON.parse(read('package.json'));
const { dockerRepository, dockerImageTag } = parse(read('metadata.yaml')).data;
checks.equal('user', image.user, 'node');
checks.equal('entrypoint', image.entrypoint, ['/airbyte/integration_code/bin/source-clari']);
checks.equal('AIRBYTE_ENTRYPOINT', image.env.AIRBYTE_ENTRYPOINT, image.entrypoint.join(' '));
checks.equal('working directory', image.workdir, '/airbyte/integration_code');
checks.equal('label io.airbyte.name', image.labels['io.airbyte.name'], dockerRepository);
checks.equal('label io.airbyte.version', image.labels['io.airbyte.version'], version);
checks.equal('dockerImageTag of metadata.yaml', dockerImageTag, version);

checks.equal('user id', await shell('id -u'), '1000');
const contents = ['LICENSE', 'bin', 'dist', 'node_modules', 'package.json', 'resources'];
checks.equal('files in the working directory', (await shell('ls -A')).split('\n').sort(), contents);
checks.equal('files that the user cannot read', await shell('find . ! -readable'), '');
checks.equal('files that the user can write', await shell('find . -writable ! -type l'), '');
const packages = (await shell('cd node_modules && ls -d -- * @*/*')).split('\n');
checks.equal(
  'development packages',
  packages.filter((name) => name in devDependencies),
  [],
);
const { packages: locked } = JSON.parse(read('package-lock.json'));
checks.equal(
  'packages not for run time',
  packages.filter((name) => locked[`node_modules/${name}`]?.dev),
  [],
);
const nodeModulesKb = Number.parseInt(await shell('du -sk node_modules'), 10);
const node = await shell('node --version');
say(`  image ${image.sizeMb} MB, of it node_modules ${(nodeModulesKb / 1024).toFixed(1)} MB; Node ${node}`);

const simulator = await startSimulator({ now: quietMoment(1) });
try {
  const current = simulator.currentPeriod();
  const config = {
    api_key: simulator.apiKey,
    base_url: simulator.url,
    forecast_ids: ['net_new'],
    start_period: quarterBefore(current, 2),
    lookback_periods: 1,
    poll_interval_seconds: 1,
  };
  const spec = { type: 'SPEC', spec: JSON.parse(read('resources/spec.json')) };
  checks.equal('spec', await messages('spec'), [spec]);
  // As Airbyte starts it on Kubernetes: by a shell, in another folder.
  checks.equal('spec by a shell', messagesOf(await shell('cd / && $AIRBYTE_ENTRYPOINT spec')), [spec]);
  const statusOf = (all) => all.flatMap(({ connectionStatus }) => connectionStatus?.status ?? []);
  checks.equal('check', statusOf(await messages('check', { config })), ['SUCCEEDED']);
  const wrong = { ...config, api_key: 'wrong' };
  checks.equal('check with a wrong key', statusOf(await messages('check', { config: wrong })), ['FAILED']);
  const streams = readdirSync(join(root, 'resources', 'schemas')).map((file) => file.replace('.json', ''));
  const discovered = (await messages('discover', { config })).flatMap(({ catalog }) => catalog?.streams ?? []);
  checks.equal('discover', discovered.map(({ name }) => name).sort(), streams.sort());

  const catalog = JSON.parse((await connector('catalog', { config })).stdout);
  const completed = (all) =>
    all.flatMap(({ trace }) =>
      trace?.stream_status?.status === 'COMPLETE' ? [trace.stream_status.stream_descriptor.name] : [],
    );
  const entries = (list) => list.reduce((sum, quarter) => sum + simulator.truth.entryCount('net_new', quarter), 0);
  let state;
  for (const [which, first] of [
    ['first read', config.start_period],
    ['second read', quarterBefore(current)],
  ]) {
    const before = simulator.jobs.length;
    const all = await messages('read', { config, catalog, ...(state && { state }) });
    state = statesOf(all);
    const exported = quarters(first, current);
    const exports = forecastExportsOf(simulator.jobs.slice(before));
    checks.equal(
      `${which}, exports`,
      exports,
      exported.map((quarter) => `net_new ${quarter}`),
    );
    checks.equal(`${which}, forecast entries`, countsOf(all).forecast_entries, entries(exported));
    checks.equal(`${which}, streams completed`, completed(all).sort(), streams);
    say(`  ${which}: ${JSON.stringify(countsOf(all))}, exports ${exports.join(', ')}`);
  }

  const unknown = { streams: [{ ...catalog.streams[0], stream: { ...catalog.streams[0].stream, name: 'unknown' } }] };
  const errors = (await messages('read', { config, catalog: unknown }, 1)).filter(({ trace }) => trace?.error);
  checks.equal('read of an unknown stream, errors', errors.length, 1);

  if (engine.limits) await checkHeap();
  else await checkWrites(inputFlags(folder, { config, catalog }, '/config'));
} finally {
  await simulator.close();
}
checks.end();

/** Node sizes its heap by the memory the container may use. */
async function checkHeap() {
  const script = 'process.stdout.write(String(Math.round(v8.getHeapStatistics().heap_size_limit / 1048576)))';
  const heapOf = async (memory) =>
    Number((await engine.run(TAG, ['-e', script], { entrypoint: 'node', memory })).stdout);
  const [small, large] = [await heapOf('512m'), await heapOf('2g')];
  checks.equal(
    'heap within the memory',
    { small: small > 0 && small < 512, large: large < 2048 },
    { small: true, large: true },
  );
  checks.equal('heap grows with the memory', large > 2 * small, true);
  say(`  heap limit ${small} MB in 512 MB of memory, ${large} MB in 2 GB; all ran with a read-only root and 512 MB`);
}

/** Where the root file system can't be made read-only: nothing in it but /tmp may have changed after a read. */
async function checkWrites(flags) {
  say(`  not tested, since ${engine.name} has no such options: a read-only root file system, a memory limit;`);
  say('    looked at instead: what a read writes outside of /tmp');
  const script = `touch /tmp/start; $AIRBYTE_ENTRYPOINT read ${flags.join(' ')} >/dev/null || echo failed
    find / -xdev -newer /tmp/start ! -path '/tmp*' 2>/dev/null`;
  checks.equal('what a read wrote outside of /tmp', await shell(script, { mounts }), '');
}
