// Every link layer and encapsulation that the generator writes, as a table: name → {link, text, only, before, wrap}.
// `wrap` gets what frames.open() returns and the packet's number, and returns the new frame's octets. `before` makes frames
// that come first, such as the control messages that agree on a session. What is `like` an encapsulation and is none goes to
// negative/like-NAME, without labels.

import { BIG, CLIENT_MAC, LITTLE, SERVER_MAC, checksum, concat, ethernet, hex, ipv4, outer4, outer6, u16, u32, udp, udp6 } from './frames.mjs';

const is6 = (inner) => inner.type === 0x86dd;
const label = (value, last, ttl = 62) => u32(((value << 12) | (last ? 0x100 : 0) | ttl) >>> 0);
const pppType = (inner) => u16(is6(inner) ? 0x0057 : 0x0021);
const pppoe = (inner) => { const body = concat(pppType(inner), inner.ip); return concat(hex('1100 0e2a'), u16(body.length), body); };
const innerEthernet = (inner) => ethernet(inner, inner.type, inner.ip);

/** GRE with any of checksum, key and sequence number (RFC 2784, RFC 2890). */
function gre(type, payload, { key, sequence, sum = false } = {}) {
  const flags = (sum ? 0x8000 : 0) | (key === undefined ? 0 : 0x2000) | (sequence === undefined ? 0 : 0x1000);
  const parts = [u16(flags), u16(type)];
  if (sum) parts.push(u32(0));
  if (key !== undefined) parts.push(u32(key));
  if (sequence !== undefined) parts.push(u32(sequence));
  const packet = concat(...parts, payload);
  if (sum) packet.writeUInt16BE(checksum(packet), 4);
  return packet;
}

/** ERSPAN type II: version 1, VLAN 100, session 17 (8 octets). */
const erspan2 = (number) => concat(hex('1064 0011'), u32(number & 0xfffff));
/** ERSPAN type III: version 2, 12 octets; with the platform part of 8 octets when `platform`. */
const erspan3 = (number, platform) => concat(hex('2064 0011'), u32(number * 100), u16(7), u16(platform ? 0x0001 : 0x0000), platform ? hex('0c00000000000001') : Buffer.alloc(0));

const vxlan = (inner) => concat(hex('08000000 00002a00'), innerEthernet(inner));
const geneve = (type, payload, options = Buffer.alloc(0)) => concat(Buffer.from([options.length / 4, 0]), u16(type), hex('00002a00'), options, payload);

/** GTP-U G-PDU (TS 29.281): optional sequence number, N-PDU number and extension headers. */
function gtp(payload, { sequence, npdu, extensions = [] } = {}) {
  const optional = sequence !== undefined || npdu !== undefined || extensions.length > 0;
  const flags = 0x30 | (extensions.length > 0 ? 4 : 0) | (sequence === undefined ? 0 : 2) | (npdu === undefined ? 0 : 1);
  const parts = [];
  if (optional) parts.push(u16(sequence ?? 0), Buffer.from([npdu ?? 0, extensions[0]?.type ?? 0]));
  extensions.forEach(({ content }, at) => parts.push(Buffer.from([(content.length + 2) / 4]), content, Buffer.from([extensions[at + 1]?.type ?? 0])));
  const rest = concat(...parts, payload);
  return concat(Buffer.from([flags, 255]), u16(rest.length), u32(0x0badcafe), rest);
}

const tunnelPort = (number) => 49152 + (number % 1000);
const overUdp = (port) => (make) => (inner, number) => ethernet(inner, 0x0800, outer4(inner, 17, udp(tunnelPort(number), port, make(inner, number)), number));

/** An inner Ethernet frame between MAC addresses of a real vendor, which tshark wants of a pseudowire. */
const vendorFrame = (inner, type, payload) => { const [near, far] = [hex('001b21000011'), hex('001b21000012')]; return concat(inner.forth ? far : near, inner.forth ? near : far, u16(type), payload); };
const pseudowire = (inner, load) => ethernet(inner, 0x8847, concat(label(299776, false), label(16001, true), load));
/** What begins like an Ethernet frame below a label stack and has no sound packet in it. */
function notAFrame(inner, number) {
  const mac = hex(['001b21000012', '450000500012', '601b21005012'][number % 3]);
  const broken = Buffer.from(inner.ip);
  broken[0] = number % 2 === 0 ? 0x44 : 0x55;
  const text = Buffer.from('no packet is in here, whatever the type of the frame may say of it');
  const [type, load] = [[0x0800, broken], [0x0800, text], [0x0806, text], [0x0800, broken]][number % 4];
  return pseudowire(inner, concat(mac, hex('001b21000011'), u16(type), load));
}
const vxlanGpe = (protocol, load) => concat(hex('0c0000'), Buffer.from([protocol]), hex('00002a00'), load);

/** L2TP version 2 (RFC 2661): the peer's tunnel and session id, and what the flags ask for. */
function l2tp2(inner, frame, { flags = 0x4002, sequence, offset } = {}) {
  const rest = [u16(inner.forth ? 7 : 8), u16(inner.forth ? 21 : 22)];
  if (sequence !== undefined) rest.push(u16(sequence), u16(0));
  if (offset !== undefined) rest.push(u16(offset), Buffer.alloc(offset, 0xaa));
  const body = concat(...rest, frame);
  const bits = flags | (sequence === undefined ? 0 : 0x0800) | (offset === undefined ? 0 : 0x0200);
  return (bits & 0x4000) === 0 ? concat(u16(bits), body) : concat(u16(bits), u16(body.length + 4), body);
}
const l2tpPorts = (inner) => (inner.forth ? [50001, 1701] : [1701, 50001]);
const overL2tpUdp = (inner, message, number) => ethernet(inner, 0x0800, outer4(inner, 17, udp(...l2tpPorts(inner), message), number));
const overL2tpIp = (inner, message, number) => ethernet(inner, 0x0800, outer4(inner, 115, message, number));

/** A pseudowire of L2TP version 3 (RFC 3931): its types by number, and what both ends agreed on. */
const PSEUDOWIRE = { ethernet: 5, hdlc: 6, ppp: 7 };
function l2tp3({ session, kind, cookie = '', sublayer = false, overIp }) {
  const idFor = (forth) => u32(session + (forth ? 1 : 0));
  const agreed = hex(cookie);
  const avp = (type, value) => concat(u16(0x8000 | (6 + value.length)), u16(0), u16(type), value);
  // An id that a message assigns is the one that its sender wants to see in what it receives.
  const connectionFor = (forth) => u32(session + (forth ? 0x101 : 0x100));
  const control = (forth, type, to, ns, ...avps) => {
    const body = concat(to, u16(ns), u16(ns), avp(0, u16(type)), ...avps);
    const message = concat(u16(0xc803), u16(4 + body.length), body);
    return { forth, message: overIp ? concat(u32(0), message) : message };
  };
  const call = (forth, type, remote) => {
    const avps = [avp(63, idFor(!forth)), avp(64, remote), avp(68, u16(PSEUDOWIRE[kind])), avp(69, u16(sublayer ? 1 : 0))];
    return control(forth, type, connectionFor(forth), 2, ...avps, ...(agreed.length > 0 ? [avp(65, agreed)] : []));
  };
  // The control connection (SCCRQ, SCCRP, SCCCN), then the session (ICRQ, ICRP, ICCN).
  const messages = () => [
    control(true, 1, u32(0), 0, avp(61, connectionFor(false))), control(false, 2, connectionFor(false), 0, avp(61, connectionFor(true))), control(true, 3, connectionFor(true), 1),
    call(true, 10, u32(0)), call(false, 11, idFor(false)), call(true, 12, idFor(true)),
  ];
  const send = (inner, message, number) => (overIp ? overL2tpIp : overL2tpUdp)(inner, message, number);
  return {
    before: () => messages().map(({ forth, message }, at) => send({ forth }, message, 900 + at)),
    wrap: (inner, number) => {
      const frame = kind === 'ethernet' ? innerEthernet(inner) : kind === 'ppp' ? concat(hex('ff03'), pppType(inner), inner.ip) : concat(hex('0f00'), u16(inner.type), inner.ip);
      const data = concat(idFor(inner.forth), agreed, sublayer ? u32(0x40000000 | number) : Buffer.alloc(0), frame);
      return send(inner, overIp ? data : concat(hex('00030000'), data), number);
    },
  };
}

/** PPTP's GRE (RFC 2637): every packet has a sequence number; answers acknowledge too. */
const pptp = (inner, frame, number) => concat(u16(inner.forth ? 0x3001 : 0x3081), hex('880b'), u16(frame.length), u16(inner.forth ? 5 : 6), u32(number), inner.forth ? Buffer.alloc(0) : u32(number), frame);
const tzsp = (protocol, frame, tags = '') => concat(hex('0100'), u16(protocol), hex(`${tags}01`), frame);

/** An 802.11 data frame with an LLC/SNAP header. `qos`, `wds` (four addresses) and `control` (HT control) vary the header. */
function wlan(inner, number, { qos = false, wds = false, control = false } = {}) {
  const [to, from] = inner.forth ? [SERVER_MAC, CLIENT_MAC] : [CLIENT_MAC, SERVER_MAC];
  const station = hex('02005e0000aa');
  const direction = wds ? 3 : inner.forth ? 1 : 2;
  const addresses = wds ? [station, hex('02005e0000bb'), to] : inner.forth ? [station, from, to] : [to, station, from];
  return concat(
    Buffer.from([qos ? 0x88 : 0x08, direction | (control ? 0x80 : 0)]), hex('2c00'), ...addresses, hex(((number << 4) & 0xffff).toString(16).padStart(4, '0')).reverse(),
    wds ? from : Buffer.alloc(0), qos ? hex('0000') : Buffer.alloc(0), control ? hex('00000000') : Buffer.alloc(0), hex('aaaa03000000'), u16(inner.type), inner.ip,
  );
}

const radiotap = (flags) => concat(hex('0000 0a00 06000000'), Buffer.from([flags, 0x0c]));
const bsd = (family, endian) => { const b = Buffer.alloc(4); if (endian === 'little') b.writeUInt32LE(family); else b.writeUInt32BE(family); return b; };

/** One attribute of a netfilter log, in the byte order of the capturing machine, padded to four bytes. */
const attribute = (out, type, value) => concat(out.u16(value.length + 4), out.u16(type), value, Buffer.alloc(-value.length & 3));
/** A packet as the kernel's netfilter log hands it over: hardware protocol, prefix, interface, then the packet. */
function nflog(inner, out) {
  const header = Buffer.from([is6(inner) ? 10 : 2, 0, 0, 5]);
  return concat(header, attribute(out, 1, concat(u16(inner.type), hex('0300'))), attribute(out, 10, Buffer.from('forward\0')), attribute(out, 4, u32(2)), attribute(out, 9, inner.ip));
}

/** PPI: header of 8 bytes with the length of its fields, and the link type of the frame behind them. */
const ppi = (link, fields, frame) => concat(Buffer.from([0, 0]), LITTLE.u16(8 + fields.length), LITTLE.u32(link), fields, frame);
/** PPI's 802.11 common field: flags, rate, channel and signal. */
const ppiCommon = concat(LITTLE.u16(2), LITTLE.u16(20), Buffer.alloc(8), LITTLE.u16(0), LITTLE.u16(88), LITTLE.u16(2437), LITTLE.u16(0xa0), hex('0000 c8a0'));

/** FreeBSD's and OpenBSD's packet filter log header; `length` does not count the padding to four bytes. */
function pflog(inner, length, family6) {
  const header = concat(Buffer.from([length, is6(inner) ? family6 : 2, 0, 0]), Buffer.from('em0'.padEnd(32, '\0')), u32(7), u32(0xffffffff), hex('ffffffff 00000000 00000000 01000000'), Buffer.from([inner.forth ? 2 : 1]));
  return concat(header, Buffer.alloc((((length + 3) & ~3) - header.length)), inner.ip);
}

/** Apple's PKTAP header of 108 bytes in front of an Ethernet frame. */
const pktap = (inner) => concat(LITTLE.u32(108), LITTLE.u32(1), LITTLE.u32(1), Buffer.from('en0'.padEnd(24, '\0')), LITTLE.u32(inner.forth ? 2 : 1), LITTLE.u32(is6(inner) ? 30 : 2), LITTLE.u32(14), Buffer.alloc(4), hex('ffffffff'), Buffer.alloc(24), LITTLE.u16(6), Buffer.alloc(2), hex('ffffffff'), Buffer.alloc(20), innerEthernet(inner));

/** Solaris's ipnet header: version 2, family 2 or 26, hook, length, interfaces and zones. */
const ipnet = (inner) => concat(Buffer.from([2, is6(inner) ? 26 : 2]), u16(inner.forth ? 1 : 0), u32(inner.ip.length), u32(2), u32(0), hex('00000000 ffffffff'), inner.ip);

/** Juniper: magic, flags (1 incoming, 2 no link layer, 0x80 extensions), and three extensions where there are any. */
const juniper = (inner, flags, ...rest) => concat(hex('4d4743'), Buffer.from([flags | (inner.forth ? 1 : 0)]), flags & 0x80 ? hex('0010 030101 06010e 01028c00 04044c010000') : Buffer.alloc(0), ...rest);

export const WRAPPERS = {
  'vlan': { text: '802.1Q, one tag (VLAN 100).', wrap: (p) => ethernet(p, p.type, p.ip, hex('8100 0064')) },
  'vlan-priority': { text: '802.1Q with VLAN 0 and priority 5 (a priority tag).', wrap: (p) => ethernet(p, p.type, p.ip, hex('8100 a000')) },
  'qinq-8100': { text: 'Two 802.1Q tags.', wrap: (p) => ethernet(p, p.type, p.ip, hex('8100 00c8 8100 0064')) },
  'qinq-88a8': { text: '802.1ad: service tag 0x88a8, then 802.1Q.', wrap: (p) => ethernet(p, p.type, p.ip, hex('88a8 00c8 8100 0064')) },
  'qinq-9100': { text: 'Service tag 0x9100, then 802.1Q.', wrap: (p) => ethernet(p, p.type, p.ip, hex('9100 00c8 8100 0064')) },
  'vlan-three': { text: 'Three tags: 0x88a8, 0x8100, 0x8100.', wrap: (p) => ethernet(p, p.type, p.ip, hex('88a8 00c8 8100 0064 8100 0032')) },
  'mpls-1': { text: 'MPLS, one label.', wrap: (p) => ethernet(p, 0x8847, concat(label(16001, true), p.ip)) },
  'mpls-3': { text: 'MPLS, three labels.', wrap: (p) => ethernet(p, 0x8847, concat(label(16001, false), label(24, false), label(299776, true), p.ip)) },
  'vlan-mpls': { text: '802.1Q, then MPLS with two labels.', wrap: (p) => ethernet(p, 0x8847, concat(label(16001, false), label(24, true), p.ip), hex('8100 0064')) },
  'pppoe': { text: 'PPPoE session.', wrap: (p) => ethernet(p, 0x8864, pppoe(p)) },
  'pppoe-vlan': { text: 'PPPoE session in 802.1Q.', wrap: (p) => ethernet(p, 0x8864, pppoe(p), hex('8100 0007')) },
  'ppp': { link: 9, text: 'PPP (link type 9) without address and control.', wrap: (p) => concat(pppType(p), p.ip) },
  'ppp-address': { link: 9, text: 'PPP (link type 9) with address and control (ff 03).', wrap: (p) => concat(hex('ff03'), pppType(p), p.ip) },
  'ppp-compressed': { link: 9, text: 'PPP (link type 9) with the protocol compressed to one octet.', wrap: (p) => concat(pppType(p).subarray(1), p.ip) },
  'ppp-hdlc': { link: 50, text: 'PPP in HDLC-like framing (link type 50).', wrap: (p) => concat(hex('ff03'), pppType(p), p.ip) },
  'chdlc': { link: 104, text: 'Cisco HDLC (link type 104).', wrap: (p) => concat(hex('0f00'), u16(p.type), p.ip) },
  'sll': { link: 113, text: 'Linux cooked capture (link type 113).', wrap: (p) => concat(u16(p.forth ? 4 : 0), hex('0001 0006'), p.forth ? CLIENT_MAC : SERVER_MAC, hex('0000'), u16(p.type), p.ip) },
  'sll2': { link: 276, text: 'Linux cooked capture, version 2 (link type 276).', wrap: (p) => concat(u16(p.type), hex('0000 00000003 0001'), Buffer.from([p.forth ? 4 : 0, 6]), p.forth ? CLIENT_MAC : SERVER_MAC, hex('0000'), p.ip) },
  'sll-vlan': { link: 113, text: 'Linux cooked capture with an 802.1Q tag.', wrap: (p) => concat(hex('0000 0001 0006'), CLIENT_MAC, hex('0000 8100 0064'), u16(p.type), p.ip) },
  'raw-101': { link: 101, text: 'Raw IP (link type 101).', wrap: (p) => p.ip },
  'raw-12': { link: 12, text: 'Raw IP (link type 12, as some systems write it).', wrap: (p) => p.ip },
  'raw-14': { link: 14, text: 'Raw IP (link type 14, as OpenBSD writes it).', wrap: (p) => p.ip },
  'raw-228': { link: 228, only: 4, text: 'Raw IPv4 (link type 228).', wrap: (p) => p.ip },
  'raw-229': { link: 229, only: 6, text: 'Raw IPv6 (link type 229).', wrap: (p) => p.ip },
  'null-little': { link: 0, text: 'BSD loopback (link type 0), little-endian, IPv6 as family 30.', wrap: (p) => concat(bsd(is6(p) ? 30 : 2, 'little'), p.ip) },
  'null-big': { link: 0, endian: 'big', text: 'BSD loopback (link type 0), big-endian, IPv6 as family 24.', wrap: (p) => concat(bsd(is6(p) ? 24 : 2, 'big'), p.ip) },
  'null-28': { link: 0, text: 'BSD loopback (link type 0), little-endian, IPv6 as family 28.', wrap: (p) => concat(bsd(is6(p) ? 28 : 2, 'little'), p.ip) },
  'loop': { link: 108, text: 'OpenBSD loopback (link type 108): the family in network order.', wrap: (p) => concat(bsd(is6(p) ? 24 : 2, 'big'), p.ip) },
  'enc': { link: 109, text: "OpenBSD's enc interface (link type 109), little-endian: family, SPI, flags.", wrap: (p) => concat(LITTLE.u32(is6(p) ? 24 : 2), hex('c0ffee01'), LITTLE.u32(0xc00), p.ip) },
  'pflog': { link: 117, text: "FreeBSD's packet filter log (link type 117): header of 61 bytes, padded to 64, IPv6 as family 28.", wrap: (p) => pflog(p, 61, 28) },
  'pflog-openbsd': { link: 117, text: "OpenBSD's packet filter log: header of 100 bytes, IPv6 as family 24.", wrap: (p) => pflog(p, 100, 24) },
  'juniper-ethernet': { link: 178, text: 'Juniper Ethernet (link type 178) with extensions.', wrap: (p) => juniper(p, 0x80, innerEthernet(p)) },
  'juniper-no-link': { link: 178, text: 'Juniper Ethernet whose link layer is stripped: the number of the protocol, then IP.', wrap: (p) => juniper(p, 0x02, LITTLE.u32(is6(p) ? 6 : 2), p.ip) },
  'ppi-ethernet': { link: 192, text: 'Per-Packet Information (link type 192) without fields, around Ethernet.', wrap: (p) => ppi(1, Buffer.alloc(0), innerEthernet(p)) },
  'ppi-wlan': { link: 192, text: 'Per-Packet Information with the 802.11 common field, around 802.11 data frames.', wrap: (p, n) => ppi(105, ppiCommon, wlan(p, n)) },
  'ipnet': { link: 226, text: 'Solaris ipnet (link type 226), IPv6 as family 26.', wrap: (p) => ipnet(p) },
  'nflog': { link: 239, text: 'Linux netfilter log (link type 239), little-endian.', wrap: (p) => nflog(p, LITTLE) },
  'nflog-big': { link: 239, endian: 'big', text: 'Linux netfilter log of a big-endian machine, in a big-endian pcap.', wrap: (p) => nflog(p, BIG) },
  'pktap': { link: 258, text: "Apple's packet tap (link type 258), around Ethernet.", wrap: (p) => pktap(p) },
  'wlan-data': { link: 105, text: '802.11 data frames (link type 105).', wrap: (p, n) => wlan(p, n) },
  'wlan-qos': { link: 105, text: '802.11 QoS data frames.', wrap: (p, n) => wlan(p, n, { qos: true }) },
  'wlan-four-addresses': { link: 105, text: '802.11 data frames with four addresses.', wrap: (p, n) => wlan(p, n, { wds: true }) },
  'radiotap-data': { link: 127, text: 'Radiotap (link type 127) and 802.11 data frames.', wrap: (p, n) => concat(radiotap(0), wlan(p, n)) },
  'radiotap-qos': { link: 127, text: 'Radiotap and 802.11 QoS data frames.', wrap: (p, n) => concat(radiotap(0), wlan(p, n, { qos: true })) },
  'radiotap-ht-control': { link: 127, text: 'Radiotap and 802.11 QoS data frames with an HT control field.', wrap: (p, n) => concat(radiotap(0), wlan(p, n, { qos: true, control: true })) },
  'radiotap-padded': { link: 127, text: 'Radiotap that announces padding, and 802.11 QoS data frames whose header of 26 octets is padded to 28.', wrap: (p, n) => { const frame = wlan(p, n, { qos: true }); return concat(radiotap(0x20), frame.subarray(0, 26), hex('0000'), frame.subarray(26)); } },
  'ipip': { only: 4, text: 'IPv4 in IPv4.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 4, p.ip, n)) },
  '6in4': { only: 6, text: 'IPv6 in IPv4.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 41, p.ip, n)) },
  '4in6': { only: 4, text: 'IPv4 in IPv6.', wrap: (p) => ethernet(p, 0x86dd, outer6(p, 4, p.ip)) },
  '6in6': { only: 6, text: 'IPv6 in IPv6.', wrap: (p) => ethernet(p, 0x86dd, outer6(p, 41, p.ip)) },
  'gre': { text: 'GRE without optional fields.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(p.type, p.ip), n)) },
  'gre-all-fields': { text: 'GRE with checksum, key and sequence number.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(p.type, p.ip, { key: 0x2a, sequence: n, sum: true }), n)) },
  'gre-key': { text: 'GRE with a key.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(p.type, p.ip, { key: 0xcafe }), n)) },
  'gre-bridged': { text: 'GRE with transparent Ethernet bridging.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(0x6558, innerEthernet(p)), n)) },
  'gre-v6': { text: 'GRE over IPv6.', wrap: (p) => ethernet(p, 0x86dd, outer6(p, 47, gre(p.type, p.ip))) },
  'erspan-1': { text: 'ERSPAN type I: GRE without sequence number, Ethernet at once.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(0x88be, innerEthernet(p)), n)) },
  'erspan-2': { text: 'ERSPAN type II.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(0x88be, concat(erspan2(n), innerEthernet(p)), { sequence: n }), n)) },
  'erspan-3': { text: 'ERSPAN type III.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(0x22eb, concat(erspan3(n, false), innerEthernet(p)), { sequence: n }), n)) },
  'erspan-3-platform': { text: 'ERSPAN type III with the platform part.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(0x22eb, concat(erspan3(n, true), innerEthernet(p)), { sequence: n }), n)) },
  'vxlan': { text: 'VXLAN, port 4789.', wrap: overUdp(4789)((p) => vxlan(p)) },
  'vxlan-v6': { text: 'VXLAN over IPv6.', wrap: (p, n) => ethernet(p, 0x86dd, udp6(p, tunnelPort(n), 4789, vxlan(p))) },
  'vxlan-inner-vlan': { text: 'VXLAN whose inner frame has an 802.1Q tag.', wrap: overUdp(4789)((p) => concat(hex('08000000 00002a00'), ethernet(p, p.type, p.ip, hex('8100 0064')))) },
  'geneve': { text: 'Geneve with an Ethernet frame, no options.', wrap: overUdp(6081)((p) => geneve(0x6558, innerEthernet(p))) },
  'geneve-options': { text: 'Geneve with two options (12 octets).', wrap: overUdp(6081)((p) => geneve(0x6558, innerEthernet(p), hex('0102 80 01 deadbeef 0102 81 00'))) },
  'geneve-ip': { text: 'Geneve with an IP packet instead of an Ethernet frame.', wrap: overUdp(6081)((p) => geneve(p.type, p.ip)) },
  'gtp-u': { text: 'GTP-U without optional fields.', wrap: overUdp(2152)((p) => gtp(p.ip)) },
  'gtp-u-sequence': { text: 'GTP-U with sequence and N-PDU number.', wrap: overUdp(2152)((p, n) => gtp(p.ip, { sequence: n, npdu: 3 })) },
  'gtp-u-extension': { text: 'GTP-U with one extension header (PDU session container).', wrap: overUdp(2152)((p) => gtp(p.ip, { extensions: [{ type: 0x85, content: hex('0009') }] })) },
  'gtp-u-extensions': { text: 'GTP-U with sequence number and two extension headers (UDP port, PDU session container).', wrap: overUdp(2152)((p, n) => gtp(p.ip, { sequence: n, extensions: [{ type: 0x40, content: u16(2152) }, { type: 0x85, content: hex('1009') }] })) },
  'pseudowire': { text: 'An Ethernet pseudowire over MPLS without control word; MAC addresses that begin with 00.', wrap: (p) => pseudowire(p, vendorFrame(p, p.type, p.ip)) },
  'pseudowire-vlan': { text: 'The same with an 802.1Q tag in the frame.', wrap: (p) => pseudowire(p, vendorFrame(p, 0x8100, concat(u16(100), u16(p.type), p.ip))) },
  'pseudowire-word': { text: 'An Ethernet pseudowire over MPLS with a control word and a sequence number.', wrap: (p, n) => pseudowire(p, concat(u32(n & 0xffff), vendorFrame(p, p.type, p.ip))) },
  'pseudowire-like': { like: true, only: 4, text: 'Behind an MPLS stack bytes that begin like a frame without control word, in turn: IPv4 with a header of 16 bytes, IPv4 of version 5, text under the types of IPv4 and ARP; to MAC addresses that begin with 00, 45 and 60. No session is in them.', wrap: (p, n) => notAFrame(p, n) },
  'vxlan-group-policy': { text: 'VXLAN with the group policy extension: flag 0x80, policy 291.', wrap: overUdp(4789)((p) => concat(hex('88000123 00002a00'), innerEthernet(p))) },
  'vxlan-inner-pppoe': { text: 'VXLAN whose inner frame has an 802.1Q tag and a PPPoE session.', wrap: overUdp(4789)((p) => concat(hex('08000000 00002a00'), ethernet(p, 0x8864, pppoe(p), hex('8100 0064')))) },
  'vxlan-gpe': { text: 'VXLAN-GPE, port 4790, with IP.', wrap: overUdp(4790)((p) => vxlanGpe(is6(p) ? 2 : 1, p.ip)) },
  'l2tp-2': { text: 'L2TP version 2: length, PPP with address and control.', wrap: (p, n) => overL2tpUdp(p, l2tp2(p, concat(hex('ff03'), pppType(p), p.ip)), n) },
  'l2tp-2-compressed': { text: 'L2TP version 2 without length, the PPP protocol compressed to one byte.', wrap: (p, n) => overL2tpUdp(p, l2tp2(p, concat(pppType(p).subarray(1), p.ip), { flags: 0x0002 }), n) },
  'l2tp-2-all-fields': { text: 'L2TP version 2 with length, sequence numbers and an offset.', wrap: (p, n) => overL2tpUdp(p, l2tp2(p, concat(pppType(p), p.ip), { sequence: n, offset: 3 }), n) },
  'l2tp-3-ip': { text: 'L2TP version 3 over IP: Ethernet, neither cookie nor sublayer. Control messages agree on it.', ...l2tp3({ session: 0x1000, kind: 'ethernet', overIp: true }) },
  'l2tp-3-ip-cookie': { text: 'L2TP version 3 over IP: Ethernet, a cookie of 4 bytes and the default sublayer.', ...l2tp3({ session: 0x2000, kind: 'ethernet', cookie: 'c0ffee01', sublayer: true, overIp: true }) },
  'l2tp-3-ip-hdlc': { text: 'L2TP version 3 over IP: Cisco HDLC, the default sublayer.', ...l2tp3({ session: 0x3000, kind: 'hdlc', sublayer: true, overIp: true }) },
  'l2tp-3-udp': { text: 'L2TP version 3 over UDP: Ethernet, a cookie of 8 bytes. The control messages are a flow of their own.', ...l2tp3({ session: 0x4000, kind: 'ethernet', cookie: 'c0ffee01deadbeef', overIp: false }) },
  'l2tp-3-udp-ppp': { text: 'L2TP version 3 over UDP: PPP, a cookie of 8 bytes and the default sublayer.', ...l2tp3({ session: 0x5000, kind: 'ppp', cookie: 'c0ffee01deadbeef', sublayer: true, overIp: false }) },
  'pptp': { text: "PPTP's GRE: PPP with address and control, sequence and acknowledgement numbers.", wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, pptp(p, concat(hex('ff03'), pppType(p), p.ip), n), n)) },
  'pptp-compressed': { text: "PPTP's GRE, the PPP protocol compressed to one byte.", wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, pptp(p, concat(pppType(p).subarray(1), p.ip), n), n)) },
  'tzsp': { text: 'TZSP, port 37008, with an Ethernet frame, as MikroTik routers mirror.', wrap: overUdp(37008)((p) => tzsp(1, innerEthernet(p))) },
  'tzsp-fields': { text: 'TZSP with tagged fields and padding before a tagged Ethernet frame.', wrap: overUdp(37008)((p) => tzsp(1, ethernet(p, p.type, p.ip, hex('8100 0064')), '0a01c8 00 2902 0600 3c06 02005e0000cc')) },
  'tzsp-wlan': { text: 'TZSP with an 802.11 data frame.', wrap: overUdp(37008)((p, n) => tzsp(18, wlan(p, n))) },
  'nested-vlan-gre-bridged-vlan': { text: '802.1Q, IPv4, GRE with Ethernet, 802.1Q.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(0x6558, ethernet(p, p.type, p.ip, hex('8100 0032'))), n), hex('8100 0064')) },
  'nested-mpls-ipip': { only: 4, text: 'MPLS, IPv4, IPv4.', wrap: (p, n) => ethernet(p, 0x8847, concat(label(16001, true), outer4(p, 4, p.ip, n))) },
  'nested-gtp-u-ipip': { only: 4, text: 'GTP-U, then IPv4 in IPv4: four IP headers deep with a GRE outside.', wrap: (p, n) => ethernet(p, 0x0800, outer4(p, 47, gre(0x0800, outer4(p, 17, udp(2152, 2152, gtp(outer4(p, 4, p.ip, n))), n)), n)) },
  'ipv4-options': { only: 4, text: 'IPv4 options (router alert, record route, padding) in every packet.', wrap: (p) => ethernet(p, 0x0800, ipv4(p.ip[9], p.ip.subarray(12, 16), p.ip.subarray(16, 20), p.ip.subarray(20), { options: hex('94040000 0707 04 00000000 01'), id: p.ip.readUInt16BE(4), flags: p.ip.readUInt16BE(6) })) },
  'ipv6-extensions': { only: 6, text: 'IPv6 with hop-by-hop and destination options in every packet.', wrap: (p) => { const q = Buffer.concat([p.ip.subarray(0, 40), hex('3c00 010400000000'), Buffer.from([p.ip[6]]), hex('00 010400000000'), p.ip.subarray(40)]); q[6] = 0; q.writeUInt16BE(p.ip.readUInt16BE(4) + 16, 4); return ethernet(p, 0x86dd, q); } },
};
