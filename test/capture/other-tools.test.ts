/**
 * The same captures in other tools and in Sluice: files written by them are readable, with the same counts and times.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import { concat } from '../kit/bytes.mjs';
import { buildPcap, type BuiltPacket, type PcapShape } from '../kit/pcap.mjs';
import { buildInterface, buildOption, buildPcapng, buildSection } from '../kit/pcapng.mjs';
import { samplePackets } from '../kit/sample-packets.ts';
import { installed } from '../kit/installed.ts';
import { expectedPackets, readAll, readBytes } from '../kit/read-all.ts';

const folder = mkdtempSync(join(tmpdir(), 'other-tools-'));
const at = (name: string): string => join(folder, name);
// At least an Ethernet header each: Wireshark writes nothing shorter.
const packets: BuiltPacket[] = samplePackets(60).map(({ timeUs, bytes, wireLength }) => {
  const longer = concat(new Uint8Array(14), bytes);
  return { timeUs, bytes: longer, wireLength: Math.max(wireLength ?? 0, longer.length) };
});
writeFileSync(at('in.pcap'), buildPcap(packets));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!installed('editcap'))('what editcap writes', () => {
  it.each(['pcap', 'nsecpcap', 'modpcap', 'rh6_1pcap', 'suse6_3pcap', 'nokiapcap', 'pcapng'])(
    'as %s has the same packets',
    async (format) => {
      execFileSync('editcap', ['-F', format, at('in.pcap'), at(format)]);
      const { packets: seen, end } = await readAll(openCapture(at(format)));
      expect(end.fault).toBe(CaptureFault.NONE);
      expect(seen).toEqual(expectedPackets(packets));
    },
  );
});

describe.skipIf(!installed('tcpdump'))('what tcpdump writes', () => {
  it.each([[[]], [['--time-stamp-precision=nano']]])('with %s has the same packets', async (flags) => {
    execFileSync('tcpdump', [...flags, '-r', at('in.pcap'), '-w', at('out.pcap')], { stdio: 'ignore' });
    expect((await readAll(openCapture(at('out.pcap')))).packets).toEqual(expectedPackets(packets));
  });

  it('comes from a pipe too, at once', () => {
    const { stdout } = spawnSync('tcpdump', ['-r', at('in.pcap'), '-w', '-']);
    expect(Buffer.compare(stdout, readFileSync(at('in.pcap')))).toBe(0);
  });
});

describe.skipIf(!installed('tcpdump'))('what libpcap makes of a file', () => {
  const shapes: Record<string, PcapShape> = {
    'big-endian': { littleEndian: false },
    'nanoseconds, big-endian': { littleEndian: false, nanoseconds: true },
    modified: { magic: 0xa1b2cd34, extraHeaderLength: 8 },
    'version 2.2': { version: [2, 2], wireLengthFirst: true },
    'version 2.3': { version: [2, 3], wireLengthFirst: true },
    'version 543.0': { version: [543, 0], wireLengthFirst: true },
  };
  it.each(Object.entries(shapes))('is what we make of it: %s', async (_, shape) => {
    writeFileSync(at('odd'), buildPcap(packets, shape));
    execFileSync('tcpdump', ['-r', at('odd'), '-w', at('even')], { stdio: 'ignore' });
    const theirs = await readAll(openCapture(at('even')));
    expect(theirs.packets).toEqual(expectedPackets(packets));
    expect((await readAll(openCapture(at('odd')))).packets).toEqual(theirs.packets);
  });
});

describe.skipIf(!installed('tshark'))('what tshark shows of pcapng times', () => {
  it.each([0, 3, 6, 9, 12, 0x80 | 10, 0x80 | 20, 0x80 | 32])('is what we make of if_tsresol %i', async (resolution) => {
    const options = concat(
      buildOption(9, Uint8Array.of(resolution)),
      buildOption(14, Uint8Array.of(60, 0, 0, 0, 0, 0, 0, 0)),
    );
    const start = concat(buildSection(), buildInterface({ options }));
    const body = buildPcapng(packets).subarray(concat(buildSection(), buildInterface()).length);
    const file = concat(start, body);
    writeFileSync(at('timed'), file);
    const fields = ['-e', 'frame.time_epoch', '-e', 'frame.cap_len', '-e', 'frame.len'];
    const shown = execFileSync('tshark', ['-r', at('timed'), '-T', 'fields', ...fields], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const lines = shown
      .trim()
      .split('\n')
      .map((line) => line.replace(/(\.\d{6})\d*/, '$1'));
    const { packets: seen } = await readBytes(file);
    const ours = seen.map(({ timeUs, capturedLength, wireLength }) => {
      const time = `${Math.floor(timeUs / 1e6)}.${String(timeUs % 1e6).padStart(6, '0')}`;
      return `${time}\t${capturedLength}\t${wireLength}`;
    });
    // Beyond the times that tshark can show, the two clamp differently.
    if (Number(lines[0]!.split('.')[0]) < 9e9) expect(ours).toEqual(lines);
  });
});

describe('one capture in every form', () => {
  it('has the same packets', async () => {
    const forms = [
      buildPcap(packets),
      buildPcap(packets, { littleEndian: false }),
      buildPcap(packets, { nanoseconds: true }),
      buildPcap(packets, { nanoseconds: true, littleEndian: false }),
      buildPcapng(packets),
      buildPcapng(packets, false),
    ];
    const wanted = { packets: expectedPackets(packets), end: { fault: CaptureFault.NONE, message: '' } };
    for (const form of [...forms, ...forms.map((bytes) => gzipSync(bytes))])
      expect(await readBytes(form)).toEqual(wanted);
  });
});
