// The image, as Airbyte gets and runs it: builds the Dockerfile, inspects the result, and runs every command against a
// simulated Clari.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
// The container's user must be able to read it, and not to write there.
chmodSync(folder, 0o755);
const mounts = [`${folder}:/config:ro`];

/** Runs one of the entrypoint's commands on files in the folder. */
const connector = (command, files = {}, options = {}) =>
  engine.run(TAG, [command, ...inputFlags(folder, files, '/config')], { mounts, ...options });

/** The same, for a command whose every line must be a message. */
async function messages(command, files, expectedExit = 0, options = {}) {
  const { exitCode, stdout, stderr } = await connector(command, files, options);
  checks.equal(`${command}, exit code`, exitCode, expectedExit);
  checks.equal(`${command}, stderr`, stderr, '');
  return messagesOf(stdout);
}

const flagsOf = (names) => names.flatMap((name) => [`--${name}`, `/config/${name}.json`]);

/** The streams a read completed. */
const completed = (all) =>
  all.flatMap(({ trace }) =>
    trace?.stream_status?.status === 'COMPLETE' ? [trace.stream_status.stream_descriptor.name] : [],
  );

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
const OCI = 'org.opencontainers.image';
checks.equal('OCI version', image.labels[`${OCI}.version`], version);
checks.equal('OCI licence', image.labels[`${OCI}.licenses`], JSON.parse(read('package.json')).license);
for (const name of ['title', 'description', 'source', 'documentation'])
  checks.equal(`OCI ${name}`, (image.labels[`${OCI}.${name}`] ?? '') !== '', true);

checks.equal('user id', await shell('id -u'), '1000');
const contents = ['LICENSE', 'bin', 'dist', 'node_modules', 'package.json', 'resources'];
checks.equal('files in the working directory', (await shell('ls -A')).split('\n').sort(), contents);
checks.equal('files that the user cannot read', await shell('find . ! -readable'), '');
checks.equal('files that the user can write', await shell('find . -writable ! -type l'), '');
checks.equal('files that not everybody can read', await shell('find . ! -type l ! -perm -o=r'), '');
// A module built for one processor would tie the image to it.
checks.equal('native modules', await shell("find . -name '*.node' -o -name '*.wasm'"), '');
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
  // As Airbyte starts it on Kubernetes: from a shell, in another folder.
  checks.equal('spec by a shell', messagesOf(await shell('cd / && $AIRBYTE_ENTRYPOINT spec')), [spec]);
  const statusOf = (all) => all.flatMap(({ connectionStatus }) => connectionStatus?.status ?? []);
  checks.equal('check', statusOf(await messages('check', { config })), ['SUCCEEDED']);
  const wrong = { ...config, api_key: 'wrong' };
  checks.equal('check with a wrong key', statusOf(await messages('check', { config: wrong })), ['FAILED']);
  const streams = readdirSync(join(root, 'resources', 'schemas')).map((file) => file.replace('.json', ''));
  const discovered = (await messages('discover', { config })).flatMap(({ catalog }) => catalog?.streams ?? []);
  checks.equal('discover', discovered.map(({ name }) => name).sort(), streams.sort());

  const catalog = JSON.parse((await connector('catalog', { config })).stdout);
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

  await checkAnyUser({ config, catalog });
  await checkHeap();
} finally {
  await simulator.close();
}
checks.end();

/** As OpenShift runs it: as a user unknown to the image, without a home; every read so far had a read-only root. */
async function checkAnyUser(files) {
  const user = { user: '1000710000:0', env: { HOME: '' } };
  const all = await messages('read', files, 0, user);
  checks.equal('read as any user, streams completed', completed(all).length, files.catalog.streams.length);

  // Some platforms pass files that only root may read: then the connector has to say what is wrong with which file.
  writeFileSync(join(folder, 'config.json'), JSON.stringify(files.config));
  chmodSync(join(folder, 'config.json'), 0o600);
  const { exitCode, stdout } = await engine.run(TAG, ['read', ...flagsOf(['config', 'catalog'])], { mounts, ...user });
  const errors = messagesOf(stdout).flatMap(({ trace }) => trace?.error ?? []);
  checks.equal('config that only root may read, exit code', exitCode, 1);
  checks.equal('config that only root may read, errors', errors.length, 1);
  const said = errors[0]?.message ?? '';
  checks.equal('config that only root may read, the file is named', said.includes('/config/config.json'), true);
  checks.equal('config that only root may read, the failure type', errors[0]?.failure_type, 'config_error');
  say(`  config that only root may read: ${said}`);
  chmodSync(join(folder, 'config.json'), 0o644);

  // A strict platform may also leave a connector with a results folder it can't write to.
  const noTmp = await engine.run(TAG, ['read', ...flagsOf(['config', 'catalog'])], {
    ...{ mounts, user: user.user, env: { TMPDIR: '/airbyte' } },
  });
  const failures = messagesOf(noTmp.stdout).flatMap(({ trace }) => trace?.error ?? []);
  checks.equal('folder that cannot be written, exit code', noTmp.exitCode, 1);
  const told = failures.find(({ message }) => /temporary folder/.test(message))?.message;
  checks.equal('folder that cannot be written, the message says so', told !== undefined, true);
  say(`  folder that cannot be written: ${told ?? failures[0]?.message}`);
}

/** Node.js sizes its heap by the container's memory limit. */
async function checkHeap() {
  const script = 'process.stdout.write(String(Math.round(v8.getHeapStatistics().heap_size_limit / 1048576)))';
  const heapOf = async (memory) =>
    Number((await engine.run(TAG, ['-e', script], { entrypoint: 'node', memory })).stdout);
  const [small, large] = [await heapOf('512m'), await heapOf('2g')];
  say(`  heap limit ${small} MB in 512 MB of memory, ${large} MB in 2 GB; all ran with a read-only root and 512 MB`);
  // On an old kernel, podman may run a container without the requested limit.
  if (small === large) {
    say('  not tested, since the limit of memory has no effect here: the size of the heap');
    return;
  }
  checks.equal('heap within 512 MB', small > 0 && small < 512, true);
  checks.equal('heap within 2 GB, and larger', large < 2048 && large > 2 * small, true);
}
