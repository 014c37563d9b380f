/**
 * What lines say of a flow's name (its ids, wrapping, ends and Community ID), kept for its next line: most flows have several, and the
 * hashes are most of what a line costs. A flow has one place, by its first packet, until another flow takes it.
 */
import type { FlowName, FlowRecord } from '../engine/flow-record.ts';
import type { OctetText } from './octet-text.ts';

/** Flows that are kept: those that begin while a handshake waits for its answer. A power of two. More would be out of the caches. */
const PLACES = 1 << 12;
/** Octets that are kept of one, whole words; what is longer (many wrappings around IPv6) is not kept. */
const TEXT_LENGTH = 320;

/** Words of a place: the flow's name, its tunnel's, its wrapping, the transports of both, the text and its length. */
const Field = { NAME: 0, TUNNEL: 14, VLANS: 28, ENCAPSULATION: 29, TRANSPORTS: 30, LENGTH: 31, TEXT: 32 } as const;
const PLACE_WORDS = Field.TEXT + TEXT_LENGTH / 4;
/** Words of a name. The first packet and its time are doubles. */
const Name = { FIRST_PACKET: 0, FIRST_TIME: 2, SOURCE: 4, DESTINATION: 8, PORTS: 12, DOMAIN: 13 } as const;

export class KeptTuples {
  /** First packet of the flow in each place: of a flow that is not kept this is all that is looked at. */
  private readonly firstPackets = new Float64Array(PLACES).fill(-1);
  private readonly words = new Int32Array(PLACES * PLACE_WORDS);
  /** The same as doubles, and as octets. */
  private readonly numbers = new Float64Array(this.words.buffer);
  private readonly view = new DataView(this.words.buffer);

  /** Appends what is kept of the flow; false where nothing is. */
  put(text: OctetText, flow: FlowRecord): boolean {
    const place = placeOf(flow);
    if (this.firstPackets[place] !== flow.firstPacket) return false;
    const at = place * PLACE_WORDS;
    const { words } = this;
    const isKept =
      this.hasName(at + Field.NAME, flow) &&
      words[at + Field.TRANSPORTS] === transportsOf(flow) &&
      words[at + Field.VLANS] === flow.vlans &&
      words[at + Field.ENCAPSULATION] === flow.encapsulation &&
      (flow.tunnel === null || this.hasName(at + Field.TUNNEL, flow.tunnel));
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
    this.keepName(at + Field.NAME, flow);
    if (flow.tunnel !== null) this.keepName(at + Field.TUNNEL, flow.tunnel);
    words[at + Field.VLANS] = flow.vlans;
    words[at + Field.ENCAPSULATION] = flow.encapsulation;
    words[at + Field.TRANSPORTS] = transportsOf(flow);
    words[at + Field.LENGTH] = length;
    const from = (at + Field.TEXT) * 4;
    for (let i = 0; i < length; i += 8) view.setFloat64(from + i, text.view.getFloat64(begin + i, true), true);
  }

  private hasName(at: number, name: FlowName): boolean {
    const { words, numbers } = this;
    if (numbers[(at + Name.FIRST_PACKET) >> 1] !== name.firstPacket) return false;
    if (numbers[(at + Name.FIRST_TIME) >> 1] !== name.firstTimeUs) return false;
    for (let word = 0; word < 4; word++) {
      if (words[at + Name.SOURCE + word] !== name.source[word]) return false;
      if (words[at + Name.DESTINATION + word] !== name.destination[word]) return false;
    }
    return words[at + Name.PORTS] === portsOf(name) && words[at + Name.DOMAIN] === name.domain;
  }

  private keepName(at: number, name: FlowName): void {
    const { words, numbers } = this;
    numbers[(at + Name.FIRST_PACKET) >> 1] = name.firstPacket;
    numbers[(at + Name.FIRST_TIME) >> 1] = name.firstTimeUs;
    for (let word = 0; word < 4; word++) {
      words[at + Name.SOURCE + word] = name.source[word]!;
      words[at + Name.DESTINATION + word] = name.destination[word]!;
    }
    words[at + Name.PORTS] = portsOf(name);
    words[at + Name.DOMAIN] = name.domain;
  }
}

function placeOf(flow: FlowRecord): number {
  return flow.firstPacket & (PLACES - 1);
}

function portsOf(name: FlowName): number {
  return (name.sourcePort << 16) | name.destinationPort;
}

/** Of the flow, and of its tunnel, where it has one. */
function transportsOf(flow: FlowRecord): number {
  return flow.transport | (flow.tunnel === null ? 0 : 256 | (flow.tunnel.transport << 16));
}
