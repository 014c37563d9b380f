/**
 * Writes a pcapng file: one section, and an interface per link type, described before its first packet. Times are in
 * microseconds, the default resolution of an interface.
 *
 * Format: draft-ietf-opsawg-pcapng, sections 3.5 (comments), 4.1 (section header), 4.2 (interface description), 4.3
 * (enhanced packet); little-endian.
 */
import type { CaptureBytes } from './capture-bytes.ts';
import { type PacketTarget, SNAPLEN } from './packet-target.ts';

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const SECTION_HEADER_LENGTH = 28;
const INTERFACE_LENGTH = 20;
/** Enhanced packet block: length before the packet's bytes, and of the block length after them. */
const PACKET_HEADER_LENGTH = 28;
const TRAILER_LENGTH = 4;
/** Options: code and length before the value, which is padded to whole words. */
const OPTION_HEADER_LENGTH = 4;
const END_OF_OPTIONS = 0;
const COMMENT = 1;
/** A value's length is 16 bits. */
const LONGEST_OPTION = 0xffff;
const NO_COMMENTS: readonly string[] = [];

const NO_OPTIONS = new Uint8Array(0);

const TWO_TO_32 = 2 ** 32;

export class PcapngFile implements PacketTarget {
  private readonly bytes: CaptureBytes;
  /** Interface number of each link type. */
  private readonly interfaces = new Map<number, number>();

  /** `linkType` is that of the first interface. */
  constructor(bytes: CaptureBytes, linkType: number) {
    this.bytes = bytes;
    const at = this.bytes.reserve(SECTION_HEADER_LENGTH);
    const { view } = this.bytes;
    this.beginBlock(at, SECTION_HEADER, SECTION_HEADER_LENGTH);
    view.setUint32(at + 8, BYTE_ORDER_MAGIC, true);
    view.setUint16(at + 12, 1, true);
    view.setUint16(at + 14, 0, true);
    // The section's length is not known.
    view.setUint32(at + 16, 0xffffffff, true);
    view.setUint32(at + 20, 0xffffffff, true);
    this.addInterface(linkType);
  }

  /**
   * Adds a packet; each comment is an opt_comment of its block. Comments of one packet must fit the buffer beside it.
   */
  write(
    timeUs: number,
    linkType: number,
    wireLength: number,
    packet: Uint8Array,
    comments: readonly string[] = NO_COMMENTS,
  ): void {
    const options = comments.length === 0 ? NO_OPTIONS : commentOptions(comments);
    const number = this.interfaces.get(linkType) ?? this.addInterface(linkType);
    const { length } = packet;
    const padded = paddedLength(length);
    const whole = PACKET_HEADER_LENGTH + padded + options.length + TRAILER_LENGTH;
    const at = this.bytes.reserve(whole);
    const { view } = this.bytes;
    this.beginBlock(at, ENHANCED_PACKET, whole);
    view.setUint32(at + 8, number, true);
    view.setUint32(at + 12, Math.floor(timeUs / TWO_TO_32), true);
    view.setUint32(at + 16, timeUs % TWO_TO_32, true);
    view.setUint32(at + 20, length, true);
    view.setUint32(at + 24, wireLength, true);
    this.bytes.copy(packet, at + PACKET_HEADER_LENGTH);
    for (let pad = length; pad < padded; pad++) view.setUint8(at + PACKET_HEADER_LENGTH + pad, 0);
    this.bytes.copy(options, at + PACKET_HEADER_LENGTH + padded);
  }

  close(): void {
    this.bytes.close();
  }

  private addInterface(linkType: number): number {
    const number = this.interfaces.size;
    this.interfaces.set(linkType, number);
    const at = this.bytes.reserve(INTERFACE_LENGTH);
    const { view } = this.bytes;
    this.beginBlock(at, INTERFACE_DESCRIPTION, INTERFACE_LENGTH);
    view.setUint16(at + 8, linkType, true);
    view.setUint16(at + 10, 0, true);
    view.setUint32(at + 12, SNAPLEN, true);
    return number;
  }

  /** Writes the block's type and its length, which is repeated at the end of the block. */
  private beginBlock(at: number, type: number, length: number): void {
    const { view } = this.bytes;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, length, true);
    view.setUint32(at + length - TRAILER_LENGTH, length, true);
  }
}

/** The options of a block: a comment each, and the end of options. */
function commentOptions(comments: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const texts = comments.map((comment) => encoder.encode(comment).subarray(0, LONGEST_OPTION));
  const length = texts.reduce((sum, text) => sum + OPTION_HEADER_LENGTH + paddedLength(text.length), 0);
  const options = new Uint8Array(length + OPTION_HEADER_LENGTH);
  const view = new DataView(options.buffer);
  let at = 0;
  for (const text of texts) {
    view.setUint16(at, COMMENT, true);
    view.setUint16(at + 2, text.length, true);
    options.set(text, at + OPTION_HEADER_LENGTH);
    at += OPTION_HEADER_LENGTH + paddedLength(text.length);
  }
  view.setUint32(at, END_OF_OPTIONS, true);
  return options;
}

function paddedLength(length: number): number {
  return (length + 3) & ~3;
}
