/**
 * A capture of every vector page's Ethernet frames: unsupported layers are counted by name, and the summary lists them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildPcap } from '../kit/pcap.mjs';
import { readFrames, type Vector } from '../kit/vector-pages.ts';
import { sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();

const frames = readFrames().filter(({ linkType, fields }) => linkType === 1 && fields.status !== 'malformed-link');

/** A classic pcap, the packets a millisecond apart. */
function pcapOf(vectors: readonly Vector[]): Uint8Array {
  return buildPcap(vectors.map((vector, i) => ({ ...vector, timeUs: 1_700_000_000_000_000 + i * 1000 })));
}

interface Summary {
  readonly packets: {
    readonly read: number;
    readonly in_flows: number;
    readonly not_decoded: Readonly<Record<string, number>>;
  };
}

describe('layers that are not read', () => {
  const path = join(folder, 'vectors.pcap');
  writeFileSync(path, pcapOf(frames));

  it('are counted by name, and every packet once', async () => {
    const { code, stdout } = await sluice(['replay', path, '--json']);
    const { packets } = JSON.parse(stdout) as Summary;
    expect([code, packets.read]).toEqual([0, frames.length]);
    const notDecoded = Object.values(packets.not_decoded).reduce((sum, count) => sum + count, 0);
    expect(packets.in_flows + notDecoded).toBe(packets.read);
    const statuses = new Set(frames.map(({ fields }) => fields.status!));
    for (const name of ['macsec', 'pbb', 'vn-tag', 'cisco-metadata', 'nsh', 'eoip', 'wccp', 'juniper-mirror']) {
      expect(statuses).toContain(`unsupported-${name}`);
      expect(packets.not_decoded[`unsupported-${name}`]).toBeGreaterThan(0);
    }
  });

  it('have a line of the summary where they are more than 1 % of the packets', async () => {
    // Two frames of NSH, by ethertype and in VXLAN-GPE, and one of MACsec, in 180 packets.
    const [plain] = frames.filter(({ fields }) => fields.status === 'ok');
    const filled = [...frames, ...new Array<Vector>(180 - frames.length).fill(plain!)];
    const padded = join(folder, 'padded.pcap');
    writeFileSync(padded, pcapOf(filled));
    const { stdout } = await sluice(['replay', padded]);
    expect(stdout).toMatch(
      /^Not read, so no VPN is seen inside: network service headers \(NSH\), 1\.1 % of the packets \(unsupported-nsh 2\)\.$/m,
    );
    expect(stdout).toMatch(/Not in a flow: \d+ \(.*unsupported-macsec 1.*\)/);
    expect(stdout).not.toMatch(/^Not read.*MACsec/m);
  });
});
