/**
 * Attacks on tables with excessive flows, connections, fragments and findings. Each takes a file and writes packets.
 */
import { Ip4, ip4, ip6, Ip6, random, scattered, START_US, tcp4, Tcp4, udp, Udp4, udp4 } from './frames.mjs';

const SYN = 2;
const ACK_PUSH = 0x18;

/** `count` packets, each from a different source. */
function spoof(file, frame, count, change = () => undefined, stepUs = 2) {
  file.pcapHeader();
  for (let i = 0; i < count; i++) {
    frame.writeUInt32BE(scattered(i), Ip4.SOURCE);
    change(i, frame);
    file.packet(START_US + i * stepUs, frame);
  }
}

/** The fragments of a datagram: first, later, or later ones that overlap what came before. */
function fragments(file, count, fieldsOf) {
  const frame = ip4(17, udp(40_000, 1194, random(64)));
  file.pcapHeader();
  for (let i = 0; i < count; i++) {
    const { id, offset, more } = fieldsOf(i);
    frame.writeUInt32BE(scattered(id >>> 4), Ip4.SOURCE);
    frame.writeUInt16BE(id & 0xffff, Ip4.ID);
    frame.writeUInt16BE((more ? 0x2000 : 0) | offset, Ip4.FRAGMENT);
    file.packet(START_US + i * 2, frame);
  }
}

/**
 * Murmur3 lets two addresses differ in a way that cancels out whatever the seed (Aumasson and Bernstein, 2012): a flip of bit 18
 * of one mixed word is moved to bit 31, where a flip of the next mixed word undoes it. Four pairs of words of the two IPv6
 * addresses: 16 flows of one hash, for each of any number of beginnings.
 */
function collide(word, bit) {
  const mixed = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593) ^ (1 << bit);
  return Math.imul(rotate(Math.imul(mixed, inverse(0x1b873593)), 17), inverse(0xcc9e2d51)) >>> 0;
}

function rotate(word, by) {
  return (word << by) | (word >>> (32 - by));
}

/** Multiplicative inverse modulo 2^32 of an odd number, by Newton's iteration. */
function inverse(odd) {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

function collisions(file) {
  const frame = ip6(17, udp(40_000, 1194, random(16)));
  file.pcapHeader();
  for (let group = 0; group < 62_500; group++) {
    const words = Array.from({ length: 8 }, (_, i) => scattered(group * 8 + i));
    for (let choice = 0; choice < 16; choice++) {
      for (let pair = 0; pair < 4; pair++) {
        const flips = (choice >> pair) & 1;
        const [first, second] = [words[2 * pair], words[2 * pair + 1]];
        frame.writeUInt32BE(flips ? collide(first, 18) : first, Ip6.SOURCE + 8 * pair);
        frame.writeUInt32BE(flips ? collide(second, 31) : second, Ip6.SOURCE + 8 * pair + 4);
      }
      file.packet(START_US + (group * 16 + choice) * 2, frame);
    }
  }
}

/** Connections that send the beginning of an OpenVPN session byte by byte, all of them interleaved. */
function octetByOctet(file) {
  const reset = Buffer.concat([Buffer.from([0, 42, 0x38]), random(8), Buffer.alloc(40)]);
  const frame = tcp4(1194, ACK_PUSH, Buffer.alloc(1));
  const syn = tcp4(1194, SYN);
  const connections = 20_000;
  file.pcapHeader();
  let number = 0;
  for (let at = -1; at < 54; at++) {
    for (let i = 0; i < connections; i++) {
      const segment = at < 0 ? syn : frame;
      segment.writeUInt32BE(scattered(i), Ip4.SOURCE);
      segment.writeUInt32BE(at < 0 ? 0 : at + 1, Tcp4.SEQUENCE);
      if (at >= 0) segment[Tcp4.PAYLOAD] = reset[at % reset.length];
      file.packet(START_US + number++ * 2, segment);
    }
  }
}

/** A WireGuard peer that has roamed to half a million addresses: one tunnel of as many flows. */
function roaming(file) {
  const initiation = udp4(51_820, Buffer.concat([Buffer.from([1, 0, 0, 0]), random(128), Buffer.alloc(16)]));
  const response = udp4(51_820, Buffer.concat([Buffer.from([2, 0, 0, 0]), random(72, 1), Buffer.alloc(16)]));
  response.copyWithin(Ip4.SOURCE, Ip4.DESTINATION, Ip4.DESTINATION + 4);
  initiation.copy(response, Ip4.DESTINATION, Ip4.SOURCE, Ip4.SOURCE + 4);
  initiation.copy(response, Udp4.SOURCE_PORT, Udp4.DESTINATION_PORT, Udp4.DESTINATION_PORT + 2);
  initiation.copy(response, Udp4.DESTINATION_PORT, Udp4.SOURCE_PORT, Udp4.SOURCE_PORT + 2);
  initiation.copy(response, Udp4.PAYLOAD + 8, Udp4.PAYLOAD + 4, Udp4.PAYLOAD + 8);
  const receiver = response.subarray(Udp4.PAYLOAD + 4, Udp4.PAYLOAD + 8);
  const transport = udp4(
    51_820,
    Buffer.concat([Buffer.from([4, 0, 0, 0]), receiver, Buffer.from('0100000000000000', 'hex'), random(48, 2)]),
  );
  file.pcapHeader();
  file.packet(START_US, initiation);
  file.packet(START_US + 1, response);
  for (let i = 0; i < 500_000; i++) {
    transport.writeUInt32BE(scattered(i + 1), Ip4.SOURCE);
    file.packet(START_US + 2 + i * 2, transport);
  }
}

/**
 * Every packet begins a flow that is detected, decided and tracked: measured to cost this much, which is more than
 * other attacks may.
 */
const ALL_FOUND = { memoryLimitMb: 1000, rateShare: 1 / 8 };
const MILLION = 1_000_000;

export const FLOW_ATTACKS = {
  'spoofed-flows': {
    text: 'Two million UDP packets, each from a source of its own: the table fills and evicts.',
    write: (file) => {
      spoof(file, udp4(53, Buffer.alloc(24)), 2 * MILLION);
    },
  },
  'spoofed-flows-one-instant': {
    text: 'The same with one time in all of them.',
    write: (file) => {
      spoof(file, udp4(53, Buffer.alloc(24)), 2 * MILLION, undefined, 0);
    },
  },
  'spoofed-flows-expiring': {
    text: 'A million flows that all come to their end in the same second.',
    write: (file) => {
      spoof(file, udp4(53, Buffer.alloc(24)), MILLION, undefined, 0);
      file.packet(START_US + 10_000_000_000, udp4(53, Buffer.alloc(24)));
    },
  },
  'syn-flood': {
    text: 'Two million SYNs from spoofed sources.',
    write: (file) => {
      spoof(file, tcp4(443, SYN), 2 * MILLION);
    },
  },
  'spoofed-wireguard': {
    ...ALL_FOUND,
    text: 'A million WireGuard initiations, each from a source of its own: as many suspicions, with evidence and a decision.',
    write: (file) => {
      spoof(
        file,
        udp4(51_820, Buffer.concat([Buffer.from([1, 0, 0, 0]), random(128), Buffer.alloc(16)])),
        MILLION,
        (i, frame) => frame.writeUInt32BE(scattered(i + 7), Udp4.PAYLOAD + 4),
      );
    },
  },
  'spoofed-esp': {
    ...ALL_FOUND,
    text: 'A million ESP packets, each from a source of its own: as many suspicions and tunnels.',
    write: (file) => {
      spoof(file, ip4(50, Buffer.concat([Buffer.from('c000000100000001', 'hex'), random(64)])), MILLION);
    },
  },
  'spoofed-ike': {
    ...ALL_FOUND,
    text: 'Half a million first IKEv2 messages, each from a source and with an SPI of its own.',
    write: (file) => {
      const load = (next, length) => Buffer.concat([Buffer.from([next, 0, 0, length + 4]), random(length, length - 1)]);
      const body = Buffer.concat([load(34, 44), load(40, 68), load(0, 32)]);
      const header = Buffer.concat([
        random(8),
        Buffer.alloc(8),
        Buffer.from('2120220800000000', 'hex'),
        Buffer.alloc(4),
      ]);
      header.writeUInt32BE(header.length + body.length, 24);
      spoof(file, udp4(500, Buffer.concat([header, body])), MILLION / 2, (i, frame) =>
        frame.writeUInt32BE(scattered(i + 3), Udp4.PAYLOAD),
      );
    },
  },
  'undecided-wireguard': {
    text: 'A million flows of one WireGuard transport message each: state is kept for all, nothing is found.',
    write: (file) => {
      const message = Buffer.concat([Buffer.from('040000000badcafe0500000000000000', 'hex'), random(48)]);
      spoof(file, udp4(51_820, message), MILLION, (i, frame) => frame.writeUInt32BE(scattered(i), Udp4.PAYLOAD + 4));
    },
  },
  'undecided-openvpn': {
    text: 'A million flows of one OpenVPN data packet each.',
    write: (file) => {
      const data = Buffer.concat([Buffer.from('4800000000000001', 'hex'), random(72)]);
      spoof(file, udp4(1194, data), MILLION);
    },
  },
  'undecided-esp-in-udp': {
    text: 'A million flows of one ESP packet in UDP each.',
    write: (file) => {
      const esp = Buffer.concat([Buffer.from('c00a0b0c00000005', 'hex'), random(64)]);
      spoof(file, udp4(4500, esp), MILLION);
    },
  },
  'wireguard-roaming': {
    text: 'One WireGuard peer at half a million addresses: a tunnel of as many flows.',
    write: roaming,
  },
  'tcp-octet-by-octet': { text: '20,000 connections side by side, in segments of one byte.', write: octetByOctet },
  'hash-collisions': {
    text: 'A million IPv6 flows in 62,500 groups of 16 whose hashes are equal under every seed.',
    write: collisions,
  },
  'sequential-flows': {
    text: 'A million flows with neighbouring addresses and equal ports.',
    write: (file) => {
      spoof(file, udp4(53, Buffer.alloc(24)), MILLION, (i, frame) => frame.writeUInt32BE(0x0a000000 + i, Ip4.SOURCE));
    },
  },
  'fragments-first': {
    text: 'A million first fragments of datagrams that never go on.',
    write: (file) => {
      fragments(file, MILLION, (i) => ({ id: i, offset: 0, more: true }));
    },
  },
  'fragments-later': {
    text: 'A million later fragments whose first never comes.',
    write: (file) => {
      fragments(file, MILLION, (i) => ({ id: i, offset: 8, more: i % 2 === 0 }));
    },
  },
  'fragments-overlapping': {
    text: 'A first fragment and fifteen that overlap it, over and over.',
    write: (file) => {
      fragments(file, MILLION, (i) => ({ id: i >>> 4, offset: (i & 15) === 0 ? 0 : 1 + (i & 7), more: (i & 15) < 15 }));
    },
  },
};
