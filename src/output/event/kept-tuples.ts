/**
 * What lines say of a flow's name (its ids, wrapping, ends and Community ID), kept for its next line: most flows have several, and the
 * hashes are most of what a line costs. A flow has one place, by its first packet, until another flow takes it.
 */
import type { FlowRecord } from '../../decision/flow-record.ts';
import { NameRows } from '../../decision/name-rows.ts';
import type { OctetText } from './octet-text.ts';

/** Flows that are kept: those that begin while a handshake waits for its answer. A power of two. More would be out of the caches. */
const PLACES = 1 << 12;
/** Octets that are kept of one, whole words; what is longer (many wrappings around IPv6) is not kept. */
const TEXT_LENGTH = 320;

/** Words of a place beside the names of the flow and its tunnel: the wrapping, whether there is a tunnel, the text and its length. */
const Field = { VLANS: 0, ENCAPSULATION: 1, IN_TUNNEL: 2, LENGTH: 3, TEXT: 4 } as const;
const PLACE_WORDS = Field.TEXT + TEXT_LENGTH / 4;

export class KeptTuples {
  /** First packet of the flow in each place: of a flow that is not kept this is all that is looked at. */
  private readonly firstPackets = new Float64Array(PLACES).fill(-1);
  private readonly names = new NameRows(PLACES);
  private readonly tunnels = new NameRows(PLACES);
  private readonly words = new Int32Array(PLACES * PLACE_WORDS);
  /** The same as octets. */
  private readonly view = new DataView(this.words.buffer);

  /** Appends what is kept of the flow; false where nothing is. */
  put(text: OctetText, flow: FlowRecord): boolean {
    const place = placeOf(flow);
    if (this.firstPackets[place] !== flow.firstPacket) return false;
    const at = place * PLACE_WORDS;
    const { words } = this;
    const isKept =
      this.names.holds(place, flow) &&
      words[at + Field.VLANS] === flow.vlans &&
      words[at + Field.ENCAPSULATION] === flow.encapsulation &&
      words[at + Field.IN_TUNNEL] === (flow.tunnel === null ? 0 : 1) &&
      (flow.tunnel === null || this.tunnels.holds(place, flow.tunnel));
    if (isKept) text.putCopy(this.view, (at + Field.TEXT) * 4, words[at + Field.LENGTH]!);
    return isKept;
  }

  /** Keeps the octets from `begin` on, which were written for the flow. */
  keep(flow: FlowRecord, text: OctetText, begin: number): void {
    const length = text.length - begin;
    if (length > TEXT_LENGTH) return;
    const place = placeOf(flow);
    const at = place * PLACE_WORDS;
    const { words, view } = this;
    this.firstPackets[place] = flow.firstPacket;
    this.names.keep(place, flow);
    if (flow.tunnel !== null) this.tunnels.keep(place, flow.tunnel);
    words[at + Field.VLANS] = flow.vlans;
    words[at + Field.ENCAPSULATION] = flow.encapsulation;
    words[at + Field.IN_TUNNEL] = flow.tunnel === null ? 0 : 1;
    words[at + Field.LENGTH] = length;
    const from = (at + Field.TEXT) * 4;
    for (let i = 0; i < length; i += 8) view.setFloat64(from + i, text.view.getFloat64(begin + i, true), true);
  }
}

function placeOf(flow: FlowRecord): number {
  return flow.firstPacket & (PLACES - 1);
}
