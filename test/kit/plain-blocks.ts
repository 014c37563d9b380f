/** Blocks of plain memory for a BlockReader. */
import type { Block } from '../../src/capture/input/block.ts';
import { BLOCK_PAYLOAD_LENGTH, type BlockLender, LARGEST_RECORD_LENGTH } from '../../src/capture/input/block-reader.ts';

export function plainBlock(payloadLength: number): Block {
  const memory = new ArrayBuffer(LARGEST_RECORD_LENGTH + payloadLength);
  return { bytes: new Uint8Array(memory), data: new DataView(memory) };
}

/** One block for an input that is read at once, else two. `payloadLength` lets records straddle blocks at every offset. */
export function plainBlocks(payloadLength: number = BLOCK_PAYLOAD_LENGTH): BlockLender {
  return {
    lend: (readsNow) => Array.from({ length: readsNow ? 1 : 2 }, () => plainBlock(payloadLength)),
    waitFor: () => undefined,
  };
}
