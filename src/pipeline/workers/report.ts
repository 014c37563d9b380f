/**
 * What a worker reports, as records of an event queue: the code of each kind, and the places of its words. Every record
 * begins with its head (kind and length) and the row of the batch at which it happened. Within a batch the rows of one
 * worker's records never fall.
 *
 * A flow is named by its slot in the worker. DETECTION and ENDED contain its row of the flow table as of that packet.
 */
import { DETAIL_WORDS, ROW_WORDS } from '../../dataplane/flow/flow-row.ts';

export const Report = {
  /** A detection (dataplane/detection) and its packet. */
  DETECTION: 1,
  /** A packet without a detection, of a flow that was reported before. */
  PACKET: 2,
  ENDED: 3,
  /** Everything before this row was reported. */
  WATERMARK: 4,
  /** The batch is done. */
  BATCH_END: 5,
} as const;

/** Words of all records. FLOW is the slot, doubled, plus the packet's direction. */
export const ReportWord = { HEAD: 0, ROW: 1, FLOW: 2 } as const;

export const PACKET_LENGTH = 3;
export const WATERMARK_LENGTH = 2;
export const BATCH_END_LENGTH = 2;

/** A flow's row in DETECTION and ENDED, from its first word on. */
export const FlowCopy = {
  WORDS: 0,
  DETAILS: ROW_WORDS,
  /** Both ends' addresses, four words each. */
  ADDRESSES: ROW_WORDS + DETAIL_WORDS,
} as const;
export const FLOW_COPY_LENGTH = ROW_WORDS + DETAIL_WORDS + 8;

export const EndedWord = {
  REASON: 3,
  /** Numbers of two words that sort flows which end at one row for like reasons. */
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
