/** Names of flows, kept as rows of one cache line. */
import type { FlowIdentity } from './flow-record.ts';
import type { Snapshot } from '../core/snapshot.ts';

const ADDRESS_WORDS = 4;

/** Words of a row. The first packet and its time are doubles; the destination's address is after the source's. */
const Word = { FIRST_PACKET: 0, FIRST_TIME: 2, ADDRESSES: 4, PORTS: 12, DOMAIN: 13, TRANSPORT: 14 } as const;
const ROW_WORDS = 16;

export class FlowIdentityTable {
  private readonly words: Int32Array;
  /** The same as doubles. */
  private readonly numbers: Float64Array;

  constructor(count: number) {
    this.words = new Int32Array(count * ROW_WORDS);
    this.numbers = new Float64Array(this.words.buffer);
  }

  /** Copies the first `count` rows of a table of the same size. */
  copyFrom(other: FlowIdentityTable, count: number): void {
    this.words.set(other.words.subarray(0, count * ROW_WORDS));
  }

  /** Copies the first `count` rows, or puts a copy back. */
  snapshot(walk: Snapshot, count: number): void {
    walk.fixed(this.words, count * ROW_WORDS);
  }

  keep(row: number, name: FlowIdentity): void {
    const { words, numbers } = this;
    const at = row * ROW_WORDS;
    numbers[(at + Word.FIRST_PACKET) >> 1] = name.firstPacket;
    numbers[(at + Word.FIRST_TIME) >> 1] = name.firstTimeUs;
    for (let word = 0; word < ADDRESS_WORDS; word++) {
      words[at + Word.ADDRESSES + word] = name.source[word]!;
      words[at + Word.ADDRESSES + ADDRESS_WORDS + word] = name.destination[word]!;
    }
    words[at + Word.PORTS] = portsOf(name);
    words[at + Word.DOMAIN] = name.domain;
    words[at + Word.TRANSPORT] = name.transport;
  }

  /** Fills a name with the one of a row. */
  read(row: number, name: FlowIdentity): void {
    const { words, numbers } = this;
    const at = row * ROW_WORDS;
    for (let word = 0; word < ADDRESS_WORDS; word++) {
      name.source[word] = words[at + Word.ADDRESSES + word]!;
      name.destination[word] = words[at + Word.ADDRESSES + ADDRESS_WORDS + word]!;
    }
    name.sourcePort = words[at + Word.PORTS]! >>> 16;
    name.destinationPort = words[at + Word.PORTS]! & 0xffff;
    name.transport = words[at + Word.TRANSPORT]!;
    name.domain = words[at + Word.DOMAIN]!;
    name.firstPacket = numbers[(at + Word.FIRST_PACKET) >> 1]!;
    name.firstTimeUs = numbers[(at + Word.FIRST_TIME) >> 1]!;
  }

  /** True when a row holds this name. */
  holds(row: number, name: FlowIdentity): boolean {
    const { words, numbers } = this;
    const at = row * ROW_WORDS;
    return (
      numbers[(at + Word.FIRST_PACKET) >> 1] === name.firstPacket &&
      numbers[(at + Word.FIRST_TIME) >> 1] === name.firstTimeUs &&
      this.hasAddress(row, 0, name.source) &&
      this.hasAddress(row, 1, name.destination) &&
      words[at + Word.PORTS] === portsOf(name) &&
      words[at + Word.DOMAIN] === name.domain &&
      words[at + Word.TRANSPORT] === name.transport
    );
  }

  /** True when the address of an end, 0 the source and 1 the destination, is this one. */
  hasAddress(row: number, end: 0 | 1, address: Int32Array): boolean {
    const at = row * ROW_WORDS + Word.ADDRESSES + end * ADDRESS_WORDS;
    for (let word = 0; word < ADDRESS_WORDS; word++) if (this.words[at + word] !== address[word]) return false;
    return true;
  }
}

function portsOf(name: FlowIdentity): number {
  return (name.sourcePort << 16) | name.destinationPort;
}
