import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The daemon's suite takes minutes and the machine to itself: npm run test:daemon.
    exclude: process.env.DAEMON === undefined ? ['test/daemon/**'] : [],
    // Longer than any test takes: a slow machine is no fault.
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
