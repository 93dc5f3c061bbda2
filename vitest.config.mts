import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of the time a test waits for a process of its own: more of them than two cores can run side by side.
    maxWorkers: 3,
  },
});
