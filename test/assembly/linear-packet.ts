/**
 * One packet in an instance's linear memory, between bytes of poison.
 */
import type { Compiled } from './compiled.ts';

/** Longest packet, and the poison on each side. */
const LONGEST = 0x4_1000;
const MARGIN = 4096;

/** What an entry exports for it: from `memory.ts`. */
export type PacketMemory = 'takeRegion' | 'readPacket' | 'leavePacket' | 'brokenGuard';

export class LinearPacket {
  readonly at: number;
  private readonly memory: WebAssembly.Memory;
  private bytes: Uint8Array;
  private last = 0;
  data: DataView;

  constructor({ memory, exports }: Compiled<PacketMemory>) {
    const region = exports.takeRegion(LONGEST + 2 * MARGIN);
    this.at = region + MARGIN;
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.data = new DataView(memory.buffer);
    this.bytes.fill(0xa5, region, region + LONGEST + 2 * MARGIN);
  }

  /** Puts the bytes at `at`; what the packet before had beyond them is poison again. */
  put(bytes: Uint8Array, poison = 0xa5): void {
    if (this.bytes.buffer !== this.memory.buffer) {
      this.bytes = new Uint8Array(this.memory.buffer);
      this.data = new DataView(this.memory.buffer);
    }
    this.bytes.set(bytes, this.at);
    this.bytes.fill(poison, this.at + bytes.length, this.at + Math.max(bytes.length + 64, this.last));
    this.last = bytes.length;
  }
}
