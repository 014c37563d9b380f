/**
 * All fingerprints over all flows: offers each packet of an unclaimed flow to those that may claim it (claims), keeps
 * the state of the one that does, and retires flows that none claims.
 *
 * A flow is a handle here, which its owner keeps: 0 for a new flow, negative while no fingerprint has claimed it (the
 * number of packets offered, and what is remembered of QUIC), positive for a state block, RETIRED once its packets are
 * offered no more. A retired flow that is not confirmed comes back with a packet that may open a session
 * (session-opening; over TCP first-records). At most one fingerprint holds a flow; it gives way to another's strong
 * sign where it took the flow on a weak one, or where a session opens.
 */
import { leavePacket, readPacket } from '../memory';
import { Slab } from '../slab';
import { askedAbout, claimsOf, NO_CLAIMS, observeAs, OF_STRONG_SIGNS, protocolOf, strongOf, weakOf } from './claims';
import { EvidenceLog } from './evidence';
import { findingStage, NO_FINDING, packFinding, Stage } from './finding';
import { FingerprintTrace, TraceKind } from './fingerprint-trace';
import { noteOffer } from './first-look';
import { FingerprintId, RETIRED } from './holder';
import { Framing, Payload } from './payload';
import { destinationMark, hasLongHeader, NO_MARK, sourceMark } from './quic-echo';
import { opensSession } from './session-opening';
import { shortfall } from './shortfall';
import { MatchStrength, STATE_WORDS, StateWord, Verdict } from './verdict';
import { isSessionData } from './wireguard';
import { wordAt } from './words';

/** What the set keeps of a claimed flow; the fingerprint's state follows it. */
// @ts-ignore: decorator
@unmanaged
@final
class Block {
  /** The fingerprint that holds the flow, and on what sign; of a free block, the next free one. */
  fingerprint: i32;
  strength: i32;
  /** Packets that it has seen, and those that none claimed before that. */
  observed: i32;
  unclaimed: i32;
  evidence: i32;
  free: i32;
}

const STATE: usize = 24;
const BLOCK_LENGTH: usize = STATE + 4 * STATE_WORDS;
/** Blocks to a chunk, as a power of two, and blocks at most. */
const CHUNK_BITS: i32 = 13;
const BLOCK_LIMIT: i32 = 1 << 23;

/** Packets with a payload that an unclaimed flow is offered for. */
export const UNCLAIMED_LIMIT: i32 = 24;
/** Bits of an unclaimed flow's handle for the packets offered; above them is a mark of QUIC. */
const OFFERED_BITS: i32 = 5;
const OFFERED_MASK: i32 = (1 << OFFERED_BITS) - 1;

/** Packets that a fingerprint may stay undecided for. */
export const UNDECIDED_LIMIT: i32 = 128;

@final
export class FingerprintSet {
  readonly evidenceLog: EvidenceLog = new EvidenceLog();
  readonly trace: FingerprintTrace = new FingerprintTrace();

  /** The flow's finding and chain of evidence after the last `observe`. */
  finding: u32 = NO_FINDING;
  evidence: i32 = 0;

  /**
   * After the last `observe`: the fingerprint that holds the flow of the packet, where that may be a tunnel's: where
   * something was found, and with WireGuard before that, as a peer that moves begins in the middle. Most packets are of
   * no VPN, and change no tunnel.
   */
  holder: FingerprintId = FingerprintId.NONE;
  /** Where there is a holder: the words by which flows of one tunnel are recognised (StateWord.KEY). */
  keyHigh: i32 = 0;
  keyLow: i32 = 0;
  /** The packet has set the key or changed it. */
  isKeyNew: bool = false;

  /** Blocks in use. */
  blockCount: i32 = 0;
  private readonly blocks: Slab = new Slab(BLOCK_LENGTH, CHUNK_BITS, BLOCK_LIMIT);
  private usedBlocks: i32 = 1;
  private freeBlock: i32 = 0;

  /**
   * Shows a packet with a payload to the flow's fingerprint, or to all where none holds it. Takes the flow's handle,
   * finding and evidence; returns its new handle and leaves the others in `finding` and `evidence`. A retired flow is
   * shown only what `opensSession`, and over TCP what `beginsWithControl` (first-records).
   */
  observe(payload: Payload, handle: i32, finding: u32, evidence: i32): i32 {
    readPacket(payload.at, payload.at + payload.captured);
    this.finding = finding;
    this.evidence = evidence;
    this.holder = FingerprintId.NONE;
    const asked = askedAbout(payload.framing);
    let after: i32;
    if (handle > 0) after = this.observeClaimed(payload, handle, asked);
    else after = handle == RETIRED ? this.offerAgain(payload, asked) : this.offer(payload, handle, asked);
    leavePacket();
    return after;
  }

  /** A packet of a flow that a fingerprint holds. */
  private observeClaimed(payload: Payload, handle: i32, asked: i32): i32 {
    const block = this.block(handle);
    const claim = block.fingerprint;
    if (findingStage(this.finding) == Stage.CONFIRMED) {
      if (claim == FingerprintId.WIREGUARD && isSessionData(payload.at, payload.captured)) return handle;
    } else if (block.strength == MatchStrength.WEAK || mayOpenAnother(payload)) {
      const others = asked & ~(1 << claim);
      const stronger = strongOf(claimsOf(payload, others & OF_STRONG_SIGNS));
      if (stronger != FingerprintId.NONE) {
        this.dropEvidence();
        this.releaseBlock(handle);
        return this.take(payload, stronger, MatchStrength.STRONG, others, 0);
      }
    }
    return this.follow(payload, handle, claim, asked);
  }

  /**
   * Evidence of a flow in which nothing was found, from its handle alone: there may be some while a fingerprint holds
   * the flow.
   */
  evidenceOf(handle: i32): i32 {
    return handle > 0 ? this.block(handle).evidence : 0;
  }

  /** Reads what `observe` will read first of a flow that a fingerprint holds, so that its memory is in the caches. */
  prefetch(handle: i32): u32 {
    return this.block(handle).fingerprint;
  }

  /** Ends the inspection of the flow of the last `observe`: its finding and the evidence of that stay. */
  retire(handle: i32): i32 {
    if (handle > 0) {
      this.dropEvidence();
      this.releaseBlock(handle);
    }
    return RETIRED;
  }

  /** Gives back what an ended flow holds. */
  release(handle: i32, evidence: i32): void {
    if (handle > 0) this.releaseBlock(handle);
    this.evidenceLog.release(evidence);
  }

  /** Asks the fingerprints `asked`: without those that have just ruled the flow out on this packet. */
  private offer(payload: Payload, handle: i32, asked: i32): i32 {
    if (this.trace.isOn) noteOffer(this.trace, payload, asked);
    const claims = claimsOf(payload, asked);
    const offered = -handle & OFFERED_MASK;
    if (claims == NO_CLAIMS) return this.passOver(payload, offered + 1, -handle >> OFFERED_BITS);
    return this.takeClaimed(payload, claims, asked, offered);
  }

  /** A packet of a retired flow that may open a session: it is claimed at once, or the flow stays retired. */
  private offerAgain(payload: Payload, asked: i32): i32 {
    const claims = claimsOf(payload, asked & OF_STRONG_SIGNS);
    return claims == NO_CLAIMS ? RETIRED : this.takeClaimed(payload, claims, asked, UNCLAIMED_LIMIT);
  }

  /** Gives a flow up that none has claimed for long, or that is QUIC. */
  private passOver(payload: Payload, offered: i32, mark: i32): i32 {
    if (offered >= UNCLAIMED_LIMIT) return this.giveUp(TraceKind.GIVEN_UP_UNCLAIMED, payload);
    let remembered = mark;
    if (payload.framing == Framing.DATAGRAM && hasLongHeader(payload)) {
      const isEcho = mark != NO_MARK && destinationMark(payload) == mark;
      if (isEcho && this.finding == NO_FINDING) return this.giveUp(TraceKind.GIVEN_UP_QUIC, payload);
      const source = sourceMark(payload);
      if (source != NO_MARK) remembered = source;
    }
    return -(offered | (remembered << OFFERED_BITS));
  }

  private takeClaimed(payload: Payload, claims: i32, asked: i32, offered: i32): i32 {
    const strong = strongOf(claims);
    if (strong != FingerprintId.NONE) return this.take(payload, strong, MatchStrength.STRONG, asked, offered);
    return this.take(payload, weakOf(claims), MatchStrength.WEAK, asked, offered);
  }

  /**
   * `offered` packets that none claimed count: a flow that is taken up and ruled out in turn is given up all the same.
   */
  private take(payload: Payload, claim: FingerprintId, strength: MatchStrength, asked: i32, offered: i32): i32 {
    const handle = this.takeBlock();
    const block = this.block(handle);
    block.fingerprint = claim;
    block.strength = strength;
    block.observed = offered;
    block.unclaimed = offered;
    return this.follow(payload, handle, claim, asked);
  }

  private follow(payload: Payload, handle: i32, claim: FingerprintId, asked: i32): i32 {
    const block = this.block(handle);
    const state = changetype<usize>(block) + STATE;
    const log = this.evidenceLog;
    log.select(this.evidence);
    const keyHighBefore = wordAt(state, StateWord.KEY);
    const keyLowBefore = wordAt(state, StateWord.KEY + 1);
    payload.unclaimedBefore = block.unclaimed;
    const verdict = this.trace.isOn ? this.lookTraced(claim, payload, state) : observeAs(claim, payload, state, log);
    this.evidence = log.head;
    block.evidence = log.head;
    this.holder = this.finding != NO_FINDING || claim == FingerprintId.WIREGUARD ? claim : FingerprintId.NONE;
    const keyHigh = wordAt(state, StateWord.KEY);
    const keyLow = wordAt(state, StateWord.KEY + 1);
    this.isKeyNew = keyHigh != keyHighBefore || keyLow != keyLowBefore;
    this.keyHigh = keyHigh;
    this.keyLow = keyLow;
    // What a confirmed flow says after that only keeps its key up to date.
    if (findingStage(this.finding) == Stage.CONFIRMED) return handle;
    const observed = ++block.observed;
    if (verdict == Verdict.UNDECIDED) {
      if (observed < UNDECIDED_LIMIT) return handle;
      this.dropEvidence();
      this.releaseBlock(handle);
      return this.finding == NO_FINDING ? this.giveUp(TraceKind.GIVEN_UP_UNDECIDED, payload) : RETIRED;
    }
    if (verdict == Verdict.RULED_OUT) {
      this.dropEvidence();
      this.releaseBlock(handle);
      return this.offer(payload, -min(observed, UNCLAIMED_LIMIT - 1), asked & ~(1 << claim));
    }
    const stage = verdict == Verdict.CONFIRMED ? Stage.CONFIRMED : Stage.SUSPECTED;
    const variant = wordAt(state, StateWord.VARIANT);
    this.finding = packFinding(protocolOf(claim), stage, variant, wordAt(state, StateWord.INITIATOR));
    this.holder = claim;
    // WireGuard's indexes change with every handshake, and a roaming peer is recognised by them: it stays watched.
    if (stage != Stage.CONFIRMED || claim == FingerprintId.WIREGUARD) return handle;
    this.releaseBlock(handle);
    return RETIRED;
  }

  /** The fingerprint's look, with a record of it. */
  private lookTraced(claim: FingerprintId, payload: Payload, state: usize): Verdict {
    shortfall.clear();
    const verdict = observeAs(claim, payload, state, this.evidenceLog);
    this.trace.noteLook(claim, payload, verdict);
    return verdict;
  }

  private giveUp(reason: TraceKind, payload: Payload): i32 {
    if (this.trace.isOn) this.trace.noteGivenUp(reason, payload);
    return RETIRED;
  }

  /** Forgets evidence that led to nothing. A suspicion, once uttered, is not taken back, and keeps its evidence. */
  private dropEvidence(): void {
    if (this.finding != NO_FINDING) return;
    this.evidenceLog.release(this.evidence);
    this.evidence = 0;
  }

  private block(handle: i32): Block {
    return changetype<Block>(this.blocks.at(handle));
  }

  private takeBlock(): i32 {
    this.blockCount++;
    if (this.freeBlock != 0) {
      const handle = this.freeBlock;
      const at = this.blocks.at(handle);
      this.freeBlock = changetype<Block>(at).fingerprint;
      // A loop, as a fill takes longer to be called than to work on so few words.
      for (let i: usize = 0; i < BLOCK_LENGTH; i += 8) store<u64>(at + i, 0);
      return handle;
    }
    this.blocks.reserve(this.usedBlocks);
    return this.usedBlocks++;
  }

  private releaseBlock(handle: i32): void {
    this.block(handle).fingerprint = this.freeBlock;
    this.freeBlock = handle;
    this.blockCount--;
  }
}

/** Whether a datagram of a flow that one fingerprint holds on a strong sign may open another protocol's session. */
function mayOpenAnother(payload: Payload): bool {
  return payload.framing == Framing.DATAGRAM && opensSession(payload.at, payload.captured, payload.length);
}
