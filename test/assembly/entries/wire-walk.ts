/** The layer walk of one packet at a time, for test/wire. */
import { leavePacket, readPacket, takeRegion } from '../../../src/dataplane/assembly/memory';
import { decode, decodeLink } from '../../../src/dataplane/assembly/wire/decode';
import { DecodeStatus } from '../../../src/dataplane/assembly/wire/decode-status';
import { LayerWalk } from '../../../src/dataplane/assembly/wire/layer-walk';
import {
  decodeAnyIp,
  decodeEthernet,
  decodeMpls,
  decodePpp,
  decodeWifi,
} from '../../../src/dataplane/assembly/wire/link-walk';
import { decodeIpv4, decodeIpv6 } from '../../../src/dataplane/assembly/wire/network-walk';
import { PacketView, VIEW_LENGTH } from '../../../src/dataplane/assembly/wire/packet-view';
import { END, Layer } from '../../../src/dataplane/assembly/wire/step';
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

const stepsWithDomain = new LayerWalk(true);
const stepsWithoutDomain = new LayerWalk(false);
const stepsView = takeRegion(VIEW_LENGTH);

export function stepsViewAt(): usize {
  return stepsView;
}

export function stepsFragmentAt(hasDomain: bool): usize {
  return changetype<usize>((hasDomain ? stepsWithDomain : stepsWithoutDomain).fragment);
}

/** The same by the steps alone, without what takes usual packets in one go. */
export function stepsAt(at: usize, capturedLength: i32, wireLength: u32, linkType: i32, hasDomain: bool): i32 {
  const walk = hasDomain ? stepsWithDomain : stepsWithoutDomain;
  walk.begin(changetype<PacketView>(stepsView), at, capturedLength, wireLength);
  readPacket(walk.at, walk.end);
  let next = decodeLink(walk, linkType);
  while (next < END) next = step(walk, next);
  leavePacket();
  walk.view.status = <u8>(next - END);
  return next - END;
}

function step(walk: LayerWalk, layer: i32): i32 {
  switch (layer) {
    case Layer.ETHERNET:
      return decodeEthernet(walk);
    case Layer.IPV4:
      return decodeIpv4(walk);
    case Layer.IPV6:
      return decodeIpv6(walk);
    case Layer.PPP:
      return decodePpp(walk);
    case Layer.MPLS:
      return decodeMpls(walk);
    case Layer.ANY_IP:
      return decodeAnyIp(walk, DecodeStatus.MALFORMED_LINK);
    case Layer.PADDED_WIFI:
      return decodeWifi(walk, 4);
    default:
      return decodeWifi(walk, 1);
  }
}
