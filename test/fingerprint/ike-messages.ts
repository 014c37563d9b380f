/** IKE messages written from RFC 7296 sections 3.1 to 3.3, RFC 2408 section 3 and RFC 7383 section 2.5. */
import { concat, u16, u32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';

const noise = new SeededRandom(11);

export const NONE = new Uint8Array(8);

/** One payload: its type, and its body behind the generic header. */
export type PayloadPart = readonly [type: number, body: Uint8Array];

export interface IkeFields {
  readonly initiator: Uint8Array;
  readonly responder?: Uint8Array;
  readonly version: number;
  readonly exchange: number;
  readonly flags: number;
  readonly message?: number;
  readonly payloads: readonly PayloadPart[];
}

/** Header of 28 bytes, then the payloads, each with the type of the next one before its length. */
export function ike({
  initiator,
  responder = NONE,
  version,
  exchange,
  flags,
  message = 0,
  payloads,
}: IkeFields): Uint8Array {
  const chain = payloads.map(([, body], i) => concat([payloads[i + 1]?.[0] ?? 0, 0], u16(body.length + 4), body));
  const length = 28 + chain.reduce((sum, part) => sum + part.length, 0);
  const types = [payloads[0]?.[0] ?? 0, version, exchange, flags];
  return concat(initiator, responder, types, u32(message), u32(length), ...chain);
}

const body = (length: number): Uint8Array => noise.bytes(length);
/** A proposal with one transform, as far as a walk of the chain looks. */
const proposal = concat([0, 0], u16(20), [1, 1, 0, 1], [0, 0], u16(12), [1, 0, 0, 20, 0x80, 14, 1, 0]);

const V2 = 0x20;
const INITIATOR = 0x08;
const RESPONSE = 0x20;
const [SA_INIT, AUTH, CREATE_CHILD, INFORMATIONAL, SESSION_RESUME] = [34, 35, 36, 37, 38] as const;
const [SA, KE, NONCE, NOTIFY, VENDOR, SK, SKF, CISCO_FRAGMENT] = [33, 34, 40, 41, 43, 46, 53, 132] as const;
const natDetection = concat([0, 0], u16(16388), body(20));

export interface Peers {
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
}

export function saInit(peers: Peers, cookie?: Uint8Array): Uint8Array {
  const first: PayloadPart[] = cookie === undefined ? [] : [[NOTIFY, concat([0, 0], u16(16390), cookie)]];
  const payloads: PayloadPart[] = [
    ...first,
    [SA, proposal],
    [KE, body(260)],
    [NONCE, body(32)],
    [NOTIFY, natDetection],
    [VENDOR, body(16)],
  ];
  return ike({ initiator: peers.initiator, version: V2, exchange: SA_INIT, flags: INITIATOR, payloads });
}

export function saInitAnswer(peers: Peers): Uint8Array {
  const payloads: PayloadPart[] = [
    [SA, proposal],
    [KE, body(260)],
    [NONCE, body(32)],
    [NOTIFY, natDetection],
  ];
  return ike({ ...peers, version: V2, exchange: SA_INIT, flags: RESPONSE, payloads });
}

/** A refusal or a demand for a cookie: one notification, and no responder SPI. */
export function saInitNotify(peers: Peers, type: number): Uint8Array {
  const payloads: PayloadPart[] = [[NOTIFY, concat([0, 0], u16(type), body(16))]];
  return ike({ initiator: peers.initiator, version: V2, exchange: SA_INIT, flags: RESPONSE, payloads });
}

/** A ticket that was issued before (RFC 5723 section 4.3.1). */
export function sessionResume(peers: Peers): Uint8Array {
  const payloads: PayloadPart[] = [
    [NONCE, body(32)],
    [NOTIFY, concat([0, 0], u16(16412), body(120))],
  ];
  return ike({ initiator: peers.initiator, version: V2, exchange: SESSION_RESUME, flags: INITIATOR, payloads });
}

export function sessionResumeAnswer(peers: Peers): Uint8Array {
  return ike({ ...peers, version: V2, exchange: SESSION_RESUME, flags: RESPONSE, payloads: [[NONCE, body(32)]] });
}

/** A message in one of Cisco's fragments: the payload is private. */
export function ciscoFragment(peers: Peers, isResponse: boolean): Uint8Array {
  const flags = isResponse ? RESPONSE : INITIATOR;
  const payloads: PayloadPart[] = [[CISCO_FRAGMENT, concat(u16(1), [1, 0], body(200))]];
  return ike({ ...peers, version: V2, exchange: AUTH, flags, message: 1, payloads });
}

function encrypted(peers: Peers, exchange: number, flags: number, message: number): Uint8Array {
  return ike({ ...peers, version: V2, exchange, flags, message, payloads: [[SK, body(120)]] });
}

export const auth = (peers: Peers): Uint8Array => encrypted(peers, AUTH, INITIATOR, 1);
export const authAnswer = (peers: Peers): Uint8Array => encrypted(peers, AUTH, RESPONSE, 1);
export const rekey = (peers: Peers): Uint8Array => encrypted(peers, CREATE_CHILD, INITIATOR, 2);
export const informational = (peers: Peers): Uint8Array => encrypted(peers, INFORMATIONAL, INITIATOR, 3);
export const informationalAnswer = (peers: Peers): Uint8Array => encrypted(peers, INFORMATIONAL, RESPONSE, 3);

export function authFragment(peers: Peers, number: number, total: number): Uint8Array {
  const payloads: PayloadPart[] = [[SKF, concat(u16(number), u16(total), body(200))]];
  return ike({ ...peers, version: V2, exchange: AUTH, flags: INITIATOR, message: 1, payloads });
}

const V1 = 0x10;
const ENCRYPTED = 1;
const [BASE, MAIN, AGGRESSIVE, V1_INFORMATIONAL, QUICK] = [1, 2, 4, 5, 32] as const;
const [V1_SA, V1_KE, V1_ID, V1_HASH, V1_NONCE, V1_NOTIFY, V1_VENDOR] = [1, 4, 5, 8, 10, 11, 13] as const;
const v1Sa = concat(u32(1), u32(1), proposal);

function v1(peers: Peers, isAnswered: boolean, exchange: number, payloads: readonly PayloadPart[]): Uint8Array {
  return ike({
    initiator: peers.initiator,
    responder: isAnswered ? peers.responder : NONE,
    version: V1,
    exchange,
    flags: 0,
    payloads,
  });
}

/** The base exchange (RFC 2408 section 4.4): SA and nonce. */
export const baseSa = (peers: Peers): Uint8Array =>
  v1(peers, false, BASE, [
    [V1_SA, v1Sa],
    [V1_NONCE, body(20)],
  ]);
export const baseSaAnswer = (peers: Peers): Uint8Array =>
  v1(peers, true, BASE, [
    [V1_SA, v1Sa],
    [V1_NONCE, body(20)],
  ]);
export const mainSa = (peers: Peers): Uint8Array =>
  v1(peers, false, MAIN, [
    [V1_SA, v1Sa],
    [V1_VENDOR, body(16)],
  ]);
export const mainSaAnswer = (peers: Peers): Uint8Array => v1(peers, true, MAIN, [[V1_SA, v1Sa]]);
export const mainKey = (peers: Peers): Uint8Array =>
  v1(peers, true, MAIN, [
    [V1_KE, body(128)],
    [V1_NONCE, body(20)],
  ]);
export const aggressive = (peers: Peers): Uint8Array =>
  v1(peers, false, AGGRESSIVE, [
    [V1_SA, v1Sa],
    [V1_KE, body(128)],
    [V1_NONCE, body(20)],
    [V1_ID, body(12)],
  ]);
export const aggressiveAnswer = (peers: Peers): Uint8Array =>
  v1(peers, true, AGGRESSIVE, [
    [V1_SA, v1Sa],
    [V1_KE, body(128)],
    [V1_NONCE, body(20)],
    [V1_ID, body(12)],
    [V1_HASH, body(20)],
  ]);
/** A refusal in clear: no responder SPI yet. */
export const v1Refusal = (peers: Peers): Uint8Array =>
  v1(peers, false, V1_INFORMATIONAL, [[V1_NOTIFY, concat(u32(1), [1, 0], u16(14))]]);

/** An encrypted IKEv1 message: the chain begins inside the ciphertext. */
function v1Encrypted(peers: Peers, exchange: number, message: number): Uint8Array {
  const ciphertext = body(64);
  const types = [V1_HASH, V1, exchange, ENCRYPTED];
  return concat(peers.initiator, peers.responder, types, u32(message), u32(28 + ciphertext.length), ciphertext);
}

export const mainIdentity = (peers: Peers): Uint8Array => v1Encrypted(peers, MAIN, 0);
export const quick = (peers: Peers): Uint8Array => v1Encrypted(peers, QUICK, 0x12345678);
export const v1Informational = (peers: Peers): Uint8Array => v1Encrypted(peers, V1_INFORMATIONAL, 0x87654321);

/** Four zero bytes, which say over port 4500 that no ESP follows. */
export function marked(message: Uint8Array): Uint8Array {
  return concat([0, 0, 0, 0], message);
}
