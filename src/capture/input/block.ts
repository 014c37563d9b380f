/**
 * Blocks of memory for capture bytes. All are created here, so one place decides where the bytes are: in an
 * ArrayBuffer, or in a SharedArrayBuffer if another thread reads them.
 */

export interface Block {
  readonly bytes: Uint8Array;
  readonly data: DataView;
}

/** Blocks kept for reuse: enough for the files of a folder that are read one after the other, two blocks each. */
const SPARE_BLOCKS_LIMIT = 4;
const spares: Block[] = [];

/** A block in memory that other threads can access. These are not reused. */
export function sharedBlock(memory: SharedArrayBuffer): Block {
  return { bytes: new Uint8Array(memory), data: new DataView(memory) };
}

/** A block of `length` bytes with undefined content. */
export function takeBlock(length: number): Block {
  const at = spares.findIndex((block) => block.bytes.length === length);
  if (at >= 0) return spares.splice(at, 1)[0]!;
  const memory = new ArrayBuffer(length);
  return { bytes: new Uint8Array(memory), data: new DataView(memory) };
}

/** Returns a block for reuse. The caller must not read or write it afterwards. */
export function giveBlock(block: Block): void {
  spares.push(block);
  if (spares.length > SPARE_BLOCKS_LIMIT) spares.shift();
}
