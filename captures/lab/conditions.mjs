// The conditions under which a mirror port or an archive shows the same sessions: cut, duplicated, reordered, one-way,
// fragmented, segmented, and in every container. Table: name → {text, make(base) → {frames…} or ready octets}.

import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';

import {
  BIG, LITTLE, CLIENT_MAC, SERVER_MAC, block, checksum, concat, enhancedPacket, ethernet, hex, interfaceBlock, ipv4, obsoletePacket, open, option, sectionHeader, simplePacket, u16, u32, writePcap,
} from './frames.mjs';
import { WRAPPERS } from './wrappers.mjs';

const cut = (frames, length) => frames.map((frame) => ({ ...frame, bytes: frame.bytes.subarray(0, length) }));
const direction = (frames, forth) => frames.filter((frame) => open(frame).forth === forth);
const relink = (frames, name) => frames.map((frame, number) => { const bytes = WRAPPERS[name].wrap(open(frame), number); return { ...frame, bytes, original: bytes.length }; });
/** Every frame in a wrapper that its direction chooses; null leaves it as it is. */
const relinkByDirection = (frames, forth, back) => frames.map((frame) => { const name = open(frame).forth ? forth : back; return name === null ? frame : relink([frame], name)[0]; });
/** Every frame with the VLAN id of its direction; null for no tag. */
const tagByDirection = (frames, forth, back) => frames.map((frame) => {
  const inner = open(frame);
  const id = inner.forth ? forth : back;
  if (id === null) return frame;
  const bytes = ethernet(inner, inner.type, inner.ip, concat(u16(0x8100), u16(id)));
  return { ...frame, bytes, original: bytes.length };
});
const with4 = (frames) => frames.filter((frame) => open(frame).type === 0x0800);
const with6 = (frames) => frames.filter((frame) => open(frame).type === 0x86dd);

/** IPv4 fragments of every packet whose payload is longer than `size` (a multiple of 8), in order. */
function fragments4(frames, size) {
  return frames.flatMap((frame, number) => {
    const inner = open(frame);
    if (inner.type !== 0x0800 || inner.ip.length - 20 <= size) return [frame];
    const body = inner.ip.subarray(20);
    const parts = [];
    for (let at = 0; at < body.length; at += size) {
      const more = at + size < body.length ? 0x2000 : 0;
      const packet = ipv4(inner.ip[9], inner.ip.subarray(12, 16), inner.ip.subarray(16, 20), body.subarray(at, at + size), { id: 0x6000 + number, flags: more | (at >> 3) });
      const bytes = ethernet(inner, 0x0800, packet);
      parts.push({ time: frame.time + BigInt(parts.length) * 1000n, bytes, original: bytes.length });
    }
    return parts;
  });
}

/** IPv6 fragments (extension header 44) of every packet whose payload is longer than `size`. */
function fragments6(frames, size) {
  return frames.flatMap((frame, number) => {
    const inner = open(frame);
    if (inner.type !== 0x86dd || inner.ip.length - 40 <= size) return [frame];
    const body = inner.ip.subarray(40);
    const parts = [];
    for (let at = 0; at < body.length; at += size) {
      const more = at + size < body.length ? 1 : 0;
      const piece = concat(Buffer.from([inner.ip[6], 0]), u16(at | more), u32(0x51ab0000 + number), body.subarray(at, at + size));
      const header = Buffer.from(inner.ip.subarray(0, 40));
      header.writeUInt16BE(piece.length, 4);
      header[6] = 44;
      const bytes = ethernet(inner, 0x86dd, concat(header, piece));
      parts.push({ time: frame.time + BigInt(parts.length) * 1000n, bytes, original: bytes.length });
    }
    return parts;
  });
}

/** Runs of frames that belong to one fragmented packet, each turned round. */
function reverseFragments(frames) {
  const out = [];
  const key = (frame) => { const { ip } = open(frame); return `${ip.subarray(12, 20).toString('hex')} ${ip.readUInt16BE(4)}`; };
  const isFragment = (frame) => { const { type, ip } = open(frame); return type === 0x0800 && (ip.readUInt16BE(6) & 0x3fff) !== 0; };
  for (let at = 0; at < frames.length; ) {
    let end = at + 1;
    while (isFragment(frames[at]) && end < frames.length && isFragment(frames[end]) && key(frames[end]) === key(frames[at])) end++;
    const times = frames.slice(at, end).map((frame) => frame.time);
    out.push(...frames.slice(at, end).reverse().map((frame, i) => ({ ...frame, time: times[i] })));
    at = end;
  }
  return out;
}

/** Neighbours changed places within windows of three, times left as they were; the first packets too. */
function reorder(frames) {
  const out = [...frames];
  for (let at = 0; at + 2 < out.length; at += 3) [out[at], out[at + 2]] = [out[at + 2], out[at]];
  return out.map((frame, at) => ({ ...frame, time: frames[at].time }));
}

// --- TCP ---------------------------------------------------------------------------------------------------------

/** A TCP segment over IPv4 with correct checksums. */
function segment(forth, ends, sequence, acknowledge, flags, payload, time) {
  const [from, to] = forth ? [ends.client, ends.server] : [ends.server, ends.client];
  const header = concat(u16(from.port), u16(to.port), u32(sequence), u32(acknowledge), Buffer.from([0x50, flags]), u16(64000), u32(0), payload);
  const pseudo = concat(from.address, to.address, Buffer.from([0, 6]), u16(header.length), header);
  header.writeUInt16BE(checksum(pseudo), 16);
  const bytes = concat(forth ? SERVER_MAC : CLIENT_MAC, forth ? CLIENT_MAC : SERVER_MAC, hex('0800'), ipv4(6, from.address, to.address, header, { id: sequence & 0xffff }));
  return { time, bytes, original: bytes.length };
}

/** The conversation of one TCP connection: its ends and, in order, who said what and when. */
function talk(frames) {
  const said = [];
  let ends;
  const seen = { true: new Set(), false: new Set() };
  for (const frame of frames) {
    const { ip, type, forth } = open(frame);
    if (type !== 0x0800 || ip[9] !== 6) continue;
    const tcp = ip.subarray(20);
    if (forth && ends === undefined) ends = { client: { address: ip.subarray(12, 16), port: tcp.readUInt16BE(0) }, server: { address: ip.subarray(16, 20), port: tcp.readUInt16BE(2) } };
    const payload = tcp.subarray((tcp[12] >> 4) * 4);
    const sequence = tcp.readUInt32BE(4);
    if (payload.length === 0 || seen[forth].has(sequence)) continue;
    said.push({ forth, payload, time: frame.time });
    seen[forth].add(sequence);
  }
  return { ends, said };
}

/** A connection that says the same in other segments: `split(payload, index)` → pieces. Returns frames. */
function resay({ ends, said }, split) {
  const next = { true: 1000, false: 900000 };
  const start = said[0].time - 3_000_000n;
  const out = [
    segment(true, ends, 999, 0, 0x02, Buffer.alloc(0), start),
    segment(false, ends, 899999, 1000, 0x12, Buffer.alloc(0), start + 100_000n),
    segment(true, ends, 1000, 900000, 0x10, Buffer.alloc(0), start + 200_000n),
  ];
  said.forEach(({ forth, payload, time }, index) => {
    split(payload, index).forEach((piece, at) => {
      out.push(segment(forth, ends, next[forth], next[!forth], 0x18, piece, time + BigInt(at) * 2000n));
      next[forth] += piece.length;
    });
  });
  return out;
}

const whole = (payload) => [payload];
/** The first octets one by one, the rest together. */
const single = (count) => (payload, index) => (index > 3 ? [payload] : [...Array.from(payload.subarray(0, count), (octet) => Buffer.from([octet])), ...(payload.length > count ? [payload.subarray(count)] : [])]);
const pieces = (size) => (payload) => Array.from({ length: Math.ceil(payload.length / size) }, (_, at) => payload.subarray(at * size, (at + 1) * size));

/** Segments in a wrong order: within each direction's run of data, pairs change places. */
function swapSegments(frames) {
  const out = [...frames];
  for (let at = 3; at + 1 < out.length; at += 2) if (open(out[at]).forth === open(out[at + 1]).forth) [out[at], out[at + 1]] = [out[at + 1], out[at]];
  return out.map((frame, at) => ({ ...frame, time: frames[at].time }));
}

/** Every data segment overlaps the one before it by up to four octets, the same octets twice. */
function overlapped({ ends, said }) {
  const frames = [];
  const next = { true: 1000, false: 900000 };
  const last = { true: Buffer.alloc(0), false: Buffer.alloc(0) };
  frames.push(...resay({ ends, said: said.slice(0, 1) }, () => []));
  for (const { forth, payload, time } of said) {
    pieces(20)(payload).slice(0, 12).forEach((piece, at) => {
      const repeated = last[forth].subarray(Math.max(0, last[forth].length - 4));
      frames.push(segment(forth, ends, next[forth] - repeated.length, next[!forth], 0x18, concat(repeated, piece), time + BigInt(at) * 2000n));
      next[forth] += piece.length;
      last[forth] = piece;
    });
    if (payload.length > 240) {
      const rest = payload.subarray(240);
      frames.push(segment(forth, ends, next[forth], next[!forth], 0x18, rest, time + 30_000n));
      next[forth] += rest.length;
      last[forth] = rest;
    }
  }
  return frames;
}

/** IKE and ESP of a tunnel as one TCP stream (RFC 9329): prefix, then messages behind 16-bit lengths that count themselves. */
function ikeOverTcp(frames) {
  const said = [];
  let ends;
  for (const frame of frames) {
    const { ip, type, forth } = open(frame);
    if (type !== 0x0800 || ip[9] !== 17) continue;
    const udp = ip.subarray(20);
    if (ends === undefined) ends = { client: { address: ip.subarray(12, 16), port: 41500 }, server: { address: ip.subarray(16, 20), port: 4500 } };
    const message = udp.readUInt16BE(2) === 500 || udp.readUInt16BE(0) === 500 ? concat(u32(0), udp.subarray(8)) : udp.subarray(8);
    const record = concat(u16(message.length + 2), message);
    said.push({ forth, payload: said.length === 0 ? concat(Buffer.from('IKETCP'), record) : record, time: frame.time });
  }
  return { ends, said };
}

// --- containers ----------------------------------------------------------------------------------------------------

const unknown = (out) => block(out, 0x40000bad, hex('000011ff 01020304 05060708'));

function sections(frames) {
  const third = Math.ceil(frames.length / 3);
  const [first, second, last] = [frames.slice(0, third), frames.slice(third, 2 * third), frames.slice(2 * third)];
  return concat(
    sectionHeader(LITTLE, concat(option(LITTLE, 4, Buffer.from('lab')), option(LITTLE, 0, Buffer.alloc(0)))), interfaceBlock(LITTLE, 1, { name: 'eth0' }), ...first.map((frame) => enhancedPacket(LITTLE, 0, frame)),
    sectionHeader(BIG), interfaceBlock(BIG, 101, { resolution: 9 }), ...relink(second, 'raw-101').map((frame) => enhancedPacket(BIG, 0, frame, { resolution: 9 })),
    sectionHeader(LITTLE), interfaceBlock(LITTLE, 276, { resolution: 3 }), interfaceBlock(LITTLE, 113, { resolution: 0x94 }),
    ...last.map((frame, at) => enhancedPacket(LITTLE, at % 2, relink([frame], at % 2 === 0 ? 'sll2' : 'sll')[0], { resolution: at % 2 === 0 ? 3 : 0x94 })),
  );
}

/** One section, six interfaces with different link types, resolutions and offsets; packets go round. */
function mixedLinks(frames) {
  const interfaces = [
    { link: 1, name: null, resolution: undefined }, { link: 101, name: 'raw-101', resolution: 9 }, { link: 276, name: 'sll2', resolution: 6 },
    { link: 0, name: 'null-little', resolution: 0x9e }, { link: 104, name: 'chdlc', resolution: 9, offset: 1_000_000_000 }, { link: 127, name: 'radiotap-qos', resolution: 7 },
  ];
  const body = frames.map((frame, at) => {
    const index = at % interfaces.length;
    const { name, resolution = 6, offset = 0 } = interfaces[index];
    return enhancedPacket(LITTLE, index, name === null ? frame : relink([frame], name)[0], { resolution, offset });
  });
  return concat(sectionHeader(LITTLE), ...interfaces.map(({ link, resolution, offset }) => interfaceBlock(LITTLE, link, { resolution, offset })), ...body);
}

/** Packet options, custom and unknown blocks, name resolution and statistics blocks between the packets. */
function manyBlocks(frames) {
  const out = LITTLE;
  const options = concat(option(out, 1, Buffer.from('a comment')), option(out, 2, u32(0)), option(out, 0x7ff0, hex('0102030405')), option(out, 0, Buffer.alloc(0)));
  const extra = [unknown(out), block(out, 4, concat(out.u16(0), out.u16(0))), block(out, 5, concat(out.u32(0), out.u32(0), out.u32(0))), block(out, 0x0bad, concat(out.u32(32473), hex('c0ffee00')))];
  return concat(sectionHeader(out), unknown(out), interfaceBlock(out, 1, { resolution: 6, name: 'mirror port' }), ...frames.flatMap((frame, at) => [enhancedPacket(out, 0, frame, { options: at % 2 ? options : undefined }), ...(at % 7 === 0 ? extra : [])]));
}

function zstd(bytes) {
  return execFileSync('zstd', ['-q', '-c', '-19'], { input: bytes });
}

const half = (bytes) => [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];

// The stages that change with the view; everything not named keeps the stage of the base.
const oneWay = (label) => (label.proto === 'esp' ? label.stage : 'suspected');

export const CONDITIONS = {
  'snaplen-60': { text: 'Cut to 60 octets: 18 octets of UDP payload over IPv4, of IKE less than its header; nothing is left of TCP and of UDP over IPv6, so these are left out.', frames: (base) => cut(with4(base).filter((frame) => open(frame).ip[9] !== 6), 60), stage: (label) => (label.label === 'wireguard' || label.proto === 'esp' ? label.stage : 'suspected'), undecidable: (label) => label.variant === 'ikev2', snaplen: 60 },
  'snaplen-64': { text: 'Cut to 64 bytes: 22 bytes of UDP payload over IPv4, so six are missing of the IKE header, and all but 18 of it after the non-ESP marker: what is suspected there alone is confirmed by the flow on port 500 with the same SPI.', frames: (base) => cut(with4(base).filter((frame) => open(frame).ip[9] !== 6), 64), snaplen: 64 },
  'snaplen-68': { text: 'Cut to 68 bytes: 26 bytes of UDP payload over IPv4, so two are missing of the IKE header, and six after the non-ESP marker.', frames: (base) => cut(with4(base).filter((frame) => open(frame).ip[9] !== 6), 68), snaplen: 68 },
  'snaplen-96': { text: 'Cut to 96 octets.', frames: (base) => cut(base, 96), snaplen: 96 },
  'snaplen-128': { text: 'Cut to 128 octets.', frames: (base) => cut(base, 128), snaplen: 128 },
  'duplicated': { text: 'Every packet twice, two microseconds apart, as two mirror sessions deliver it.', frames: (base) => base.flatMap((frame) => [frame, { ...frame, time: frame.time + 2000n }]) },
  'reordered': { text: 'Packets change places within windows of three, so answers come before their questions.', frames: reorder },
  'client-only': { text: "Only the clients' direction of all sessions.", frames: (base) => direction(base, true), stage: oneWay },
  'server-only': { text: "Only the servers' direction of all sessions. (Of native ESP nobody can tell who began, so its first sender counts as the initiator.)", frames: (base) => direction(base, false), stage: oneWay, turned: (label) => label.proto === 'esp' },
  'vlan-priority-one-way': { text: "The clients' direction with a priority tag (VLAN 0), the servers' without a tag: one flow each (IEEE 802.1Q, table 9-2).", frames: (base) => relinkByDirection(base, 'vlan-priority', null) },
  'vlan-each-way': { text: "The clients' direction in VLAN 100, the servers' in VLAN 200, as a mirror port tags them that gives each direction a VLAN of its own. With `--link-identity vlan`, the default, two flows each, seen from one side; with `none` one, confirmed.", frames: (base) => tagByDirection(base, 100, 200), stage: oneWay },
  'vlan-one-way': { text: "The clients' direction in VLAN 100, the servers' without a tag: two flows each as well.", frames: (base) => tagByDirection(base, 100, null), stage: oneWay },
  'ethernet-padding': { text: 'Short frames padded to 60 octets with 0xaa, longer ones with a trailer of four octets.', frames: (base) => base.map((frame) => { const bytes = concat(frame.bytes, Buffer.alloc(Math.max(4, 60 - frame.bytes.length), 0xaa)); return { ...frame, bytes, original: bytes.length }; }) },
  'fragments-v4': { text: 'IPv4 packets longer than 128 octets in fragments of 128.', frames: (base) => fragments4(with4(base), 128) },
  'fragments-v4-reversed': { text: 'The same, the fragments of each packet last first.', frames: (base) => reverseFragments(fragments4(with4(base), 128)) },
  'fragments-v6': { text: 'IPv6 packets longer than 64 octets in fragments of 64.', frames: (base) => fragments6(with6(base), 64) },
  'fragments-in-vxlan': { text: 'IPv4 fragments inside VXLAN.', frames: (base) => relink(fragments4(with4(base), 256), 'vxlan') },
  'tcp-single-octets': { only: 'tcp', text: 'The OpenVPN TCP session with the first 60 octets of its first messages one to a segment.', frames: (base) => resay(talk(base), single(60)) },
  'tcp-segments-16': { only: 'tcp', text: 'The OpenVPN TCP session in segments of 16 octets.', frames: (base) => resay(talk(base), (payload, index) => (index < 3 ? pieces(16)(payload) : pieces(300)(payload))) },
  'tcp-reordered': { only: 'tcp', text: 'The OpenVPN TCP session in segments of 10 octets that change places in pairs.', frames: (base) => swapSegments(resay(talk(base), (payload, index) => (index < 2 ? pieces(10)(payload) : pieces(300)(payload)))) },
  'tcp-retransmitted': { only: 'tcp', text: 'The OpenVPN TCP session with every data segment sent twice.', frames: (base) => resay(talk(base), whole).flatMap((frame, at) => (at < 3 ? [frame] : [frame, { ...frame, time: frame.time + 1_000n }])) },
  'tcp-overlapping': { only: 'tcp', text: 'The OpenVPN TCP session in segments that repeat the last four octets of the one before.', frames: (base) => overlapped(talk(base)) },
  'tcp-lost-segment': { only: 'tcp', text: 'The OpenVPN TCP session without its fourth data segment (lost before the mirror port).', frames: (base) => resay(talk(base), whole).filter((_, at) => at !== 6) },
  'tcp-no-handshake': { only: 'tcp', text: 'The OpenVPN TCP session without SYN and SYN-ACK, from its first data on.', frames: (base) => resay(talk(base), whole).slice(3) },
  'tcp-vlan': { only: 'tcp', text: 'The OpenVPN TCP session in segments of 50 octets, in 802.1ad.', frames: (base) => relink(resay(talk(base), pieces(50)), 'qinq-88a8') },
  'ike-over-tcp': { only: 'ike', text: 'The IKEv2 session as one TCP stream on port 4500 (RFC 9329): prefix, lengths, marker. Rewritten from the UDP session.', frames: (base) => resay(ikeOverTcp(base), whole), flow: { proto: 'tcp', sport: 41500, dport: 4500 } },
  'ike-over-tcp-segments': { only: 'ike', text: 'The same in segments of 40 octets.', frames: (base) => resay(ikeOverTcp(base), pieces(40)), flow: { proto: 'tcp', sport: 41500, dport: 4500 } },
  'pcap-us-little': { text: 'The base as it is: pcap, microseconds, little-endian. The nine files after this in the table hold the same packets.', frames: (base) => base },
  'pcap-us-big': { text: 'pcap, microseconds, big-endian.', frames: (base) => base, pcap: { endian: 'big' } },
  'pcap-ns-little': { text: 'pcap, nanoseconds, little-endian.', frames: (base) => base, pcap: { magic: 'ns' } },
  'pcap-ns-big': { text: 'pcap, nanoseconds, big-endian.', frames: (base) => base, pcap: { magic: 'ns', endian: 'big' } },
  'pcap-kuznetzov-little': { text: 'pcap with the modified magic a1b2cd34 and record headers of 24 octets, little-endian.', frames: (base) => base, pcap: { magic: 'kuznetzov' } },
  'pcap-kuznetzov-big': { text: 'The same, big-endian.', frames: (base) => base, pcap: { magic: 'kuznetzov', endian: 'big' } },
  'pcap-red-hat': { text: "pcap as Red Hat 6.1's tcpdump wrote it: standard magic, record headers of 24 bytes, little-endian.", frames: (base) => base, pcap: { magic: 'red-hat' } },
  'pcap-suse': { text: "pcap as SuSE 6.3's tcpdump wrote it: modified magic, record headers of 28 bytes, little-endian.", frames: (base) => base, pcap: { magic: 'suse' } },
  'pcap-suse-big': { text: 'The same, big-endian.', frames: (base) => base, pcap: { magic: 'suse', endian: 'big' } },
  'pcap-nokia': { text: "pcap as Nokia's firewalls wrote it: standard magic, record headers of 20 bytes, little-endian.", frames: (base) => base, pcap: { magic: 'nokia' } },
  'pcapng-little': { extension: 'pcapng', text: 'pcapng, one section, little-endian.', octets: (base) => concat(sectionHeader(LITTLE), interfaceBlock(LITTLE, 1), ...base.map((frame) => enhancedPacket(LITTLE, 0, frame))) },
  'pcapng-big': { extension: 'pcapng', text: 'pcapng, one section, big-endian, nanoseconds.', octets: (base) => concat(sectionHeader(BIG), interfaceBlock(BIG, 1, { resolution: 9 }), ...base.map((frame) => enhancedPacket(BIG, 0, frame, { resolution: 9 }))) },
  'pcapng-sections': { extension: 'pcapng', text: 'pcapng with three sections of different byte orders, link types (Ethernet, raw, SLL2, SLL) and resolutions (µs, ns, ms, 2^-20 s).', octets: sections },
  'pcapng-mixed-links': { extension: 'pcapng', text: 'pcapng, one section with six interfaces: Ethernet, raw, SLL2, null, C-HDLC with a time offset, radiotap; resolutions from 10^-6 to 2^-30.', octets: mixedLinks },
  'pcapng-simple-packets': { extension: 'pcapng', text: 'pcapng with simple packet blocks: no times at all.', octets: (base) => concat(sectionHeader(LITTLE), interfaceBlock(LITTLE, 1), ...base.map((frame) => simplePacket(LITTLE, frame))) },
  'pcapng-obsolete-packets': { extension: 'pcapng', text: 'pcapng with the obsolete packet block.', octets: (base) => concat(sectionHeader(LITTLE), interfaceBlock(LITTLE, 1), ...base.map((frame) => obsoletePacket(LITTLE, 0, frame))) },
  'pcapng-many-blocks': { extension: 'pcapng', text: 'pcapng with comments, unknown options, and unknown, custom, name and statistics blocks between the packets. (tshark lists the unknown and custom blocks as 17 further records.)', octets: manyBlocks },
  'gzip': { extension: 'pcap.gz', text: 'gzip.', octets: (base) => gzipSync(writePcap(base), { level: 9 }) },
  'gzip-members': { extension: 'pcap.gz', text: 'Two concatenated gzip members, the border in the middle of a packet.', octets: (base) => concat(...half(writePcap(base)).map((part) => gzipSync(part, { level: 9 }))) },
  'gzip-pcapng': { extension: 'pcapng.gz', text: 'pcapng in gzip.', octets: (base) => gzipSync(sections(base), { level: 9 }) },
  'zstd': { extension: 'pcap.zst', text: 'zstd.', octets: (base) => zstd(writePcap(base)) },
  'zstd-frames': { extension: 'pcap.zst', text: 'Two concatenated zstd frames with a skippable frame between them.', octets: (base) => { const [first, second] = half(writePcap(base)); return concat(zstd(first), hex('502a4d18 05000000 6c61622121'), zstd(second)); } },
};
