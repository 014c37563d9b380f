/** The evidence of a flow's record as entries, oldest first; none where the record has no log. */
import type { EvidenceEntry } from '../../src/dataplane/fingerprint/evidence.ts';
import type { FlowRecord } from '../../src/decision/flow-record.ts';

export function evidenceOf({ evidenceLog, ownEvidence, tunnelEvidence }: FlowRecord): EvidenceEntry[] {
  return evidenceLog?.entries(ownEvidence, tunnelEvidence) ?? [];
}
