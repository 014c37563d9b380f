/** Decompresses the pieces of Zstandard frames: a port with an adapter for each of the two libraries. */
import type { ZstdPiece } from './zstd-frames.ts';

export interface Decoded {
  /** In order; none is empty. */
  readonly chunks: readonly Uint8Array[];
  /** Reason why no more output can follow these chunks; empty after a success. */
  readonly failure: string;
}

export interface ZstdDecoder {
  /** Decompresses the next piece, beginning with the first of a frame. Calls must not overlap. Never rejects. */
  decode(piece: ZstdPiece): Promise<Decoded>;
  /** Ends a `decode` under way with some failure. May be called more than once. */
  close(): Promise<void>;
}
