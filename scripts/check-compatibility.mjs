// Compares the specification and the catalog with those of the last release, kept in released/, and fails if they did
// anything but grow.
//
//   node scripts/check-compatibility.mjs            after npm run build
//   node scripts/check-compatibility.mjs --write    keeps those of the version in package.json, as part of its release
//
// --root is the folder with package.json, metadata.yaml and released/; --current is a folder with the spec.json and
// catalog.json to compare instead of the executable's.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { catalogProblems, specProblems } from './compatibility.cjs';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: flags } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    root: { type: 'string', default: repository },
    current: { type: 'string' },
  },
});
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const say = (text) => process.stdout.write(`${text}\n`);

const { version } = readJson(join(flags.root, 'package.json'));
const released = join(flags.root, 'released');
const current = readCurrent();

if (flags.write) {
  const folder = join(released, version);
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(current))
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`);
  say(`compatibility: ${version} is kept in released/${version}.`);
} else {
  check();
}

function check() {
  const last = lastRelease();
  if (last === undefined) {
    say('compatibility: nothing is released yet, so there is nothing to be compatible with.');
    return;
  }
  const before = {
    spec: readJson(join(released, last, 'spec.json')),
    catalog: readJson(join(released, last, 'catalog.json')),
  };
  const problems = [...specProblems(before.spec, current.spec), ...catalogProblems(before.catalog, current.catalog)];
  const declared = breakingChange();
  for (const problem of problems) say(`  ${problem}`);
  if (problems.length === 0) say(`compatibility: specification and catalog only grew since ${last}.`);
  else if (declared) say(`compatibility: broken since ${last}, as metadata.yaml says of ${version}.`);
  else {
    say(`compatibility: FAILED, ${problems.length} things that connections made with ${last} depend on have changed.`);
    process.exitCode = 1;
  }
}

/** What the executable prints. That takes no request, so any key will do. */
function readCurrent() {
  if (flags.current !== undefined)
    return { spec: readJson(join(flags.current, 'spec.json')), catalog: readJson(join(flags.current, 'catalog.json')) };
  const folder = mkdtempSync(join(tmpdir(), 'source-clari-'));
  try {
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify({ api_key: 'none', forecast_ids: ['any'] }));
    const messages = (args) =>
      execFileSync(join(repository, 'bin', 'source-clari'), args, { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const { spec } = messages(['spec']).find(({ type }) => type === 'SPEC');
    const { catalog } = messages(['discover', '--config', config]).find(({ type }) => type === 'CATALOG');
    return { spec, catalog };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The newest version released before this one, or this one if it is already released. */
function lastRelease() {
  if (!existsSync(released)) return undefined;
  const versions = readdirSync(released).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
  const numbers = (text) => text.split('.').map(Number);
  const compare = (a, b) =>
    numbers(a)
      .map((n, index) => n - numbers(b)[index])
      .find((difference) => difference !== 0) ?? 0;
  return versions
    .filter((name) => compare(name, version) <= 0)
    .sort(compare)
    .at(-1);
}

/** Whether metadata.yaml lists this version as a breaking change, as Airbyte requires. */
function breakingChange() {
  const path = join(flags.root, 'metadata.yaml');
  if (!existsSync(path)) return false;
  return version in (parse(readFileSync(path, 'utf8')).data?.releases?.breakingChanges ?? {});
}
