/** OpenVPN packets written from the openvpn-wire-protocol draft, sections 2 and 3, and OpenVPN's ssl_pkt.h and tls_crypt.h. */
import type { Step } from './flow-probe.ts';
import { START_SECONDS } from './flow-probe.ts';
import { concat, u16, u32 } from './bytes.mjs';
import { SeededRandom } from './random.mjs';

const noise = new SeededRandom(13);

export const [CLIENT_V2, SERVER_V2, SOFT_RESET, CONTROL, ACK, DATA_V1, DATA_V2, CLIENT_V3, CONTROL_WKC] = [
  7, 8, 3, 4, 5, 6, 9, 10, 11,
] as const;

/** What lies around the ack list: nothing, an HMAC in front of it, or encryption. */
export type Wrap = 'plain' | 'tls-auth' | 'tls-crypt' | 'tls-crypt-v2';

/** One side of a session: numbers its packets as the daemon does. */
export class Side {
  readonly session = noise.bytes(8);
  private readonly wrap: Wrap;
  private readonly hmacLength: number;
  /** Replay id of the last packet. */
  replay = 0;
  private packetId = 0;
  /** Seconds since 1970 that this side writes. */
  time = START_SECONDS;

  constructor(wrap: Wrap, hmacLength = 20) {
    this.wrap = wrap;
    this.hmacLength = hmacLength;
  }

  /** Acknowledges `acked` of the side with session id `remote`; everything but an ACK has a packet id and may carry TLS. */
  control(
    code: number,
    acked: readonly number[],
    remote: Uint8Array,
    tls: Uint8Array = new Uint8Array(0),
    keyId = 0,
  ): Uint8Array {
    const header = concat([(code << 3) | keyId], this.session);
    const list = concat([acked.length], ...acked.map(u32), acked.length > 0 ? remote : []);
    const body = code === ACK ? list : concat(list, u32(this.packetId++), tls);
    if (this.wrap === 'plain') return concat(header, body);
    const replay = concat(u32(++this.replay), u32(this.time));
    if (this.wrap === 'tls-auth') return concat(header, noise.bytes(this.hmacLength), replay, body);
    return concat(header, replay, noise.bytes(32), noise.bytes(body.length));
  }

  clientReset(): Uint8Array {
    if (this.wrap !== 'tls-crypt-v2') return this.control(CLIENT_V2, [], new Uint8Array(0));
    return concat(this.control(CLIENT_V3, [], new Uint8Array(0)), wrappedKey());
  }
}

/** Tag 32, encrypted key 256 and metadata, and its own length 2. */
function wrappedKey(): Uint8Array {
  return concat(noise.bytes(32 + 256 + 5), u16(32 + 256 + 5 + 2));
}

const record = (kind: number): Uint8Array => concat([0x16, 3, 1], u16(200), [kind, 0, 0, 196, 3, 3], noise.bytes(190));
export const clientHello = (): Uint8Array => record(1);
export const serverHello = (): Uint8Array => record(2);

/** A handshake and some data, as a client and a server exchange them. */
export function session(wrap: Wrap, hmacLength = 20): Step[] {
  const client = new Side(wrap, hmacLength);
  const server = new Side(wrap, hmacLength);
  return [
    [0, client.clientReset()],
    [1, server.control(SERVER_V2, [0], client.session)],
    [0, client.control(ACK, [0], server.session)],
    [0, client.control(CONTROL, [], server.session, clientHello())],
    [1, server.control(ACK, [1], client.session)],
    [1, server.control(CONTROL, [], client.session, serverHello())],
    [0, client.control(ACK, [1], server.session)],
    [1, server.control(CONTROL, [], client.session, noise.bytes(300))],
    [0, client.control(CONTROL, [2], server.session, noise.bytes(200))],
    [1, server.control(ACK, [2], client.session)],
    [0, data2(3, 1)],
    [1, data2(3, 1)],
    [0, data2(3, 2)],
    [1, data2(3, 2)],
  ];
}

/** DATA_V2 with an AEAD cipher: peer id 3, packet id 4, tag 16, ciphertext. */
export function data2(peer: number, packetId: number, length = 100, keyId = 0): Uint8Array {
  return concat(u32((((DATA_V2 << 3) | keyId) << 24) | peer), u32(packetId), noise.bytes(16 + length));
}

/** DATA_V1 with an AEAD cipher: packet id 4, tag 16, ciphertext. */
export function data1(packetId: number, length = 100, keyId = 0): Uint8Array {
  return concat([(DATA_V1 << 3) | keyId], u32(packetId), noise.bytes(16 + length));
}

/** With a block cipher: an HMAC, an IV of 16, whole blocks. */
export function blockData(header: readonly number[], hmacLength: number, blocks: number): Uint8Array {
  return concat(header, noise.bytes(hmacLength + 16 + 16 * blocks));
}

/** DATA_V2 with an epoch key: peer id 3, epoch 2, counter 6, ciphertext, tag 16. */
export function epochData(peer: number, epoch: number, counter: number, length = 100, keyId = 0): Uint8Array {
  return concat(
    u32((((DATA_V2 << 3) | keyId) << 24) | peer),
    u16(epoch),
    u16(Math.floor(counter / 2 ** 32)),
    u32(counter % 2 ** 32),
    noise.bytes(length + 16),
  );
}
