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
    tests: [
      'test/capture/spool-folder.test.ts',
      'test/capture/spool-checkpoint.test.ts',
      'test/cli/spool-state.test.ts',
      'test/cli/state-file.test.ts',
      'test/capture/spool-source.test.ts',
    ],
  },
  logs: {
    mutate: [
      'src/output/event-log.ts',
      'src/output/log-tail.ts',
      'src/output/rotating-*.ts',
      'src/output/line-output.ts',
    ],
    tests: ['test/output/event-log.test.ts', 'test/output/named-pipe.test.ts', 'test/output/rotating-lines.test.ts'],
  },
  summary: {
    mutate: ['src/output/summary.ts'],
    tests: ['test/output/summary.test.ts'],
  },
  policy: {
    mutate: [
      'src/policy/action.ts',
      'src/policy/boundaries.ts',
      'src/policy/change-*.ts',
      'src/policy/compile-*.ts',
      'src/policy/condition.ts',
      'src/policy/decide.ts',
      'src/policy/guard-limits.ts',
      'src/policy/limits.ts',
      'src/policy/registered-reach.ts',
      'src/policy/rollout.ts',
      'src/policy/schedule.ts',
      'src/policy/trial-rules.ts',
    ],
    tests: ['test/policy/*.test.ts'],
  },
  decisions: {
    mutate: [
      'src/engine/decision-*.ts',
      'src/engine/decisions.ts',
      'src/engine/due-decisions.ts',
      'src/engine/registered-hits.ts',
      'src/engine/shown-decisions.ts',
      'src/engine/standing.ts',
    ],
    tests: [
      'test/engine/registered-hits.test.ts',
      'test/engine/due-decisions.test.ts',
      'test/engine/shown-decisions.test.ts',
      'test/engine/decisions.test.ts',
    ],
  },
  registry: {
    mutate: [
      'src/registry/bucket-layout.ts',
      'src/registry/ipv4-trie.ts',
      'src/registry/ipv6-trie.ts',
      'src/registry/ordered-prefixes.ts',
      'src/registry/prefix-stack.ts',
      'src/registry/prefix-trie.ts',
      'src/registry/registration-search.ts',
      'src/registry/registry.ts',
      'src/registry/terms.ts',
      'src/registry/trie-shape.ts',
    ],
    tests: [
      'test/registry/prefix-trie.test.ts',
      'test/registry/registration-search.test.ts',
      'test/registry/registry.test.ts',
      'test/registry/coverage-change.test.ts',
    ],
  },
};
