export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array;
export function hex(text: string): Uint8Array;
export function u16(value: number): number[];
export function u32(value: number): number[];
export function littleU32(value: number): number[];
export function zeros(count: number): number[];
export function fields(
  littleEndian: boolean,
  ...list: readonly (readonly [length: 2 | 4 | 8, value: number | bigint])[]
): Uint8Array;
