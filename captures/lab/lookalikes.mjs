// Hand-made traffic that is no VPN but resembles one: the caller and the answerer of each case.
//
// usage: lookalikes.mjs serve CASE ADDRESS
//        lookalikes.mjs call CASE SOURCE DESTINATION
//        lookalikes.mjs list
//
// Both sides compute the same bytes from the case's name, so every run sends the same datagrams. Each case
// differs from the protocol it resembles in something that a packet shows; what, is said in its text.

import dgram from 'node:dgram';
import net from 'node:net';

/** Seeded octets (xorshift32 over an FNV-1a hash of the seed). */
function randomSource(seed) {
  let state = 0x811c9dc5;
  for (const char of seed) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193) >>> 0;
  const next = () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  for (let i = 0; i < 8; i++) next();
  return {
    octets: (count) => Buffer.from(Array.from({ length: count }, () => next() >>> 24)),
    below: (limit) => next() % limit,
  };
}

const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const u16 = (value) => { const b = Buffer.alloc(2); b.writeUInt16BE(value); return b; };
const u32 = (value) => { const b = Buffer.alloc(4); b.writeUInt32BE(value >>> 0); return b; };
const u32le = (value) => { const b = Buffer.alloc(4); b.writeUInt32LE(value >>> 0); return b; };
const join = (...parts) => Buffer.concat(parts);
const times = (count, make) => Array.from({ length: count }, (_, i) => make(i));

/** An IKE header with the given fields over a body; the length is the true one unless told otherwise. */
function ike({ spi, peer = Buffer.alloc(8), next = 33, version = 0x20, exchange = 34, flags = 0x08, id = 0, length, body = Buffer.alloc(0) }) {
  return join(spi, peer, Buffer.from([next, version, exchange, flags]), u32(id), u32(length ?? 28 + body.length), body);
}

/** A payload with a generic header whose length is the true one unless told otherwise. */
const payload = (next, body, length) => join(Buffer.from([next, 0]), u16(length ?? body.length + 4), body);

/** A WireGuard handshake, which must not be found inside a tunnel that is none: [initiation, response]. */
function wireguardHandshake(random) {
  const [initiator, responder] = [random.octets(4), random.octets(4)];
  return [join(hex('01000000'), initiator, random.octets(124), Buffer.alloc(16)), join(hex('02000000'), responder, initiator, random.octets(64), Buffer.alloc(16))];
}

/** A UDP datagram in an IPv4 packet of documentation addresses, right in everything but what `broken` says; `back` turns it round. */
function innerPacket(payload, back, broken = {}) {
  const ends = [hex('c0000207'), hex('c6336409')];
  const ports = [u16(51820), u16(51821)];
  if (back) for (const pair of [ends, ports]) pair.reverse();
  const datagram = join(...ports, u16(8 + payload.length), u16(0), payload);
  const total = 20 + datagram.length + (broken.extra ?? 0);
  const header = join(Buffer.from([broken.first ?? 0x45, 0]), u16(total), hex('0001 0000 4011 0000'), ...ends);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.writeUInt16BE((~sum & 0xffff) ^ (broken.checksum ?? 0), 10);
  return join(header, datagram);
}
const innerFrame = (packet, type = 0x0800) => join(hex('001b21000012 001b21000011'), u16(type), packet);

/** Flows of one port, one for each shape: a line of text, then the handshake in that shape, there and back. */
function handshakeFlows(random, sport, port, shapes) {
  return shapes.map((shape, index) => {
    const [initiation, response] = wireguardHandshake(random);
    return { sport: sport + index, port, there: [Buffer.from('no tunnel yet'), shape(initiation, false)], back: [Buffer.from('nor here'), shape(response, true)] };
  });
}

const words = 'the quick brown fox jumps over the lazy dog while sphinx of black quartz judges my vow and five boxing wizards jump quickly'.split(' ');

const CASES = {
  'zero-datagrams': {
    text: 'All-zero datagrams of 14, 28, 32, 42, 54, 64, 92 and 148 octets on ports 51820, 1194, 500 and 4500, some answered by zeros.',
    flows: () => [51820, 1194, 500, 4500].map((port, index) => ({
      sport: 30000 + index, port, there: [14, 28, 32, 42, 54, 64, 92, 148].map((size) => Buffer.alloc(size)), back: [92, 26, 64].map((size) => Buffer.alloc(size)),
    })),
  },
  'text-datagrams': {
    text: 'Lines of text on ports 51820, 1194, 500 and 4500, answered by text.',
    flows: (random) => [51820, 1194, 500, 4500].map((port, index) => ({
      sport: 30010 + index, port,
      there: times(6, () => Buffer.from(`${times(9, () => words[random.below(words.length)]).join(' ')}\n`)),
      back: times(6, () => Buffer.from(`ok ${words[random.below(words.length)]}\n`)),
    })),
  },
  'counter-datagrams': {
    text: 'Datagrams that are counters: 32 bits big-endian, 32 bits little-endian, 64 bits little-endian from 1, padded to 32, 92 and 148 octets with zeros.',
    flows: () => [51820, 4500, 1194].flatMap((port, index) => [
      { sport: 30020 + index * 3, port, there: times(12, (i) => join(u32(i), Buffer.alloc(28))), back: times(12, (i) => join(u32(i), Buffer.alloc(28))) },
      { sport: 30021 + index * 3, port, there: times(12, (i) => join(u32le(i + 1), Buffer.alloc(88))), back: times(12, (i) => u32le(i + 1)) },
      { sport: 30022 + index * 3, port, there: times(12, (i) => join(u32le(i + 1), u32le(0), Buffer.alloc(140))), back: [] },
    ]),
  },
  'wireguard-like-reserved': {
    text: 'Random datagrams of 148, 92, 64 and 32 octets that begin with 1 to 4; the three reserved octets are not zero.',
    flows: (random) => times(3, (index) => ({
      sport: 30040 + index, port: [51820, 443, 33333][index],
      there: [148, 148, 32, 48, 64, 80, 32].map((size, i) => join(Buffer.from([i < 2 ? 1 : 4, 1 + random.below(255), random.below(256), random.below(256)]), random.octets(size - 4))),
      back: [92, 64, 32, 96].map((size, i) => join(Buffer.from([[2, 3, 4, 4][i], random.below(256), 1 + random.below(255), random.below(256)]), random.octets(size - 4))),
    })),
  },
  'utp-connection-zero': {
    text: 'uTP data of connection id 0 in datagrams of 148 octets, ten a second: they begin 01 00 00 00 as a WireGuard initiation does. Another flow of 92 begins likewise.',
    flows: (random) => times(2, (index) => ({
      sport: 30300 + index, port: [6881, 51820][index],
      there: times(40, (i) => join(Buffer.from([1, 0, 0, 0]), u32(i * 100_000 + random.below(999)), u32(10_000 + random.below(9999)), u32(0x00040000), u16(i), u16(i), random.octets([148, 92][index] - 20))),
      back: times(40, (i) => join(Buffer.from([1, 0, 0, 0]), u32(i * 100_000 + random.below(999)), u32(10_000 + random.below(9999)), u32(0x00040000), u16(i), u16(i), random.octets([148, 92][index] - 20))),
    })),
  },
  'wireguard-like-zero-keys': {
    text: 'Initiations of WireGuard whose ephemeral key, static key or mac1 is all zeros, and responses to their indexes with an ephemeral key of zeros.',
    flows: (random) => times(3, (index) => {
      const sender = random.octets(4);
      const fields = [random.octets(32), random.octets(48), random.octets(28), random.octets(16)];
      fields[[0, 1, 3][index]].fill(0);
      return {
        sport: 30310 + index, port: [51820, 443, 33333][index],
        there: [join(Buffer.from([1, 0, 0, 0]), sender, ...fields, Buffer.alloc(16))],
        back: [join(Buffer.from([2, 0, 0, 0]), random.octets(4), sender, Buffer.alloc(32), random.octets(32), Buffer.alloc(16))],
      };
    }),
  },
  'wireguard-like-unpadded': {
    text: 'Datagrams of odd lengths that begin 04 00 00 00, a session id of each side that stays and random octets; what stands where WireGuard counts is a time in microseconds.',
    flows: (random) => times(2, (index) => {
      const ids = [random.octets(4), random.octets(4)];
      const message = (id, i) => join(Buffer.from([4, 0, 0, 0]), id, u32le(1_000_000 + i * 20_000 + random.below(500)), u32le(0), random.octets(41 + random.below(600)));
      return { sport: 30320 + index, port: [51820, 27015][index], there: times(60, (i) => message(ids[0], i)), back: times(60, (i) => message(ids[1], i)) };
    }),
  },
  'wireguard-like-small-session': {
    text: 'Datagrams that begin 04 00 00 00, a small session id and a 64-bit counter, little-endian, before a line of text.',
    flows: (random) => times(2, (index) => {
      const message = (id, i) => join(Buffer.from([4, 0, 0, 0]), u32le(id), u32le(i), u32le(0), Buffer.from(times(6, () => words[random.below(words.length)]).join(' ')));
      return { sport: 30330 + index, port: [51820, 27015][index], there: times(50, (i) => message(1, i)), back: times(50, (i) => message(1 + index, i)) };
    }),
  },
  'openvpn-like-keepalive': {
    text: 'Keepalives of 14 octets, first a counter that passes every opcode, then a token of 8 that stays, then zeros: where the counter is 0x38 they have the form of an OpenVPN reset.',
    flows: (random) => times(2, (index) => {
      const token = random.octets(8);
      return { sport: 30340 + index, port: [1194, 27015][index], there: times(300, (i) => join(Buffer.from([i & 255]), token, Buffer.alloc(5))), back: [] };
    }),
  },
  'late-openings': {
    text: 'Random datagrams, and after the fiftieth some with the length and first octets of VPN openings over octets that do not fit: WireGuard with a mac2, resets, IKE headers.',
    flows: (random) => times(3, (index) => ({
      sport: 30350 + index, port: [51820, 1194, 4500][index],
      there: [
        ...times(50, () => join(Buffer.from([0xaa]), random.octets(30 + random.below(300)))),
        ...times(20, () => join(Buffer.from([1, 0, 0, 0]), random.octets(144))),
        ...times(20, () => join(Buffer.from([0x38]), random.octets(53))),
        ...times(20, () => ike({ spi: random.octets(8), exchange: 34, body: random.octets(200) })),
      ],
      back: [...times(50, () => random.octets(60)), ...times(20, () => join(Buffer.from([2, 0, 0, 0]), random.octets(88))), ...times(20, () => join(Buffer.from([0x40]), random.octets(65)))],
    })),
  },
  'wireguard-like-sizes': {
    text: 'Random datagrams that begin 01 00 00 00 to 03 00 00 00 with sizes that no WireGuard message of that type has (147, 149, 160; 91, 93, 120; 63, 65).',
    flows: (random) => times(2, (index) => ({
      sport: 30045 + index, port: [51820, 5353][index],
      there: [147, 149, 160, 32].map((size) => join(hex('01000000'), random.octets(size - 4))),
      back: [91, 93, 120].map((size) => join(hex('02000000'), random.octets(size - 4))).concat([63, 65].map((size) => join(hex('03000000'), random.octets(size - 4)))),
    })),
  },
  'wireguard-like-indices': {
    text: 'Datagrams that begin 02 00 00 00 to 04 00 00 00 with WireGuard sizes, but every one names another receiver and the counters are random 64-bit numbers.',
    flows: (random) => times(2, (index) => ({
      sport: 30050 + index, port: [51820, 2408][index],
      there: times(10, (i) => join(hex('04000000'), random.octets([28, 44, 60, 76][i % 4]))),
      back: times(10, (i) => (i % 3 === 2 ? join(hex('03000000'), random.octets(60)) : join(hex('04000000'), random.octets(92)))),
    })),
  },
  'wireguard-like-short': {
    text: 'Datagrams of 4 to 31 octets that begin 04 00 00 00: shorter than the shortest transport message.',
    flows: (random) => [{ sport: 30055, port: 51820, there: [4, 8, 12, 16, 20, 24, 28, 31].map((size) => join(hex('04000000'), random.octets(size - 4))), back: [16, 31].map((size) => join(hex('04000000'), random.octets(size - 4))) }],
  },
  'random-datagrams': {
    text: 'Random octets in datagrams of random sizes, both directions, on ports 51820, 1194, 443, 500, 4500 and 53.',
    flows: (random) => [51820, 1194, 443, 500, 4500, 53].map((port, index) => ({
      sport: 30060 + index, port, there: times(12, () => random.octets(1 + random.below(200))), back: times(12, () => random.octets(1 + random.below(200))),
    })),
  },
  'random-fixed-sizes': {
    text: 'Random octets in datagrams of 14, 26, 42, 54, 86, 148 and 92 octets, the sizes of VPN handshakes, on ports 51820, 1194 and 40000.',
    flows: (random) => [51820, 1194, 40000].map((port, index) => ({
      sport: 30070 + index, port, there: [14, 42, 54, 86, 148, 54, 42].map((size) => random.octets(size)), back: [26, 54, 66, 98, 92].map((size) => random.octets(size)),
    })),
  },
  'openvpn-like-opcodes': {
    text: 'Datagrams whose first octet is an OpenVPN opcode (0x38, 0x40, 0x20, 0x28, 0x48, 0x50) and whose rest is random, with the sizes of real control packets.',
    flows: (random) => [1194, 443, 27015].map((port, index) => ({
      sport: 30080 + index, port,
      there: [[0x38, 14], [0x28, 22], [0x20, 114], [0x38, 42], [0x38, 54], [0x50, 54], [0x28, 50], [0x48, 100]].map(([first, size]) => join(Buffer.from([first]), random.octets(size - 1))),
      back: [[0x40, 26], [0x20, 114], [0x28, 22], [0x40, 54], [0x40, 66], [0x40, 54]].map(([first, size]) => join(Buffer.from([first]), random.octets(size - 1))),
    })),
  },
  'openvpn-like-data': {
    text: 'Datagrams that begin with 0x48 and 0x30 (data opcodes); the peer id and the packet id are random in each.',
    flows: (random) => [1194, 3074].map((port, index) => ({
      sport: 30090 + index, port,
      there: times(16, (i) => join(Buffer.from([i % 4 === 3 ? 0x30 : 0x48]), random.octets(60 + random.below(90)))),
      back: times(16, () => join(Buffer.from([0x48]), random.octets(60 + random.below(90)))),
    })),
  },
  'openvpn-like-session': {
    text: 'Client datagrams like a reset (0x38, eight constant octets), but of 20 octets with trailing text; answered by the same octets turned round.',
    flows: (random) => {
      const session = random.octets(8);
      return [{ sport: 30095, port: 1194, there: times(6, (i) => join(hex('38'), session, Buffer.from(`hello${i} world`))), back: times(6, (i) => join(hex('40'), Buffer.from(session).reverse(), Buffer.from(`hello${i} client`))) }];
    },
  },
  'dns-like-openvpn-opcodes': {
    text: 'DNS questions and answers without EDNS whose transaction ids begin with 0x38 and 0x40, on ports 53 and 1194; the answer is written by hand.',
    flows: () => [53, 1194].map((port, index) => {
      const name = hex('03 777777 07 6578616d706c65 00 0001 0001');
      const ids = [0x3800, 0x38a7, 0x4012, 0x2001, 0x28ff, 0x4800];
      return {
        sport: 30100 + index, port,
        there: ids.map((id) => join(u16(id), hex('0100 0001 0000 0000 0000'), name)),
        back: ids.map((id) => join(u16(id), hex('8180 0001 0001 0000 0000'), name, hex('c00c 0001 0001 0000003c 0004 c6336407'))),
      };
    }),
  },
  'stun-like-openvpn': {
    text: 'STUN binding requests by hand whose transaction ids are random, from port 1194 to port 1194, answered with the mapped address.',
    flows: (random) => {
      const ids = times(5, () => random.octets(12));
      return [{
        sport: 1194, port: 1194,
        there: ids.map((id) => join(hex('0001 0000 2112a442'), id)),
        back: ids.map((id) => join(hex('0101 000c 2112a442'), id, hex('0020 0008 0001 25b8 e112a6 42'))),
      }];
    },
  },
  'quic-like-short-headers': {
    text: 'Datagrams like QUIC short headers: first octet 0x40 to 0x7f, an eight-octet connection id, random rest, on ports 443 and 1194.',
    flows: (random) => [443, 1194].map((port, index) => {
      const ids = [random.octets(8), random.octets(8)];
      return {
        sport: 30110 + index, port,
        there: times(12, () => join(Buffer.from([0x40 | random.below(64)]), ids[0], random.octets(20 + random.below(80)))),
        back: times(12, () => join(Buffer.from([0x40 | random.below(64)]), ids[1], random.octets(20 + random.below(80)))),
      };
    }),
  },
  'ike-like-500': {
    text: 'On port 500, one flow each: initiator SPI zero; length field too large; too small; version 0x30; unknown exchange type; unknown first payload; payload lengths that do not add up; first message with message id 7 and no payload; header alone; 27 octets.',
    flows: (random) => {
      const spi = () => random.octets(8);
      const nonce = () => payload(0, random.octets(32));
      const broken = [
        ike({ spi: Buffer.alloc(8), body: nonce() }),
        ike({ spi: spi(), length: 4000, body: nonce() }),
        ike({ spi: spi(), length: 30, body: nonce() }),
        ike({ spi: spi(), version: 0x30, body: nonce() }),
        ike({ spi: spi(), exchange: 99, body: nonce() }),
        ike({ spi: spi(), next: 200, body: nonce() }),
        ike({ spi: spi(), body: payload(34, random.octets(40), 400) }),
        ike({ spi: spi(), next: 0, id: 7 }),
        ike({ spi: spi(), next: 0 }),
        ike({ spi: spi(), body: nonce() }).subarray(0, 27),
      ];
      return broken.map((message, index) => ({ sport: 30120 + index, port: 500, there: [message, message], back: index % 3 === 0 ? [random.octets(40)] : [] }));
    },
  },
  'ike-like-4500': {
    text: 'On port 4500 behind four zero octets: random octets, text, zeros, an IKE header with a wrong length, one with initiator SPI zero, the marker alone.',
    flows: (random) => [
      random.octets(96), Buffer.from('four zeros do not make an IKE message, whatever the port may say'), Buffer.alloc(60),
      ike({ spi: random.octets(8), length: 2000, body: random.octets(60) }), ike({ spi: Buffer.alloc(8), body: payload(0, random.octets(32)) }), Buffer.alloc(0),
    ].map((rest, index) => ({ sport: 30140 + index, port: 4500, there: times(3, () => join(Buffer.alloc(4), rest)), back: [join(Buffer.alloc(4), random.octets(30))] })),
  },
  'ike-like-random': {
    text: 'Random datagrams of 28 to 400 octets on port 500 with a true IKE length field but random SPIs, payload types and versions in every packet.',
    flows: (random) => times(4, (index) => ({
      sport: 30150 + index, port: 500,
      there: times(4, () => { const body = random.octets(40 + random.below(300)); return join(random.octets(24), u32(28 + body.length), body); }),
      back: times(2, () => { const body = random.octets(40 + random.below(100)); return join(random.octets(24), u32(28 + body.length), body); }),
    })),
  },
  'esp-like-4500': {
    text: 'On port 4500: SPIs below 256 with rising sequences; another SPI in every packet; a sequence that never rises; zero-like starts (00 00 00 00 00 …, 00 00 00 01 …).',
    flows: (random) => [
      { there: times(8, (i) => join(u32(7), u32(i + 1), random.octets(64))), back: times(8, (i) => join(u32(9), u32(i + 1), random.octets(64))) },
      { there: times(8, (i) => join(random.octets(4), u32(i + 1), random.octets(64))), back: times(8, (i) => join(random.octets(4), u32(i + 1), random.octets(64))) },
      { there: times(8, () => join(hex('c1a2b3c4 00000005'), random.octets(64))), back: times(8, () => join(hex('d1a2b3c4 00000005'), random.octets(64))) },
      { there: times(6, (i) => join(hex('00000000 00'), random.octets(40 + i))), back: [] },
      { there: times(6, (i) => join(hex('00000001'), random.octets(41 + i))), back: times(3, () => hex('0000')) },
    ].map((flow, index) => ({ sport: 30160 + index, port: 4500, ...flow })),
  },
  'ike-like-lenient': {
    text: 'What IKE receivers ignore, once too often, on ports 500 and 4500: bytes that are not zero after the message, 40 zeros, a critical payload of an unknown type, nothing but unknown payloads, a chain that does not add up after a private payload, exchange 39, session resumption without a ticket, and IKEv1 with a minor version, a reserved flag or a reserved payload byte; each answered by the like with a responder SPI.',
    flows: (random) => {
      const body = (next, critical = 0) => join(Buffer.from([next, critical]), u16(36), random.octets(32));
      const opening = () => join(body(34), body(40), body(0));
      const cases = [
        (fields) => join(ike({ ...fields, body: opening() }), Buffer.from([1]), Buffer.alloc(15)),
        (fields) => join(ike({ ...fields, body: opening() }), Buffer.alloc(40)),
        (fields) => ike({ ...fields, next: 200, body: join(body(33, 0x80), opening()) }),
        (fields) => ike({ ...fields, next: 200, peer: random.octets(8), exchange: 37, body: join(body(99), body(0)) }),
        (fields) => ike({ ...fields, next: 200, body: join(body(33), body(34), body(40), body(0).subarray(0, 30)) }),
        (fields) => ike({ ...fields, exchange: 39, peer: random.octets(8), next: 46, body: body(0) }),
        (fields) => ike({ ...fields, exchange: 38, next: 47, flags: 0x08, body: body(0) }),
        (fields) => ike({ ...fields, version: 0x11, exchange: 2, flags: 0, next: 1, body: body(0) }),
        (fields) => ike({ ...fields, version: 0x10, exchange: 2, flags: 0x40, next: 1, body: body(0) }),
        (fields) => ike({ ...fields, version: 0x10, exchange: 2, flags: 0, next: 1, body: body(0, 1) }),
      ];
      return [500, 4500].flatMap((port, group) => cases.map((make, index) => {
        const spi = random.octets(8);
        const marker = Buffer.alloc(port === 4500 ? 4 : 0);
        return {
          sport: 30400 + 20 * group + index, port,
          there: times(2, () => join(marker, make({ spi }))), back: [join(marker, make({ spi, peer: random.octets(8), flags: 0x20 }))],
        };
      }));
    },
  },
  'ike-like-marked': {
    text: 'A zero word, a session id of 16 bytes, a type of 46 and the number 0x20, as IKEv2 begins after the non-ESP marker, on ports 4500 and 17000; cut to 64 bytes nothing else is left. Each flow differs in one sign: each side has an id of its own, the id is text, answers are of type 47, both sides send the same lengths, one side alone sends, the number is 0x21.',
    flows: (random) => [4500, 17000].flatMap((port, group) => {
      const ids = times(6, () => random.octets(16));
      const message = (id, size, type = 46, number = 0x20) => join(Buffer.alloc(4), id, Buffer.from([type, number]), random.octets(size));
      const sizes = (side) => (i) => 90 + 60 * side + 8 * (i % 5);
      const cases = [
        (side) => (i) => message(ids[side], sizes(side)(i)),
        (side) => (i) => message(Buffer.from('session-id-00007'), sizes(side)(i)),
        (side) => (i) => message(ids[2], sizes(side)(i), 46 + side),
        () => (i) => message(ids[3], sizes(0)(i)),
        (side) => (i) => message(ids[4], sizes(side)(i)),
        (side) => (i) => message(ids[5], sizes(side)(i), 46, 0x21),
      ];
      return cases.map((make, index) => ({ sport: 30470 + 20 * group + index, port, there: times(20, make(0)), back: index === 4 ? [] : times(20, make(1)) }));
    }),
  },
  'esp-like-one-counter': {
    text: 'On ports 4500 and 17000: two session ids of each side in turn, as two tunnels would have, and one big-endian counter for both; random bytes in whole words.',
    flows: (random) => [4500, 17000].map((port, index) => {
      const ids = times(4, () => random.octets(4));
      const message = (side) => (i) => join(ids[2 * side + (i % 2)], u32(100 + i), random.octets(40 + 4 * random.below(40)));
      return { sport: 30440 + index, port, there: times(60, message(0)), back: times(60, message(1)) };
    }),
  },
  'esp-like-high-counter': {
    text: 'On ports 4500 and 17000: a session id of each side and a big-endian number above 2^28 that rises by one to six, or stands for milliseconds; random bytes in whole words.',
    flows: (random) => [4500, 17000].map((port, index) => {
      const numbers = [0x90000000, 0x23456789];
      const ids = [random.octets(4), random.octets(4)];
      const message = (side) => () => join(ids[side], u32((numbers[side] += index === 0 ? 1 + random.below(6) : 10 + random.below(30))), random.octets(40 + 4 * random.below(40)));
      return { sport: 30445 + index, port, there: times(80, message(0)), back: times(80, message(1)) };
    }),
  },
  'esp-like-turn-channel': {
    text: 'Encrypted voice in TURN channels by hand: a channel and a length that stay, then RTP numbers that rise by one, on ports 3478 and 4500.',
    flows: (random) => [3478, 4500].map((port, index) => {
      const sources = [random.octets(4), random.octets(4)];
      const message = (side) => (i) => { const size = 96 + 4 * side; return join(u16(0x4001 + index), u16(12 + size), hex('806f'), u16(3000 + i), u32(160 * i), sources[side], random.octets(size)); };
      return { sport: 30450 + index, port, there: times(50, message(0)), back: times(50, message(1)) };
    }),
  },
  'esp-like-null': {
    text: 'On port 4500, a session id of each side and a counter before text, then what ends ESP without encryption: padding 1, 2, 3, its length and a next header; one flow has no inner packet, one a check value that stays, one a padding that does not count.',
    flows: (random) => {
      const line = (size) => Buffer.from(times(40, () => words[random.below(words.length)]).join(' ')).subarray(0, size);
      const ends = [
        () => join(line(63), hex('010203 03 04'), random.octets(12)),
        () => join(hex('9c40005000000001000000025018200000000000'), line(43), hex('010203 03 06'), hex('00112233445566778899aabb')),
        () => join(u16(1701), u16(1701), u16(63), u16(0), line(55), hex('030201 03 11'), random.octets(16)),
      ];
      return ends.map((end, index) => {
        const ids = [random.octets(4), random.octets(4)];
        const message = (side) => (i) => join(ids[side], u32(1 + i), end());
        return { sport: 30455 + index, port: 4500, there: times(30, message(0)), back: times(30, message(1)) };
      });
    },
  },
  'esp-like-sessions': {
    text: 'Protocols of two session ids by hand on port 4500: uTP of two types with ids that differ by one and microseconds above 2^31, a sealed protocol like mosh with a direction bit and a 63-bit number, IPFIX with a length and seconds.',
    flows: (random) => {
      const utp = (side) => (i) => join(Buffer.from([i % 3 === 0 ? 0x21 : 0x01, 0]), u16(0x6a2c + side), u32(0x9345f100 + 9 * i), u32(0x31a77 + 3 * i), u32(0x00100000), u16(0x37f0 + i), u16(0x90c4), random.octets(400));
      const mosh = (side) => (i) => join(u32(side === 1 ? 0x80000000 : 0), u32(i + 1), random.octets(64));
      const ipfix = () => (i) => join(u16(10), u16(16 + 116), u32(0x67300000 + i), u32(30 * i), u32(7), random.octets(116));
      return [utp, mosh, ipfix].map((make, index) => ({ sport: 30460 + index, port: 4500, there: times(40, make(0)), back: index === 2 ? [] : times(40, make(1)) }));
    },
  },
  'counter-protocol': {
    text: 'An invented game protocol: a constant 32-bit connection id, a counter that rises by one (big-endian in one flow, little-endian in the other), random octets; lengths that are no multiple of four, as ESP never has.',
    flows: (random) => [4500, 17000].map((port, index) => {
      const ids = [random.octets(4), random.octets(4)];
      const count = index === 0 ? u32 : u32le;
      const message = (id) => (i) => join(id, count(i + 1), random.octets(33 + 4 * random.below(20)));
      return { sport: 30170 + index, port, there: times(20, message(ids[0])), back: times(20, message(ids[1])) };
    }),
  },
  'keepalives-only': {
    text: 'Nothing but single octets 0xFF on port 4500, both directions, and single octets 0xFF on port 51820.',
    flows: () => [{ sport: 4500, port: 4500, there: times(6, () => hex('ff')), back: times(6, () => hex('ff')) }, { sport: 30175, port: 51820, there: times(4, () => hex('ff')), back: [] }],
  },
  'rtp-like': {
    text: 'RTP by hand on ports 51820, 1194 and 4500: version 2, rising sequence numbers and timestamps, constant source, 160 octets of noise.',
    flows: (random) => [51820, 1194, 4500].map((port, index) => {
      const rtp = (source) => (i) => join(hex('8000'), u16(1000 + i), u32(160 * i), source, random.octets(160));
      return { sport: 30180 + index, port, there: times(15, rtp(random.octets(4))), back: times(15, rtp(random.octets(4))) };
    }),
  },
  'tiny-datagrams': {
    text: 'Datagrams of 0 to 13 octets on ports 500, 4500, 1194 and 51820 that begin like VPN messages.',
    flows: (random) => [500, 4500, 1194, 51820].map((port, index) => ({
      sport: 30190 + index, port,
      there: [Buffer.alloc(0), hex('38'), hex('01000000'), hex('04'), join(hex('38'), random.octets(8)), join(hex('40'), random.octets(12)), hex('00000000'), random.octets(8)],
      back: [hex('40'), hex('02000000')],
    })),
  },
  'ssdp-like': {
    text: 'SSDP searches and answers (text) on ports 1900 and 1194.',
    flows: () => [1900, 1194].map((port, index) => ({
      sport: 30200 + index, port,
      there: times(3, () => Buffer.from('M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n')),
      back: times(2, () => Buffer.from('HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:lab::upnp:rootdevice\r\n\r\n')),
    })),
  },
  'tunnel-ports': {
    text: 'Random octets and text on the ports of VXLAN (4789), Geneve (6081) and GTP-U (2152): the port does not make a tunnel.',
    flows: (random) => [4789, 6081, 2152].flatMap((port, index) => [
      { sport: 30210 + index * 2, port, there: times(5, () => join(hex('ff'), random.octets(70 + random.below(40)))), back: times(3, () => join(hex('ff'), random.octets(50))) },
      { sport: 30211 + index * 2, port, there: times(3, (i) => Buffer.from(`line ${i} of plain text on a tunnel's port, long enough for headers`)), back: [] },
    ]),
  },
  'vxlan-like': {
    text: 'On the ports of VXLAN and VXLAN-GPE, one flow each: a header with group policy or reserved bits, and a frame with a WireGuard handshake that does not check out: an IPv4 header of 16 bytes, a length beyond the datagram, an unknown ethertype; GPE of version 1, of an unknown protocol, with IPv4 a byte too short.',
    flows: (random) => [
      ...handshakeFlows(random, 32000, 4789, [
        (load, back) => join(hex('88000123 00002a00'), innerFrame(innerPacket(load, back, { first: 0x44 }))),
        (load, back) => join(hex('88000123 00002a00'), innerFrame(innerPacket(load, back, { extra: 300 }))),
        (load, back) => join(hex('7b5a5a5a 00002a5a'), innerFrame(innerPacket(load, back), 0x88b5)),
      ]),
      ...handshakeFlows(random, 32010, 4790, [
        (load, back) => join(hex('1c000001 00002a00'), innerPacket(load, back)),
        (load, back) => join(hex('0c000063 00002a00'), innerPacket(load, back)),
        (load, back) => join(hex('0c000001 00002a00'), innerPacket(load, back, { extra: 1 })),
      ]),
    ],
  },
  'l2tp-like': {
    text: "On L2TP's port, one flow each: messages with a WireGuard handshake in PPP that do not check out: tunnel 0; session 0; a length beyond the datagram; PPP of an unknown protocol; an IPv4 header of 16 bytes; IPv4 a byte too short; version 3 with a cookie of five bytes, of session 0.",
    flows: (random) => handshakeFlows(random, 32020, 1701, [
      (load, back) => join(hex('0002 0000 0009 ff030021'), innerPacket(load, back)),
      (load, back) => join(hex('0002 0007 0000 ff030021'), innerPacket(load, back)),
      (load, back) => join(hex('4002 0800 0007 0009 ff030021'), innerPacket(load, back)),
      (load, back) => join(hex('0002 0007 0009 ff0300fd'), innerPacket(load, back)),
      (load, back) => join(hex('0002 0007 0009 ff030021'), innerPacket(load, back, { first: 0x44 })),
      (load, back) => join(hex('0002 0007 0009 ff030021'), innerPacket(load, back, { extra: 1 })),
      (load, back) => join(hex('00030000 00001234 c0ffee0102'), innerFrame(innerPacket(load, back))),
      (load, back) => join(hex('00030000 00000000'), innerFrame(innerPacket(load, back))),
    ]),
  },
  'tzsp-like': {
    text: "On TZSP's port, one flow each: headers before a frame with a WireGuard handshake that do not check out: version 2; a configuration; an unknown protocol; a field longer than the datagram; an IPv4 header of 16 bytes.",
    flows: (random) => handshakeFlows(random, 32030, 37008, [
      (load, back) => join(hex('02000001 01'), innerFrame(innerPacket(load, back))),
      (load, back) => join(hex('01030001 01'), innerFrame(innerPacket(load, back))),
      (load, back) => join(hex('01000063 01'), innerFrame(innerPacket(load, back))),
      (load, back) => join(hex('01000001 0aff 01'), innerFrame(innerPacket(load, back))),
      (load, back) => join(hex('01000001 01'), innerFrame(innerPacket(load, back, { first: 0x44 }))),
    ]),
  },
  'juniper-mirror-like': {
    text: "On the port of Juniper's packet mirror, one flow each: eight bytes, then IPv4 with a wrong header checksum, IPv4 a byte too short, text. These are flows, and not counted as a mirror.",
    flows: (random) => handshakeFlows(random, 32040, 30030, [
      (load, back) => join(hex('00000007 00000009'), innerPacket(load, back, { checksum: 0x1111 })),
      (load, back) => join(hex('00000007 00000009'), innerPacket(load, back, { extra: 1 })),
      () => join(hex('00000007 00000009'), Buffer.from('Every line of text may begin with eight bytes of anything.')),
    ]),
  },
  'tcp-length-like': {
    transport: 'tcp',
    text: 'TCP streams whose first two octets are a true length and whose third is an OpenVPN opcode; the rest is random, and the answer echoes nothing.',
    flows: (random) => [1194, 443, 5000].map((port, index) => {
      const packet = (first, size) => join(u16(size), Buffer.from([first]), random.octets(size - 1));
      return { sport: 31000 + index, port, there: [packet(0x38, [14, 42, 54][index]), packet(0x20, 120), packet(0x28, 30)], back: [packet(0x40, [26, 54, 54][index]), packet(0x28, 22), packet(0x20, 200)] };
    }),
  },
  'openvpn-like-epoch': {
    text: 'Datagrams that begin 48 and three octets that stay, as DATA_V2 with a peer id does; then 16 bits that stay and a 48-bit time in microseconds where OpenVPN 2.7 counts its packets of an epoch.',
    flows: (random) => times(2, (index) => {
      const ids = [random.octets(3), random.octets(3)];
      const message = (id, i) => join(Buffer.from([0x48]), id, u16(1), u16(0), u32(i * 20_000 + random.below(900)), random.octets(40 + random.below(500)));
      return { sport: 30360 + index, port: [1194, 27015][index], there: times(60, (i) => message(ids[0], i)), back: times(60, (i) => message(ids[1], i)) };
    }),
  },
  'openvpn-like-mixed-versions': {
    text: 'Datagrams that begin 48 one way and 30 the other, as DATA_V2 answered by DATA_V1; the peer id changes with each, and nothing counts.',
    flows: (random) => times(2, (index) => ({
      sport: 30370 + index, port: [1194, 27015][index],
      there: times(50, () => join(Buffer.from([0x48]), random.octets(60 + random.below(400)))), back: times(50, () => join(Buffer.from([0x30]), random.octets(60 + random.below(400)))),
    })),
  },
  'openvpn-like-old-time': {
    text: 'Datagrams with the opcode of control packets, a session id of each side that stays and, where tls-auth has its replay id and time, another number and another time of the last years in each packet.',
    flows: (random) => times(2, (index) => {
      const ids = [random.octets(8), random.octets(8)];
      const message = (id) => join(Buffer.from([0x21]), id, random.octets(20), u32(1 + random.below(60000)), u32(1_500_000_000 + random.below(200_000_000)), Buffer.from([0]), u32(random.below(60)), random.octets(80));
      return { sport: 30380 + index, port: [1194, 27015][index], there: times(30, () => message(ids[0])), back: times(30, () => message(ids[1])) };
    }),
  },
  'tcp-proxy-header': {
    transport: 'tcp',
    text: 'PROXY protocol headers, version 1 and version 2, before HTTP, before a TLS hello and before records with the opcode of a reset over random octets.',
    flows: (random) => {
      const v1 = Buffer.from('PROXY TCP4 192.0.2.77 203.0.113.166 50000 443\r\n');
      const v2 = join(hex('0d0a0d0a000d0a515549540a 21 11 000c c000024d cb0071a6 c350 01bb'));
      const http = Buffer.from('GET / HTTP/1.1\r\nHost: www.example\r\n\r\n');
      const tls = join(hex('16030100c8 010000c4 0303'), random.octets(194));
      const reset = join(u16(54), Buffer.from([0x38]), random.octets(53));
      return [[v1, http], [v2, tls], [v1, reset], [v2, reset]].map((parts, index) => ({
        sport: 31070 + index, port: [443, 1194, 8443, 5000][index], there: [join(...parts), random.octets(120)], back: [random.octets(200), random.octets(90)],
      }));
    },
  },
  'tcp-control-records': {
    transport: 'tcp',
    text: 'TCP streams of records with a true 16-bit length and an octet that is an opcode of OpenVPN control packets or acknowledgements; no two records have the same eight octets where the session id would be.',
    flows: (random) => [1194, 443, 5000].map((port, index) => {
      const record = (first) => { const size = 30 + random.below(200); return join(u16(size), Buffer.from([first]), random.octets(size - 1)); };
      return { sport: 31080 + index, port, there: times(12, (i) => record([0x20, 0x28][i % 2])), back: times(12, (i) => record([0x28, 0x21][i % 2])) };
    }),
  },
  'tcp-text': {
    transport: 'tcp',
    text: 'Lines of text over TCP on ports 1194, 500 and 4500.',
    flows: () => [1194, 500, 4500].map((port, index) => ({ sport: 31010 + index, port, there: times(3, (i) => Buffer.from(`EHLO host${i}.example\r\n`)), back: times(3, () => Buffer.from('250 ok\r\n')) })),
  },
  'tcp-random': {
    transport: 'tcp',
    text: 'Random octets over TCP, both directions, on ports 1194 and 443.',
    flows: (random) => [1194, 443].map((port, index) => ({ sport: 31020 + index, port, there: times(5, () => random.octets(40 + random.below(300))), back: times(5, () => random.octets(40 + random.below(300))) })),
  },
  'tcp-zeros': {
    transport: 'tcp',
    text: 'Zeros over TCP on port 1194.',
    flows: () => [{ sport: 31030, port: 1194, there: [Buffer.alloc(2), Buffer.alloc(16), Buffer.alloc(300)], back: [Buffer.alloc(28)] }],
  },
  'tcp-rdp-like': {
    transport: 'tcp',
    text: 'TPKT connection requests as remote desktop sends them (03 00 00 2b …) on ports 3389 and 1194.',
    flows: () => [3389, 1194].map((port, index) => ({
      sport: 31040 + index, port,
      there: [hex('0300002b26e00000000000 436f6f6b69653a206d737473686173683d6c61620d0a 0100080003000000')],
      back: [hex('030000130ed000001234000201080002000000')],
    })),
  },
  'tcp-iketcp-like': {
    transport: 'tcp',
    text: 'TCP on port 4500: the IKETCP prefix, then text and wrong lengths instead of IKE.',
    flows: (random) => [{ sport: 31050, port: 4500, there: [Buffer.from('IKETCP'), Buffer.from('and nothing that follows is IKE'), random.octets(50)], back: [Buffer.from('IKETCP?')] }],
  },
  'tcp-one-octet': {
    transport: 'tcp',
    text: 'A TCP connection on port 1194 that sends one octet (0x00) and ends, and one that sends 00 0e 38.',
    flows: () => [{ sport: 31060, port: 1194, there: [hex('00')], back: [] }, { sport: 31061, port: 1194, there: [hex('000e38')], back: [hex('00')] }],
  },
};

function flowsOf(name) {
  const found = CASES[name];
  if (found === undefined) throw new Error(`no case named ${name}`);
  return { transport: found.transport ?? 'udp', flows: found.flows(randomSource(name)) };
}

function serveUdp(flows, address) {
  const ports = [...new Set(flows.map((flow) => flow.port))];
  let ready = 0;
  for (const port of ports) {
    const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const counts = new Map();
    socket.on('message', (_, from) => {
      const flow = flows.find((entry) => entry.port === port && entry.sport === from.port);
      const count = counts.get(from.port) ?? 0;
      counts.set(from.port, count + 1);
      const answer = flow?.back[count];
      if (answer !== undefined) socket.send(answer, from.port, from.address);
    });
    socket.bind(port, address, () => {
      if (++ready === ports.length) process.stdout.write('ready\n');
    });
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function callUdp(flows, source, destination) {
  for (const flow of flows) {
    const socket = dgram.createSocket(source.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', () => {});
    await new Promise((resolve) => socket.bind(flow.sport, source, resolve));
    for (const message of flow.there) {
      socket.send(message, flow.port, destination);
      await pause(15);
    }
    await pause(10);
    socket.close();
  }
}

/** Sends parts over a TCP socket in turn: the next one leaves when the bytes expected before it have arrived. */
function converse(socket, own, expected, first) {
  let received = 0;
  let sent = 0;
  const due = (index) => expected.slice(0, first ? index : index + 1).reduce((sum, part) => sum + part.length, 0);
  const send = () => {
    while (sent < own.length && received >= due(sent)) socket.write(own[sent++]);
  };
  socket.setNoDelay(true);
  socket.on('data', (bytes) => {
    received += bytes.length;
    setTimeout(send, 10);
  });
  socket.on('error', () => {});
  send();
}

function serveTcp(flows, address) {
  const ports = [...new Set(flows.map((flow) => flow.port))];
  let ready = 0;
  for (const port of ports) {
    net.createServer((socket) => {
      const flow = flows.find((entry) => entry.port === port && entry.sport === socket.remotePort);
      if (flow !== undefined) converse(socket, flow.back, flow.there, false);
    }).listen(port, address, () => {
      if (++ready === ports.length) process.stdout.write('ready\n');
    });
  }
}

async function callTcp(flows, source, destination) {
  for (const flow of flows) {
    const socket = net.connect({ host: destination, port: flow.port, localAddress: source, localPort: flow.sport });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    converse(socket, flow.there, flow.back, true);
    await pause(150);
    socket.end();
    await pause(30);
    socket.destroy();
  }
}

const [mode, name, first, second] = process.argv.slice(2);
if (mode === 'list') {
  for (const [key, entry] of Object.entries(CASES)) process.stdout.write(`${key}\t${entry.text}\n`);
} else if (mode === 'serve') {
  const { transport, flows } = flowsOf(name);
  (transport === 'udp' ? serveUdp : serveTcp)(flows, first);
} else if (mode === 'call') {
  const { transport, flows } = flowsOf(name);
  await (transport === 'udp' ? callUdp : callTcp)(flows, first, second);
} else {
  process.stderr.write('usage: lookalikes.mjs list | serve CASE ADDRESS | call CASE SOURCE DESTINATION\n');
  process.exit(2);
}
