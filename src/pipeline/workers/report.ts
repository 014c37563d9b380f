/**
 * What a shard reports, as records of a ring (event-queue): the code of each kind, and where its words are. Every
 * record begins with its head (kind and length) and the row of the batch at which it happened; rows of one shard's
 * records never fall within a batch.
 *
 * A flow is known by the slot that it has in its shard. HEARD and ENDED bring its row of the flow table as it is at
 * that packet.
 */
import { DETAIL_WORDS, ROW_WORDS } from '../../dataplane/flow/flow-row.ts';

export const Report = {
  /** The flow's own packets have said something new (detection.ts). */
  DETECTION: 1,
  /** A packet of a flow that was reported before. */
  PACKET: 2,
  ENDED: 3,
  /** All that is to be said of the rows before this one has been said. */
  WATERMARK: 4,
  /** The batch is done. */
  BATCH_END: 5,
} as const;

/** Words of all records. FLOW is the slot, doubled, plus the packet's direction. */
export const ReportWord = { HEAD: 0, ROW: 1, FLOW: 2 } as const;

export const PACKET_LENGTH = 3;
export const WATERMARK_LENGTH = 2;
export const BATCH_END_LENGTH = 2;

/** A flow's row, as HEARD and ENDED bring it, from its first word on. */
export const FlowCopy = {
  WORDS: 0,
  DETAILS: ROW_WORDS,
  /** Both ends' addresses, four words each. */
  ADDRESSES: ROW_WORDS + DETAIL_WORDS,
} as const;
export const FLOW_COPY_LENGTH = ROW_WORDS + DETAIL_WORDS + 8;

export const EndedWord = {
  REASON: 3,
  /** Numbers of two words, by which flows that end at one row for like reasons are in order. */
  ORDER: 4,
  FIRST_PACKET: 6,
  FLOW_COPY: 8,
} as const;
export const ENDED_LENGTH = EndedWord.FLOW_COPY + FLOW_COPY_LENGTH;

export const DetectionWord = {
  HOLDER: 3,
  FINDING: 4,
  KEY_HIGH: 5,
  KEY_LOW: 6,
  RECEIVER: 7,
  EVIDENCE_COUNT: 8,
  FLOW_COPY: 9,
  /** EVIDENCE_WORDS for each row of evidence. */
  EVIDENCE: 9 + FLOW_COPY_LENGTH,
} as const;

/** Words of a row of evidence: check, offset, the packet's number as two words, what was expected and what was seen. */
export const EvidenceWord = { CHECK: 0, OFFSET: 1, PACKET: 2, VALUES: 4 } as const;
export const EVIDENCE_WORDS = 8;
