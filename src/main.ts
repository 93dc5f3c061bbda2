import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCES } from './resources';

/** The executable's entry point. `argv` is `process.argv`. */
export function main(argv: readonly string[]): void {
  // Answered before anything else is loaded: platforms ask for the spec often, and it never changes.
  if (argv.length === 3 && argv[2] === 'spec') {
    const spec: unknown = JSON.parse(readFileSync(join(RESOURCES, 'spec.json'), 'utf8'));
    process.stdout.on('error', () => process.exit(1));
    process.stdout.write(`${JSON.stringify({ type: 'SPEC', spec })}\n`);
    return;
  }
  const { runSource } = require('./executable') as typeof import('./executable');
  void runSource(argv);
}
