/**
 * Memory for records of one size whose number is not known in advance: chunks of a power of two, each a region, taken
 * as they are needed. A record never moves, so its address may be kept. Which records are in use is for the owner to
 * know.
 */
import { takeRegion } from './memory';

@final
export class Slab {
  /** Records that there is memory for: their indexes are below it. */
  capacity: i32 = 0;
  /** Address of each chunk. */
  private readonly directory: usize;
  private readonly recordLength: usize;
  private readonly chunkBits: i32;
  private readonly chunkMask: i32;
  /** Chunks at most. */
  private readonly chunkLimit: i32;

  /** For up to `limit` records, 2^chunkBits to a chunk. A length that is a multiple of 8 keeps every record aligned. */
  constructor(recordLength: usize, chunkBits: i32, limit: i32) {
    this.recordLength = recordLength;
    this.chunkBits = chunkBits;
    this.chunkMask = (1 << chunkBits) - 1;
    this.chunkLimit = ((limit - 1) >> chunkBits) + 1;
    this.directory = takeRegion(<usize>this.chunkLimit * sizeof<usize>());
  }

  /** Address of a record below `capacity`. */
  at(index: i32): usize {
    const chunk = load<usize>(this.directory + <usize>(index >> this.chunkBits) * sizeof<usize>());
    return chunk + <usize>(index & this.chunkMask) * this.recordLength;
  }

  /** Makes room for the record at `index` and all before it; new ones are zero. Traps beyond the limit. */
  reserve(index: i32): void {
    while (index >= this.capacity) {
      const chunk = this.capacity >> this.chunkBits;
      if (chunk == this.chunkLimit) unreachable();
      store<usize>(
        this.directory + <usize>chunk * sizeof<usize>(),
        takeRegion((<usize>this.recordLength) << this.chunkBits),
      );
      this.capacity += 1 << this.chunkBits;
    }
  }
}
