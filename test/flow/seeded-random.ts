/** Random numbers that are the same on every run: mulberry32 (Tommy Ettinger, public domain). */
export class SeededRandom {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** 32 bits, signed. */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return t ^ (t >>> 14);
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return (this.word() >>> 0) % limit;
  }

  chance(share: number): boolean {
    return this.word() >>> 0 < share * 0x100000000;
  }
}
