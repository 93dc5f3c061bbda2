import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSpec } from '../src/resources';
import { STREAMS } from '../src/streams';

const ROOT = resolve(__dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'dbt/README.md', 'integration_tests/README.md'],
  'released/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const MAX_COLUMNS = 120;
/** Words that a native speaker stumbles over, and what to write instead. */
const FORBIDDEN: readonly (readonly [pattern: RegExp, better: string])[] = [
  [/\bwho(so)?ever\b/i, 'any … that, everyone who'],
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\bcan't be had\b/i, 'is missing, could not be fetched'],
  [/\bshall\b/i, 'will, is to'],
  [/\b(goes|went|going) on with\b/i, 'resumes, continues'],
];

/** A heading as the anchor that links to it names it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
const headingsOf = (page: string): string[] =>
  [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading ?? '');

/** A page without its fenced blocks; their lines stay, empty, so that line numbers stay what they are. */
const withoutCode = (page: string): string =>
  page.replace(/^ *```[\s\S]*?^ *```/gm, (block) => block.replace(/[^\n]/g, ''));

/** The words that a text lacks: short to read when an expectation fails, unlike the text. */
const missingIn = (text: string, words: readonly string[]): string[] => words.filter((word) => !text.includes(word));

/** The part of a page under a heading, up to the next one of the same or a higher level. */
function sectionOf(page: string, heading: string): string {
  const after = page.split(`\n${heading}\n`)[1] ?? '';
  const level = /^#+/.exec(heading)?.[0].length ?? 1;
  return after.split(new RegExp(`\n#{1,${level}} `))[0] ?? '';
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourcesIn(path);
    return path.endsWith('.ts') ? [read(path)] : [];
  });
}

describe('the documentation', () => {
  it.each(PAGES)('given %s, then every link inside the repository leads somewhere', (path) => {
    const broken: string[] = [];
    for (const [, target = ''] of withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, linked))) broken.push(`${target}: no such file`);
      else if (anchor !== undefined && !headingsOf(read(linked)).map(anchorOf).includes(anchor))
        broken.push(`${target}: no such heading`);
    }
    expect(broken).toEqual([]);
  });

  it.each(PAGES)('given %s, then its prose is no wider than 120 columns', (path) => {
    const wide = withoutCode(read(path))
      .split('\n')
      .flatMap((line, index) => {
        // Tables, and what can't be broken: a URL, a command.
        const unbreakable = /^\s*\|/.test(line) || !line.trim().includes(' ') || /^\s*`[^`]*`[.,]?$/.test(line);
        return line.length > MAX_COLUMNS && !unbreakable ? [`line ${index + 1}: ${line.length} columns`] : [];
      });
    expect(wide).toEqual([]);
  });

  it.each(PAGES)('given %s, then it is written in the words of the glossary', (path) => {
    const found = read(path)
      .split('\n')
      .flatMap((line, index) =>
        FORBIDDEN.flatMap(([pattern, better]) => {
          const word = pattern.exec(line)?.[0];
          return word === undefined ? [] : [`line ${index + 1}: "${word}" (better: ${better})`];
        }),
      );
    expect(found).toEqual([]);
  });

  it('given a key of the configuration, then the README explains it, and explains no other', () => {
    const rows = [...sectionOf(read('README.md'), '## Configuration').matchAll(/^\| `(\w+)` \|/gm)];
    expect(rows.map(([, key]) => key).sort()).toEqual(
      Object.keys(loadSpec().connectionSpecification.properties).sort(),
    );
  });

  it('given a default or a bound of the configuration, then the README has it', () => {
    const table = sectionOf(read('README.md'), '## Configuration');
    const wrong: string[] = [];
    const properties = Object.entries(loadSpec().connectionSpecification.properties) as [
      string,
      { default?: unknown; minimum?: number; maximum?: number; enum?: string[] },
    ][];
    for (const [key, { default: value, minimum, maximum, enum: words = [] }] of properties) {
      const row = table.split('\n').find((line) => line.startsWith(`| \`${key}\` |`)) ?? '';
      const expected = [
        ...(minimum === undefined ? [] : [`${minimum} … ${maximum}`]),
        ...words.map((word) => `\`${word}\``),
        // A list of words is "all six"; everything else stands there as it is.
        ...(value === undefined || (Array.isArray(value) && value.length > 0)
          ? []
          : [`\`${typeof value === 'string' ? value : JSON.stringify(value)}\``.replace('`false`', 'false')]),
      ];
      wrong.push(...missingIn(row, expected).map((word) => `${key}: ${word}`));
    }
    expect(wrong).toEqual([]);
  });

  it('given a stream, then the README has its key, its cursor and its sync modes', () => {
    const table = sectionOf(read('README.md'), '## Streams');
    const wanted = STREAMS.map(({ name, primaryKey = [], cursorField }) => {
      const quoted = (names: readonly string[]) => names.map((column) => `\`${column}\``).join(', ');
      const cursor = cursorField === undefined ? '–' : quoted([cursorField]);
      const modes = cursorField === undefined ? 'full refresh' : 'full refresh, incremental';
      return `| \`${name}\` | ${quoted(primaryKey)} | ${cursor} | ${modes} |`;
    });
    expect(wanted.filter((row) => !table.includes(`\n${row}`))).toEqual([]);
    expect([...table.matchAll(/^\| `\w+` \|/gm)]).toHaveLength(STREAMS.length);
  });

  it('given a stream, then its users’ page describes it with every column', () => {
    const page = read('docs/clari.md');
    const missing = STREAMS.flatMap(({ name }) => {
      const section = sectionOf(page, `### ${name}`);
      const { properties } = JSON.parse(read(`resources/schemas/${name}.json`)) as { properties: object };
      const columns = Object.keys(properties).filter((column) => column !== 'additionalFields');
      return missingIn(
        section,
        columns.map((column) => `\`${column}\``),
      ).map((column) => `${name}: ${column}`);
    });
    expect(missing).toEqual([]);
  });

  it('given a message that the README explains, then the connector can say it', () => {
    // Texts that are put together from several lines of source, as one.
    const source = sourcesIn('src')
      .join('\n')
      .replace(/['`"]\s*\+\s*['`"]/g, '')
      .replace(/\\(['"])/g, '$1');
    const rows = [...sectionOf(read('README.md'), '## Troubleshooting').matchAll(/^\| (?!message|---)(.+?) \|/gm)];
    expect(rows.length).toBeGreaterThan(30);
    const unknown = rows.flatMap(([, message = '']) => {
      // What stands for a name, a number or another sentence is not in the source.
      const fixed = message.split(/…"?/).map((part) => part.trim());
      return missingIn(
        source,
        fixed.filter((part) => part.length > 3),
      );
    });
    expect(unknown).toEqual([]);
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
    const titles = required.map((key) => properties[key]?.title ?? key);
    expect(missingIn(sectionOf(page, '## Prerequisites'), titles)).toEqual([]);
  });

  it('given the version, then the users’ page and the changelog have an entry for it', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(missingIn(sectionOf(read('docs/clari.md'), '## Changelog'), [`| ${version} |`])).toEqual([]);
    expect(missingIn(read('CHANGELOG.md'), [`\n## ${version}`])).toEqual([]);
  });

  it('given the dbt that the package asks for, then its page asks for the same', () => {
    const [, oldest = 'none'] = /require-dbt-version: \[">=([\d.]+)"/.exec(read('dbt/dbt_project.yml')) ?? [];
    expect(missingIn(read('dbt/README.md').replaceAll('\n', ' '), [`dbt ${oldest} or newer`])).toEqual([]);
  });

  it('given a file that a page names, then it exists', () => {
    const missing = PAGES.flatMap((page) =>
      // The files of a stream that is yet to be added don't exist.
      [
        ...read(page)
          .replace(sectionOf(read(page), '## Adding a stream'), '')
          .matchAll(/`((?:src|test|resources|simulator|bench|e2e)\/[\w./-]+\.\w+)`/g),
      ].flatMap(([, path = '']) => (existsSync(join(ROOT, path)) ? [] : [`${page}: ${path}`])),
    );
    expect(missing).toEqual([]);
  });

  it('given a script that a page names, then it exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const missing = PAGES.flatMap((page) =>
      [...read(page).matchAll(/npm run ([\w:-]+)/g)].flatMap(([, name = '']) =>
        name in scripts ? [] : [`${page}: npm run ${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });
});
