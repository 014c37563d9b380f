/** Captures in unsupported formats: they are reported with the command that converts them, and the others are read. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installed } from '../kit/installed.ts';
import { ROOT, sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
const VPN = 'captures/wireguard/two-messages.pcap';

describe('a capture that is xz-compressed', () => {
  const packed = join(folder, 'x.pcap.xz');
  writeFileSync(packed, Buffer.from('fd377a585a0000000000', 'hex'));

  it('is an error with the command that unpacks it, and says nothing of VPNs', async () => {
    const { code, stdout, stderr } = await sluice(['replay', packed]);
    expect(code).toBe(4);
    expect(stderr).toBe(
      `sluice: ${packed}: xz-compressed, which Sluice does not unpack: xz -dc ${packed} | sluice replay -\n`,
    );
    expect(stdout).toMatch(/^1 capture, 0 packets: nothing could be read, so nothing is known of VPNs\.$/m);
  });

  it('does not keep the others from being read', async () => {
    const { code, stdout } = await sluice(['replay', packed, VPN, '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      incomplete: [{ file: packed, fault: 'unread-format' }],
      flows: { found: [{ protocol: 'wireguard', flows: 1 }] },
    });
  });

  it('in a folder is skipped with a word', async () => {
    const inside = join(folder, 'inside');
    mkdirSync(inside);
    writeFileSync(join(inside, 'a.pcap.xz'), Buffer.from('fd377a585a0000000000', 'hex'));
    const { code, stderr } = await sluice(['replay', inside, join(ROOT, VPN), '--quiet']);
    expect(code).toBe(2);
    expect(stderr).toContain(`${join(inside, 'a.pcap.xz')}: skipped: xz-compressed`);
  });

  it.skipIf(!installed('xz'))('is read through the pipe that the message names', async () => {
    const real = execFileSync('xz', ['-c', join(ROOT, VPN)]);
    const input = execFileSync('xz', ['-dc'], { input: real });
    const { code, stdout } = await sluice(['replay', '-'], { input });
    expect(code).toBe(0);
    expect(stdout).toContain('1 of them VPN');
  });
});
