import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(__dirname, '..', 'src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

/** The files of src that a file imports, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, name = '']) => {
    const path = resolve(SRC, dirname(file), name);
    const found = [`${path}.ts`, join(path, 'index.ts')].find((candidate) => existsSync(candidate));
    return relative(SRC, found ?? path);
  });
}

const graph = new Map(files.map((file) => [file, importsOf(file)]));

/** Folders, and what they know nothing of. */
const APART: readonly (readonly [folder: string, unknown: readonly string[]])[] = [
  ['clari', ['airbyte', 'exports', 'streams', 'probe']],
  ['airbyte', ['clari', 'exports', 'streams', 'probe']],
  ['exports', ['airbyte', 'streams', 'probe']],
  ['streams', ['probe']],
];

describe('the structure of the source', () => {
  it.each(APART)('given src/%s, then it imports nothing of %j', (folder, unknown) => {
    const foreign = [...graph].flatMap(([file, imports]) =>
      file.startsWith(`${folder}/`)
        ? imports.filter((name) => unknown.some((other) => name.startsWith(`${other}/`))).map((name) => [file, name])
        : [],
    );
    expect(foreign).toEqual([]);
  });

  it('given all imports, then none leads back to its file', () => {
    const circles: string[][] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file]);
      if (done.has(file) || path.includes(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});
