/**
 * Captures that begin like tunnels and are none: each packet must stay what it is. A WireGuard handshake is in most of them, which a
 * decoder that goes by the port would find.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { describeBytes } from './decoded.ts';

const NEGATIVE = join(import.meta.dirname, '../../captures/negative');

async function packetsOf(name: string): Promise<Record<string, string>[]> {
  const source = openCapture(join(NEGATIVE, `${name}.pcap`));
  const batch = new PacketBatch();
  const packets: Record<string, string>[] = [];
  while (await source.read(batch)) {
    for (let row = 0; row < batch.count; row++) {
      const at = batch.data.byteOffset + batch.at[row]!;
      const bytes = new Uint8Array(batch.data.buffer, at, batch.capturedLength[row]).slice();
      packets.push(describeBytes(bytes, batch.linkType[row]!));
    }
  }
  await source.close();
  return packets;
}

describe('like tunnels', () => {
  it.each([
    ['like-vxlan-like', ['4789', '4790'], 24],
    ['like-l2tp-like', ['1701'], 32],
    ['like-tzsp-like', ['37008'], 20],
    ['like-juniper-mirror-like', ['30030'], 12],
  ] as const)('%s: every packet is an ordinary datagram', async (name, ports, count) => {
    const packets = await packetsOf(name);
    expect(packets).toHaveLength(count);
    for (const { status, encapsulation, sourcePort, destinationPort } of packets) {
      expect([status, encapsulation]).toEqual(['ok', undefined]);
      expect(ports).toContain(
        [sourcePort, destinationPort].find((port) => (ports as readonly string[]).includes(port!)),
      );
    }
  });

  it('like-pseudowire: no packet is a flow', async () => {
    const packets = await packetsOf('like-pseudowire');
    expect(packets.length).toBeGreaterThan(30);
    for (const { status } of packets) expect(status).not.toBe('ok');
  });
});
