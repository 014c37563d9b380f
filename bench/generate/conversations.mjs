/**
 * What the packets of a flow are, one after another, by the flow's kind: first `plan`, which says direction, transport and
 * length, then `fill`, which writes the payload. A conversation holds nothing of its own but two counters per flow, which its
 * caller keeps; everything else follows from the flow's number and the seed.
 */
import { Protocol, TcpFlag } from './frame.mjs';
import { hashOf, randomOctets, variedWord } from './seeded.mjs';
import * as vpn from './vpn-messages.mjs';
import { OpenvpnWrap } from './vpn-messages.mjs';

export const Kind = {
  DNS: 0,
  QUIC: 1,
  TLS: 2,
  HTTP: 3,
  TCP_MIDDLE: 4,
  RTP: 5,
  UDP_RANDOM: 6,
  ICMP: 7,
  WIREGUARD: 8,
  OPENVPN_PLAIN: 9,
  OPENVPN_TLS_AUTH: 10,
  OPENVPN_TLS_CRYPT: 11,
  OPENVPN_TCP: 12,
  IKE_V2_NAT: 13,
  IKE_V2: 14,
  IKE_V1: 15,
  ESP: 16,
  /** Datagrams that stay undecided for as long as a fingerprint may: an opcode of OpenVPN data, lengths that fit no cipher. */
  UNDECIDED: 17,
};

const NOT_VPN = null;

/**
 * By kind: port of the server (0 for none), whether the client uses it too, transport, and of a VPN: the label, and with which
 * packet (from 1) Sluice can first suspect it and confirm it.
 */
export const KINDS = [
  { name: 'dns', port: 53, protocol: Protocol.UDP, vpn: NOT_VPN },
  { name: 'quic', port: 443, protocol: Protocol.UDP, vpn: NOT_VPN },
  { name: 'tls', port: 443, protocol: Protocol.TCP, vpn: NOT_VPN },
  { name: 'http', port: 80, protocol: Protocol.TCP, vpn: NOT_VPN },
  { name: 'tcp-middle', port: 8443, protocol: Protocol.TCP, vpn: NOT_VPN },
  { name: 'rtp', port: 10_000, protocol: Protocol.UDP, vpn: NOT_VPN },
  { name: 'udp-random', port: 6881, protocol: Protocol.UDP, vpn: NOT_VPN },
  { name: 'icmp', port: 0, protocol: Protocol.ICMP, vpn: NOT_VPN },
  { name: 'wireguard', port: 51_820, protocol: Protocol.UDP, vpn: vpnOf('wireguard', 'standard', 1, 2) },
  { name: 'openvpn-plain', port: 1194, protocol: Protocol.UDP, vpn: vpnOf('openvpn', 'plain', 1, 2) },
  { name: 'openvpn-tls-auth', port: 1194, protocol: Protocol.UDP, vpn: vpnOf('openvpn', 'tls-auth', 1, 2) },
  { name: 'openvpn-tls-crypt', port: 1194, protocol: Protocol.UDP, vpn: vpnOf('openvpn', 'tls-crypt', 1, 4) },
  { name: 'openvpn-tcp', port: 1194, protocol: Protocol.TCP, vpn: vpnOf('openvpn', 'plain', 4, 5) },
  { name: 'ikev2-nat', port: 4500, isFixed: true, protocol: Protocol.UDP, vpn: vpnOf('ipsec', 'ikev2', 1, 2) },
  { name: 'ikev2', port: 500, isFixed: true, protocol: Protocol.UDP, vpn: vpnOf('ipsec', 'ikev2', 1, 2) },
  { name: 'ikev1', port: 500, isFixed: true, protocol: Protocol.UDP, vpn: vpnOf('ipsec', 'ikev1-main', 1, 2) },
  { name: 'esp', port: 0, protocol: Protocol.ESP, vpn: vpnOf('ipsec', 'esp', 1, 2) },
  { name: 'undecided', port: 7777, protocol: Protocol.UDP, vpn: NOT_VPN },
];

function vpnOf(protocol, variant, suspectedWith, confirmedWith) {
  return { protocol, variant, suspectedWith, confirmedWith };
}

const Purpose = { SEQUENCE: 10, OWN_ID: 12, PEER_ID: 14, SIZE: 16, ORDER: 17, NAME: 18 };

const POOL_LENGTH = 1 << 20;
const LARGEST_SEGMENT = 1448;
const TCP_SETUP_STEPS = 3;
const OPENVPN_CONTROL_STEPS = 5;
const OPENVPN_OF_KIND = {
  [Kind.OPENVPN_PLAIN]: OpenvpnWrap.PLAIN,
  [Kind.OPENVPN_TLS_AUTH]: OpenvpnWrap.TLS_AUTH,
  [Kind.OPENVPN_TLS_CRYPT]: OpenvpnWrap.TLS_CRYPT,
  [Kind.OPENVPN_TCP]: OpenvpnWrap.PLAIN,
};
/** A question without its one label, and an answer's record without its data. */
const DNS_QUESTION_LENGTH = 18;
const DNS_ANSWER_LENGTH = 12;
const HTTP_REQUEST = Buffer.from(
  'GET /index.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: example/1.0\r\nAccept: */*\r\n\r\n',
);
const HTTP_ANSWER = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: application/octet-stream\r\nContent-Length: 9999999\r\n\r\n',
);

export class Conversations {
  /** After `plan`: 0 from the client to the server, else 1; bytes of the payload; and for TCP flags and numbers. */
  direction = 0;
  length = 0;
  tcp = { flags: 0, sequence: 0, acknowledged: 0 };
  /** Set by the caller: echo requests differ by family. */
  isIpv6 = false;
  #seed;
  #pool;

  constructor(seed) {
    this.#seed = seed;
    this.#pool = randomOctets(seed, POOL_LENGTH);
  }

  /** Plans packet `step` (from 0) of a flow of `size` packets. `counters` holds two numbers of the flow at `row`: sent each way. */
  plan(kind, flow, step, size, counters, row) {
    const { protocol } = KINDS[kind];
    this.tcp.flags = TcpFlag.ACK;
    if (protocol === Protocol.TCP) this.#planTcp(kind, flow, step, size, counters, row);
    else this.#planDatagram(kind, flow, step, counters, row);
  }

  #planDatagram(kind, flow, step, counters, row) {
    const draw = hashOf(this.#seed, flow, Purpose.SIZE) ^ Math.imul(step + 1, 0x85ebca6b);
    this.direction = directionOf(kind, step, hashOf(draw, step, Purpose.ORDER));
    this.length = this.#datagramLength(kind, flow, step, (draw ^ (draw >>> 15)) >>> 0);
    counters[row + this.direction]++;
  }

  #datagramLength(kind, flow, step, draw) {
    switch (kind) {
      case Kind.DNS:
        return (
          DNS_QUESTION_LENGTH + this.#dnsLabelLength(flow) + ((step & 1) === 0 ? 0 : DNS_ANSWER_LENGTH + (draw % 200))
        );
      case Kind.QUIC:
        return step < 2
          ? 1200
          : this.direction === 0
            ? 30 + (draw % 40)
            : draw % 8 < 2
              ? 1200 + (draw % 52)
              : 40 + (draw % 200);
      case Kind.RTP:
        return 172;
      case Kind.ICMP:
        return 64;
      case Kind.WIREGUARD:
        if (step < 2) return step === 0 ? vpn.WIREGUARD_INITIATION_LENGTH : vpn.WIREGUARD_RESPONSE_LENGTH;
        return vpn.WIREGUARD_HEADER_LENGTH + 16 + 16 * plaintextBlocks(draw);
      case Kind.OPENVPN_PLAIN:
      case Kind.OPENVPN_TLS_AUTH:
      case Kind.OPENVPN_TLS_CRYPT:
        if (step < OPENVPN_CONTROL_STEPS) return vpn.openvpnControlLength(step, OPENVPN_OF_KIND[kind]);
        return vpn.OPENVPN_DATA_HEADER_LENGTH + 16 + 16 * plaintextBlocks(draw) + (draw % 7);
      case Kind.IKE_V2_NAT:
        return step < 4 ? 4 + vpn.ikeV2Length(step) : vpn.ESP_HEADER_LENGTH + 32 + 16 * plaintextBlocks(draw);
      case Kind.IKE_V2:
        return vpn.ikeV2Length(step);
      case Kind.IKE_V1:
        return vpn.ikeV1Length(step);
      case Kind.ESP:
        return vpn.ESP_HEADER_LENGTH + 32 + 16 * plaintextBlocks(draw);
      case Kind.UNDECIDED:
        return 25 + (draw % 120);
      default:
        return 20 + (draw % 300);
    }
  }

  #planTcp(kind, flow, step, size, counters, row) {
    const { tcp } = this;
    const hasSetup = kind !== Kind.TCP_MIDDLE;
    const draw = hashOf(this.#seed ^ step, flow, Purpose.SIZE) >>> 0;
    this.length = 0;
    const position = hasSetup ? step : step + TCP_SETUP_STEPS;
    const isEnd = hasSetup && size >= 8 && step >= size - 2;
    if (position < TCP_SETUP_STEPS) {
      this.direction = position === 1 ? 1 : 0;
      tcp.flags = position === 0 ? TcpFlag.SYN : position === 1 ? TcpFlag.SYN | TcpFlag.ACK : TcpFlag.ACK;
    } else if (isEnd) {
      this.direction = step === size - 1 ? 1 : 0;
      tcp.flags = TcpFlag.FIN | TcpFlag.ACK;
    } else {
      this.#planSegment(kind, position - TCP_SETUP_STEPS, draw);
    }
    const { direction } = this;
    const isSyn = (tcp.flags & TcpFlag.SYN) !== 0;
    const own = hashOf(this.#seed, flow, Purpose.SEQUENCE + direction);
    const other = hashOf(this.#seed, flow, Purpose.SEQUENCE + 1 - direction);
    tcp.sequence = (own + (isSyn ? 0 : 1) + counters[row + direction]) | 0;
    tcp.acknowledged = position === 0 ? 0 : (other + 1 + counters[row + 1 - direction]) | 0;
    counters[row + direction] += this.length;
  }

  #planSegment(kind, position, draw) {
    if (kind === Kind.OPENVPN_TCP) {
      const isControl = position < OPENVPN_CONTROL_STEPS;
      this.direction = isControl ? position & 1 : directionOf(kind, position, draw);
      const record = isControl
        ? vpn.openvpnControlLength(position, OpenvpnWrap.PLAIN)
        : vpn.OPENVPN_DATA_HEADER_LENGTH + 16 + 16 * plaintextBlocks(draw);
      this.length = 2 + record;
      return;
    }
    if (position < 2) {
      this.direction = position;
      if (kind === Kind.HTTP) this.length = position === 0 ? HTTP_REQUEST.length : LARGEST_SEGMENT;
      else this.length = position === 0 ? 517 : 1400;
      return;
    }
    // Downloads mostly: the server sends, and the client acknowledges every other segment.
    const isAnswer = draw % 16 < 5;
    this.direction = isAnswer ? 1 : 0;
    if (isAnswer) this.length = draw % 32 < 10 ? LARGEST_SEGMENT : 30 + ((draw >>> 8) % 300);
    else this.length = draw % 5 === 0 ? 40 + ((draw >>> 8) % 300) : 0;
  }

  /** Writes the payload of the packet that `plan` has just planned. */
  fill(kind, flow, step, counters, row, bytes, view, at, seconds) {
    const { length, direction } = this;
    if (length === 0) return;
    const from = (hashOf(this.#seed ^ step, flow, Purpose.ORDER) >>> 0) % (POOL_LENGTH - length);
    this.#pool.copy(bytes, at, from, from + length);
    if (kind < Kind.WIREGUARD || kind === Kind.UNDECIDED) {
      return this.#fillBackground(kind, flow, step, bytes, view, at, counters[row + direction]);
    }
    const own = this.#ownId(flow, direction);
    const other = this.#ownId(flow, 1 - direction);
    switch (kind) {
      case Kind.WIREGUARD:
        if (step === 0) return vpn.putWireguardInitiation(view, at, own);
        if (step === 1) return vpn.putWireguardResponse(view, at, own, other);
        return vpn.putWireguardTransport(view, at, other, counters[row + direction] - 2);
      case Kind.OPENVPN_PLAIN:
      case Kind.OPENVPN_TLS_AUTH:
      case Kind.OPENVPN_TLS_CRYPT: {
        const wrap = OPENVPN_OF_KIND[kind];
        if (step < OPENVPN_CONTROL_STEPS) return vpn.putOpenvpnControl(view, at, step, wrap, own, other, seconds);
        return vpn.putOpenvpnData(view, at, flow & 0xff, counters[row + direction]);
      }
      case Kind.IKE_V2_NAT:
        if (step >= 4) return vpn.putEsp(view, at, own, counters[row + direction]);
        view.setUint32(at, 0);
        return vpn.putIkeV2(view, at + 4, step, this.#ownId(flow, 0), this.#ownId(flow, 1));
      case Kind.IKE_V2:
        return vpn.putIkeV2(view, at, step, this.#ownId(flow, 0), this.#ownId(flow, 1));
      case Kind.IKE_V1:
        return vpn.putIkeV1(view, at, step, this.#ownId(flow, 0), this.#ownId(flow, 1));
      case Kind.ESP:
        return vpn.putEsp(view, at, own, counters[row + direction]);
      default:
        return this.#fillOpenvpnRecord(step - TCP_SETUP_STEPS, flow, view, at, own, other, counters[row + direction]);
    }
  }

  #fillOpenvpnRecord(position, flow, view, at, own, other, sent) {
    view.setUint16(at, this.length - 2);
    if (position >= OPENVPN_CONTROL_STEPS) return vpn.putOpenvpnData(view, at + 2, flow & 0xff, sent);
    return vpn.putOpenvpnControl(view, at + 2, position, OpenvpnWrap.PLAIN, own, other, 0);
  }

  /** What is random stays so: media, datagrams of no protocol, streams seen from the middle. */
  #fillBackground(kind, flow, step, bytes, view, at, sent) {
    const { direction, length } = this;
    const position = step - TCP_SETUP_STEPS;
    switch (kind) {
      case Kind.DNS:
        return this.#fillDns(view, at, flow, step);
      case Kind.QUIC:
        if (step >= 2) return view.setUint8(at, 0x40 | (view.getUint8(at) & 0x3f));
        view.setUint32(at, 0xc3000000);
        return view.setUint32(at + 4, 0x01080000 | (flow & 0xffff));
      case Kind.RTP:
        view.setUint16(at, 0x8000);
        view.setUint16(at + 2, sent);
        view.setUint32(at + 4, 160 * sent);
        return view.setInt32(at + 8, flow);
      case Kind.ICMP:
        view.setUint32(at, this.isIpv6 ? (128 + direction) << 24 : direction === 0 ? 0x08000000 : 0);
        return view.setUint16(at + 6, step >> 1);
      case Kind.UNDECIDED:
        return view.setUint8(at, 0x30);
      case Kind.TLS:
        if (position < 2) return vpn.putTlsHello(view, at, length, position === 0);
        view.setUint16(at, 0x1703);
        return view.setUint16(at + 2, 0x0300 | (length >> 8));
      case Kind.HTTP:
        if (position === 0) HTTP_REQUEST.copy(bytes, at);
        else if (position === 1) HTTP_ANSWER.copy(bytes, at);
        return undefined;
      default:
        return undefined;
    }
  }

  #dnsLabelLength(flow) {
    return 8 + (hashOf(this.#seed, flow, Purpose.NAME) & 31);
  }

  /** A question for a name of one label; an answer repeats it and has one record of type NULL, which may hold anything. */
  #fillDns(view, at, flow, step) {
    const isAnswer = this.direction === 1;
    view.setUint16(at, hashOf(this.#seed, flow, Purpose.NAME) ^ (step >> 1));
    view.setUint32(at + 2, isAnswer ? 0x81800001 : 0x01000001);
    view.setUint32(at + 6, isAnswer ? 0x00010000 : 0);
    view.setUint16(at + 10, 0);
    const label = this.#dnsLabelLength(flow);
    view.setUint8(at + 12, label);
    for (let i = 0; i < label; i++) view.setUint8(at + 13 + i, 97 + (i % 26));
    view.setUint8(at + 13 + label, 0);
    view.setUint32(at + 14 + label, 0x000a0001);
    if (!isAnswer) return;
    const record = at + DNS_QUESTION_LENGTH + label;
    view.setUint32(record, 0xc00c000a);
    view.setUint32(record + 4, 0x00010000);
    view.setUint16(record + 8, 300);
    view.setUint16(record + 10, this.length - DNS_QUESTION_LENGTH - label - DNS_ANSWER_LENGTH);
  }

  /** The number that one end of a flow goes by: index, first half of a session id, or SPI; never small. */
  #ownId(flow, direction) {
    return variedWord(this.#seed, flow, Purpose.OWN_ID + direction);
  }
}

/** Handshakes and questions take turns; of what follows, a little more comes from the server. */
function directionOf(kind, step, draw) {
  switch (kind) {
    case Kind.DNS:
    case Kind.ICMP:
    case Kind.IKE_V2:
    case Kind.IKE_V1:
      return step & 1;
    case Kind.ESP:
      return step < 2 ? 0 : draw & 1;
    default:
      return step < 6 ? step & 1 : draw % 5 < 3 ? 1 : 0;
  }
}

/** Blocks of 16 bytes inside a tunnel's data packet: small, in between, or near the limit. */
function plaintextBlocks(draw) {
  const share = draw % 16;
  if (share < 8) return 2 + ((draw >>> 4) % 6);
  return share < 14 ? 8 + ((draw >>> 4) % 30) : 84;
}
