/**
 * All fingerprints over all flows: offers each packet of an unclaimed flow to those that may claim it (claims), keeps the state of the
 * one that does, and retires flows that nobody claims.
 *
 * A flow is a handle here, which its owner keeps: 0 for a new flow, negative while nobody has claimed it (the number of
 * packets offered, and what is remembered of QUIC), positive for a state block, RETIRED once its packets are offered no more. A retired
 * flow that is not confirmed comes back with a packet that may open a session (session-opening; over TCP first-records). At most one fingerprint
 * holds a flow; it gives way to another's strong sign where it took the flow on a weak one, or where a session opens.
 */
import {
  ASKED,
  FINGERPRINT_PROTOCOL,
  claimsOf,
  NO_CLAIMS,
  observeAs,
  OF_STRONG_SIGNS,
  strongOf,
  weakOf,
} from './claims.ts';
import { EvidenceLog } from '../host/evidence-log.ts';
import { type Finding, findingStage, NO_FINDING, packFinding, Stage } from '../host/finding.ts';
import { FingerprintId, RETIRED } from '../host/holder.ts';
import { Framing } from '../host/framing.ts';
import type { Payload } from './payload.ts';
import { destinationMark, hasLongHeader, NO_MARK, sourceMark } from './quic-echo.ts';
import { opensSession } from './session-opening.ts';
import { MatchStrength, STATE_WORDS, StateWord } from './verdict.ts';
import { UNCLAIMED_LIMIT, UNDECIDED_LIMIT } from '../host/traced-look.ts';
import { Verdict } from '../host/verdict.ts';
import { isSessionData } from './wireguard.ts';

/**
 * Words of a block: who holds it, on what sign, how many packets it has seen, how many nobody claimed before that, its evidence;
 * then the fingerprint's state.
 */
const Block = { FINGERPRINT: 0, STRENGTH: 1, OBSERVED: 2, UNCLAIMED: 3, EVIDENCE: 4, STATE: 5 } as const;
const BLOCK_WORDS = Block.STATE + STATE_WORDS;

/** Bits of an unclaimed flow's handle for the packets offered; above them is a mark of QUIC. */
const OFFERED_BITS = 5;
const OFFERED_MASK = (1 << OFFERED_BITS) - 1;

const INITIAL_BLOCKS = 256;

export class FingerprintSet {
  readonly evidenceLog = new EvidenceLog();

  /** The flow's finding and chain of evidence after the last `observe`. */
  finding: Finding = NO_FINDING;
  evidence = 0;

  /**
   * After the last `observe`: who holds the flow that it is a packet of, where that may be a tunnel's: where something was found, and
   * with WireGuard before that, as a peer that moves begins in the middle. Most packets are nobody's, and let the tunnels be.
   */
  holder: FingerprintId = FingerprintId.NONE;
  /** Where there is a holder: the words by which flows of one tunnel know each other (StateWord.KEY). */
  keyHigh = 0;
  keyLow = 0;
  /** The packet has set the key or changed it. */
  isKeyNew = false;

  /** Blocks in use. */
  blockCount = 0;
  private words = new Int32Array(INITIAL_BLOCKS * BLOCK_WORDS);
  private usedBlocks = 1;
  private freeBlock = 0;

  /**
   * Shows a packet with a payload to the flow's fingerprint, or to all where none holds it. Takes the flow's handle, finding
   * and evidence; returns its new handle and leaves the others in `finding` and `evidence`. A retired flow is shown only what
   * `opensSession`, and over TCP what `beginsWithControl` (first-records.ts).
   */
  observe(payload: Payload, handle: number, finding: Finding, evidence: number): number {
    this.finding = finding;
    this.evidence = evidence;
    this.holder = FingerprintId.NONE;
    const asked = ASKED[payload.framing]!;
    if (handle === RETIRED) return this.offerAgain(payload, asked);
    if (handle <= 0) return this.offer(payload, handle, asked);
    const at = handle * BLOCK_WORDS;
    const words = this.words;
    const claim = words[at + Block.FINGERPRINT]! as FingerprintId;
    if (findingStage(finding) === Stage.CONFIRMED) {
      if (claim === FingerprintId.WIREGUARD && isSessionData(payload.data, payload.at, payload.captured)) return handle;
    } else if (words[at + Block.STRENGTH] === MatchStrength.WEAK || mayOpenAnother(payload)) {
      const others = asked & ~(1 << claim);
      const stronger = strongOf(claimsOf(payload, others & OF_STRONG_SIGNS));
      if (stronger !== FingerprintId.NONE) {
        this.dropEvidence();
        this.releaseBlock(handle);
        return this.take(payload, stronger, MatchStrength.STRONG, others, 0);
      }
    }
    return this.follow(payload, handle, claim, asked);
  }

  /** Evidence of a flow in which nothing was found, from its handle alone: where somebody follows it, there may be some. */
  evidenceOf(handle: number): number {
    return handle > 0 ? this.words[handle * BLOCK_WORDS + Block.EVIDENCE]! : 0;
  }

  /** Looks at the flow of the last `observe` no more: its finding and the evidence of that stay. */
  retire(handle: number): number {
    if (handle > 0) {
      this.dropEvidence();
      this.releaseBlock(handle);
    }
    return RETIRED;
  }

  /** Gives back what an ended flow holds. */
  release(handle: number, evidence: number): void {
    if (handle > 0) this.releaseBlock(handle);
    this.evidenceLog.release(evidence);
  }

  /** Asks the fingerprints `asked`: without those that have just ruled the flow out on this packet. */
  protected offer(payload: Payload, handle: number, asked: number): number {
    const claims = claimsOf(payload, asked);
    const offered = -handle & OFFERED_MASK;
    if (claims === NO_CLAIMS) return this.passOver(payload, offered + 1, -handle >> OFFERED_BITS);
    const strong = strongOf(claims);
    if (strong !== FingerprintId.NONE) return this.take(payload, strong, MatchStrength.STRONG, asked, offered);
    return this.take(payload, weakOf(claims), MatchStrength.WEAK, asked, offered);
  }

  /** A packet of a retired flow that may open a session: it is claimed at once, or the flow stays retired. */
  private offerAgain(payload: Payload, asked: number): number {
    const claims = claimsOf(payload, asked & OF_STRONG_SIGNS);
    if (claims === NO_CLAIMS) return RETIRED;
    const strong = strongOf(claims);
    if (strong !== FingerprintId.NONE) return this.take(payload, strong, MatchStrength.STRONG, asked, UNCLAIMED_LIMIT);
    return this.take(payload, weakOf(claims), MatchStrength.WEAK, asked, UNCLAIMED_LIMIT);
  }

  /** Gives a flow up that nobody has claimed for long, or that is QUIC. */
  protected passOver(payload: Payload, offered: number, mark: number): number {
    if (offered >= UNCLAIMED_LIMIT) return RETIRED;
    let remembered = mark;
    if (payload.framing === Framing.DATAGRAM && hasLongHeader(payload)) {
      const isEcho = mark !== NO_MARK && destinationMark(payload) === mark;
      if (isEcho && this.finding === NO_FINDING) return RETIRED;
      remembered = sourceMark(payload) || mark;
    }
    return -(offered | (remembered << OFFERED_BITS));
  }

  /** `offered` packets that nobody claimed count: a flow that is taken up and ruled out in turn is given up all the same. */
  private take(
    payload: Payload,
    claim: FingerprintId,
    strength: MatchStrength,
    asked: number,
    offered: number,
  ): number {
    const block = this.takeBlock();
    const at = block * BLOCK_WORDS;
    this.words[at + Block.FINGERPRINT] = claim;
    this.words[at + Block.STRENGTH] = strength;
    this.words[at + Block.OBSERVED] = offered;
    this.words[at + Block.UNCLAIMED] = offered;
    return this.follow(payload, block, claim, asked);
  }

  private follow(payload: Payload, block: number, claim: FingerprintId, asked: number): number {
    const at = block * BLOCK_WORDS;
    const words = this.words;
    const log = this.evidenceLog;
    log.select(this.evidence);
    const keyHighBefore = words[at + Block.STATE + StateWord.KEY]!;
    const keyLowBefore = words[at + Block.STATE + StateWord.KEY + 1]!;
    payload.unclaimedBefore = words[at + Block.UNCLAIMED]!;
    const verdict = this.look(claim, payload, words, at + Block.STATE, log);
    this.evidence = log.head;
    words[at + Block.EVIDENCE] = log.head;
    this.holder = this.finding !== NO_FINDING || claim === FingerprintId.WIREGUARD ? claim : FingerprintId.NONE;
    const keyHigh = words[at + Block.STATE + StateWord.KEY]!;
    const keyLow = words[at + Block.STATE + StateWord.KEY + 1]!;
    this.isKeyNew = keyHigh !== keyHighBefore || keyLow !== keyLowBefore;
    this.keyHigh = keyHigh;
    this.keyLow = keyLow;
    // What a confirmed flow says after that only keeps its key up to date.
    if (findingStage(this.finding) === Stage.CONFIRMED) return block;
    const observed = ++words[at + Block.OBSERVED]!;
    if (verdict === Verdict.UNDECIDED) {
      if (observed < UNDECIDED_LIMIT) return block;
      this.dropEvidence();
      this.releaseBlock(block);
      return RETIRED;
    }
    if (verdict === Verdict.RULED_OUT) {
      this.dropEvidence();
      this.releaseBlock(block);
      return this.offer(payload, -Math.min(observed, UNCLAIMED_LIMIT - 1), asked & ~(1 << claim));
    }
    const stage = verdict === Verdict.CONFIRMED ? Stage.CONFIRMED : Stage.SUSPECTED;
    const state = at + Block.STATE;
    const variant = words[state + StateWord.VARIANT]!;
    this.finding = packFinding(FINGERPRINT_PROTOCOL[claim]!, stage, variant, words[state + StateWord.INITIATOR]!);
    this.holder = claim;
    // WireGuard's indexes change with every handshake, and a roaming peer is known by them: it stays watched.
    if (stage !== Stage.CONFIRMED || claim === FingerprintId.WIREGUARD) return block;
    this.releaseBlock(block);
    return RETIRED;
  }

  /** The fingerprint's own look. `explain` follows each. */
  protected look(claim: FingerprintId, payload: Payload, words: Int32Array, state: number, log: EvidenceLog): Verdict {
    return observeAs(claim, payload, words, state, log);
  }

  /** Forgets evidence that led to nothing. A suspicion, once uttered, is not taken back, and keeps its evidence. */
  private dropEvidence(): void {
    if (this.finding !== NO_FINDING) return;
    this.evidenceLog.release(this.evidence);
    this.evidence = 0;
  }

  private takeBlock(): number {
    this.blockCount++;
    if (this.freeBlock !== 0) {
      const block = this.freeBlock;
      this.freeBlock = this.words[block * BLOCK_WORDS]!;
      const { words } = this;
      const end = (block + 1) * BLOCK_WORDS;
      // A loop, as `fill` takes longer to be called than to work on so few words.
      for (let at = block * BLOCK_WORDS; at < end; at++) words[at] = 0;
      return block;
    }
    if ((this.usedBlocks + 1) * BLOCK_WORDS > this.words.length) {
      const wider = new Int32Array(this.words.length * 2);
      wider.set(this.words);
      this.words = wider;
    }
    return this.usedBlocks++;
  }

  private releaseBlock(block: number): void {
    this.words[block * BLOCK_WORDS] = this.freeBlock;
    this.freeBlock = block;
    this.blockCount--;
  }
}

/** Whether a datagram of a flow that one fingerprint holds on a strong sign may open another protocol's session. */
function mayOpenAnother({ data, at, captured, length, framing }: Payload): boolean {
  return framing === Framing.DATAGRAM && opensSession(data, at, captured, length);
}
