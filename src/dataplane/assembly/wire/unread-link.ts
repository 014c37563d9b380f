/**
 * Which link type a frame is of that the walk could not begin with: its own, or the one that a header in front of it
 * names.
 */
import { DecodeStatus } from './decode-status';
import { LinkType } from './link-type';
import { checkPktap, pktapLinkType } from './pktap';
import { checkPpi, ppiLinkType } from './ppi';

/** For frames whose status is UNSUPPORTED_LINK_TYPE; [at, end) are captured. */
export function unreadLinkType(at: usize, end: usize, linkType: u32): u32 {
  if (linkType == LinkType.PPI && checkPpi(at, end) == DecodeStatus.OK) return ppiLinkType(at);
  if (linkType == LinkType.PKTAP && checkPktap(at, end) == DecodeStatus.OK) return pktapLinkType(at);
  return linkType;
}
