/**
 * Where handshakes lie in a capture: found by the plainest reading of their published layouts, with none of the fingerprints' code, so
 * that it can say what they must have found by then.
 */
import { formatAddress } from '../../src/core/ip-address.ts';
import { flowKey } from '../../src/study/found-flows.ts';
import { DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { Transport } from '../../src/dataplane/host/packet-codes.ts';
import { forEachPacket } from '../kit/capture-payloads.ts';

export type VpnName = 'wireguard' | 'openvpn' | 'ipsec';

/**
 * A handshake message that was answered. Packets are numbered from 1. With OpenVPN, whose control channel is often encrypted and always
 * longer than two messages, `answered` is the packet by which each side has sent OPENVPN_MESSAGES of them.
 */
export interface Handshake {
  readonly flow: string;
  readonly protocol: VpnName;
  readonly asked: number;
  readonly answered: number;
}

const OPENVPN_MESSAGES = 3;

/** An OpenVPN handshake that was answered and goes on. */
interface Exchange {
  readonly flow: string;
  readonly asked: number;
  /** By sender, how many control packets it has sent since it was asked. */
  readonly sent: Map<string, number>;
}

/** A message that asks or answers, and what ties the two together. */
interface Message {
  readonly protocol: VpnName;
  readonly asks: string | null;
  readonly answers: string | null;
}

const CONTROL_ONLY: Message = { protocol: 'openvpn', asks: null, answers: null };

/** The packets of a capture, and its handshakes in the order of their answers. */
export async function findHandshakes(path: string): Promise<{ packets: number; handshakes: Handshake[] }> {
  const handshakes: Handshake[] = [];
  /** By flow, sender and what ties: the last packet that asked so. */
  const asked = new Map<string, number>();
  const exchanges = new Map<string, Exchange>();
  let packets = 0;
  await forEachPacket(path, (status, { view, payload }) => {
    packets++;
    if (status !== DecodeStatus.OK || payload.length === 0) return;
    const message = readMessage(payload, view.payloadLength, view.transport === Transport.TCP);
    if (message === null) return;
    const [source, destination] = [textOf(view.source), textOf(view.destination)];
    const proto = view.transport === Transport.TCP ? 'tcp' : 'udp';
    const flow = flowKey(proto, source, view.sourcePort, destination, view.destinationPort);
    const sender = `${source} ${view.sourcePort}`;
    const receiver = `${destination} ${view.destinationPort}`;
    const before = message.answers === null ? undefined : asked.get(`${flow}|${receiver}|${message.answers}`);
    if (message.asks !== null) asked.set(`${flow}|${sender}|${message.asks}`, packets);
    if (message.protocol !== 'openvpn') {
      if (before !== undefined) handshakes.push({ flow, protocol: message.protocol, asked: before, answered: packets });
      return;
    }
    if (before !== undefined) exchanges.set(flow, { flow, asked: before, sent: new Map([[receiver, 1]]) });
    const exchange = exchanges.get(flow);
    if (exchange === undefined) return;
    exchange.sent.set(sender, (exchange.sent.get(sender) ?? 0) + 1);
    if (Math.min(exchange.sent.get(sender) ?? 0, exchange.sent.get(receiver) ?? 0) < OPENVPN_MESSAGES) return;
    handshakes.push({ flow, protocol: 'openvpn', asked: exchange.asked, answered: packets });
    exchanges.delete(flow);
  });
  return { packets, handshakes };
}

function textOf(words: readonly number[]): string {
  return formatAddress(words[0]!, words[1]!, words[2]!, words[3]!);
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString('hex');
}

function readMessage(bytes: Uint8Array, length: number, isStream: boolean): Message | null {
  if (isStream) {
    const record = bytes.length < 3 ? -1 : (bytes[0]! << 8) | bytes[1]!;
    return record + 2 === length ? readOpenvpn(bytes.subarray(2), record) : null;
  }
  return readWireguard(bytes, length) ?? readIke(bytes, length) ?? readOpenvpn(bytes, length);
}

/** Whitepaper section 5.4: initiations of 148 bytes with a sender index at 4, responses of 92 with the receiver index at 8. */
function readWireguard(bytes: Uint8Array, length: number): Message | null {
  if (bytes.length < 12 || bytes[1] !== 0 || bytes[2] !== 0 || bytes[3] !== 0) return null;
  if (bytes[0] === 1 && length === 148) return { protocol: 'wireguard', asks: `wg ${hex(bytes, 4, 8)}`, answers: null };
  if (bytes[0] === 2 && length === 92) return { protocol: 'wireguard', asks: null, answers: `wg ${hex(bytes, 8, 12)}` };
  return null;
}

/** RFC 7296 section 3.1: SPIs at 0 and 8, version at 17, length at 24; RFC 3948: after four zero bytes. */
function readIke(bytes: Uint8Array, length: number): Message | null {
  const isMarked = bytes.length >= 32 && bytes.subarray(0, 4).every((byte) => byte === 0);
  const message = isMarked ? bytes.subarray(4) : bytes;
  if (message.length < 28 || (message[17] !== 0x10 && message[17] !== 0x20)) return null;
  const named = new DataView(message.buffer, message.byteOffset).getUint32(24);
  if (named !== length - (isMarked ? 4 : 0)) return null;
  const key = `ike ${hex(message, 0, 8)} ${hex(message, 20, 24)}`;
  const hasResponder = message.subarray(8, 16).some((byte) => byte !== 0);
  return { protocol: 'ipsec', asks: key, answers: hasResponder ? key : null };
}

/** The opcode in the upper five bits, the key id below: 7 and 10 ask, 8 answers with key id 0; 3 does both with another key id. */
function readOpenvpn(bytes: Uint8Array, length: number): Message | null {
  if (bytes.length < 9 || length < 14) return null;
  const [opcode, keyId] = [bytes[0]! >> 3, bytes[0]! & 7];
  if ((opcode === 7 || opcode === 10) && keyId === 0) return { protocol: 'openvpn', asks: 'reset', answers: null };
  if (opcode === 8 && keyId === 0) return { protocol: 'openvpn', asks: null, answers: 'reset' };
  if (opcode === 4 || opcode === 5) return CONTROL_ONLY;
  if (opcode !== 3 || keyId === 0) return null;
  return { protocol: 'openvpn', asks: `key ${keyId}`, answers: `key ${keyId}` };
}
