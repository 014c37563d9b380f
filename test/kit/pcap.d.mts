export interface BuiltPacket {
  /** Whole microseconds since 1970. */
  readonly timeUs: number;
  readonly bytes: Uint8Array;
  /** Defaults to the captured length. */
  readonly wireLength?: number;
}

export interface PcapShape {
  readonly littleEndian?: boolean;
  readonly magic?: number;
  readonly version?: readonly [number, number];
  readonly snapshotLength?: number;
  readonly linkType?: number;
  /** Bytes after the four fields of a record header. */
  readonly extraHeaderLength?: number;
  /** These bytes exactly. */
  readonly extraHeader?: Uint8Array;
  readonly nanoseconds?: boolean;
  readonly wireLengthFirst?: boolean;
}

export const FILE_HEADER_LENGTH = 24;
export const RECORD_HEADER_LENGTH = 16;

export function buildPcapHeader(shape?: PcapShape): Uint8Array;
export function putRecordHeader(
  view: DataView,
  at: number,
  timeUs: number,
  capturedLength: number,
  wireLength: number,
  littleEndian?: boolean,
): void;
export function buildPcapRecord(packet: BuiltPacket, shape?: PcapShape): Uint8Array;
export function buildPcap(packets: readonly BuiltPacket[], shape?: PcapShape): Uint8Array;
