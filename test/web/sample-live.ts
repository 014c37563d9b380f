/** A live document of a daemon without any trouble, which tests change. */
import { NO_PROBLEM } from '../../src/web/api/coded-problem-schema.ts';
import { liveDocument, type LiveDocument } from '../../src/web/api/live-schema.ts';

export const NOW_MS = Date.UTC(2026, 10, 29, 14, 35);

export function sampleLive(changes: Partial<LiveDocument> = {}): LiveDocument {
  return liveDocument.parse({
    version: '1.0.0',
    now_ms: NOW_MS,
    wall_ms: NOW_MS,
    started_ms: NOW_MS - 3 * 86_400_000,
    zone: 'Asia/Karachi',
    place: { site: 'north', isp: 'example', link: '' },
    loss_bound: 0.001,
    source: {
      kind: 'interface',
      backend: 'tcpdump',
      live: true,
      ...NO_PROBLEM,
      restarts: 0,
      gap_seconds: 0,
      stalls: 0,
      files: { done: 0, waiting: 0, faulty: 0 },
    },
    mode: 'observe',
    rules_mode: 'observe',
    policy: { name: 'baseline', sha256: 'a'.repeat(64), rules: 4 },
    registry: {
      sha256: 'b'.repeat(64),
      rows: 41,
      in_force: 37,
      changed_ms: NOW_MS - 86_400_000,
      loaded_ms: NOW_MS - 3_600_000,
    },
    rules_sha256: 'c'.repeat(64),
    rules_since_ms: NOW_MS - 3_600_000,
    breaker: { trips: [], limits: [] },
    harm: { counts: { in_force: { would: 0, prevented: 0, done: 0 } }, latest: null },
    counts: {
      packets: 1_000_000,
      bytes: 1e9,
      lost: 0,
      undecoded: 10,
      flows_started: 100,
      flows_active: 10,
      flows_evicted: 0,
      decisions: { allow: 1, throttle: 0, block: 0 },
      findings: {},
      outcomes: {},
      lost_lines: 0,
    },
    lag: { mean: 0.01, last: 0.02 },
    calendar: { next_ms: null, ahead_ms: [], held_ms: null },
    refused: null,
    reloads: {},
    shadow: null,
    history: {
      ...NO_PROBLEM,
      since_ms: null,
      written: 10,
      waiting: 0,
      waiting_minutes: 0,
      lost: 0,
      lost_changes: 0,
      restarts: 0,
      set_aside: null,
    },
    ...changes,
  });
}
