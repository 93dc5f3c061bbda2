import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../simulator';
import { Messages } from './support/messages';

const ROOT = resolve(__dirname, '..');
const section =
  readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').split('\n## Adding a stream\n')[1]?.split('\n## ')[0] ?? '';

/** The code block after a place in the section, without the list's indentation. */
function blockAfter(place: string, language: string): string {
  const after = section.split(place)[1] ?? '';
  const [, block = ''] = new RegExp(`\`\`\`${language}\n([^]*?)\n *\`\`\``).exec(after) ?? [];
  return `${block.replace(/^ {3}/gm, '')}\n`;
}

/** The text between backticks that a pattern finds. */
const codeOf = (pattern: RegExp): string => pattern.exec(section)?.[1] ?? '';

describe('"Adding a stream", followed literally', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adding-a-stream-'));
  const path = (name: string) => join(folder, name);
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'] } });

  beforeAll(() => {
    for (const name of [
      'src',
      'resources',
      'bin',
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'biome.json',
    ])
      cpSync(join(ROOT, name), path(name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), path('node_modules'));

    writeFileSync(path(codeOf(/1\. `(resources\/schemas\/\w+\.json)`/)), blockAfter('\n1. ', 'json'));
    writeFileSync(path(codeOf(/2\. `(src\/streams\/[\w-]+\.ts)`/)), blockAfter('\n2. ', 'ts'));
    const index = readFileSync(path('src/streams/index.ts'), 'utf8');
    const list = /\n\];\n$/;
    expect(index).toMatch(list);
    const [importLine, entry] = [codeOf(/`(import [^`]+)`/), codeOf(/in `STREAMS`, `([^`]+)`/)];
    writeFileSync(path('src/streams/index.ts'), `${importLine}\n${index.replace(list, `\n  ${entry}\n];\n`)}`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('given the three steps, then the connector compiles, and has the stream and reads it', async () => {
    const compiled = run(join(ROOT, 'node_modules', '.bin', 'tsc'), '-p', 'tsconfig.build.json');
    expect(compiled.stdout).toBe('');
    expect(compiled.status).toBe(0);

    const simulator = await startSimulator();
    try {
      const config = { api_key: simulator.apiKey, base_url: simulator.url, forecast_ids: ['net_new'] };
      writeFileSync(path('config.json'), JSON.stringify(config));
      const catalog = await output('catalog', '--config', 'config.json', '--streams', 'export_limits');
      writeFileSync(path('catalog.json'), catalog);
      const messages = new Messages(
        (await output('read', '--config', 'config.json', '--catalog', 'catalog.json')).trim().split('\n'),
      );
      expect(messages.errors).toEqual([]);
      expect(messages.records('export_limits')).toEqual([
        { limit: 'at a time', allowed: 3, additionalFields: null },
        { limit: 'in 30 days', allowed: 1000, additionalFields: null },
      ]);
    } finally {
      await simulator.close();
    }
  });

  it('given the schema, then its columns have a sentence each, as test/streams/registry.test.ts wants it', () => {
    const { properties } = JSON.parse(blockAfter('\n1. ', 'json')) as { properties: Record<string, object> };
    for (const [column, schema] of Object.entries(properties))
      expect(schema, column).toHaveProperty('description', expect.stringMatching(/^[A-Z:a-z].{10,}\.$/));
  });

  it('given the code, then it is formatted as the rest is', () => {
    const biome = run(
      join(ROOT, 'node_modules', '.bin', 'biome'),
      'format',
      '--vcs-enabled=false',
      'src/streams',
      'resources/schemas',
    );
    expect(biome.stderr + biome.stdout).not.toContain('Formatter would have printed');
    expect(biome.status).toBe(0);
  });

  /** The simulator is in this process, so that the connector must not block it. */
  async function output(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, ['bin/source-clari', ...args], { cwd: folder });
    return stdout;
  }
});
