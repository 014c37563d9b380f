/**
 * Detects a capture of which nothing could be read: every packet has an unsupported link type or layer, is nested too
 * deep, or ends inside a header. Such packets may contain flows, so a result without findings would be misleading.
 *
 * Packets that are readable but belong to no flow (ARP, ICMP, a lone fragment) do not count as unread, nor do damaged
 * packets. The three reasons for all other ethertypes, frames and IP protocols do not count either: they include LLDP,
 * spanning tree and OSPF.
 */
import { DECODE_STATUS_NAMES } from '../dataplane/host/decode-status.ts';
import { UNREAD_LAYERS } from './unread-layers.ts';

const LINK_TYPE = 'unsupported-link-type';
const TRUNCATED = 'truncated-';
const MIXED: readonly string[] = ['unsupported-ethertype', 'unsupported-frame', 'unsupported-transport'];

/** Packets by decode status (Counters.notDecoded). */
export type StatusCounts = Readonly<Float64Array>;

/** Number of packets that could not be read. */
export function unreadPackets(notDecoded: StatusCounts): number {
  return rowsOf(notDecoded).reduce((sum, { packets }) => sum + packets, 0);
}

/**
 * Message for a capture without a readable packet: the reasons by name, and advice if the recording truncated packets.
 */
export function nothingReadMessage(packets: number, notDecoded: StatusCounts): string {
  const none = packets === 1 ? 'its one packet could not be read' : `none of its ${packets} packets could be read`;
  const rows = rowsOf(notDecoded).sort((a, b) => b.packets - a.packets);
  const reasons = rows.map(({ name, packets: count }) => `${wordsOf(name)} (${name} ${count})`).join(', ');
  const endsEarly = rows.some(({ name }) => name.startsWith(TRUNCATED));
  return `${none}: ${reasons}${endsEarly ? '. If the recording cut them: tcpdump -s 0 records whole packets' : ''}`;
}

function rowsOf(notDecoded: StatusCounts): { name: string; packets: number }[] {
  return Array.from(notDecoded, (packets, status) => ({ name: DECODE_STATUS_NAMES[status] ?? '', packets })).filter(
    ({ name, packets }) => packets > 0 && isUnread(name),
  );
}

function isUnread(name: string): boolean {
  if (name === LINK_TYPE || name.startsWith(TRUNCATED)) return true;
  return name in UNREAD_LAYERS && !MIXED.includes(name);
}

function wordsOf(name: string): string {
  if (name === LINK_TYPE) return 'link types that are not read';
  if (name.startsWith(TRUNCATED)) return 'packets that end inside a header';
  return UNREAD_LAYERS[name]!;
}
