/** The structures of dataplane/assembly/flow in linear memory, one of each, and the view and bytes that they are shown. */
import { type Build, type Compiled, compiled } from '../assembly/compiled.ts';
import { writeFragmentHeader, readView, type View, writeView } from './views.ts';

type Name =
  | 'activeCount'
  | 'addToList'
  | 'beginHalf'
  | 'brokenGuard'
  | 'bytesAt'
  | 'chainBytes'
  | 'chainCount'
  | 'checkChain'
  | 'checkPrefixes'
  | 'checkTable'
  | 'checkWheel'
  | 'clearChain'
  | 'clearList'
  | 'clearPrefixes'
  | 'clearTable'
  | 'count'
  | 'cursor'
  | 'detailsAt'
  | 'dueCount'
  | 'dueNumber'
  | 'dueSlot'
  | 'expectRecord'
  | 'find'
  | 'findHashed'
  | 'findIdle'
  | 'findUnwrapped'
  | 'firstFragment'
  | 'forgetRecord'
  | 'giveUp'
  | 'hasBase'
  | 'hashOf'
  | 'headerAt'
  | 'held'
  | 'hit'
  | 'hold'
  | 'idleSlot'
  | 'inOrder'
  | 'insert'
  | 'isHalf'
  | 'isKnown'
  | 'lastSlot'
  | 'laterFragment'
  | 'leave'
  | 'listNumber'
  | 'listSlot'
  | 'makeClock'
  | 'makeEviction'
  | 'makeFragments'
  | 'makeList'
  | 'makeTable'
  | 'miss'
  | 'next'
  | 'nextRecord'
  | 'nextUs'
  | 'overlapCount'
  | 'partitionOf'
  | 'phase'
  | 'prefetch'
  | 'prefixBytes'
  | 'prefixCount'
  | 'protectsRouters'
  | 'push'
  | 'refusedCount'
  | 'releaseChain'
  | 'releasePrefix'
  | 'remove'
  | 'rowAt'
  | 'schedule'
  | 'segmentCount'
  | 'setBase'
  | 'setCursor'
  | 'setPhase'
  | 'sortList'
  | 'step'
  | 'takeChain'
  | 'takeOrphans'
  | 'takePrefix'
  | 'viewAt'
  | 'waitingCount';

/** The builds, and the share of a long test's steps that the slow one does. */
export const BUILDS = [
  ['release', 1],
  ['debug', 0.05],
] as const;

export class CompiledFlow {
  readonly exports: Compiled<Name>['exports'];
  private readonly memory: WebAssembly.Memory;

  private constructor({ exports, memory }: Compiled<Name>) {
    this.exports = exports;
    this.memory = memory;
  }

  static async make(build: Build): Promise<CompiledFlow> {
    return new CompiledFlow(await compiled<Name>('flow', build));
  }

  get bytes(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** Writes a view as the i-th, with the header that the fragments of its datagram share. */
  put(view: View, i = 0): void {
    writeView(this.bytes, this.exports.viewAt(i), view);
    writeFragmentHeader(this.bytes, this.exports.headerAt(), view);
  }

  /** Reads the i-th view back. */
  get(view: View, i = 0): void {
    readView(this.bytes, this.exports.viewAt(i), view);
  }

  /** Words of memory from an address on. */
  words(at: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, count);
  }

  octets(at: number, length: number): number[] {
    return [...new Uint8Array(this.memory.buffer, at, length)];
  }

  /** Puts bytes of a packet in the middle of others; returns their address. */
  putBytes(octets: Uint8Array): number {
    const at = this.exports.bytesAt();
    const room = new Uint8Array(this.memory.buffer, at, octets.length + 40);
    room.fill(0xbb);
    room.set(octets, 20);
    return at + 20;
  }

  /** Throws where an invariant is broken, which `check` has answered (dataplane/assembly/flow/invariant). */
  holds(broken: number): void {
    if (broken !== 0) throw new Error(`invariant ${broken} is broken`);
  }
}
