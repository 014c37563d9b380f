/**
 * A Wireshark display filter for the packets of a flow. It states both directions in full, because `ip.addr` and
 * `udp.port` alone also match a flow between the same ends with the ports swapped. It does not match fragments without
 * ports, and it does match packets whose outer header has the flow's ends while their flow is inside, like the data of
 * an L2TP tunnel beside its control messages.
 */
import type { TupleFields } from './event-fields.ts';

/** The addresses are those of the event. With truncated addresses or pseudonyms the filter matches no packet. */
export function displayFilter(flow: TupleFields): string {
  const forth = oneWay(flow, flow.src_ip, flow.src_port, flow.dest_ip, flow.dest_port);
  const back = oneWay(flow, flow.dest_ip, flow.dest_port, flow.src_ip, flow.src_port);
  // VLAN 0 only carries a priority, and one direction may lack it.
  const vlans = (flow.vlan ?? []).filter((id) => id !== 0).map((id) => `${vlanCondition(id)} && `);
  const conditions = `${vlans.join('')}${protocolOf(flow)}`;
  return conditions === '' ? `(${forth}) || (${back})` : `${conditions}((${forth}) || (${back}))`;
}

/** Wireshark has separate fields for the tags of 802.1ad: one for a single tag, two for a pair. */
const VLAN_FIELDS = ['vlan.id', 'ieee8021ad.id', 'ieee8021ad.svid', 'ieee8021ad.cvid'];

function vlanCondition(id: number): string {
  return `(${VLAN_FIELDS.map((field) => `${field} == ${id}`).join(' || ')})`;
}

function oneWay(
  { proto }: TupleFields,
  source: string,
  sourcePort: number | undefined,
  destination: string,
  destinationPort: number | undefined,
): string {
  const ip = source.includes(':') ? 'ipv6' : 'ip';
  const ends = `${ip}.src == ${source} && ${ip}.dst == ${destination}`;
  if (sourcePort === undefined || destinationPort === undefined) return ends;
  const transport = proto.toLowerCase();
  return `${ends} && ${transport}.srcport == ${sourcePort} && ${transport}.dstport == ${destinationPort}`;
}

/** ESP and AH need a condition on their protocol. For TCP and UDP the names of the port fields imply it. */
function protocolOf({ proto, src_port: port }: TupleFields): string {
  return port === undefined ? `${proto.toLowerCase()} && ` : '';
}
