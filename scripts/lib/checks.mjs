import { isDeepStrictEqual } from 'node:util';
import { say } from './programs.mjs';

/** A test's comparisons. A difference is printed at once, and makes the program exit with a failure. */
export class Checks {
  constructor(name) {
    this.name = name;
    this.passed = 0;
    this.failed = 0;
  }

  /** Compares two JSON values; differences between two objects are shown key by key. */
  equal(what, actual, expected) {
    if (isDeepStrictEqual(actual, expected)) {
      this.passed++;
      return;
    }
    this.failed++;
    const keyed = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!keyed(actual) || !keyed(expected)) {
      say(`  DIFFERS ${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
      return;
    }
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      if (isDeepStrictEqual(actual[key], expected[key])) continue;
      say(`  DIFFERS ${what}, ${key}: ${JSON.stringify(actual[key])} instead of ${JSON.stringify(expected[key])}`);
    }
  }

  /** Prints the outcome; the program's exit code reflects it. */
  end() {
    if (this.failed > 0) process.exitCode = 1;
    say(
      this.failed === 0
        ? `${this.name}: all ${this.passed} checks passed.`
        : `${this.name}: FAILED, ${this.failed} of ${this.passed + this.failed} checks.`,
    );
  }

  /** Says why the test, or the rest of it, can't run here, and exits. That isn't a failure. */
  skip(reason) {
    say(`${this.name}: SKIPPED, ${reason}.`);
    if (this.passed + this.failed > 0) this.end();
    process.exit();
  }
}
