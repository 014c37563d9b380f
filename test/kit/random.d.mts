/** An address as four signed words. */
export type Address = [number, number, number, number];

export class SeededRandom {
  constructor(seed: number);
  protected state: number;
  word(): number;
  share(): number;
  below(limit: number): number;
  between(least: number, most: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  fill<T extends Uint8Array>(target: T): T;
  bytes(length: number): Uint8Array;
  largeWord(): number;
  address(): Address;
  ipv4(): Address;
}
