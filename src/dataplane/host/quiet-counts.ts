/**
 * Counts of the packets that are left out because they change nothing (FlowRows.setQuietUntil), by slot
 * (dataplane/assembly/flow/quiet-count).
 */

const Place = { FROM_US: 0, PACKETS: 1, BYTES: 2 } as const;
const PLACES = 4;

export class QuietCounts {
  private readonly numbers: Float64Array;

  /** `at`: address of the count of slot 0. */
  constructor(memory: ArrayBufferLike, at: number, rowCount: number) {
    this.numbers = new Float64Array(memory, at, rowCount * PLACES);
  }

  /** Begins a count. Packets before `fromUs` are reported, whatever the quiet time is. */
  begin(slot: number, fromUs: number): void {
    const at = slot * PLACES;
    this.numbers[at + Place.FROM_US] = fromUs;
    this.numbers[at + Place.PACKETS] = 0;
    this.numbers[at + Place.BYTES] = 0;
  }

  fromUs(slot: number): number {
    return this.numbers[slot * PLACES + Place.FROM_US]!;
  }

  packets(slot: number): number {
    return this.numbers[slot * PLACES + Place.PACKETS]!;
  }

  /** Their bytes on the wire. */
  bytes(slot: number): number {
    return this.numbers[slot * PLACES + Place.BYTES]!;
  }
}
