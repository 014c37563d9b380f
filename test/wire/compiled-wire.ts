/**
 * The compiled checks and accessors of messages (assembly/entries/wire-messages), over bytes in linear memory. `guarded` bytes are those
 * of the debug build, where a read outside them throws; `poisoned` ones those of the release build, where such a read sees the poison.
 * The functions look at the bytes that were placed last.
 */
import { compiled, type Exports } from '../assembly/compiled.ts';
import { LinearPacket, type PacketMemory } from '../assembly/linear-packet.ts';

/** Functions that answer yes or no. */
const CHECKS = [
  ...(['checkIke', 'opensIke', 'hasResponderSpi', 'isTcpPrefix', 'opensWithV1Sa'] as const),
  ...(['checkCutIke', 'checkMarkedIke', 'opensCutIke', 'checkLongHeader'] as const),
  ...(['isControl', 'checkPlainBody', 'hasPacketId', 'isTlsHello', 'isEpoch'] as const),
  ...(['isWireguardLength', 'opensHandshake', 'isMac2Zero', 'isDisco'] as const),
] as const;

/** Functions that answer a number. */
const NUMBERS = [
  ...(['ahLength', 'ahNextHeader', 'ahSequence', 'ahSpi', 'checkAh', 'checkEsp', 'espSequence', 'espSpi'] as const),
  ...(['findNullTrailer', 'nullNextHeader', 'ikeExchange', 'ikeFlags', 'ikeLength', 'ikeVersion'] as const),
  ...(['initiatorSpiHigh', 'initiatorSpiLow', 'responderSpiHigh', 'responderSpiLow', 'nextPayload'] as const),
  ...(['walkPayloads', 'payloadsSeen', 'prefaceStep', 'nextPreface', 'socks5UdpHeaderLength'] as const),
  ...(['proxyHeaderLength', 'quicVersion', 'destinationIdAt', 'destinationIdLength', 'sourceIdAt'] as const),
  ...(['sourceIdLength', 'opcode', 'keyId', 'sessionIdHigh', 'sessionIdLow', 'hmacLengthAt', 'bodyOffset'] as const),
  ...(['bodyLength', 'ackCount', 'remoteSessionIdOffset', 'packetId', 'authReplayOffset', 'replayId'] as const),
  ...(['replayTime', 'wrappedKeyLength', 'peerIdWord', 'dataPacketId', 'epochCounter', 'wireguardType'] as const),
  ...(['initiationSender', 'responseSender', 'responseReceiver', 'receiverIndex', 'counterLow'] as const),
  ...(['counterHigh', 'secretField', 'secretFieldCount', 'mac2At'] as const),
] as const;

/** Constants, and members of enums. */
const CONSTANTS = [
  ...(['Chain.BROKEN', 'Chain.WHOLE', 'Chain.CUT', 'Preface.START', 'Preface.SOCKS5_NEGOTIATION'] as const),
  ...(['SeenPayload.SA', 'SeenPayload.KEY_EXCHANGE', 'SeenPayload.NONCE', 'SeenPayload.NOTIFY'] as const),
  ...(['SeenPayload.ASSIGNED', 'HMAC_LENGTH_COUNT', 'PLAIN_RESET_LENGTH', 'CRYPT_RESET_LENGTH'] as const),
  ...(['CRYPT_HEADER_LENGTH', 'NOT_A_PREFACE', 'PREFACE_CUT', 'NO_PROXY_HEADER', 'PROXY_HEADER_CUT'] as const),
] as const;

type Check = (typeof CHECKS)[number];
type Count = (typeof NUMBERS)[number];
type Name = PacketMemory | Check | Count;

interface Instance {
  readonly exports: Exports<Name>;
  readonly packet: LinearPacket;
}

async function instance(build: 'debug' | 'release'): Promise<Instance> {
  const { exports, memory } = await compiled<Name>('wire-messages', build);
  return { exports, packet: new LinearPacket({ exports, memory }) };
}

const debug = await instance('debug');
const release = await instance('release');
let current = debug;

/** Bytes at an address of linear memory. */
export interface Placed {
  readonly data: DataView;
  readonly at: number;
  readonly end: number;
}

function place(bytes: Uint8Array, length: number, poison: number): Placed {
  const { packet, exports } = current;
  packet.put(bytes.subarray(0, length), poison);
  const { data, at } = packet;
  exports.readPacket(at, at + length);
  return { data, at, end: at + length };
}

/** The first `length` bytes: reading outside of them throws. */
export function guarded(bytes: Uint8Array, length: number = bytes.length): Placed {
  current = debug;
  return place(bytes, length, 0xa5);
}

/** The same, with poison of a chosen value around them, which may be read. */
export function poisoned(bytes: Uint8Array, length: number, poison: number): Placed {
  current = release;
  return place(bytes, length, poison);
}

type Wire = Readonly<
  Record<Check, (...numbers: number[]) => boolean> & Record<Count, (...numbers: number[]) => number>
>;

/** Numbers of 32 bits are signed. */
export const wire = Object.fromEntries<(...numbers: number[]) => boolean | number>([
  ...CHECKS.map((name) => [name, (...numbers: number[]) => current.exports[name](...numbers) !== 0] as const),
  ...NUMBERS.map((name) => [name, (...numbers: number[]) => current.exports[name](...numbers)] as const),
]) as unknown as Wire;

/** Constants of the compiled code. */
export const constants = Object.fromEntries(
  CONSTANTS.map((name) => [name, (release.exports as unknown as Record<string, { value: number }>)[name]!.value]),
) as Readonly<Record<(typeof CONSTANTS)[number], number>>;
