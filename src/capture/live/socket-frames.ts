/**
 * The protocol from `sluice capture` to its reader: frames of a type byte, a length in 4 bytes (big-endian), and that
 * many bytes.
 *
 * - HELLO comes first, unless the reader is refused: JSON with version, interface, whether a filter is set, and
 * tcpdump's process id.
 * - PACKETS: a part of a pcap capture. All parts together are one capture with its header.
 * - COUNTS: JSON, tcpdump's counts since the connection began.
 * - PROBLEM: a sentence. The connection ends after it.
 *
 * The reader sends single bytes: BEGIN requests a capture, FINISH requests its end with all captured packets. Nothing
 * is captured without BEGIN, so another process can test whether the socket is in use.
 */
import { Transform, type TransformCallback } from 'node:stream';
import type { ProcessCounts } from './live-backend.ts';

export const FrameType = { HELLO: 0x48, PACKETS: 0x50, COUNTS: 0x43, PROBLEM: 0x45 } as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export const BEGIN = 0x62;
export const FINISH = 0x66;

export const PROTOCOL_VERSION = 1;
export const FRAME_HEADER_LENGTH = 5;
/** Longer frames are a fault of the stream. */
export const LONGEST_PACKETS = 1 << 20;
export const LONGEST_TEXT = 4096;

const LOSERS = ['kernel', 'interface'];

export interface Hello {
  readonly interface: string;
  readonly isFiltered: boolean;
  readonly processId: number;
}

export function frameHeader(type: FrameType, length: number): Uint8Array {
  const header = Buffer.alloc(FRAME_HEADER_LENGTH);
  header[0] = type;
  header.writeUInt32BE(length, 1);
  return header;
}

/** A frame of text, truncated to LONGEST_TEXT. */
export function textFrame(type: FrameType, text: string): Uint8Array {
  const body = Buffer.from(text).subarray(0, LONGEST_TEXT);
  return Buffer.concat([frameHeader(type, body.length), body]);
}

export function helloFrame(hello: Hello): Uint8Array {
  const { isFiltered, processId } = hello;
  const fields = { version: PROTOCOL_VERSION, interface: hello.interface, filtered: isFiltered, process: processId };
  return textFrame(FrameType.HELLO, JSON.stringify(fields));
}

/**
 * Parses frames: packets come out as a stream, and `onFrame` is called for each frame. A fault ends the stream after
 * the data before it.
 */
export class FrameReader extends Transform {
  private readonly onFrame: (type: FrameType, text: string) => void;
  private readonly onFault: (fault: string) => void;
  private readonly header = Buffer.alloc(FRAME_HEADER_LENGTH);
  private headerLength = 0;
  private text = Buffer.alloc(0);
  private left = 0;
  private hasBegun = false;
  private hasFailed = false;

  constructor(onFrame: (type: FrameType, text: string) => void, onFault: (fault: string) => void) {
    super();
    this.onFrame = onFrame;
    this.onFault = onFault;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    let at = 0;
    while (at < chunk.length && !this.hasFailed) {
      if (this.headerLength < FRAME_HEADER_LENGTH) {
        this.header[this.headerLength++] = chunk[at++]!;
        if (this.headerLength === FRAME_HEADER_LENGTH) this.beginFrame();
        continue;
      }
      const part = chunk.subarray(at, at + this.left);
      at += part.length;
      this.left -= part.length;
      if (this.header[0] === FrameType.PACKETS) this.push(part);
      else this.text = Buffer.concat([this.text, part]);
      if (this.left === 0) this.endFrame();
    }
    done();
  }

  /** Called when the other end has closed the connection. */
  override _flush(done: TransformCallback): void {
    if (!this.hasFailed && this.headerLength > 0) this.refuse('it ends within a frame');
    done();
  }

  private beginFrame(): void {
    const type = this.header[0];
    const length = this.header.readUInt32BE(1);
    this.left = length;
    this.text = Buffer.alloc(0);
    if (!Object.values<number | undefined>(FrameType).includes(type)) this.refuse(`a frame has the type ${type}`);
    else if (type !== FrameType.PROBLEM && (type === FrameType.HELLO) === this.hasBegun)
      this.refuse('a frame comes before HELLO, or a second HELLO');
    else if (length > (type === FrameType.PACKETS ? LONGEST_PACKETS : LONGEST_TEXT))
      this.refuse(`a frame has ${length} bytes`);
    else if (length === 0) this.endFrame();
    this.hasBegun = true;
  }

  private endFrame(): void {
    this.headerLength = 0;
    this.onFrame(this.header[0] as FrameType, this.text.toString('utf8'));
  }

  private refuse(fault: string): void {
    this.hasFailed = true;
    this.onFault(fault);
  }
}

/** The fields of a HELLO; null if they are not valid for this version. */
export function helloIn(text: string): Hello | null {
  const fields = fieldsIn(text);
  if (fields?.version !== PROTOCOL_VERSION) return null;
  const { interface: name, filtered, process: processId } = fields;
  if (typeof name !== 'string' || typeof filtered !== 'boolean' || !isCount(processId)) return null;
  return { interface: name, isFiltered: filtered, processId };
}

/**
 * The counts of a COUNTS; null if they are invalid. Only known keys are accepted, because each becomes a label of a
 * metric.
 */
export function countsIn(text: string): ProcessCounts | null {
  const fields = fieldsIn(text);
  const dropped = fields?.dropped;
  if (!isCount(fields?.captured) || typeof dropped !== 'object' || dropped === null) return null;
  const entries = Object.entries(dropped);
  if (!entries.every(([by, count]) => LOSERS.includes(by) && isCount(count))) return null;
  return { captured: fields.captured, dropped: Object.fromEntries(entries) };
}

function fieldsIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
