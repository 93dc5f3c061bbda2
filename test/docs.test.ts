import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSpec } from '../src/config';
import { STREAMS } from '../src/streams';

const ROOT = resolve(__dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'integration_tests/README.md'],
  ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

/** A heading as the anchor that links to it name it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
const headingsOf = (page: string): string[] => [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading ?? '');

describe('the documentation', () => {
  it.each(PAGES)('given %s, then every link inside the repository leads somewhere', (path) => {
    for (const [, target = ''] of read(path).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? path : join(dirname(path), file);
      expect(existsSync(join(ROOT, linked)), `${path}: ${target}`).toBe(true);
      if (anchor !== undefined) expect(headingsOf(read(linked)).map(anchorOf), `${path}: ${target}`).toContain(anchor);
    }
  });

  it('given a key of the configuration, then the README explains it', () => {
    for (const key of Object.keys(loadSpec().connectionSpecification.properties))
      expect(read('README.md')).toContain(`\n| \`${key}\` |`);
  });

  it('given a stream, then README and its users’ page name it, and the latter every column', () => {
    const page = read('docs/clari.md');
    for (const { name } of STREAMS) {
      expect(read('README.md')).toContain(`\n| \`${name}\` |`);
      const section = page.split(`\n### ${name}\n`)[1]?.split('\n## ')[0]?.split('\n### ')[0] ?? '';
      const { properties } = JSON.parse(read(`resources/schemas/${name}.json`)) as { properties: object };
      for (const column of Object.keys(properties))
        if (column !== 'additionalFields') expect(section, name).toContain(`\`${column}\``);
    }
  });

  it('given the users’ page, then its headings come in the order that Airbyte’s pages have', () => {
    const page = read('docs/clari.md');
    const wanted = [
      'Clari',
      'Prerequisites',
      'Setup guide',
      'Set up Clari',
      'Supported sync modes',
      'Supported Streams',
      'Performance considerations',
      'Data type map',
      'Troubleshooting',
      'Changelog',
    ];
    expect(headingsOf(page).filter((heading) => wanted.includes(heading))).toEqual(wanted);
    const { required, properties } = loadSpec().connectionSpecification as unknown as {
      required: string[];
      properties: Record<string, { title: string }>;
    };
    const prerequisites = page.split('## Prerequisites')[1]?.split('\n## ')[0];
    for (const key of required) expect(prerequisites).toContain(properties[key]?.title);
  });

  it('given a script that a page names, then it exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const path of PAGES)
      for (const [, name = ''] of read(path).matchAll(/npm run ([\w:-]+)/g))
        expect(Object.keys(scripts), `${path}: npm run ${name}`).toContain(name);
  });
});
