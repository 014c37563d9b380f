/** Inputs in unsupported formats are named, and the command in the message converts them to a readable capture. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import { shellWord, unreadFormatOf } from '../../src/capture/format/unread-format.ts';
import { concat, fields, hex } from '../kit/bytes.mjs';
import { buildPcap } from '../kit/pcap.mjs';
import { samplePackets } from '../kit/sample-packets.ts';
import { installed } from '../kit/installed.ts';
import { expectedPackets, readAll, readBytes } from '../kit/read-all.ts';

const folder = mkdtempSync(join(tmpdir(), 'unread-format-'));
const at = (name: string): string => join(folder, name);
// At least an Ethernet header each: Wireshark writes nothing shorter.
const packets = samplePackets(30).map(({ timeUs, bytes }) => ({ timeUs, bytes: concat(new Uint8Array(14), bytes) }));
writeFileSync(at('in.pcap'), buildPcap(packets));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function faultOf(path: string): Promise<{ fault: CaptureFault; message: string }> {
  return (await readAll(openCapture(path))).end;
}

describe('compressed by', () => {
  const tools = [
    ['bzip2', ['-kc']],
    ['xz', ['-kc']],
    ['xz', ['-kc', '--format=lzma']],
    ['lz4', ['-c']],
    ['lz4', ['-c', '-l']],
    ['zip', ['-q', '-', '-j']],
  ] as const;
  const present = tools.filter(([tool]) => installed(tool));

  it.each(present)('%s %j: the command of the message unpacks it', async (tool, flags) => {
    const path = at(`a capture.${tool}`);
    writeFileSync(path, execFileSync(tool, [...flags, at('in.pcap')]));
    const { fault, message } = await faultOf(path);
    expect(fault).toBe(CaptureFault.UNREAD_FORMAT);
    expect(message).toMatch(
      /^(a zip archive|\w+-compressed( \(legacy frame\))?), which Sluice does not unpack: .* \| sluice replay -(\. With several captures in it, unpack it \(unzip\) and name them)?$/,
    );
    const command = message.slice(message.indexOf(': ') + 2, message.indexOf(' | sluice replay -'));
    const unpacked = execFileSync('sh', ['-c', command], { maxBuffer: 1 << 26 });
    expect((await readBytes(Uint8Array.from(unpacked))).packets).toEqual(expectedPackets(packets));
  });

  it('two of them, one inside the other: both are unpacked', async () => {
    const twice = gzipSync(gzipSync(readFileSync(at('in.pcap'))));
    writeFileSync(at('twice.gz'), twice);
    expect((await faultOf(at('twice.gz'))).message).toBe(
      `compressed more than once inside gzip: gzip -dc ${at('twice.gz')} | sluice replay -`,
    );
    writeFileSync(at('x.gz'), gzipSync(hex('fd377a585a00 00000000 00000000')));
    expect((await faultOf(at('x.gz'))).message).toBe(
      `xz-compressed inside gzip, which Sluice does not unpack: gzip -dc ${at('x.gz')} | xz -dc | sluice replay -`,
    );
  });
});

describe.skipIf(!installed('editcap'))('a capture written by editcap as', () => {
  it.each([
    ['snoop', 'a snoop capture'],
    ['netmon1', 'a Network Monitor 1 capture'],
    ['netmon2', 'a Network Monitor 2 capture'],
    ['ngsniffer', 'a Network Sniffer capture'],
    ['ngwsniffer_1_1', 'a Windows Sniffer (NetXRay) capture'],
    ['ngwsniffer_2_0', 'a Windows Sniffer (NetXRay) capture'],
    ['visual', 'a Visual Networks capture'],
    ['lanalyzer', 'a Novell LANalyzer capture'],
    ['5views', 'an Accellent 5Views capture'],
  ])('%s: the command of the message makes a pcap of it', async (format, name) => {
    const path = at(`capture.${format}`);
    execFileSync('editcap', ['-F', format, at('in.pcap'), path], { stdio: 'ignore' });
    const { fault, message } = await faultOf(path);
    expect(fault).toBe(CaptureFault.UNREAD_FORMAT);
    expect(message).toBe(
      `${name}, which Sluice does not read: editcap -F pcap ${path} ${path}.pcap makes a pcap of it`,
    );
    execFileSync('editcap', ['-F', 'pcap', path, `${path}.pcap`], { stdio: 'ignore' });
    expect((await readAll(openCapture(`${path}.pcap`))).packets).toHaveLength(packets.length);
  });
});

/**
 * A record of Endace's: seconds in the upper half of the time, type 2 (Ethernet), lengths, two bytes of padding, the
 * frame.
 */
function erfRecord(seconds: number, frame: Uint8Array): Uint8Array {
  const time = fields(true, [4, 0], [4, seconds]);
  return concat(
    time,
    hex('02 04'),
    fields(false, [2, 18 + frame.length], [2, 0], [2, frame.length]),
    hex('0000'),
    frame,
  );
}

describe('an Endace ERF file, which has no signature', () => {
  const frame = concat(hex('02005e000002 02005e000001 0800'), new Uint8Array(46));
  const records = [0, 1, 2].map((i) => erfRecord(1_700_000_000 + i, frame));

  it('is told by records that chain, also cut', async () => {
    const file = concat(...records);
    writeFileSync(at('x.erf'), file);
    expect((await faultOf(at('x.erf'))).message).toBe(
      `an Endace ERF capture, which Sluice does not read: editcap -F pcap -T ether ${at('x.erf')} ${at('x.erf.pcap')} makes a pcap of it`,
    );
    expect(unreadFormatOf(file.subarray(0, file.length - 5))?.what).toBe('an Endace ERF capture');
  });

  it.skipIf(!installed('capinfos'))('as Wireshark tells it too', async () => {
    writeFileSync(at('y.erf'), concat(...records));
    expect(execFileSync('capinfos', ['-t', at('y.erf')], { encoding: 'utf8' })).toContain('Endace ERF');
    execFileSync('editcap', ['-F', 'pcap', '-T', 'ether', at('y.erf'), at('y.pcap')]);
    const { packets: seen } = await readBytes(Uint8Array.from(readFileSync(at('y.pcap'))));
    expect(seen.map(({ linkType, wireLength }) => [linkType, wireLength])).toEqual(
      records.map(() => [1, frame.length]),
    );
  });

  it('is not what has one record, or records of another week, or a type that is none', () => {
    expect(unreadFormatOf(records[0]!)).toBeNull();
    expect(unreadFormatOf(concat(records[0]!, erfRecord(1_800_000_000, frame)))).toBeNull();
    const odd = concat(...records);
    odd[8] = 0;
    expect(unreadFormatOf(odd)).toBeNull();
  });
});

describe('by first bytes alone', () => {
  it.each([
    ['4c5a495001', 'lzip-compressed'],
    ['894c5a4f000d0a1a0a', 'lzop-compressed'],
    ['1f9d90', 'compressed by compress (.Z)'],
    ['377abcaf271c0004', 'a 7z archive'],
    ['526172211a0700', 'a rar archive'],
    ['7f766572', 'an EtherPeek or OmniPeek capture'],
    [Buffer.from('iptrace 2.0').toString('hex'), 'an AIX iptrace 2 capture'],
    [Buffer.from('btsnoop\0').toString('hex'), 'a Bluetooth capture (btsnoop)'],
    ['1c0001ac', 'an Ixia capture'],
    [Buffer.from('ObserverPktBufferVersion=09.00').toString('hex'), 'a Network Instruments Observer capture'],
    ['00000001000000000007d000', 'an HP-UX nettl capture'],
    ['ab01001c', 'an Ixia capture'],
    [`${'00'.repeat(257)}${Buffer.from('ustar').toString('hex')}`, 'a tar archive'],
    ['00'.repeat(64), 'zeros only'],
  ])('%s', (bytes, what) => {
    expect(unreadFormatOf(hex(bytes))?.what).toBe(what);
  });

  it.each([
    ['{"event_type":"flow"}\n', 'JSON'],
    ['[\n  {"_index": "packets"', 'JSON'],
    ['<!DOCTYPE html><title>404</title>', 'an HTML page'],
    ['  <html lang="en">', 'an HTML page'],
    ['<?xml version="1.0"?><pdml>', 'XML'],
    ['0000  45 00 00 1c 00 01 00 00 40 11', 'a hex dump'],
    ['00000000: d4c3 b2a1 0200 0400', 'a hex dump'],
    ['12:00:01.123456 IP 192.0.2.1.53 > 192.0.2.2.53: UDP', 'what tcpdump prints'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:00', 'a Git LFS pointer'],
    ['time,src,dst\n1,192.0.2.1,192.0.2.2\n', 'plain text'],
    ['\ufeffDear diary', 'plain text'],
    ['{ this is a C file }', 'plain text'],
  ])('%j', (text, what) => {
    expect(unreadFormatOf(Buffer.from(text))?.what).toBe(what);
  });

  it('a text cut within a character is one', () => {
    expect(unreadFormatOf(Buffer.from('naïve').subarray(0, 3))?.what).toBe('plain text');
  });

  it.each(['d4', '7f454c4602010100', 'ffd8ffe000104a46', '8900ff'])('%s has no name', (bytes) => {
    expect(unreadFormatOf(hex(bytes))).toBeNull();
  });
});

describe('a folder', () => {
  it('has what may hold packets named as skipped, and not its texts', async () => {
    const inside = at('folder');
    mkdirSync(inside);
    writeFileSync(join(inside, 'a.pcap'), buildPcap(packets));
    writeFileSync(join(inside, 'b.pcap.xz'), hex('fd377a585a00 00000000 00000000'));
    writeFileSync(join(inside, 'notes.txt'), 'Dear diary');
    const { paths, skippedCount, unread } = await listCaptures([inside]);
    expect(existsSync(inside)).toBe(true);
    expect(paths).toEqual([join(inside, 'a.pcap')]);
    expect(skippedCount).toBe(2);
    expect(unread).toEqual([
      `${join(inside, 'b.pcap.xz')}: skipped: xz-compressed, which Sluice does not unpack: xz -dc ${join(inside, 'b.pcap.xz')} | sluice replay -`,
    ]);
  });
});

describe('a path in a command', () => {
  it.each([
    ['plain/path-1.pcap', 'plain/path-1.pcap'],
    ['a b', "'a b'"],
    ["it's; rm", "'it'\\''s; rm'"],
    ['$(x)`y`', "'$(x)`y`'"],
  ])('%s is %s', (path, word) => {
    expect(shellWord(path)).toBe(word);
  });
});
