/** The flow table in linear memory, as these tests call it. A module has one at a time. */
import { DETAIL_WORDS, FlowDetail, FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import type { CompiledFlow } from './compiled-flow.ts';
import { numberedTuple, View, viewOf } from './views.ts';

export const NO_FLOW = -1;

export class LinearTable {
  readonly capacity: number;
  private readonly flow: CompiledFlow;
  private readonly found = new View();

  constructor(flow: CompiledFlow, capacity: number, seed = 5) {
    this.flow = flow;
    this.capacity = capacity;
    flow.exports.makeTable(capacity, seed);
  }

  get activeCount(): number {
    return this.flow.exports.activeCount();
  }

  get lastSlot(): number {
    return this.flow.exports.lastSlot();
  }

  find(view: View): number {
    this.flow.put(view);
    return this.flow.exports.find(0);
  }

  /** The direction of the packet that `find` was given last. */
  get direction(): number {
    this.flow.get(this.found);
    return this.found.direction;
  }

  /** Adds the flow of the packet that `find` was given last. */
  insert(): number {
    return this.flow.exports.insert(0);
  }

  remove(slot: number): void {
    this.flow.exports.remove(slot);
  }

  isActive(slot: number): boolean {
    return slot <= this.lastSlot && this.row(slot)[FlowWord.TRANSPORT] !== 0;
  }

  /** By FlowWord. */
  row(slot: number): Int32Array {
    return this.flow.words(this.flow.exports.rowAt(slot), ROW_WORDS);
  }

  /** By FlowDetail. */
  details(slot: number): Int32Array {
    return this.flow.words(this.flow.exports.detailsAt(slot), DETAIL_WORDS);
  }

  activeSlots(): number[] {
    return Array.from({ length: this.lastSlot }, (_, i) => i + 1).filter((slot) => this.isActive(slot));
  }

  touch(slot: number, atUs: number): void {
    this.flow.bytes.setFloat64(this.flow.exports.rowAt(slot) + 4 * FlowWord.TOUCHED, atUs, true);
  }

  firstPacket(slot: number): number {
    return this.flow.bytes.getFloat64(this.flow.exports.detailsAt(slot) + 4 * FlowDetail.FIRST_PACKET, true);
  }

  /** Adds the n-th flow with its first packet and last touch. */
  add(n: number, touched: number, firstPacket = n): number {
    if (this.find(viewOf(numberedTuple(n))) !== NO_FLOW) throw new Error(`flow ${n} is there already`);
    const slot = this.insert();
    this.touch(slot, touched);
    this.flow.bytes.setFloat64(this.flow.exports.detailsAt(slot) + 4 * FlowDetail.FIRST_PACKET, firstPacket, true);
    return slot;
  }

  checkInvariants(): void {
    this.flow.holds(this.flow.exports.checkTable());
  }
}
