/**
 * The way of a packet before its flow: decoded, tied to its datagram's first fragment where it is a later one, and its
 * flow's key hashed. Packets come in their order, once each.
 */
import { Counters } from './counters';
import { hashKey, HashKeys } from './flow/flow-key';
import { Fragments } from './flow/fragments';
import { leavePacket, readPacket } from './memory';
import { PacketBatch } from './record/packet-batch';
import { decode } from './wire/decode';
import { DecodeStatus } from './wire/decode-status';
import { FragmentHeader } from './wire/fragment-header';
import { LayerWalk } from './wire/layer-walk';
import { Fragment, PacketView, VIEW_LENGTH } from './wire/packet-view';
import { unreadLinkType } from './wire/unread-link';

/** Beside the codes of DecodeStatus: a later fragment waits for its first, and is not counted yet. */
export const WAITS: i32 = 255;

@final
export class DecodeStage {
  private readonly fragments: Fragments = new Fragments();
  private readonly walk: LayerWalk;
  private readonly hashKeys: HashKeys;
  private readonly counters: Counters;

  /** `hashKeys` are those of the flow table; `hasDomain` as in LayerWalk. */
  constructor(hashKeys: HashKeys, counters: Counters, hasDomain: bool) {
    this.hashKeys = hashKeys;
    this.counters = counters;
    this.walk = new LayerWalk(hasDomain);
  }

  /** The last packet's, where its view says FIRST or LATER. */
  get fragment(): FragmentHeader {
    return this.walk.fragment;
  }

  /** Begins a capture. */
  clear(): void {
    this.fragments.clear();
  }

  /** Fills the view from a row of a batch; its status is a DecodeStatus, or WAITS. */
  take(batch: PacketBatch, row: i32, view: PacketView): void {
    const walk = this.walk;
    view.timeUs = batch.timeUs(row);
    walk.begin(view, batch.at(row), batch.capturedLength(row), batch.wireLength(row));
    const status = decode(walk, batch.linkType(row));
    if (status != DecodeStatus.OK) {
      if (status == DecodeStatus.UNSUPPORTED_LINK_TYPE) this.noteUnreadLink(batch, row);
      return;
    }
    if (view.fragment != Fragment.NONE && !this.tie(view)) view.status = <u8>WAITS;
    else hashKey(view, this.hashKeys);
  }

  /** Fills the views at an address from the first `count` rows of a batch. */
  takeAll(batch: PacketBatch, count: i32, viewsAt: usize): void {
    for (let row = 0; row < count; row++)
      this.take(batch, row, changetype<PacketView>(viewsAt + <usize>row * VIEW_LENGTH));
  }

  /** Counts the fragments whose first one never came, so far; all that still wait where the capture is over. */
  settle(isOver: bool): void {
    const fragments = this.fragments;
    if (isOver) fragments.giveUp();
    this.counters.notDecoded(DecodeStatus.FRAGMENT_WITHOUT_FIRST, fragments.takeOrphans());
    this.counters.totals.fragmentOverlaps = fragments.overlapCount;
  }

  private noteUnreadLink(batch: PacketBatch, row: i32): void {
    const at: usize = batch.at(row);
    const end = at + <usize>batch.capturedLength(row);
    readPacket(at, end);
    this.counters.unreadLink(unreadLinkType(at, end, batch.linkType(row)));
    leavePacket();
  }

  private tie(view: PacketView): bool {
    const header = this.walk.fragment;
    if (view.fragment == Fragment.LATER) return this.fragments.later(view, header);
    this.fragments.first(view, header);
    return true;
  }
}
