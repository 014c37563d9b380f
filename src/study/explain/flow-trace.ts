/**
 * What the fingerprints made of the packets of one flow: which looked, at which packets, what did not hold, and the
 * bytes that their evidence is of. Bounded: a row for each reason of each fingerprint, with its first packet and a
 * count, and copies of the payloads that evidence is of.
 */
import { FingerprintId } from '../../dataplane/fingerprint/holder.ts';
import type { Payload } from '../../dataplane/fingerprint/payload.ts';
import { shortfall, Shortfall, ShortfallWord } from '../../dataplane/fingerprint/shortfall.ts';
import { Verdict } from '../../dataplane/fingerprint/verdict.ts';
import { PayloadHead } from './payload-head.ts';
import { type ReasonText, reasonText } from './shortfall-reasons.ts';

/** Numbers of packets that are kept of those that a fingerprint looked at. */
const NUMBERS_LIMIT = 5;

/** How a look ended that led to no confirmed finding. */
export const LookEnd = { NOT_CLAIMED: 0, RULED_OUT: 1, UNDECIDED: 2, SUSPECTED: 3 } as const;
export type LookEnd = (typeof LookEnd)[keyof typeof LookEnd];

const END_OF_VERDICT = [LookEnd.RULED_OUT, LookEnd.UNDECIDED, LookEnd.SUSPECTED] as const;

/** One reason of one fingerprint. */
export interface TraceRow {
  readonly fingerprint: FingerprintId;
  readonly reason: Shortfall;
  readonly end: LookEnd;
  /** The first packet with it, and the offset as evidence shows it. */
  readonly packet: number;
  readonly offset: number;
  readonly text: ReasonText;
  /** Packets with it, and the last of them. */
  count: number;
  lastPacket: number;
}

/** Packets that a fingerprint looked at. */
export interface Looks {
  count: number;
  /** The first of them. */
  readonly packets: number[];
}

/** Why packets of a flow are shown to the fingerprints no more. */
export type GivenUp = 'unclaimed' | 'undecided' | 'quic';

export class FlowTrace {
  readonly rows: TraceRow[] = [];
  readonly looks = new Map<FingerprintId, Looks>();
  /** Payloads that evidence is of. */
  readonly heads: PayloadHead[] = [];
  givenUp: { readonly why: GivenUp; readonly packet: number } | null = null;
  /** Packets with a payload, and those of them that no fingerprint looked at. */
  payloadCount = 0;
  unseenCount = 0;
  /** The last packet that a fingerprint looked at. */
  lastLook = 0;
  private readonly byReason = new Map<number, TraceRow>();
  private readonly evidencePackets: ReadonlySet<number>;

  /** `evidencePackets`: the packets that evidence of the flow is of. */
  constructor(evidencePackets: ReadonlySet<number>) {
    this.evidencePackets = evidencePackets;
  }

  /** A fingerprint does not claim the payload; the reason is in the record. */
  noteUnclaimed(fingerprint: FingerprintId, payload: Payload): void {
    this.noteLooked(fingerprint, payload.packet);
    this.noteRow(fingerprint, payload, LookEnd.NOT_CLAIMED);
  }

  /** The fingerprint that holds the flow has looked; the reason, if there is one, is in the record. */
  noteLook(fingerprint: FingerprintId, payload: Payload, verdict: Verdict): void {
    this.noteLooked(fingerprint, payload.packet);
    if (this.evidencePackets.has(payload.packet)) this.heads.push(new PayloadHead(fingerprint, payload));
    const isMute = verdict === Verdict.SUSPECTED && shortfall[ShortfallWord.REASON] === Shortfall.NONE;
    if (verdict !== Verdict.CONFIRMED && !isMute) this.noteRow(fingerprint, payload, END_OF_VERDICT[verdict]);
  }

  /** The payload evidence is of; undefined where it is not kept. */
  headOf(packet: number, offset: number): PayloadHead | undefined {
    return this.heads.find((head) => head.packet === packet && head.has(offset));
  }

  private noteLooked(fingerprint: FingerprintId, packet: number): void {
    this.lastLook = packet;
    let looks = this.looks.get(fingerprint);
    if (looks === undefined) this.looks.set(fingerprint, (looks = { count: 0, packets: [] }));
    if (looks.packets.at(-1) === packet) return;
    looks.count++;
    if (looks.packets.length < NUMBERS_LIMIT) looks.packets.push(packet);
  }

  private noteRow(fingerprint: FingerprintId, payload: Payload, end: LookEnd): void {
    const { packet, evidenceOffset } = payload;
    const reason = shortfall[ShortfallWord.REASON] as Shortfall;
    const key = (fingerprint * 256 + reason) * 4 + end;
    const known = this.byReason.get(key);
    if (known !== undefined) {
      if (known.lastPacket !== packet) known.count++;
      known.lastPacket = packet;
      return;
    }
    const text = reasonText(shortfall);
    const offset = evidenceOffset + shortfall[ShortfallWord.OFFSET]!;
    const row = { fingerprint, reason, end, packet, offset, text, count: 1, lastPacket: packet };
    this.byReason.set(key, row);
    this.rows.push(row);
  }
}
