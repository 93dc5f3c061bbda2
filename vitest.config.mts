import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/properties.ts'],
    // Only what hangs takes as long: a test must pass on a machine that is busy with other things.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Most of the time a test waits for a process of its own: more of them than two cores can run side by side.
    maxWorkers: 3,
  },
});
