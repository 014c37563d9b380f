/** Messages of wireguard-go against what tshark reads of them. */
import { describe, expect, it } from 'vitest';
import {
  counterHigh,
  counterLow,
  INDEX_FIELDS_LENGTH,
  initiationSender,
  isDisco,
  isMac2Zero,
  isWireguardLength,
  mac2At,
  receiverIndex,
  responseReceiver,
  responseSender,
  opensHandshake,
  secretFields,
  wireguardType,
  WireguardType,
} from '../../src/dataplane/wire/wireguard.ts';
import { guarded } from '../kit/guarded-bytes.ts';
import { readPage } from '../kit/vector-pages.ts';

const vectors = readPage('wireguard');

/** Indexes are opaque; tshark shows them in little-endian order. */
const swapped = (index: number): string => {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setInt32(0, index);
  return String(bytes.getUint32(0, true));
};

function describeMessage(bytes: Uint8Array): Record<string, string> {
  const { data, at } = guarded(bytes);
  const type = wireguardType(data, at);
  const described: Record<string, string> = { type: String(type) };
  if (type === WireguardType.INITIATION) described.sender = swapped(initiationSender(data, at));
  if (type === WireguardType.RESPONSE) {
    described.sender = swapped(responseSender(data, at));
    described.receiver = swapped(responseReceiver(data, at));
  }
  if (type === WireguardType.INITIATION || type === WireguardType.RESPONSE) {
    described.mac2Zero = isMac2Zero(data, at, type) ? 'yes' : 'no';
  } else {
    described.receiver = swapped(receiverIndex(data, at));
  }
  if (type === WireguardType.TRANSPORT) {
    described.counter = String(BigInt(counterHigh(data, at)) * 0x100000000n + BigInt(counterLow(data, at)));
  }
  return described;
}

describe('vectors', () => {
  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
    expect(describeMessage(bytes)).toEqual(fields);
    const { data, at } = guarded(bytes);
    const type = wireguardType(data, at);
    expect(isWireguardLength(type, bytes.length)).toBe(true);
    const exact = type !== WireguardType.TRANSPORT;
    expect(isWireguardLength(type, bytes.length + 1)).toBe(!exact);
    const opens = type === WireguardType.INITIATION || type === WireguardType.RESPONSE;
    expect(opensHandshake(data.getUint32(at), bytes.length)).toBe(opens);
    expect(opensHandshake(data.getUint32(at), bytes.length + 1)).toBe(false);
    // Indexes and counter need no more captured bytes than promised.
    const { data: cut, at: cutAt } = guarded(bytes, INDEX_FIELDS_LENGTH);
    expect([receiverIndex(cut, cutAt), counterLow(cut, cutAt), counterHigh(cut, cutAt)]).toHaveLength(3);
    expect(responseReceiver(cut, cutAt)).toBe(responseReceiver(data, at));
  });
});

describe('layout', () => {
  it('of the secrets ends where mac2 begins', () => {
    for (const type of [WireguardType.INITIATION, WireguardType.RESPONSE]) {
      expect(secretFields(type).at(-1)).toBe(mac2At(type));
    }
    // Ephemeral 32, static 32 + 16, timestamp 12 + 16, mac1 16; ephemeral 32, nothing 16, mac1 16 (whitepaper section 5.4).
    const lengths = (fields: readonly number[]): number[] => fields.slice(1).map((at, i) => at - fields[i]!);
    expect(lengths(secretFields(WireguardType.INITIATION))).toEqual([32, 48, 28, 16]);
    expect(lengths(secretFields(WireguardType.RESPONSE))).toEqual([32, 16, 16]);
    expect(mac2At(WireguardType.INITIATION) + 16).toBe(148);
    expect(mac2At(WireguardType.RESPONSE) + 16).toBe(92);
  });

  it.each([
    ['a reserved byte', [1, 0, 0, 1], 148],
    ['type 0', [0, 0, 0, 0], 148],
    ['type 5', [5, 0, 0, 0], 148],
    ['big-endian type', [0, 0, 0, 4], 148],
    ['an initiation of another length', [1, 0, 0, 0], 149],
    ['a transport of 31 bytes', [4, 0, 0, 0], 31],
  ])('refuses %s', (_, start, length) => {
    const { data, at } = guarded(Uint8Array.from(start));
    expect(isWireguardLength(wireguardType(data, at), length)).toBe(false);
  });

  it("knows Tailscale's discovery messages", () => {
    const { data, at } = guarded(Uint8Array.from([0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac]));
    expect(isDisco(data, at)).toBe(true);
    const { data: other, at: otherAt } = guarded(Uint8Array.from([0x54, 0x53, 0xf0, 0x9f, 0x92, 0xad]));
    expect(isDisco(other, otherAt)).toBe(false);
  });
});
