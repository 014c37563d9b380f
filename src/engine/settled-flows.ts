/**
 * Flows that one fingerprint holds or none looks at any more, told by the engine to the thread that decodes ahead, so that it need not ask in vain
 * what their packets could be. By hashes of keys, and late: a hint that changes what is done, never what comes out.
 */
const MASK = (1 << 20) - 1;

export class SettledFlows {
  static readonly byteLength = MASK + 1;
  private readonly marks: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.marks = new Uint8Array(memory);
  }

  add(flowHash: number): void {
    this.marks[flowHash & MASK] = 1;
  }

  remove(flowHash: number): void {
    this.marks[flowHash & MASK] = 0;
  }

  has(flowHash: number): boolean {
    return this.marks[flowHash & MASK] === 1;
  }
}
