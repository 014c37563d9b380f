/** Messages read in the plainest way, from their published layouts: what the compiled checks and accessors are held against. */

/** A field: where it is, how many bytes it has, and what is made of them. */
type Field = readonly [at: number, length: number, read?: (value: number) => number];

const upperFive = (value: number): number => value >> 3;
const lowerThree = (value: number): number => value & 7;
const swapped = (value: number): number =>
  Buffer.from([value & 255, value >> 8, value >> 16, value >> 24]).readUInt32BE();

/** Fields by the names of their accessors. */
export const FIELDS = {
  // RFC 4302 section 2: the length is in words, less two.
  ahNextHeader: [0, 1],
  ahLength: [1, 1, (words) => 4 * (words + 2)],
  ahSpi: [4, 4],
  ahSequence: [8, 4],
  // RFC 4303 section 2.
  espSpi: [0, 4],
  espSequence: [4, 4],
  // RFC 7296 section 3.1; a minor version is ignored in version 2.
  initiatorSpiHigh: [0, 4],
  initiatorSpiLow: [4, 4],
  responderSpiHigh: [8, 4],
  responderSpiLow: [12, 4],
  nextPayload: [16, 1],
  ikeExchange: [18, 1],
  ikeFlags: [19, 1],
  ikeLength: [24, 4],
  // ssl_pkt.h of OpenVPN.
  opcode: [0, 1, upperFive],
  keyId: [0, 1, lowerThree],
  sessionIdHigh: [1, 4],
  sessionIdLow: [5, 4],
  peerIdWord: [0, 4],
  replayTime: [4, 4],
  // RFC 9000 section 17.2.
  quicVersion: [1, 4],
  destinationIdLength: [5, 1],
  // Whitepaper of WireGuard, section 5.4; indexes are opaque.
  wireguardType: [0, 4, swapped],
  initiationSender: [4, 4],
  responseSender: [4, 4],
  responseReceiver: [8, 4],
  receiverIndex: [4, 4],
  counterLow: [8, 4, swapped],
  counterHigh: [12, 4, swapped],
} as const satisfies Readonly<Record<string, Field>>;

/** The value of a field; undefined where it is beyond the bytes. */
export function fieldOf(bytes: Buffer, name: keyof typeof FIELDS): number | undefined {
  const [at, length, read] = FIELDS[name] as Field;
  if (at + length > bytes.length) return undefined;
  const value = bytes.readUIntBE(at, length);
  return read === undefined ? value : read(value);
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

/** RFC 7296 sections 3.1 and 2.23, RFC 2408 section 3.1. The message claims `length` bytes, of which these are captured. */
export function isIke(bytes: Buffer, length: number): boolean {
  if (bytes.length < 28 || isZero(bytes.subarray(0, 8))) return false;
  const claimed = bytes.readUInt32BE(24);
  const zeros = length - claimed;
  const isPadded =
    zeros > 0 && zeros <= 32 && claimed >= 28 && bytes.length >= length && isZero(bytes.subarray(claimed, length));
  if (zeros !== 0 && !isPadded) return false;
  const [version, exchange, flags] = [bytes[17]!, bytes[18]!, bytes[19]!];
  if (version >> 4 === 2) return (exchange >= 34 && exchange <= 38) || exchange === 43 || exchange === 44;
  return version === 0x10 && [1, 2, 3, 4, 5, 6, 32, 33].includes(exchange) && flags < 8;
}

export const Chain = { BROKEN: 0, WHOLE: 1, CUT: 2 } as const;

/** The chain of payloads of a sound message that claims `length` bytes (RFC 7296 section 3.2, RFC 2408 section 3.2). */
export function chainOf(bytes: Buffer, length: number): number {
  const isV2 = bytes[17]! >> 4 === 2;
  const isAssigned = (type: number): boolean =>
    isV2 ? (type >= 33 && type <= V2_LAST) || type === 132 : (type >= 1 && type <= 21) || type >= 128;
  let type = bytes[16]!;
  if (!isV2 && (bytes[19]! & 1) !== 0)
    return isAssigned(type) && length > 28 && (length - 28) % 8 === 0 ? Chain.WHOLE : Chain.BROKEN;
  let at = 28;
  for (let count = 0; type !== 0; count++) {
    if (count === 64 || (isV2 ? type < 33 : !isAssigned(type)) || at + 4 > length) return Chain.BROKEN;
    if (at + 4 > bytes.length) return Chain.CUT;
    const [next, flags, payloadLength] = [bytes[at]!, bytes[at + 1]!, bytes.readUInt16BE(at + 2)];
    if (isV2 ? flags >= 128 && !isAssigned(type) : flags !== 0) return Chain.BROKEN;
    at += payloadLength;
    if (payloadLength < 4 || at > length) return Chain.BROKEN;
    // What follows an encrypted payload, or a fragment, is inside of it; 132 is Cisco's fragment where it is the last.
    const isLast = isV2 && (type === 46 || type === 53 || (type === 132 && at === length));
    type = isLast ? 0 : next;
  }
  return at === length && at > 28 ? Chain.WHOLE : Chain.BROKEN;
}

/** The last payload type of version 2 that is assigned: IANA's registry. */
const V2_LAST = 54;

const [CONTROL, ACK, SOFT_RESET] = [4, 5, 3];
const HARD_RESETS = [7, 8, 10];
/** Packets of a handshake are numbered below this, and a list acknowledges at most eight. */
const ID_LIMIT = 0x10000;

/** The body of a packet of OpenVPN, of `length` bytes, from its list of acknowledged packets on: reliable.c, ssl_pkt.c. */
export function isPlainBody(bytes: Buffer, code: number, body: number, length: number): boolean {
  if (body >= bytes.length) return false;
  const count = bytes[body]!;
  if (count > 8 || (code === ACK && count === 0)) return false;
  const listEnd = body + 1 + 4 * count + (count > 0 ? 8 : 0);
  const end = code === ACK ? listEnd : listEnd + 4;
  const isBare = code !== CONTROL && code !== SOFT_RESET;
  if (isBare ? end !== length : end > length) return false;
  // A snap length may have taken the packet's own number.
  const isIdCut = bytes.length < end;
  if (isIdCut && (code === ACK || count === 0 || bytes.length < listEnd || bytes.length >= length)) return false;
  for (let i = 0; i < count; i++) {
    const id = bytes.readUInt32BE(body + 1 + 4 * i);
    if (id >= ID_LIMIT || (isIdCut && HARD_RESETS.includes(code) && id !== 0)) return false;
  }
  return code === ACK || isIdCut || bytes.readUInt32BE(end - 4) < ID_LIMIT;
}

/** RFC 8446 sections 5.1 and 4: a record of a handshake, of any version so far, and a client's or a server's hello. */
export function isTlsHello(bytes: Buffer): boolean {
  if (bytes.length < 6) return false;
  return bytes[0] === 22 && bytes[1] === 3 && bytes[2]! <= 4 && (bytes[5] === 1 || bytes[5] === 2);
}

/** RFC 9000 section 17.2, of version 1, 2 (RFC 9369) or a draft. */
export function isLongHeader(bytes: Buffer): boolean {
  if (bytes.length < 7 || bytes[0]! < 0xc0) return false;
  const version = bytes.readUInt32BE(1);
  if (version !== 1 && version !== 0x6b3343cf && version >>> 8 !== 0xff0000) return false;
  const source = 6 + bytes[5]!;
  if (bytes[5]! > 20 || source >= bytes.length) return false;
  return bytes[source]! <= 20 && source + 1 + bytes[source]! <= bytes.length;
}

/** Where the body begins of an answer of HTTP (RFC 9112) whose header these characters hold, and how long it is. */
export function httpAnswer(text: string): { header: number; body: number } | null {
  const header = text.indexOf('\r\n\r\n') + 4;
  if (header < 4) return null;
  const field = /\r\ncontent-length:[ \t]*(\d{1,7})/i.exec(text.slice(0, header));
  return { header, body: text[9] === '2' ? 0 : Number(field?.[1] ?? 0) };
}
