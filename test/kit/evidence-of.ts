/** The evidence of a flow's record as entries, oldest first; none where the record has no evidence. */
import { type EvidenceEntry, mergedEntries } from '../../src/dataplane/host/evidence-rows.ts';
import type { FlowRecord } from '../../src/decision/flow-record.ts';

export function evidenceOf({ ownRows, ownEvidence, tunnelRows, tunnelEvidence }: FlowRecord): EvidenceEntry[] {
  if (ownRows === null || tunnelRows === null) return [];
  return mergedEntries(ownRows, ownEvidence, tunnelRows, tunnelEvidence);
}
