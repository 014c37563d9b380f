import { defineConfig } from 'vitest/config';

/** Campaigns at full size, or with PROOF=short in their short forms: test/proof/run.mjs. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.proof.ts'],
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
  },
});
