import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { releaseProblems } from '../../scripts/release.cjs';
import { REPOSITORY, runScript, withFiles } from './script';

const FILES = [
  ...['package.json', 'package-lock.json', 'metadata.yaml', 'Dockerfile', 'acceptance-test-config.yml'],
  ...['README.md', 'CHANGELOG.md', 'docs', 'resources'],
];
const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { version: string };

/** What the check says of a copy of this repository's files, one of them changed. */
function check({
  file,
  from,
  to = '',
  tag,
  released = false,
}: {
  file?: string;
  from?: string | RegExp;
  to?: string;
  tag?: string;
  released?: boolean;
} = {}) {
  return withFiles(released ? { [`released/${version}/catalog.json`]: {} } : {}, (root) => {
    for (const name of FILES) cpSync(join(REPOSITORY, name), join(root, name), { recursive: true });
    if (file !== undefined && from !== undefined) {
      const text = readFileSync(join(root, file), 'utf8');
      const other = text.replace(from, to);
      expect(other).not.toBe(text);
      writeFileSync(join(root, file), other);
    }
    return releaseProblems(root, tag);
  });
}

describe('the version', () => {
  it('given this repository, then everything says the same', () => {
    expect(check()).toEqual([]);
    expect(runScript('check-release.mjs', [])).toEqual({
      exitCode: 0,
      stdout: `release: everything says ${version}.\n`,
    });
    expect(runScript('check-release.mjs', ['--tag', 'v9.9.9']).exitCode).toBe(1);
  });

  it.each([
    ['metadata.yaml', /dockerImageTag: .*/, 'dockerImageTag: 9.9.9', 'dockerImageTag of metadata.yaml is 9.9.9'],
    ['metadata.yaml', /dockerRepository: .*/, 'dockerRepository: x/y', 'io.airbyte.name is ghcr.io'],
    ['package-lock.json', /"version": ".*"/, '"version": "9.9.9"', 'the version of package-lock.json is 9.9.9'],
    ['Dockerfile', /io\.airbyte\.version="[^"]*"/, 'io.airbyte.version="9.9.9"', 'io.airbyte.version is 9.9.9'],
    ['Dockerfile', /image\.version="[^"]*"/, 'image.version="9.9.9"', 'image.version is 9.9.9'],
    ['Dockerfile', /^ENTRYPOINT .*/m, 'ENTRYPOINT ["/else"]', "the image's ENTRYPOINT is /else"],
    ['CHANGELOG.md', /^## \d.*/m, '## 9.9.9', 'the newest version of CHANGELOG.md is 9.9.9'],
    ['README.md', /source-clari:\d+\.\d+\.\d+/, 'source-clari:9.9.9', 'README.md names source-clari:9.9.9'],
    ['acceptance-test-config.yml', /connector_image: .*/, 'connector_image: x:dev', 'connector_image of acceptance'],
    ['resources/spec.json', /"documentationUrl": ".*"/, '"documentationUrl": "x"', 'documentationUrl of the spec'],
  ])('given %s with another one, then it is told', (file, from, to, problem) => {
    expect(check({ file, from, to }).join('\n')).toContain(problem);
  });
});

describe('a release', () => {
  it('given a tag of this version, and the version kept in released/, then it passes', () => {
    expect(check({ tag: `v${version}`, released: true })).toEqual([]);
  });

  it.each([
    ['a tag of another version', { tag: 'v9.9.9', released: true }, 'the tag is v9.9.9'],
    ['no folder in released/', { tag: `v${version}` }, `released/${version} is missing`],
    [
      'a changelog without its date',
      { tag: `v${version}`, released: true, file: 'CHANGELOG.md', from: /^(## \d+\.\d+\.\d+).*/m, to: '$1' },
      'releaseDate of metadata.yaml',
    ],
  ])('given %s, then it is refused', (_, given, problem) => {
    expect(check(given).join('\n')).toContain(problem);
  });
});
