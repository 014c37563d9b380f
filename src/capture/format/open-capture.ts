/**
 * Opens a capture by its path: detects the format from the content, decompresses it if needed (once: gzip inside gzip
 * is no capture), and reads it as pcap or pcapng.
 *
 * Contract: nothing is opened before the first `start` or `read`, and no method rejects because of the input. Memory:
 * two blocks of 1.25 MB in the memory of a compiled dataplane, and the decompressor's window.
 */
import { BlockReader } from '../input/block-reader.ts';
import { CountedInput, unreadableInput } from '../input/byte-input.ts';
import type { ByteInput } from '../input/byte-input.ts';
import { NO_FAULT } from '../capture-end.ts';
import { CaptureFormat, recogniseFormat } from './capture-format.ts';
import type { Recognised } from './capture-format.ts';
import { openInput } from '../input/open-input.ts';
import type { PacketBatch } from '../packet-batch.ts';
import { CaptureFault, Found } from '../packet-source.ts';
import type { CaptureEnd, PacketSource } from '../packet-source.ts';
import { RecordMemory } from './record-memory.ts';
import { RecordReader } from './record-reader.ts';
import { shellWord, unreadFormatOf, unreadMessage } from './unread-format.ts';

export interface CaptureOptions {
  /** Bytes per read into memory of its own; tests use it to make records straddle blocks. */
  readonly payloadLength?: number;
  /** The memory to read into, one capture at a time; by default the capture has its own. */
  readonly memory?: RecordMemory | null;
}

/** The capture at a path; `-` is standard input. */
export function openCapture(path: string, options: CaptureOptions = {}): Capture {
  return new Capture(path, () => openInput(path), options);
}

/** The capture in an input from elsewhere: a capturing process, a test. */
export function captureOf(name: string, input: ByteInput, options: CaptureOptions = {}): Capture {
  return new Capture(name, () => Promise.resolve(input), options);
}

export class Capture implements PacketSource {
  readonly name: string;
  private readonly open: () => Promise<ByteInput>;
  private readonly options: CaptureOptions;
  private input: ByteInput = unreadableInput('not opened');
  private blocks: BlockReader | undefined;
  /** The memory that was taken for this capture alone. */
  private ownMemory: RecordMemory | null = null;
  private reader: RecordReader | undefined;
  private starting: Promise<boolean> | undefined;
  private format: CaptureFormat = CaptureFormat.UNKNOWN;
  private compressed: CountedInput | null = null;
  private refusal: CaptureEnd = NO_FAULT;
  private closed = false;

  constructor(name: string, open: () => Promise<ByteInput>, options: CaptureOptions) {
    this.name = name;
    this.open = open;
    this.options = options;
  }

  get end(): CaptureEnd {
    return this.reader?.end ?? this.refusal;
  }

  /**
   * Bytes of the file up to the end of the packets that were read. For a compressed file: bytes decompressed, some of
   * them ahead of the packets.
   */
  get bytesRead(): number {
    return this.compressed?.count ?? this.blocks?.offset ?? 0;
  }

  /** Opens and detects the input; true if it is a capture, else `end` has the reason. Reads no packet. */
  start(): Promise<boolean> {
    this.starting ??= this.recognise();
    return this.starting;
  }

  async read(batch: PacketBatch): Promise<boolean> {
    if (!this.closed && (await this.start())) this.reader ??= this.makeReader();
    let found = this.readNow(batch);
    while (found === Found.NOT_YET && this.reader !== undefined) {
      await this.reader.wait();
      found = this.readNow(batch);
    }
    return found === Found.PACKETS;
  }

  /**
   * Like `read`, but synchronous. END, with the batch empty, at the end. NOT_YET, with the batch empty: before the
   * first `read`, if packets are not available without waiting, or if the event loop needs a turn. `read` handles all
   * of these.
   */
  readNow(batch: PacketBatch): Found {
    if (this.reader !== undefined && !this.closed) return this.reader.readNow(batch);
    batch.count = 0;
    return this.closed ? Found.END : Found.NOT_YET;
  }

  async close(): Promise<void> {
    this.closed = true;
    // Closes what is already open first: a start under way may wait for it.
    await this.input.close();
    await this.starting;
    await (this.blocks ?? this.input).close();
    if (this.ownMemory !== null) RecordMemory.give(this.ownMemory);
    this.ownMemory = null;
  }

  private async recognise(): Promise<boolean> {
    this.input = await this.open();
    let found = await recogniseFormat(this.input);
    let compression = '';
    if (found.format === CaptureFormat.GZIP || found.format === CaptureFormat.ZSTD) {
      compression = found.format === CaptureFormat.GZIP ? 'gzip' : 'zstd';
      this.compressed = new CountedInput(found.input);
      this.input = await decompressed(found.format, this.compressed);
      found = await recogniseFormat(this.input);
    }
    this.input = found.input;
    this.format = found.format;
    if (found.format === CaptureFormat.PCAP || found.format === CaptureFormat.PCAPNG) return true;
    this.refusal = refusalOf(found, compression, this.name);
    return false;
  }

  /** Memory is taken only now: detecting the format needs none. */
  private makeReader(): RecordReader {
    const memory = this.options.memory ?? (this.ownMemory = RecordMemory.take(this.options.payloadLength));
    this.blocks = new BlockReader(this.input, memory);
    return new RecordReader(this.blocks, memory, this.format === CaptureFormat.PCAPNG, this.compressed !== null);
  }
}

/** The decompressors are loaded only where a file needs one. */
async function decompressed(format: CaptureFormat, compressed: CountedInput): Promise<ByteInput> {
  if (format === CaptureFormat.GZIP) {
    const { GzipInput } = await import('../input/gzip-input.ts');
    return new GzipInput(compressed);
  }
  const { ZstdInput } = await import('../input/zstd-input.ts');
  return new ZstdInput(compressed);
}

/** Why an input is no capture: its own fault if it has one, else its detected kind. */
function refusalOf(found: Recognised, compression: string, path: string): CaptureEnd {
  const { format, seen, failure } = found;
  if (failure.fault !== CaptureFault.NONE) return failure;
  const inside = compression === '' ? '' : ` inside ${compression}`;
  if (seen.length === 0) return { fault: CaptureFault.UNKNOWN_FORMAT, message: `empty: no byte to read${inside}` };
  if (format !== CaptureFormat.UNKNOWN) {
    const command = `${compression} -dc ${path === '-' ? 'FILE' : shellWord(path)} | sluice replay -`;
    return { fault: CaptureFault.UNREAD_FORMAT, message: `compressed more than once${inside}: ${command}` };
  }
  const unread = unreadFormatOf(seen);
  if (unread?.mayHoldPackets === true)
    return { fault: CaptureFault.UNREAD_FORMAT, message: unreadMessage(unread, path, compression) };
  const what = unread === null ? '' : `: ${unreadMessage(unread, path, '')}`;
  const message = `neither pcap nor pcapng by its first bytes${inside}${what}`;
  return { fault: CaptureFault.UNKNOWN_FORMAT, message };
}
