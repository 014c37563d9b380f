import type { BuiltPacket } from './pcap.mjs';

export interface InterfaceShape {
  readonly linkType?: number;
  readonly snapshotLength?: number;
  readonly options?: Uint8Array;
}

export interface EnhancedShape {
  /** Number of the interface. */
  readonly row?: number;
  readonly wireLength?: number;
  readonly options?: Uint8Array;
  readonly littleEndian?: boolean;
}

export function buildBlock(type: number, body: Uint8Array, littleEndian?: boolean): Uint8Array;
export function buildOption(code: number, value: Uint8Array, littleEndian?: boolean): Uint8Array;
export function buildSection(littleEndian?: boolean, major?: number, options?: Uint8Array): Uint8Array;
export function buildInterface(shape?: InterfaceShape, littleEndian?: boolean): Uint8Array;
export function buildEnhanced(stamp: bigint | number, bytes: Uint8Array, shape?: EnhancedShape): Uint8Array;
export function buildSimple(bytes: Uint8Array, wireLength?: number, littleEndian?: boolean): Uint8Array;
export function buildPcapng(packets: readonly BuiltPacket[], littleEndian?: boolean, linkType?: number): Uint8Array;
