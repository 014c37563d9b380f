/**
 * A cache for the text that identifies a flow in event lines: ids, encapsulation, ends and Community ID. Most flows
 * have several lines, and the hashes are most of a line's cost. The cache is direct-mapped: the slot is the number of
 * the flow's first packet modulo the number of slots, and a new entry replaces the old one.
 */
import type { FlowRecord } from '../../decision/flow-record.ts';
import { FlowIdentityTable } from '../../decision/flow-identity-table.ts';
import type { ByteWriter } from './byte-writer.ts';

/**
 * Slots, a power of two: about as many as flows that begin while a handshake waits for its answer. More slots would
 * exceed the processor's caches.
 */
const SLOTS = 1 << 12;
/** Bytes of text per slot, in whole words. A longer text (many encapsulations around IPv6) is not cached. */
const TEXT_LENGTH = 320;

/**
 * Words of a slot apart from the identities of the flow and its tunnel: encapsulation, whether there is a tunnel,
 * length, text.
 */
const Field = { VLANS: 0, ENCAPSULATION: 1, IN_TUNNEL: 2, LENGTH: 3, TEXT: 4 } as const;
const SLOT_WORDS = Field.TEXT + TEXT_LENGTH / 4;

export class TupleCache {
  /** Number of the first packet of the flow in each slot: the only field that a miss usually reads. */
  private readonly firstPackets = new Float64Array(SLOTS).fill(-1);
  private readonly names = new FlowIdentityTable(SLOTS);
  private readonly tunnels = new FlowIdentityTable(SLOTS);
  private readonly words = new Int32Array(SLOTS * SLOT_WORDS);
  /** The same memory as bytes. */
  private readonly view = new DataView(this.words.buffer);

  /** Appends the cached text of the flow; returns false on a miss. */
  put(text: ByteWriter, flow: FlowRecord): boolean {
    const slot = slotOf(flow);
    if (this.firstPackets[slot] !== flow.firstPacket) return false;
    const at = slot * SLOT_WORDS;
    const { words } = this;
    const isHit =
      this.names.holds(slot, flow) &&
      words[at + Field.VLANS] === flow.vlans &&
      words[at + Field.ENCAPSULATION] === flow.encapsulation &&
      words[at + Field.IN_TUNNEL] === (flow.tunnel === null ? 0 : 1) &&
      (flow.tunnel === null || this.tunnels.holds(slot, flow.tunnel));
    if (isHit) text.putCopy(this.view, (at + Field.TEXT) * 4, words[at + Field.LENGTH]!);
    return isHit;
  }

  /** Caches the bytes from `begin` on, which are the text of the flow. */
  keep(flow: FlowRecord, text: ByteWriter, begin: number): void {
    const length = text.length - begin;
    if (length > TEXT_LENGTH) return;
    const slot = slotOf(flow);
    const at = slot * SLOT_WORDS;
    const { words, view } = this;
    this.firstPackets[slot] = flow.firstPacket;
    this.names.keep(slot, flow);
    if (flow.tunnel !== null) this.tunnels.keep(slot, flow.tunnel);
    words[at + Field.VLANS] = flow.vlans;
    words[at + Field.ENCAPSULATION] = flow.encapsulation;
    words[at + Field.IN_TUNNEL] = flow.tunnel === null ? 0 : 1;
    words[at + Field.LENGTH] = length;
    const from = (at + Field.TEXT) * 4;
    for (let i = 0; i < length; i += 8) view.setFloat64(from + i, text.view.getFloat64(begin + i, true), true);
  }
}

function slotOf(flow: FlowRecord): number {
  return flow.firstPacket & (SLOTS - 1);
}
