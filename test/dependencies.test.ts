import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
}

const read = (name: string) => JSON.parse(readFileSync(join(__dirname, '..', name), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Record<string, LockedPackage> };
const locked = Object.entries(packages).filter(([path]) => path !== '');
const runtime = locked.filter(([, { dev }]) => dev !== true);

/** Licences that ask for nothing but their own text to be kept. */
const PERMISSIVE = /^(\(?(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|Python-2\.0)( OR | AND )?)+\)?$/;

describe('what the connector depends on', () => {
  it('given the packages that a user installs, then the connector itself names few, each at one exact version', () => {
    const { dependencies, devDependencies } = read('package.json') as Record<string, Record<string, string>>;
    expect(Object.keys(dependencies ?? {})).toEqual(['ajv', 'ajv-formats', 'axios', 'commander', 'faros-airbyte-cdk']);
    for (const version of Object.values({ ...dependencies, ...devDependencies })) expect(version).toMatch(/^\d/);
    expect(runtime.length).toBeLessThan(100);
  });

  it('given the lock file, then each package is known by its content, from wherever it is fetched', () => {
    for (const [path, { integrity, resolved }] of locked) {
      expect(integrity, path).toMatch(/^sha512-/);
      expect(resolved, path).toBeUndefined();
    }
  });

  it('given what runs, then its licences are permissive, and nothing of it needs a script to be installed', () => {
    for (const [path, { license = '', hasInstallScript }] of runtime) {
      expect(license, path).toMatch(PERMISSIVE);
      expect(hasInstallScript, path).toBeUndefined();
    }
  });
});
