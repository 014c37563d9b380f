/** Checks and accessors of messages that fingerprints read: AssemblyScript and its oracle say the same of the same bytes. */
import { beforeAll, describe, expect, it } from 'vitest';
import * as ah from '../../src/dataplane/wire/ah.ts';
import { decode } from '../../src/dataplane/wire/decode.ts';
import * as esp from '../../src/dataplane/wire/esp.ts';
import * as espNull from '../../src/dataplane/wire/esp-null.ts';
import * as ike from '../../src/dataplane/wire/ike.ts';
import * as ikeCut from '../../src/dataplane/wire/ike-cut.ts';
import * as ikePayloads from '../../src/dataplane/wire/ike-payloads.ts';
import * as openvpn from '../../src/dataplane/wire/openvpn.ts';
import { PacketView } from '../../src/dataplane/wire/packet-view.ts';
import * as preface from '../../src/dataplane/wire/proxy-preface.ts';
import * as quic from '../../src/dataplane/wire/quic.ts';
import * as wireguard from '../../src/dataplane/wire/wireguard.ts';
import { SeededRandom } from '../kit/random.mjs';
import { readAllPages } from '../kit/vector-pages.ts';
import { compiled, type Compiled } from './compiled.ts';
import { LinearPacket, type PacketMemory } from './linear-packet.ts';
import { committedFrames } from './sample-frames.ts';
import { same } from './same.ts';

const oracle = {
  ...{ ...ah, ...esp, ...espNull, ...ike, ...ikeCut, ...ikePayloads },
  ...{ ...openvpn, ...preface, ...quic, ...wireguard },
};

type Oracle = typeof oracle;
/** Functions of the oracle by what they take. */
type Taking<Parameters extends unknown[]> = {
  [Name in keyof Oracle]: Oracle[Name] extends (...parameters: Parameters) => number | boolean ? Name : never;
}[keyof Oracle];

/** Accessors of fields within the first bytes. */
const FIELDS = [
  ...(['ahLength', 'ahNextHeader', 'ahSequence', 'ahSpi', 'espSequence', 'espSpi'] as const),
  ...(['hasResponderSpi', 'ikeExchange', 'ikeFlags', 'ikeLength', 'ikeVersion', 'initiatorSpiHigh'] as const),
  ...(['initiatorSpiLow', 'isIkeV2', 'isTcpPrefix', 'isV1Encrypted', 'nextPayload', 'opensV1', 'opensV2'] as const),
  ...(['opensWithV1Sa', 'responderSpiHigh', 'responderSpiLow', 'epochCounter', 'keyId', 'opcode'] as const),
  ...(['peerIdWord', 'replayId', 'replayTime', 'sessionIdHigh', 'sessionIdLow'] as const),
  ...(['destinationIdLength', 'quicVersion', 'sourceIdAt', 'sourceIdLength', 'counterHigh', 'counterLow'] as const),
  ...(['initiationSender', 'isDisco', 'opensWireguard', 'receiverIndex', 'responseReceiver'] as const),
  ...(['responseSender', 'wireguardType'] as const),
] satisfies Taking<[DataView, number]>[];

/** Checks of the bytes up to an end: they read nothing outside. */
const CHECKS = ['checkAh', 'checkEsp', 'checkLongHeader'] satisfies Taking<[DataView, number, number]>[];

/** Checks that take the length that the headers claim as well. */
const LENGTH_CHECKS = ['checkIke', 'opensIke'] satisfies Taking<[DataView, number, number, number]>[];

type Name =
  | PacketMemory
  | (typeof FIELDS)[number]
  | (typeof CHECKS)[number]
  | (typeof LENGTH_CHECKS)[number]
  | 'findNullTrailer'
  | 'nullNextHeader'
  | 'walkPayloads'
  | 'payloadsSeen'
  | 'checkPlainBody'
  | 'hasPacketId'
  | 'packetId'
  | 'wrappedKeyLength'
  | 'isMac2Zero'
  | 'prefaceStep'
  | 'nextPreface'
  | 'socks5UdpHeaderLength'
  | 'isTlsHello'
  | 'ackCount'
  | 'opensCutIke'
  | 'checkCutIke'
  | 'checkMarkedIke'
  | (typeof NUMBERS)[number];

/** Functions of numbers alone. */
const NUMBERS = [
  ...(['bodyOffset', 'bodyLength', 'dataCiphertextOffset', 'isClientReset', 'isControl', 'isEpoch'] as const),
  ...(['isHardReset', 'isOpcode', 'opensKey', 'packetIdOffset', 'remoteSessionIdOffset', 'authReplayOffset'] as const),
  ...(['isV2Exchange', 'isEncryptedV2', 'isWireguardLength', 'mac2At', 'opensHandshake'] as const),
] as const;

interface Message {
  readonly bytes: Uint8Array;
  /** Bytes that the headers claim. */
  readonly length: number;
}

/** Payloads of committed captures and of vectors. */
async function sampleMessages(): Promise<Message[]> {
  const view = new PacketView();
  const messages: Message[] = readAllPages()
    .filter(({ linkType }) => Number.isNaN(linkType))
    .map(({ bytes, wireLength }) => ({ bytes, length: wireLength }));
  for (const { bytes, original, link } of await committedFrames(60)) {
    view.begin(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, original);
    if (decode(view, link) !== 0 || view.payloadCaptured === 0) continue;
    const payload = bytes.subarray(view.payloadAt, view.payloadAt + view.payloadCaptured);
    messages.push({ bytes: payload, length: view.payloadLength });
  }
  return messages;
}

function damaged({ bytes, length }: Message, random: SeededRandom): Message {
  const copy = Uint8Array.from(random.chance(0.2) ? [...random.bytes(2), ...bytes] : bytes);
  for (let left = random.below(4); left > 0 && copy.length > 0; left--) {
    const at = random.chance(0.6) ? random.below(Math.min(copy.length, 48)) : random.below(copy.length);
    copy[at] = random.chance(0.5)
      ? copy[at]! ^ (1 << random.below(8))
      : random.pick([0, 1, 4, 5, 0x20, 0x80, 0xff, 46]);
  }
  const cut = random.chance(0.4) ? copy.subarray(0, random.below(copy.length + 1)) : copy;
  const claimed = random.chance(0.3) ? cut.length + random.below(40) : Math.max(cut.length, length);
  return { bytes: cut, length: claimed };
}

class Comparison {
  readonly packet: LinearPacket;
  private readonly wasm: Compiled<Name>;

  constructor(wasm: Compiled<Name>) {
    this.wasm = wasm;
    this.packet = new LinearPacket(wasm);
  }

  /** Fields are read outside of short messages, where the poison is: in the release build alone. */
  fields(): void {
    const { data, at } = this.packet;
    for (const name of FIELDS) same(name, this.wasm.exports[name](at), oracle[name](data, at));
    for (const length of [20, 64]) {
      same(
        'wrappedKeyLength',
        this.wasm.exports.wrappedKeyLength(at, length),
        oracle.wrappedKeyLength(data, at, length),
      );
    }
    for (const type of [1, 2])
      same('isMac2Zero', this.wasm.exports.isMac2Zero(at, type), oracle.isMac2Zero(data, at, type));
  }

  checks({ bytes, length }: Message, random: SeededRandom): void {
    const { exports } = this.wasm;
    const { data, at } = this.packet;
    const end = at + bytes.length;
    const wireEnd = at + length;
    exports.readPacket(at, end);
    for (const name of CHECKS) same(name, exports[name](at, end), oracle[name](data, at, end));
    for (const name of LENGTH_CHECKS) same(name, exports[name](at, end, length), oracle[name](data, at, end, length));
    const captured = bytes.length;
    same('opensCutIke', exports.opensCutIke(captured, length), oracle.opensCutIke(at, end, length));
    same('checkCutIke', exports.checkCutIke(at, captured, length), oracle.checkCutIke(data, at, end, length));
    same('checkMarkedIke', exports.checkMarkedIke(at, captured, length), oracle.checkMarkedIke(data, at, end, length));
    const trailer = oracle.findNullTrailer(data, at, end);
    same('findNullTrailer', exports.findNullTrailer(at, captured), trailer < 0 ? -1 : trailer - at);
    if (trailer >= 0) same('nullNextHeader', exports.nullNextHeader(), espNull.nullNextHeader);
    this.chain(at, end, wireEnd, length);
    this.openvpnBody(end, wireEnd, random);
    this.prefaces(bytes.length);
    exports.leavePacket();
  }

  private chain(at: number, end: number, wireEnd: number, length: number): void {
    const { exports } = this.wasm;
    const { data } = this.packet;
    if (!oracle.checkIke(data, at, end, length)) return;
    const claimed = Math.min(wireEnd, at + oracle.ikeLength(data, at));
    same('walkPayloads', exports.walkPayloads(at, end - at, claimed - at), oracle.walkPayloads(data, at, end, claimed));
    same('payloadsSeen', exports.payloadsSeen(), ikePayloads.payloadsSeen);
  }

  private openvpnBody(end: number, wireEnd: number, random: SeededRandom): void {
    const { exports } = this.wasm;
    const { data, at } = this.packet;
    if (end - at < 9) return;
    const code = oracle.opcode(data, at);
    for (const hmac of [0, random.pick(openvpn.HMAC_LENGTHS)]) {
      const body = oracle.bodyOffset(hmac);
      const captured = end - at;
      const sound = oracle.checkPlainBody(data, code, at + body, end, wireEnd);
      same('checkPlainBody', exports.checkPlainBody(at, code, body, captured, wireEnd - at), sound);
      same('isTlsHello', exports.isTlsHello(at, body, captured), oracle.isTlsHello(data, at + body, end));
      if (!sound) continue;
      same('ackCount', exports.ackCount(at, body), oracle.ackCount(data, at + body));
      const hasId = oracle.hasPacketId(data, code, at + body, end);
      same('hasPacketId', exports.hasPacketId(at, code, body, captured), hasId);
      if (hasId) same('packetId', exports.packetId(at, code, body), oracle.packetId(data, code, at + body));
    }
  }

  private prefaces(length: number): void {
    const { exports } = this.wasm;
    const { data, at } = this.packet;
    for (const state of [0, 1]) {
      for (const isClient of [true, false]) {
        const step = oracle.prefaceStep(data, at, length, state, isClient);
        same('prefaceStep', exports.prefaceStep(at, length, state, Number(isClient)), step);
        if (step > 0) same('nextPreface', exports.nextPreface(), preface.nextPreface);
      }
    }
    same(
      'socks5UdpHeaderLength',
      exports.socks5UdpHeaderLength(at, length),
      oracle.socks5UdpHeaderLength(data, at, length),
    );
  }
}

describe('messages that fingerprints read', () => {
  let messages: Message[];
  beforeAll(async () => {
    messages = await sampleMessages();
    expect(messages.length).toBeGreaterThan(2000);
  });

  it('are the same to both in each field and check, whole and damaged', async () => {
    const wasm = await compiled<Name>('wire-messages');
    const comparison = new Comparison(wasm);
    const random = new SeededRandom(16);
    for (const message of messages) {
      for (const tried of [message, damaged(message, random), damaged(message, random)]) {
        comparison.packet.put(tried.bytes, random.pick([0, 0xff, 0xa5]));
        comparison.fields();
        comparison.checks(tried, random);
      }
    }
    expect(wasm.exports.brokenGuard()).toBe(-1);
  });

  it('are read within their bounds by each check', async () => {
    const comparison = new Comparison(await compiled<Name>('wire-messages', 'debug'));
    const random = new SeededRandom(17);
    for (let i = 0; i < messages.length; i += 7) {
      const tried = damaged(messages[i]!, random);
      comparison.packet.put(tried.bytes);
      comparison.checks(tried, random);
    }
  });

  it('have HTTP headers whose lengths are the same to both', async () => {
    const { packet, checkHttp } = await httpComparison();
    const names = ['Content-Length:', 'content-length:', 'CONTENT\rLENGTH:', 'Content-Type:', '\r\ncontent-length: \t'];
    const values = ['12', ' 7', '\t 00001', '', ' x9', '99999999', '2048', '2049', '12\r\nContent-Length: 3'];
    const random = new SeededRandom(18);
    for (let round = 0; round < 3000; round++) {
      const fields = Array.from({ length: random.below(4) }, () => `${random.pick(names)}${random.pick(values)}`);
      const status = random.pick(['HTTP/1.1 407 no', 'HTTP/1.0 200 OK', 'CONNECT a:1 HTTP/1.1']);
      const text = [status, ...fields].join('\r\n') + random.pick(['\r\n\r\n', '\r\n\r\n0123456789abc', '\r\n']);
      const bytes = Buffer.from(text);
      packet.put(random.chance(0.2) ? bytes.subarray(0, random.below(bytes.length)) : bytes);
      checkHttp(bytes.length);
    }
  });

  it('have the same rules for numbers alone', async () => {
    const { exports } = await compiled<Name>('wire-messages');
    const random = new SeededRandom(19);
    for (const name of NUMBERS) {
      const inOracle = oracle[name] as (...numbers: number[]) => number | boolean;
      for (let round = 0; round < 400; round++) {
        const first = random.chance(0.6) ? random.below(300) : random.word() >>> 0;
        const second = random.pick([0, 1, 2, 14, 32, 54, 64, 86, 92, 148, 1500, 2048, 2049]);
        const numbers = name === 'opensHandshake' ? [random.pick([1, 2, 3]) << 24, second] : [first, second];
        same(`${name} of ${numbers.join(' ')}`, exports[name](...numbers), inOracle(...numbers));
      }
    }
  });
});

async function httpComparison(): Promise<{ packet: LinearPacket; checkHttp: (length: number) => void }> {
  const wasm = await compiled<Name>('wire-messages');
  const packet = new LinearPacket(wasm);
  const checkHttp = (length: number): void => {
    for (const isClient of [true, false]) {
      const step = oracle.prefaceStep(packet.data, packet.at, length, 0, isClient);
      same('prefaceStep', wasm.exports.prefaceStep(packet.at, length, 0, Number(isClient)), step);
    }
  };
  return { packet, checkHttp };
}
