/** Messages of wireguard-go against what tshark reads of them. */
import { describe, expect, it } from 'vitest';
import { readPage } from '../kit/vector-pages.ts';
import { guarded, wire } from './compiled-wire.ts';

const vectors = readPage('wireguard');

/** wireguard.com/protocol: the first byte of a message. */
const WireguardType = { INITIATION: 1, RESPONSE: 2, COOKIE: 3, TRANSPORT: 4 } as const;
/** Bytes up to the end of a transport message's counter, or of a response's indexes and more. */
const INDEX_FIELDS_LENGTH = 16;

/** Indexes are opaque; tshark shows them in little-endian order. */
const swapped = (index: number): string => {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setInt32(0, index);
  return String(bytes.getUint32(0, true));
};

function describeMessage(bytes: Uint8Array): Record<string, string> {
  const { at } = guarded(bytes);
  const type = wire.wireguardType(at);
  const described: Record<string, string> = { type: String(type) };
  if (type === WireguardType.INITIATION) described.sender = swapped(wire.initiationSender(at));
  if (type === WireguardType.RESPONSE) {
    described.sender = swapped(wire.responseSender(at));
    described.receiver = swapped(wire.responseReceiver(at));
  }
  if (type === WireguardType.INITIATION || type === WireguardType.RESPONSE) {
    described.mac2Zero = wire.isMac2Zero(at, type) ? 'yes' : 'no';
  } else {
    described.receiver = swapped(wire.receiverIndex(at));
  }
  if (type === WireguardType.TRANSPORT) {
    described.counter = String(BigInt(wire.counterHigh(at) >>> 0) * 0x100000000n + BigInt(wire.counterLow(at) >>> 0));
  }
  return described;
}

describe('vectors', () => {
  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
    expect(describeMessage(bytes)).toEqual(fields);
    const { data, at } = guarded(bytes);
    const type = wire.wireguardType(at);
    expect(wire.isWireguardLength(type, bytes.length)).toBe(true);
    const exact = type !== WireguardType.TRANSPORT;
    expect(wire.isWireguardLength(type, bytes.length + 1)).toBe(!exact);
    const opens = type === WireguardType.INITIATION || type === WireguardType.RESPONSE;
    expect(wire.opensHandshake(data.getUint32(at), bytes.length)).toBe(opens);
    expect(wire.opensHandshake(data.getUint32(at), bytes.length + 1)).toBe(false);
    // Indexes and counter need no more captured bytes than promised.
    const indexFields = (at: number): number[] =>
      [wire.receiverIndex, wire.counterLow, wire.counterHigh, wire.responseReceiver].map((read) => read(at));
    const whole = indexFields(at);
    expect(indexFields(guarded(bytes, INDEX_FIELDS_LENGTH).at)).toEqual(whole);
  });
});

/** Where the random fields begin, and the last one ends. */
function secretFields(type: number): number[] {
  return Array.from({ length: wire.secretFieldCount(type) + 1 }, (_, i) => wire.secretField(type, i));
}

describe('layout', () => {
  it('of the secrets ends where mac2 begins', () => {
    for (const type of [WireguardType.INITIATION, WireguardType.RESPONSE]) {
      expect(secretFields(type).at(-1)).toBe(wire.mac2At(type));
    }
    // Ephemeral 32, static 32 + 16, timestamp 12 + 16, mac1 16; ephemeral 32, nothing 16, mac1 16 (whitepaper section 5.4).
    const lengths = (fields: readonly number[]): number[] => fields.slice(1).map((at, i) => at - fields[i]!);
    expect(lengths(secretFields(WireguardType.INITIATION))).toEqual([32, 48, 28, 16]);
    expect(lengths(secretFields(WireguardType.RESPONSE))).toEqual([32, 16, 16]);
    expect(wire.mac2At(WireguardType.INITIATION) + 16).toBe(148);
    expect(wire.mac2At(WireguardType.RESPONSE) + 16).toBe(92);
  });

  it.each([
    ['a reserved byte', [1, 0, 0, 1], 148],
    ['type 0', [0, 0, 0, 0], 148],
    ['type 5', [5, 0, 0, 0], 148],
    ['big-endian type', [0, 0, 0, 4], 148],
    ['an initiation of another length', [1, 0, 0, 0], 149],
    ['a transport of 31 bytes', [4, 0, 0, 0], 31],
  ])('refuses %s', (_, start, length) => {
    const { at } = guarded(Uint8Array.from(start));
    expect(wire.isWireguardLength(wire.wireguardType(at), length)).toBe(false);
  });

  it("knows Tailscale's discovery messages", () => {
    const isDisco = (bytes: readonly number[]): boolean => wire.isDisco(guarded(Uint8Array.from(bytes)).at);
    expect(isDisco([0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac])).toBe(true);
    expect(isDisco([0x54, 0x53, 0xf0, 0x9f, 0x92, 0xad])).toBe(false);
  });
});
