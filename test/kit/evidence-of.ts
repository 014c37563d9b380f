/** The evidence of a flow's record as entries, oldest first; none where the record has no evidence. */
import { type EvidenceEntry, type EvidenceRows, goesFirst } from '../../src/dataplane/host/evidence-rows.ts';
import type { FlowRecord } from '../../src/decision/flow-record.ts';

export function evidenceOf({ ownRows, ownEvidence, tunnelRows, tunnelEvidence }: FlowRecord): EvidenceEntry[] {
  if (ownRows === null || tunnelRows === null) return [];
  return mergedEntries(ownRows, ownEvidence, tunnelRows, tunnelEvidence);
}

/** Two chains as entries, by their packets, those of the first before those of the second. */
function mergedEntries(
  first: EvidenceRows,
  firstRow: number,
  second: EvidenceRows,
  secondRow: number,
): EvidenceEntry[] {
  const entries: EvidenceEntry[] = [];
  for (let [one, other] = [firstRow, secondRow]; one !== 0 || other !== 0;) {
    if (goesFirst(first, one, second, other)) {
      entries.push(first.entryOf(one));
      one = first.nextOf(one);
    } else {
      entries.push(second.entryOf(other));
      other = second.nextOf(other);
    }
  }
  return entries;
}
