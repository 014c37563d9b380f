/**
 * A ring of recorded flows as columns of numbers: it grows by doubling up to its limit, then the oldest is overwritten.
 */
import type { RecordedFlow } from '../policy/recorded-flow.ts';

const FIRST_CAPACITY = 256;
/** Words of a flow: four addresses, then these. */
const Word = { KIND: 16, PORTS: 17, KEPT: 18 } as const;
const WORDS = 20;
/** Doubles of a flow. */
const Amount = { PACKETS: 0, BYTES: 1, LAST_TIME: 2 } as const;
const NUMBERS = 3;

export class FlowRing {
  /** Flows kept: places 0 … count - 1, in no order of time. */
  count = 0;
  /** Flows overwritten that were not old yet. */
  overwrittenCount = 0;
  private readonly limit: number;
  private next = 0;
  private words = new Int32Array(FIRST_CAPACITY * WORDS);
  private numbers = new Float64Array(FIRST_CAPACITY * NUMBERS);

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Keeps a flow. Its tunnel ends: of that only the addresses kept are. Flows whose last packet is before `oldUs` may
   * be forgotten.
   */
  push(flow: RecordedFlow, oldUs: number): void {
    if (this.count < this.limit) {
      if ((this.count + 1) * WORDS > this.words.length) this.grow();
      this.write(this.count++, flow);
      return;
    }
    const place = this.next;
    this.next = (place + 1) % this.limit;
    if (this.numbers[place * NUMBERS + Amount.LAST_TIME]! >= oldUs) this.overwrittenCount++;
    this.write(place, flow);
  }

  /** Forgets all flows, and gives their memory back. */
  clear(): void {
    this.count = 0;
    this.next = 0;
    this.words = new Int32Array(FIRST_CAPACITY * WORDS);
    this.numbers = new Float64Array(FIRST_CAPACITY * NUMBERS);
  }

  read(place: number, flow: RecordedFlow): void {
    const { words, numbers } = this;
    const { input } = flow;
    const at = place * WORDS;
    for (let word = 0; word < 4; word++) {
      input.source[word] = words[at + word]!;
      input.destination[word] = words[at + 4 + word]!;
      flow.keptSource[word] = words[at + 8 + word]!;
      flow.keptDestination[word] = words[at + 12 + word]!;
    }
    const kind = words[at + Word.KIND]!;
    input.protocol = kind & 255;
    input.stage = (kind >> 8) & 255;
    input.variant = (kind >> 16) & 255;
    input.transport = kind >>> 24;
    const ports = words[at + Word.PORTS]!;
    input.sourcePort = ports >>> 16;
    input.destinationPort = ports & 0xffff;
    const kept = words[at + Word.KEPT]!;
    flow.hasKeptSource = (kept & 1) !== 0;
    flow.hasKeptDestination = (kept & 2) !== 0;
    flow.tunnel = 0;
    const number = place * NUMBERS;
    input.packets = numbers[number + Amount.PACKETS]!;
    input.bytes = numbers[number + Amount.BYTES]!;
    flow.lastTimeUs = numbers[number + Amount.LAST_TIME]!;
  }

  private write(place: number, flow: RecordedFlow): void {
    const { words, numbers } = this;
    const { input } = flow;
    const at = place * WORDS;
    words.set(input.source, at);
    words.set(input.destination, at + 4);
    words.set(flow.keptSource, at + 8);
    words.set(flow.keptDestination, at + 12);
    words[at + Word.KIND] = input.protocol | (input.stage << 8) | (input.variant << 16) | (input.transport << 24);
    words[at + Word.PORTS] = (input.sourcePort << 16) | input.destinationPort;
    words[at + Word.KEPT] = (flow.hasKeptSource ? 1 : 0) | (flow.hasKeptDestination ? 2 : 0);
    const number = place * NUMBERS;
    numbers[number + Amount.PACKETS] = input.packets;
    numbers[number + Amount.BYTES] = input.bytes;
    numbers[number + Amount.LAST_TIME] = flow.lastTimeUs;
  }

  private grow(): void {
    const capacity = Math.min(this.limit, (this.words.length / WORDS) * 2);
    const words = new Int32Array(capacity * WORDS);
    words.set(this.words);
    this.words = words;
    const numbers = new Float64Array(capacity * NUMBERS);
    numbers.set(this.numbers);
    this.numbers = numbers;
  }
}
