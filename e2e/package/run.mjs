// The package as programs get it: packs it, checks the tarball with publint and attw, installs it into an empty folder,
// and type-checks and runs the examples there against a simulated Clari, under each supported version of Node.
import { copyFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  Checks,
  output,
  quarterBefore,
  quietMoment,
  root,
  run,
  say,
  startSimulator,
  temporaryFolder,
} from '../support.mjs';

const NODE_MAJORS = [20, 24];
/** What each module of the package exports besides types. */
const NAMES = {
  'source-clari': ['ACTIVITY_TYPES', 'ClariClient', 'ClariError', 'EXPORT_TYPES', 'READ_LIMITS'],
  'source-clari/airbyte': ['ClariSource'],
};
const FRAMEWORK = 'faros-airbyte-cdk';
const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT/;

const checks = new Checks('package:test');
const folder = temporaryFolder('package');
const app = join(folder, 'app');
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const tarball = await pack();
await lint();
await install();
const nodes = [];
for (const major of NODE_MAJORS) nodes.push(...(await nodeOf(major)));
const simulator = await startSimulator({ now: quietMoment(1) });
try {
  for (const from of ['examples', 'e2e/package']) {
    for (const file of readdirSync(join(root, from))) {
      if (file !== 'run.mjs') copyFileSync(join(root, from, file), join(app, file));
    }
  }
  writeFileSync(join(app, 'client-docs.mts'), firstSnippet('docs/client.md'));
  await addTypes('@types/node');
  // The client doesn't need skipLibCheck.
  await typeCheck({ skipLibCheck: false }, ['airbyte-types.ts']);
  await typeCheck({ skipLibCheck: true }, []);
  // The framework's declarations import these two, and it brings neither: without them, only `skipLibCheck` keeps the
  // compiler quiet.
  await addTypes('@types/verror', 'ts-essentials');
  await typeCheck({ skipLibCheck: false }, []);
  for (const node of nodes) await runExamples(node);
} finally {
  await simulator.close();
}
checks.end();

/** Packs the repository as `npm publish` would, and checks what is in it. */
async function pack() {
  const flags = ['--json', '--foreground-scripts=false', '--pack-destination', folder];
  const [{ filename, size, unpackedSize, files }] = JSON.parse(await output('npm', ['pack', ...flags], { cwd: root }));
  const paths = files.map(({ path }) => path);
  const wanted = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
  wanted.push('bin', 'dist', 'docs', 'examples', 'resources');
  const topLevel = new Set(paths.map((path) => path.split('/')[0]));
  checks.equal('tarball, top level', [...topLevel].sort(), wanted.sort());
  const inside = {
    bin: /^bin\/source-clari$/,
    dist: /\.(js|d\.ts)$/,
    docs: /\.(md|png|svg)$/,
    examples: /\.(ts|mjs|cjs)$/,
    resources: /\.json$/,
  };
  const strange = paths.filter(
    (path) => inside[path.split('/')[0]]?.test(path) === false || /test|simulator/.test(path),
  );
  checks.equal('tarball, files that do not belong there', strange, []);
  checks.equal('tarball, executable', files.find(({ path }) => path === 'bin/source-clari')?.mode, 0o755);
  say(`package:test: ${filename}, ${kb(size)} kB (${kb(unpackedSize)} kB unpacked), ${files.length} files`);
  return join(folder, filename);
}

/** Runs two package linters on the tarball: does every way to resolve it find matching code and types? */
async function lint() {
  const bin = (name) => join(root, 'node_modules', '.bin', name);
  const attw = await run(bin('attw'), ['--format', 'ascii', '--no-color', tarball], { cwd: root });
  checks.equal('attw', attw.exitCode === 0 ? '' : attw.stdout, '');
  const publint = await run(bin('publint'), ['run', tarball, '--strict'], { cwd: root });
  checks.equal('publint', publint.exitCode === 0 ? '' : publint.stdout, '');
}

/** Installs only the tarball, and checks what came with it. */
async function install() {
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true }));
  const { exitCode, stderr } = await run('npm', [...INSTALL, tarball], { cwd: app });
  checks.equal('warnings of npm', stderr.match(/npm warn install-scripts.*/g) ?? [], []);
  if (UNREACHABLE.test(stderr)) checks.skip('the npm registry cannot be reached, so the package cannot be installed');
  if (exitCode !== 0) throw new Error(`npm could not install the tarball:\n${stderr.slice(-2000)}`);
  const { packages } = JSON.parse(readFileSync(join(app, 'package-lock.json'), 'utf8'));
  const { '': _, ...installed } = packages;
  const nameOf = (path) => path.split('node_modules/').at(-1);
  const names = new Set(Object.keys(installed).map(nameOf));
  checks.equal(
    'development packages',
    Object.keys(devDependencies).filter((name) => names.has(name)),
    [],
  );
  const withScripts = Object.keys(installed).filter((path) => installed[path].hasInstallScript);
  checks.equal('packages with an install script', withScripts, []);
  const mb = (sizeOf(join(app, 'node_modules')) / 1e6).toFixed(1);
  say(`  installed: ${Object.keys(installed).length} packages, ${mb} MB`);
}

/** The Node of a major version: this one, or npm's. If there is none, an empty list and a line that says why. */
async function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return [process.execPath];
  const name = `node-${process.platform}-${process.arch}`;
  const at = join(folder, `node-${major}`);
  mkdirSync(at);
  const { exitCode, stderr } = await run('npm', [...INSTALL, '--prefix', at, `${name}@${major}`], { cwd: at });
  if (exitCode === 0) return [join(at, 'node_modules', name, 'bin', 'node')];
  say(`  Node ${major}: SKIPPED, npm has no ${name}@${major} here (${/npm error code (\S+)/.exec(stderr)?.[1]}).`);
  return [];
}

async function addTypes(...names) {
  const pinned = names.map((name) => `${name}@${devDependencies[name]}`);
  await output('npm', [...INSTALL, '--save-dev', ...pinned], { cwd: app });
}

/** A page's first code block, which has to compile as it is. */
function firstSnippet(page) {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, page), 'utf8')) ?? [];
  if (code === undefined) throw new Error(`${page} holds no TypeScript`);
  return code;
}

/** Type-checks the programs strictly against the tarball, for each way to resolve a package; compiles them too. */
async function typeCheck(options, exclude) {
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const compilerOptions = {
      ...{ module, moduleResolution, target: 'es2022', lib: ['es2022'], types: ['node'], checkJs: true },
      ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
      ...{ outDir: `compiled-${module}`, rootDir: '.' },
      ...options,
    };
    const project = join(app, 'tsconfig.json');
    // `import = require` is CommonJS only.
    const kinds = ['*.ts', '*.mts', '*.mjs', '*.cjs', ...(module === 'esnext' ? [] : ['*.cts'])];
    writeFileSync(project, JSON.stringify({ compilerOptions, include: kinds, exclude }));
    const { exitCode, stdout } = await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', project], { cwd: app });
    const how = `${moduleResolution}${options.skipLibCheck ? '' : ', without skipLibCheck'}`;
    checks.equal(`types, moduleResolution ${how}`, { exitCode, stdout }, { exitCode: 0, stdout: '' });
  }
}

/** Runs every example, and the executable, under one Node. */
async function runExamples(node) {
  const version = (await output(node, ['--version'])).trim();
  const env = { ...process.env, CLARI_API_KEY: simulator.apiKey, CLARI_BASE_URL: simulator.url };
  const example = async (file, ...args) => {
    const { exitCode, stdout, stderr } = await run(node, [file, ...args], { cwd: app, env });
    return { exitCode, stderr, lines: stdout.trim().split('\n') };
  };
  const { truth } = simulator;
  const quarter = quarterBefore(simulator.currentPeriod());
  const succeeded = (what, { exitCode, stderr, lines }, expected) => {
    const count = lines.find((line) => /^\d+ (entries|events)/.test(line));
    checks.equal(`${version}, ${what}`, { exitCode, stderr, count }, { exitCode: 0, stderr: '', count: expected });
    say(`  Node ${version}, ${what}: ${count}`);
  };

  const entries = truth.entryCount('net_new', quarter);
  const module = await example('export-forecast.mjs', 'net_new', quarter);
  succeeded('export-forecast.mjs', module, `${entries} entries of net_new ${quarter}`);
  const historical = truth.entryCount('net_new', quarter, { includeHistorical: true });
  const common = await example('export-forecast.cjs', 'net_new', 'entries.jsonl', quarter);
  succeeded('export-forecast.cjs', common, `${historical} entries written to entries.jsonl`);
  const rows = readFileSync(join(app, 'entries.jsonl'), 'utf8').trim().split('\n');
  checks.equal(`${version}, rows in entries.jsonl`, rows.length, historical);
  const attainment = await example('compiled-node16/quota-attainment.js', 'net_new');
  succeeded('quota-attainment.ts', attainment, `${truth.entryCount('net_new')} entries`);
  const since = quietMoment(5);
  const days = (Date.now() - Date.parse(since)) / 86_400_000;
  const audit = await example('compiled-node16/audit-events.js', String(days));
  succeeded('audit-events.ts', audit, `${truth.auditEvents(since).length} events`);

  // Node finds the names of a CommonJS package by reading its text, not by running it.
  for (const [name, names] of Object.entries(NAMES)) {
    const importing = `import * as all from '${name}'; process.stdout.write(JSON.stringify(Object.keys(all)))`;
    const requiring = `process.stdout.write(JSON.stringify(Object.keys(require('${name}'))))`;
    for (const [type, script] of Object.entries({ module: importing, commonjs: requiring })) {
      const found = JSON.parse(await output(node, [`--input-type=${type}`, '--eval', script], { cwd: app }));
      const own = found.filter((each) => !['default', 'module.exports', '__esModule'].includes(each));
      checks.equal(`${version}, names of ${name} as ${type}`, own.sort(), names);
    }
  }
  const client = await loading(node, 'source-clari');
  const source = await loading(node, 'source-clari/airbyte');
  checks.equal(`${version}, modules of the framework beside the client`, client.ofFramework, 0);
  const described = ({ ms, modules }) => `${ms} ms, ${modules} modules`;
  say(`  Node ${version}, loading: the client ${described(client)}; the source ${described(source)}`);

  env.CLARI_API_KEY = 'wrong';
  const refused = await example('export-forecast.mjs', 'net_new');
  checks.equal(`${version}, exit code with a wrong key`, refused.exitCode, 1);
  checks.equal(`${version}, kind of the error`, refused.stderr.split(':')[0], 'invalid_key');

  const spec = { type: 'SPEC', spec: JSON.parse(readFileSync(join(root, 'resources', 'spec.json'), 'utf8')) };
  const viaNpx = await output('npx', ['--no', 'source-clari', 'spec'], {
    cwd: app,
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
  });
  checks.equal(`${version}, npx source-clari spec`, JSON.parse(viaNpx), spec);
  const viaBin = await output(node, [join(app, 'node_modules', '.bin', 'source-clari'), 'spec']);
  checks.equal(`${version}, node_modules/.bin/source-clari spec`, JSON.parse(viaBin), spec);
}

/** How long a module takes to load (best of three), and how many modules it loads. */
async function loading(node, name) {
  const script = `const began = performance.now(); require('${name}'); const ms = Math.round(performance.now() - began);
    const modules = Object.keys(require.cache);
    const ofFramework = modules.filter((path) => path.includes('${FRAMEWORK}')).length;
    process.stdout.write(JSON.stringify({ ms, modules: modules.length, ofFramework }))`;
  const runs = [];
  for (let i = 0; i < 3; i++) runs.push(JSON.parse(await output(node, ['--eval', script], { cwd: app })));
  return runs.sort((a, b) => a.ms - b.ms)[0];
}

function kb(bytes) {
  return Math.round(bytes / 1000);
}

function sizeOf(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
