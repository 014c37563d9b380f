/** Packet views filled by hand, as decode would leave them. */
import { IPV4_MARK, isMappedIpv4 } from '../../src/core/ip-address.ts';
import { DETAIL_WORDS, FlowDetail, FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import { type FlowTable, NO_FLOW } from '../../src/dataplane/flow/flow-table.ts';
import { Fragment } from '../../src/dataplane/host/packet-codes.ts';
import { PacketView } from '../../src/dataplane/wire/packet-view.ts';

export interface Tuple {
  /** Four words of address and a port, each. */
  readonly source: readonly [number, number, number, number, number];
  readonly destination: readonly [number, number, number, number, number];
  readonly transport: number;
  readonly domain: number;
}

export function ipv4End(address: number, port: number): Tuple['source'] {
  return [0, 0, IPV4_MARK, address, port];
}

export function setTuple(view: PacketView, tuple: Tuple, reversed = false): PacketView {
  const source = reversed ? tuple.destination : tuple.source;
  const destination = reversed ? tuple.source : tuple.destination;
  [view.source0, view.source1, view.source2, view.source3, view.sourcePort] = source;
  [view.destination0, view.destination1, view.destination2, view.destination3, view.destinationPort] = destination;
  view.isWide = ![source, destination].every(([a, b, c]) => isMappedIpv4(a, b, c));
  view.transport = tuple.transport;
  view.domain = tuple.domain;
  return view;
}

export function viewOf(tuple: Tuple, reversed = false): PacketView {
  return setTuple(new PacketView(), tuple, reversed);
}

/** The n-th of many UDP flows. */
export function numberedTuple(n: number): Tuple {
  return { source: ipv4End(0x0a000000 + n, 1000), destination: ipv4End(0x0b000000, 2000), transport: 17, domain: 0 };
}

/** Adds the n-th flow with its first packet and last touch. */
export function addFlow(table: FlowTable, n: number, touched: number, firstPacket = n): number {
  const view = viewOf(numberedTuple(n));
  if (table.find(view) !== NO_FLOW) throw new Error(`flow ${n} is there already`);
  const slot = table.insert(view);
  touch(table, slot, touched);
  table.detailNumbers[(slot * DETAIL_WORDS + FlowDetail.FIRST_PACKET) >> 1] = firstPacket;
  return slot;
}

export function touch(table: FlowTable, slot: number, at: number): void {
  table.numbers[(slot * ROW_WORDS + FlowWord.TOUCHED) >> 1] = at;
}

/** A fragment of `length` bytes of IP payload, of the datagram `id` of the n-th flow. */
export function fragmentView(n: number, id: number, offset: number, length: number, more: boolean): PacketView {
  const view = viewOf(numberedTuple(n));
  view.fragment = offset === 0 ? Fragment.FIRST : Fragment.LATER;
  view.fragmentId = id;
  view.fragmentProtocol = 17;
  view.fragmentOffset = offset;
  view.fragmentLength = length;
  view.moreFragments = more;
  view.fragmentDomain = 0;
  view.fragmentSource2 = IPV4_MARK;
  view.fragmentSource3 = view.source3;
  view.fragmentDestination2 = IPV4_MARK;
  view.fragmentDestination3 = view.destination3;
  view.payloadLength = offset === 0 ? length - 8 : length;
  view.payloadCaptured = view.payloadLength;
  return view;
}
