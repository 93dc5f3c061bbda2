// Airbyte's standard tests, on the executable and, if a container engine is available, on the image: against a
// simulated Clari, as acceptance-test-config.yml says. Then on two deliberately broken connectors, which the tests must
// reject.
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEngine } from '../container/engine.mjs';
import { findPython, pythonEnv, requirementOf } from '../python/environment.mjs';
import { Checks, executable, root, run, say, startSimulator, temporaryFolder } from '../support.mjs';

/** When both clocks start, so that the periods in the integration_tests files are valid on any day. */
const STARTS_AT = '2026-11-23T10:00:00Z';
const CLOCK = join(root, 'test', 'acceptance', 'support', 'pinned-clock.cjs');
const here = join(root, 'e2e', 'standard-tests');

const checks = new Checks('acceptance');
const python = await findPython(checks);
const engine = await findEngine();
const folder = temporaryFolder('standard-tests');
// The container's user must be able to reach it.
chmodSync(folder, 0o755);
const aheadMs = Date.parse(STARTS_AT) - Date.now();
const clock = (path) => ({ NODE_OPTIONS: `--require ${path}`, CLOCK_AHEAD_MS: String(aheadMs) });

const simulator = await startSimulator({ now: STARTS_AT, jobDurationMs: 10, concurrentLimit: 20 });
try {
  const project = prepareProject();
  say(`acceptance: ${requirementOf('airbyte-cdk')} and ${requirementOf('airbyte-protocol-models-pdv2')}`);
  // `env` instead of the environment: only the connector gets the other clock, not pytest itself.
  const onClock = ['env', ...Object.entries(clock(CLOCK)).map(([name, value]) => `${name}=${value}`)];
  const real = await runTests(project, [...onClock, executable]);
  judge('the executable', real);

  if (engine === undefined) say('  not tested, since neither docker nor podman works here: the image');
  else await testImage(project);

  for (const [what, mutation, reason] of [
    ['amounts as strings', 'amounts', /forecastAmount`: expected type/],
    ['one line cut short', 'cut', /Invalid JSON/],
  ]) {
    const mutant = [...onClock, process.execPath, join(here, 'mutant.mjs'), mutation, executable];
    const { exitCode, failed, text } = await runTests(project, mutant, ['-k', 'test_basic_read']);
    const refused = failed > 0 && reason.test(text);
    checks.equal(`${what}: refused`, { exitCode, refused }, { exitCode: 1, refused: true });
    if (!refused) say(text.slice(-3000));
    say(`  ${what}: refused, ${failed} failed`);
  }
} finally {
  await simulator.close();
}
checks.end();

/** The image, its clock set by a mounted file. */
async function testImage(project) {
  const tag = await engine.build();
  cpSync(CLOCK, join(folder, 'clock.cjs'));
  const mounts = [`${folder}:${folder}:ro`];
  const args = engine.runArgs(tag, { mounts, env: clock(join(folder, 'clock.cjs')) });
  judge(`the image, by ${engine.name}`, await runTests(project, [engine.name, ...args]));
}

/** What the tests read: acceptance-test-config.yml and what it names, with configurations that reach the simulator. */
function prepareProject() {
  const project = join(folder, 'source-clari');
  mkdirSync(join(project, 'secrets'), { recursive: true });
  for (const name of ['acceptance-test-config.yml', 'metadata.yaml', 'integration_tests', 'resources'])
    cpSync(join(root, name), join(project, name), { recursive: true });
  const config = (name, more) => ({
    ...JSON.parse(readFileSync(join(root, 'integration_tests', name), 'utf8')),
    base_url: simulator.url,
    ...more,
  });
  const write = (path, value) => writeFileSync(join(project, path), JSON.stringify(value));
  write('secrets/config.json', config('sample_config.json', { api_key: simulator.apiKey }));
  write('integration_tests/invalid_config.json', config('invalid_config.json'));
  return project;
}

async function runTests(project, command, selection = []) {
  const tests = join(here, 'test_source_clari.py');
  const { exitCode, stdout, stderr } = await run(
    python,
    [
      ...['-m', 'pytest', tests, '-q', '--tb=short', '-p', 'no:cacheprovider', '-m', 'not image_tests'],
      ...['-p', 'airbyte_cdk.test.standard_tests.pytest_hooks'],
      ...['-W', 'error::airbyte_cdk.test.standard_tests.DiscoveredCatalogWarning'],
      ...selection,
    ],
    {
      cwd: project,
      env: {
        ...pythonEnv(folder),
        ...Object.fromEntries(Object.entries(engine?.env ?? {}).filter(([name]) => name.startsWith('CONTAINERS_'))),
        CONNECTOR_ROOT: project,
        CONNECTOR_COMMAND: JSON.stringify(command),
      },
    },
  );
  const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(stdout)?.[1] ?? 0);
  return {
    exitCode,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    text: stdout + stderr,
  };
}

function judge(what, { exitCode, passed, failed, skipped, text }) {
  checks.equal(`${what}: exit code of the tests`, exitCode, 0);
  checks.equal(`${what}: tests ran`, passed > 5, true);
  if (exitCode !== 0) say(text.slice(-6000));
  say(`  ${what}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
}
