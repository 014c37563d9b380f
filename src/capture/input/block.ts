/**
 * Blocks of bytes: the only memory that capture octets live in. All are made by `takeBlock`, so where the bytes lie
 * (an ArrayBuffer, or a SharedArrayBuffer for who hands them to another thread) is decided in one place.
 */

export interface Block {
  readonly bytes: Uint8Array;
  readonly data: DataView;
}

/** Blocks kept for the next taker: enough for the sources of a folder read one after the other, two each. */
const SPARE_BLOCKS_LIMIT = 4;
const spares: Block[] = [];

/** A block over memory that other threads can see. They are not kept for others. */
export function sharedBlock(memory: SharedArrayBuffer): Block {
  return { bytes: new Uint8Array(memory), data: new DataView(memory) };
}

/** A block of `length` octets with any content. */
export function takeBlock(length: number): Block {
  const at = spares.findIndex((block) => block.bytes.length === length);
  if (at >= 0) return spares.splice(at, 1)[0]!;
  const memory = new ArrayBuffer(length);
  return { bytes: new Uint8Array(memory), data: new DataView(memory) };
}

/** Gives a block back. Nobody may read or write it afterwards. */
export function giveBlock(block: Block): void {
  spares.push(block);
  if (spares.length > SPARE_BLOCKS_LIMIT) spares.shift();
}
