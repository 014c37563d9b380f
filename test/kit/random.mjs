/**
 * The one generator of random numbers for tests, the fuzzer and generated captures: Marsaglia's xorshift32, the same
 * on every machine.
 */
export class SeededRandom {
  constructor(seed) {
    /** Never zero. A subclass that has another name for its numbers than one seed sets it. */
    this.state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  }

  /** A signed 32-bit number. */
  word() {
    let { state } = this;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (this.state = state);
  }

  /** A number in [0, 1). */
  share() {
    return (this.word() >>> 0) / 0x1_0000_0000;
  }

  /** An integer in [0, limit). */
  below(limit) {
    return Math.floor(this.share() * limit);
  }

  /** An integer in [least, most]. */
  between(least, most) {
    return least + this.below(most - least + 1);
  }

  /** True with a probability of `share`. */
  chance(share) {
    return this.share() < share;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** Fills `target` with bytes that look like ciphertext. */
  fill(target) {
    for (let at = 0; at < target.length; at++) target[at] = this.word() >>> 24;
    return target;
  }

  bytes(length) {
    return this.fill(new Uint8Array(length));
  }

  /** An unsigned number of at least 2^24, as a session index or an SPI mostly is. */
  largeWord() {
    return (this.word() | 0x01000000) >>> 0;
  }

  /** An IPv6 address. */
  address() {
    return [this.word(), this.word(), this.word(), this.word()];
  }

  /** An IPv4 address in its IPv6 form. */
  ipv4() {
    return [0, 0, 0xffff, this.word()];
  }
}
