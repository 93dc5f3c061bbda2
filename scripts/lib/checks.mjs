import { isDeepStrictEqual } from 'node:util';
import { say } from './programs.mjs';

/** What a test compares. What differs is printed at once, and makes the program fail when it ends. */
export class Checks {
  constructor(name) {
    this.name = name;
    this.passed = 0;
    this.failed = 0;
  }

  /** Two JSON values; of two objects, what differs is shown key by key. */
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

  /** Says how it went; the program's exit code says it too. */
  end() {
    if (this.failed > 0) process.exitCode = 1;
    say(
      this.failed === 0
        ? `${this.name}: all ${this.passed} checks passed.`
        : `${this.name}: FAILED, ${this.failed} of ${this.passed + this.failed} checks.`,
    );
  }

  /** Says why the test, or what is left of it, is not run here. That is no failure. */
  skip(reason) {
    say(`${this.name}: SKIPPED, ${reason}.`);
    if (this.passed + this.failed > 0) this.end();
    process.exit();
  }
}
