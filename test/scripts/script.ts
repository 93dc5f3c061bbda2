import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '..', '..');

/** Writes files by their paths, JSON where they aren't text, to a folder of its own; `use` gets the folder. */
export function withFiles<T>(files: Readonly<Record<string, unknown>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'script-test-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs one of the scripts to its end. */
export function runScript(name: string, args: readonly string[]): { exitCode: number | null; stdout: string } {
  const { status, stdout } = spawnSync(process.execPath, [join(REPOSITORY, 'scripts', name), ...args], {
    encoding: 'utf8',
  });
  return { exitCode: status, stdout };
}
