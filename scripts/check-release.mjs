// Checks that everything that names a version names the one in package.json.
//
//   node scripts/check-release.mjs                  what must hold at any time
//   node scripts/check-release.mjs --tag v0.1.0     and what must hold of the commit that a release's tag is on
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { releaseProblems } from './release.cjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: flags } = parseArgs({ options: { tag: { type: 'string' } } });
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const problems = releaseProblems(root, flags.tag);
for (const problem of problems) process.stdout.write(`  ${problem}\n`);
if (problems.length === 0) process.stdout.write(`release: everything says ${version}.\n`);
else {
  process.stdout.write(`release: FAILED, ${problems.length} things don't agree.\n`);
  process.exitCode = 1;
}
