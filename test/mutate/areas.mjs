/**
 * The areas of `npm run mutate`: the files that are mutated, and the tests that must fail. The tests need no root and
 * import `src`; a test that starts the daemon or dist/bin/sluice.js would not run the mutants.
 */
export const AREAS = {
  enforcement: {
    mutate: ['src/decision/idle-list.ts', 'src/decision/token-bucket.ts'],
    tests: ['test/enforcement/idle-list.test.ts', 'test/enforcement/token-bucket.test.ts'],
  },
  breaker: {
    mutate: [
      'src/decision/breaker/breaker.ts',
      'src/decision/breaker/breaker-state.ts',
      'src/policy/client-groups.ts',
      'src/policy/client-hash.ts',
      'src/decision/breaker/client-sample.ts',
      'src/policy/client-table.ts',
      'src/decision/breaker/hit-clients.ts',
      'src/decision/breaker/packed-numbers.ts',
      'src/decision/breaker/seen-clients.ts',
      'src/decision/breaker/sliding-counts.ts',
      'src/decision/breaker/trip.ts',
      'src/decision/safety-guard.ts',
      'src/decision/trial-guard.ts',
    ],
    tests: [
      'test/policy/client-hash.test.ts',
      'test/decision/breaker/breaker-state.test.ts',
      'test/engine/safety-guard.test.ts',
      'test/decision/breaker/sliding-counts.test.ts',
      'test/decision/breaker/breaker.test.ts',
    ],
  },
  spool: {
    mutate: ['src/capture/spool/*.ts', 'src/daemon/spool-state.ts', 'src/daemon/state-file.ts'],
    tests: [
      'test/capture/spool-folder.test.ts',
      'test/capture/spool-checkpoint.test.ts',
      'test/cli/spool-state.test.ts',
      'test/cli/state-file.test.ts',
      'test/capture/spool-source.test.ts',
    ],
  },
  // line-output and pipe-stream are left out: their tests hand descriptors to sockets. A thread then closes these
  // descriptors a second time when it ends, and with them files of the process that runs the tests.
  logs: {
    mutate: [
      'src/output/log/event-log.ts',
      'src/output/log/log-tail.ts',
      'src/output/log/line-queue.ts',
      'src/output/log/stream-target.ts',
      'src/output/log/rotating-file.ts',
    ],
    tests: [
      'test/output/event-log.test.ts',
      'test/output/stream-target.test.ts',
      'test/output/rotating-file.test.ts',
      'test/output/line-queue-target.test.ts',
      'test/output/line-queue.test.ts',
    ],
  },
  summary: {
    mutate: ['src/output/summary/summary.ts'],
    tests: ['test/output/summary.test.ts', 'test/output/summary-page.test.ts'],
  },
  policy: {
    mutate: [
      'src/policy/action.ts',
      'src/policy/boundaries.ts',
      'src/policy/change-*.ts',
      'src/policy/client-hits.ts',
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
    tests: [
      'test/policy/action.test.ts',
      'test/policy/guard-limits.test.ts',
      'test/policy/limits.test.ts',
      'test/policy/change-verdict.test.ts',
      'test/policy/client-hits.test.ts',
      'test/policy/rollout.test.ts',
      'test/policy/decide.test.ts',
      'test/policy/policy-file.test.ts',
      'test/policy/boundaries.test.ts',
      'test/policy/registered-reach.test.ts',
      'test/policy/change-evaluation.test.ts',
      'test/policy/schedule.test.ts',
      'test/policy/decide-twin.test.ts',
    ],
  },
  decisions: {
    mutate: [
      'src/decision/decision-*.ts',
      'src/decision/decisions.ts',
      'src/decision/due-decisions.ts',
      'src/decision/registered-hits.ts',
      'src/decision/decision-views.ts',
      'src/decision/decision-table.ts',
    ],
    tests: [
      'test/decision/decision-counts.test.ts',
      'test/decision/decision-table.test.ts',
      'test/decision/decision-controller.test.ts',
      'test/engine/due-decisions.test.ts',
      'test/engine/registered-hits.test.ts',
      'test/engine/safety-guard.test.ts',
      'test/engine/decisions.test.ts',
      'test/decision/decisions-twin.test.ts',
      'test/engine/decision-views.test.ts',
    ],
  },
  registry: {
    mutate: [
      'src/registry/lookup/bucket-layout.ts',
      'src/registry/lookup/ipv4-trie.ts',
      'src/registry/lookup/ipv6-trie.ts',
      'src/registry/lookup/ordered-prefixes.ts',
      'src/registry/lookup/prefix-stack.ts',
      'src/registry/lookup/prefix-trie.ts',
      'src/registry/lookup/registration-search.ts',
      'src/registry/registry.ts',
      'src/registry/lookup/validity-index.ts',
      'src/registry/lookup/trie-shape.ts',
    ],
    tests: [
      'test/registry/prefix-trie.test.ts',
      'test/registry/registration-search.test.ts',
      'test/registry/registry.test.ts',
      'test/registry/coverage-change.test.ts',
    ],
  },
};
