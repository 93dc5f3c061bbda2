import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Every file of these tests is in integration_tests, which has a README. */
const FOLDER = resolve(__dirname, '..', '..', '..', 'integration_tests');

/**
 * The text of a file in integration_tests. With WRITE_INTEGRATION_FILES=1 it is first written anew, where the test
 * knows what should be in it.
 */
export function readText(name: string, expected?: string): string {
  if (expected !== undefined && process.env['WRITE_INTEGRATION_FILES'] === '1')
    writeFileSync(join(FOLDER, name), expected);
  return readFileSync(join(FOLDER, name), 'utf8');
}

/** A JSON file of integration_tests. The caller knows its shape. */
export const readJson = <T>(name: string): T => JSON.parse(readText(name)) as T;
