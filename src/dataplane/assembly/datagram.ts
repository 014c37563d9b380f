/** Builds the fingerprint payload of a packet that is no TCP segment. */
import { Framing, Payload } from './fingerprint/payload';
import { PacketView, Transport } from './wire/packet-view';
import { socks5UdpHeaderLength } from './wire/proxy-preface';

/** Hands the view's bytes to the payload, without the header that a SOCKS proxy puts before each datagram. */
export function takeDatagram(view: PacketView, payload: Payload): void {
  const isUdp = view.transport == Transport.UDP;
  const proxied = isUdp ? socks5UdpHeaderLength(view.payloadAt, view.payloadCaptured) : 0;
  payload.at = view.payloadAt + proxied;
  payload.captured = view.payloadCaptured - proxied;
  payload.length = view.payloadLength - proxied;
  payload.evidenceOffset = proxied;
  payload.framing = isUdp ? Framing.DATAGRAM : view.transport == Transport.ESP ? Framing.ESP : Framing.AH;
}
