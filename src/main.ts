import { loadSpec } from './resources';

/** The executable's entry point. `argv` is `process.argv`. */
export function main(argv: readonly string[]): void {
  // Answered before anything else is loaded: platforms ask for the spec often, and it never changes.
  if (argv.length === 3 && argv[2] === 'spec') {
    process.stdout.on('error', () => process.exit(1));
    process.stdout.write(`${JSON.stringify({ type: 'SPEC', spec: loadSpec() })}\n`);
    return;
  }
  const { runSource } = require('./executable') as typeof import('./executable');
  void runSource(argv);
}
