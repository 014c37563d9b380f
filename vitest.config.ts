import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/kit/compile-dataplane.ts',
    // These take minutes and the machine to themselves: npm run test:daemon, npm run test:console.
    exclude: [
      ...(process.env.DAEMON === undefined ? ['test/daemon/**'] : []),
      ...(process.env.BROWSER === undefined ? ['test/console/**'] : []),
    ],
    // Longer than any test takes: a slow machine is no fault.
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
