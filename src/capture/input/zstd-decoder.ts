/** What decompresses the pieces of Zstandard frames: a port with two adapters, for the two libraries at hand. */
import type { ZstdPiece } from './zstd-frames.ts';

export interface Decoded {
  /** In order; never empty ones. */
  readonly chunks: readonly Uint8Array[];
  /** Why nothing more will come, after the chunks; empty: all went well. */
  readonly failure: string;
}

export interface ZstdDecoder {
  /** Decompresses the next piece, one at a time, beginning with the first of a frame. Never rejects. */
  decode(piece: ZstdPiece): Promise<Decoded>;
  /** Ends a `decode` under way, with any failure. May be called more than once. */
  close(): Promise<void>;
}
