/** The provenance of a run without inputs, for tests of outputs that include one. */
import { type Provenance, provenanceOf, type RunFacts } from '../../src/output/provenance/provenance.ts';

export function sampleProvenance(facts: Partial<RunFacts> = {}): Provenance {
  return provenanceOf({
    command: ['replay', 'trace.pcap', '--json'],
    startedMs: Date.UTC(2026, 10, 1),
    endedMs: Date.UTC(2026, 10, 1, 0, 0, 2),
    counters: { firstTimeUs: Number.NaN, lastTimeUs: Number.NaN },
    interruption: null,
    incomplete: [],
    unread: [],
    skipped: [],
    mode: 'observe',
    inputs: [],
    rules: [],
    hidesAddresses: false,
    ...facts,
  });
}
