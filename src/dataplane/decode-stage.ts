/**
 * The way of a packet before its flow: decoded, tied to its datagram's first fragment where it is a later one, and its
 * flow's key hashed. Packets come in their order, once each.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';
import { hashKey, type HashKeys } from './flow/flow-key.ts';
import { Fragments } from './flow/fragments.ts';
import { decode } from './wire/decode.ts';
import { DecodeStatus, WAITS } from './host/decode-status.ts';
import { Fragment } from './host/packet-codes.ts';
import type { PacketView } from './wire/packet-view.ts';
import { unreadLinkType } from './wire/unread-link.ts';
import type { Counters } from './host/counters.ts';

export { WAITS };

export class DecodeStage {
  readonly fragments = new Fragments();
  private readonly hashKeys: HashKeys;
  private readonly counters: Counters;

  /** `hashKeys` are those of the flow table; `counters` take what belongs to no flow's thread. */
  constructor(hashKeys: HashKeys, counters: Counters) {
    this.hashKeys = hashKeys;
    this.counters = counters;
  }

  /** Fills the view from a row of the batch; a DecodeStatus, or WAITS. */
  take(batch: PacketBatch, row: number, view: PacketView): number {
    view.begin(batch.data, batch.at[row]!, batch.capturedLength[row]!, batch.wireLength[row]!);
    const status = decode(view, batch.linkType[row]!);
    if (status !== DecodeStatus.OK) {
      if (status === DecodeStatus.UNSUPPORTED_LINK_TYPE) this.noteUnreadLink(batch, row);
      return status;
    }
    if (view.fragment !== Fragment.NONE && !this.tie(batch, row, view)) return WAITS;
    hashKey(view, this.hashKeys);
    return DecodeStatus.OK;
  }

  /** Counts the fragments whose first one never came, so far; all that still wait where the capture is over. */
  settle(isOver: boolean): void {
    const { fragments, counters } = this;
    if (isOver) fragments.giveUp();
    counters.notDecoded[DecodeStatus.FRAGMENT_WITHOUT_FIRST]! += fragments.takeOrphans();
    counters.fragmentOverlaps = fragments.overlapCount;
  }

  private noteUnreadLink(batch: PacketBatch, row: number): void {
    const at = batch.at[row]!;
    const end = at + batch.capturedLength[row]!;
    this.counters.unreadLinks.note(unreadLinkType(batch.data, at, end, batch.linkType[row]!));
  }

  private tie(batch: PacketBatch, row: number, view: PacketView): boolean {
    const { fragments } = this;
    fragments.timeUs = batch.timeUs[row]!;
    if (view.fragment === Fragment.LATER) return fragments.later(view, batch.wireLength[row]!);
    fragments.first(view);
    return true;
  }
}
