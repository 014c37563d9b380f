/** Which link type a frame is of that the walk could not begin with: its own, or the one that a header in front of it names. */
import { DecodeStatus } from '../host/decode-status.ts';
import { LinkType } from './link-type.ts';
import { checkPktap, pktapLinkType } from './pktap.ts';
import { checkPpi, ppiLinkType } from './ppi.ts';

/** For frames whose status is UNSUPPORTED_LINK_TYPE; [at, end) are captured. */
export function unreadLinkType(data: DataView, at: number, end: number, linkType: number): number {
  if (linkType === LinkType.PPI && checkPpi(data, at, end) === DecodeStatus.OK) return ppiLinkType(data, at);
  if (linkType === LinkType.PKTAP && checkPktap(data, at, end) === DecodeStatus.OK) return pktapLinkType(data, at);
  return linkType;
}
