/** What of a packet that is no TCP segment its fingerprint sees. */
import { Framing } from './host/framing.ts';
import type { Payload } from './fingerprint/payload.ts';
import type { PacketView } from './wire/packet-view.ts';
import { Transport } from './host/packet-codes.ts';
import { socks5UdpHeaderLength } from './wire/proxy-preface.ts';

/** Hands the view's bytes to the payload, without the header that a SOCKS proxy puts before each datagram. */
export function takeDatagram(view: PacketView, payload: Payload): void {
  const isUdp = view.transport === Transport.UDP;
  const proxied = isUdp ? socks5UdpHeaderLength(view.data, view.payloadAt, view.payloadCaptured) : 0;
  payload.data = view.data;
  payload.at = view.payloadAt + proxied;
  payload.captured = view.payloadCaptured - proxied;
  payload.length = view.payloadLength - proxied;
  payload.evidenceOffset = proxied;
  payload.framing = isUdp ? Framing.DATAGRAM : view.transport === Transport.ESP ? Framing.ESP : Framing.AH;
}
