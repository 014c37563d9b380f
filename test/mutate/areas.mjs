/**
 * What `npm run mutate` mutates, and the tests that have to notice: those that need no root, start no daemon and read `src` itself. A test that starts
 * dist/bin/sluice.js sees no mutant.
 */
export const AREAS = {
  enforcement: {
    mutate: ['src/enforcement/*.ts'],
    tests: ['test/enforcement/idle-list.test.ts', 'test/enforcement/token-bucket.test.ts'],
  },
  breaker: {
    mutate: [
      'src/policy/breaker.ts',
      'src/policy/breaker-state.ts',
      'src/policy/client-groups.ts',
      'src/policy/client-hash.ts',
      'src/policy/client-sample.ts',
      'src/policy/client-table.ts',
      'src/policy/hit-clients.ts',
      'src/policy/packed-numbers.ts',
      'src/policy/seen-clients.ts',
      'src/policy/sliding-counts.ts',
      'src/policy/trip.ts',
      'src/engine/safety-guard.ts',
      'src/engine/trial-guard.ts',
    ],
    tests: [
      'test/policy/breaker*.test.ts',
      'test/policy/client-*.test.ts',
      'test/policy/hit-clients.test.ts',
      'test/policy/seen-clients.test.ts',
      'test/policy/sliding-counts.test.ts',
      'test/policy/packed-numbers.test.ts',
      'test/engine/safety-guard.test.ts',
      'test/engine/trial-guard.test.ts',
    ],
  },
  spool: {
    mutate: ['src/capture/spool-*.ts', 'src/cli/spool-state.ts', 'src/cli/state-file.ts'],
    tests: ['test/capture/spool-*.test.ts', 'test/cli/spool-state.test.ts', 'test/cli/state-file.test.ts'],
  },
};
