/**
 * Community ID version 1 (github.com/corelight/community-id-spec): "1:" and the base64 of a SHA-1. The hashed bytes
 * are: seed (2), lower address, higher address, protocol (1), a zero (1) and, if there are ports, the lower and the
 * higher port. The lower end is the one with the smaller address, or the smaller port if the addresses are equal. ICMP
 * has its type and code in place of the ports: a type with a counterpart (request, reply) is ordered like ports, with
 * the counterpart as the other port; any other type keeps its direction.
 */
import { isMappedIpv4 } from '../../core/ip-address.ts';
import { ByteWriter } from './byte-writer.ts';
import { digest, sha1 } from './sha1.ts';

const ICMP = 1;
const ICMPV6 = 58;
const SEED = 0;
/** The longest input, and the room that the hash needs after it. */
const INPUT_LENGTH = 40 + 80;

/** The counterpart of each type that has one (the specification's tables). */
const ICMP_ANSWERS = new Map([
  [0, 8],
  [8, 0],
  [9, 10],
  [10, 9],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
]);
const ICMPV6_ANSWERS = new Map([
  [128, 129],
  [129, 128],
  [130, 131],
  [131, 130],
  [133, 134],
  [134, 133],
  [135, 136],
  [136, 135],
  [139, 140],
  [140, 139],
  [144, 145],
  [145, 144],
]);

const input = new DataView(new ArrayBuffer(INPUT_LENGTH));
const scratch = new ByteWriter();

/**
 * Community ID of a tuple. Addresses are four words each (core/ip-address). `ports` is null for protocols without
 * ports; ICMP and ICMPv6 have type and code there.
 */
export function communityId(
  protocol: number,
  source: ArrayLike<number>,
  destination: ArrayLike<number>,
  ports: { readonly source: number; readonly destination: number } | null,
): string {
  scratch.putAscii('1:');
  hashTuple(protocol, source, destination, ports !== null, ports?.source ?? 0, ports?.destination ?? 0);
  putDigest(scratch);
  return scratch.takeString();
}

/** Leaves the hash of a Community ID in `digest`. Both ports are 0 if the tuple has none. */
export function hashTuple(
  protocol: number,
  source: ArrayLike<number>,
  destination: ArrayLike<number>,
  hasPorts: boolean,
  sourcePort: number,
  givenDestinationPort: number,
): void {
  let destinationPort = givenDestinationPort;
  let isOneWay = false;
  if (hasPorts && (protocol === ICMP || protocol === ICMPV6)) {
    const answer = (protocol === ICMP ? ICMP_ANSWERS : ICMPV6_ANSWERS).get(sourcePort);
    isOneWay = answer === undefined;
    destinationPort = answer ?? destinationPort;
  }
  const keeps = isOneWay || isInOrder(source, destination, sourcePort, destinationPort);
  let at = 0;
  input.setUint16(at, SEED);
  at += 2;
  at = putAddress(at, keeps ? source : destination);
  at = putAddress(at, keeps ? destination : source);
  input.setUint8(at, protocol);
  input.setUint8(at + 1, 0);
  at += 2;
  if (hasPorts) {
    input.setUint16(at, keeps ? sourcePort : destinationPort);
    input.setUint16(at + 2, keeps ? destinationPort : sourcePort);
    at += 4;
  }
  sha1(input, at);
}

function isInOrder(a: ArrayLike<number>, b: ArrayLike<number>, portA: number, portB: number): boolean {
  for (let word = 0; word < 4; word++) {
    const left = a[word]! >>> 0;
    const right = b[word]! >>> 0;
    if (left !== right) return left < right;
  }
  return portA <= portB;
}

function putAddress(at: number, words: ArrayLike<number>): number {
  if (isMappedIpv4(words[0]!, words[1]!, words[2]!)) {
    input.setInt32(at, words[3]!);
    return at + 4;
  }
  for (let word = 0; word < 4; word++) input.setInt32(at + word * 4, words[word]!);
  return at + 16;
}

const BASE64 = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PAD = 61;

/** Appends the digest in base64: 27 digits, the last of four bits, and a pad. */
export function putDigest(text: ByteWriter): void {
  const { bytes, length } = text;
  for (let digit = 0; digit < 27; digit++) bytes[length + digit] = BASE64[sixBitsAt(digit * 6)]!;
  bytes[length + 27] = PAD;
  text.length = length + 28;
}

/** Six bits of the digest, filled up with zeros at its end. */
function sixBitsAt(bit: number): number {
  const word = bit >> 5;
  const shift = 26 - (bit & 31);
  if (shift >= 0) return (digest[word]! >>> shift) & 63;
  return ((digest[word]! << -shift) | (word === 4 ? 0 : digest[word + 1]! >>> (32 + shift))) & 63;
}
