/**
 * A ring of recorded flows as columns of numbers: it grows by doubling up to its limit, then the oldest is overwritten.
 */
import { PACKED_NUMBERS, PACKED_WORDS, packInput, unpackInput } from '../policy/decision-input.ts';
import type { RecordedFlow } from '../policy/recorded-flow.ts';
import type { Snapshot } from '../core/snapshot.ts';

const FIRST_CAPACITY = 256;
/** Words of a flow: its packed input, then these. */
const Word = { KEPT_SOURCE: PACKED_WORDS, KEPT_DESTINATION: PACKED_WORDS + 4, KEPT: PACKED_WORDS + 8 } as const;
const WORDS = PACKED_WORDS + 9;
/** Doubles of a flow: those of its packed input, then this. */
const LAST_TIME = PACKED_NUMBERS;
const NUMBERS = PACKED_NUMBERS + 1;

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
    if (this.numbers[place * NUMBERS + LAST_TIME]! >= oldUs) this.overwrittenCount++;
    this.write(place, flow);
  }

  /** Forgets all flows, and gives their memory back. */
  clear(): void {
    this.count = 0;
    this.next = 0;
    this.words = new Int32Array(FIRST_CAPACITY * WORDS);
    this.numbers = new Float64Array(FIRST_CAPACITY * NUMBERS);
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.count = walk.number(this.count);
    this.next = walk.number(this.next);
    this.overwrittenCount = walk.number(this.overwrittenCount);
    this.words = walk.column(this.words, this.count * WORDS);
    this.numbers = walk.column(this.numbers, this.count * NUMBERS);
  }

  read(place: number, flow: RecordedFlow): void {
    const { words, numbers } = this;
    const at = place * WORDS;
    const number = place * NUMBERS;
    unpackInput(flow.input, words, at, numbers, number);
    for (let word = 0; word < 4; word++) {
      flow.keptSource[word] = words[at + Word.KEPT_SOURCE + word]!;
      flow.keptDestination[word] = words[at + Word.KEPT_DESTINATION + word]!;
    }
    const kept = words[at + Word.KEPT]!;
    flow.hasKeptSource = (kept & 1) !== 0;
    flow.hasKeptDestination = (kept & 2) !== 0;
    flow.tunnel = 0;
    flow.lastTimeUs = numbers[number + LAST_TIME]!;
  }

  private write(place: number, flow: RecordedFlow): void {
    const { words, numbers } = this;
    const at = place * WORDS;
    const number = place * NUMBERS;
    packInput(flow.input, words, at, numbers, number);
    words.set(flow.keptSource, at + Word.KEPT_SOURCE);
    words.set(flow.keptDestination, at + Word.KEPT_DESTINATION);
    words[at + Word.KEPT] = (flow.hasKeptSource ? 1 : 0) | (flow.hasKeptDestination ? 2 : 0);
    numbers[number + LAST_TIME] = flow.lastTimeUs;
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
