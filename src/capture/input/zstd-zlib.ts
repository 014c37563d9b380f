/**
 * Zstandard by node:zlib, available since Node 22.15: libzstd itself, on a thread of Node's pool. Each frame has its
 * own stream, because a stream ignores everything after its first frame (nodejs/node issue 64741).
 *
 * libzstd's work is bounded by its input, so no watchdog is needed. It verifies the content checksum.
 */
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Decoded, ZstdDecoder } from './zstd-decoder.ts';
import type { ZstdPiece } from './zstd-frames.ts';

/** Maximum bytes of an output chunk. In damaged data up to this many bytes before the damage may be lost. */
const OUTPUT_LENGTH = 128 * 1024;

type CreateZstdDecompress = (options: { chunkSize: number }) => Transform;

/** Undefined before Node 22.15; the types of Node 20 do not declare it. */
const createZstdDecompress = (zlib as { createZstdDecompress?: CreateZstdDecompress }).createZstdDecompress;

/** The decoder, if this Node has one. */
export function openZlibDecoder(): ZstdDecoder | undefined {
  return createZstdDecompress && new ZlibDecoder(createZstdDecompress);
}

class ZlibDecoder implements ZstdDecoder {
  private readonly create: CreateZstdDecompress;
  private frame: Transform | undefined;
  private chunks: Uint8Array[] = [];
  private settle: (failure: string) => void = () => undefined;

  constructor(create: CreateZstdDecompress) {
    this.create = create;
  }

  async decode(piece: ZstdPiece): Promise<Decoded> {
    const frame = piece.begins ? this.openFrame() : this.frame;
    if (frame === undefined) return { chunks: [], failure: 'closed' };
    const failure = await new Promise<string>((resolve) => {
      this.settle = resolve;
      if (piece.ends) frame.end(piece.bytes);
      else {
        frame.write(piece.bytes, (error) => {
          if (error == null) resolve('');
        });
      }
    });
    const { chunks } = this;
    this.chunks = [];
    return { chunks, failure };
  }

  close(): Promise<void> {
    this.frame?.destroy();
    this.frame = undefined;
    this.settle('closed');
    return Promise.resolve();
  }

  private openFrame(): Transform {
    const frame = this.create({ chunkSize: OUTPUT_LENGTH });
    frame.on('data', (chunk: Uint8Array) => {
      this.chunks.push(chunk);
    });
    frame.on('end', () => {
      this.settle('');
    });
    frame.on('error', (error) => {
      this.settle(error.message);
    });
    this.frame = frame;
    return frame;
  }
}
