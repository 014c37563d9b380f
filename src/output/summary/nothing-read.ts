/**
 * Whether a capture is one of which nothing could be read: each packet is of a link type that is not read, of a layer that is not read,
 * nested too deep, or ends inside a header. Flows may be inside such packets, so none found is not none there.
 *
 * Packets that are read and are no flow (ARP, ICMP, a lone fragment) are no such packets, nor are damaged ones. The same holds for the
 * three reasons that gather all other ethertypes, frames and IP protocols: LLDP, spanning tree and OSPF are among them.
 */
import { DECODE_STATUS_NAMES } from '../../dataplane/wire/decode-status.ts';
import { UNREAD_LAYERS } from './unread-layers.ts';

const LINK_TYPE = 'unsupported-link-type';
const TRUNCATED = 'truncated-';
const MIXED: readonly string[] = ['unsupported-ethertype', 'unsupported-frame', 'unsupported-transport'];

/** Packets by decode status (Counters.notDecoded). */
export type StatusCounts = Readonly<Float64Array>;

/** How many packets could not be read. */
export function unreadPackets(notDecoded: StatusCounts): number {
  return rowsOf(notDecoded).reduce((sum, { packets }) => sum + packets, 0);
}

/** What is said of a capture without a packet that could be read: the reasons by name, and what to do where the recording cut packets. */
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
