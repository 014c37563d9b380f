/** The layer walk of one packet at a time, for test/assembly/wire-walk.test.ts. */
import { takeRegion } from '../../../src/dataplane/assembly/memory';
import { decode } from '../../../src/dataplane/assembly/wire/decode';
import { LayerWalk } from '../../../src/dataplane/assembly/wire/layer-walk';
import { PacketView, VIEW_LENGTH } from '../../../src/dataplane/assembly/wire/packet-view';
export { brokenGuard, leavePacket, readPacket, takeRegion } from '../../../src/dataplane/assembly/memory';
export { unreadLinkType } from '../../../src/dataplane/assembly/wire/unread-link';

const withDomain = new LayerWalk(true);
const withoutDomain = new LayerWalk(false);
const view = takeRegion(VIEW_LENGTH);

export function viewAt(): usize {
  return view;
}

/** Address of the header of a fragment that the last walk has filled. */
export function fragmentAt(hasDomain: bool): usize {
  return changetype<usize>((hasDomain ? withDomain : withoutDomain).fragment);
}

export function decodeAt(at: usize, capturedLength: i32, wireLength: u32, linkType: i32, hasDomain: bool): i32 {
  const walk = hasDomain ? withDomain : withoutDomain;
  walk.begin(changetype<PacketView>(view), at, capturedLength, wireLength);
  return decode(walk, linkType);
}
