/**
 * What the fingerprints made of the packets of one flow: which looked, at which packets, what did not hold, and the
 * bytes that their evidence is of. Bounded: a row for each reason of each fingerprint, with its first packet and a
 * count, and copies of the payloads that evidence is of.
 */
import { FingerprintId } from '../../dataplane/host/holder.ts';
import { Shortfall, ShortfallWord } from '../../dataplane/host/shortfall.ts';
import { Verdict } from '../../dataplane/host/verdict.ts';
import { TraceKind, type TracedLook } from '../../dataplane/host/traced-look.ts';
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

const GIVEN_UP: Readonly<Partial<Record<TraceKind, GivenUp>>> = {
  [TraceKind.GIVEN_UP_UNCLAIMED]: 'unclaimed',
  [TraceKind.GIVEN_UP_UNDECIDED]: 'undecided',
  [TraceKind.GIVEN_UP_QUIC]: 'quic',
};

/** The fingerprints that look for records in streams. */
const OF_STREAMS = [FingerprintId.OPENVPN, FingerprintId.IKE] as const;

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

  /** A packet of the flow with a payload, and what the fingerprints made of it. */
  notePacket(packet: number, looks: readonly TracedLook[]): void {
    this.payloadCount++;
    for (const look of looks) this.note(look);
    if (this.lastLook !== packet) this.unseenCount++;
  }

  private note(look: TracedLook): void {
    const why = GIVEN_UP[look.kind];
    if (why !== undefined) this.givenUp = { why, packet: look.packet };
    else if (look.kind === TraceKind.LOOK) this.noteLook(look);
    else if (look.kind === TraceKind.UNCLAIMED) this.noteUnclaimed(look.fingerprint, look);
    // A segment that was shown to no fingerprint, while the search went on.
    else if (this.givenUp === null) for (const id of OF_STREAMS) this.noteUnclaimed(id, look);
  }

  /** A fingerprint does not claim the payload. */
  private noteUnclaimed(fingerprint: FingerprintId, look: TracedLook): void {
    this.noteLooked(fingerprint, look.packet);
    this.noteRow(fingerprint, look, LookEnd.NOT_CLAIMED);
  }

  /** The fingerprint that holds the flow has looked. */
  private noteLook(look: TracedLook): void {
    const { fingerprint, packet, verdict, shortfall } = look;
    this.noteLooked(fingerprint, packet);
    if (this.evidencePackets.has(packet)) this.heads.push(new PayloadHead(look));
    const isMute = verdict === Verdict.SUSPECTED && shortfall[ShortfallWord.REASON] === Shortfall.NONE;
    if (verdict !== Verdict.CONFIRMED && !isMute) this.noteRow(fingerprint, look, END_OF_VERDICT[verdict]);
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

  private noteRow(fingerprint: FingerprintId, look: TracedLook, end: LookEnd): void {
    const { packet, evidenceOffset, shortfall } = look;
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
