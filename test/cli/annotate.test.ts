/** replay --annotate, run as a command. */
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { CHECKS } from '../../src/dataplane/host/checks.ts';
import { installed } from '../kit/installed.ts';
import { readAll, type SeenPacket } from '../kit/read-all.ts';
import { ended, jsonLines, ROOT, sluice, start, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
const MIXED = 'captures/condition/pcapng-mixed-links.pcapng';

interface Flow {
  readonly flow: { readonly pkts_toserver: number; readonly pkts_toclient: number };
}
interface Decision {
  readonly pcap_cnt: number;
  readonly flow_id: string;
  readonly vpn: {
    readonly protocol: string;
    readonly evidence: readonly { packet: number; check: string; offset: number; seen: string }[];
  };
}

/** Packets of VPN flows, by the flow events of the same captures. */
async function vpnPackets(args: readonly string[]): Promise<number> {
  const { stdout } = await sluice(['replay', ...args, '--flows', '-', '--vpn-only', '--quiet']);
  return (jsonLines(stdout) as unknown as Flow[]).reduce(
    (sum, { flow }) => sum + flow.pkts_toserver + flow.pkts_toclient,
    0,
  );
}

/** The comments of a pcapng file of one section, little-endian, by the number of the packet. */
function commentsOf(path: string): string[][] {
  const data = readFileSync(path);
  const packets: string[][] = [];
  for (let at = 0; at < data.length; at += data.readUInt32LE(at + 4)) {
    expect(data.readUInt32LE(at + data.readUInt32LE(at + 4) - 4)).toBe(data.readUInt32LE(at + 4));
    if (data.readUInt32LE(at) !== 6) continue;
    const comments: string[] = [];
    const end = at + data.readUInt32LE(at + 4) - 4;
    let option = at + 28 + ((data.readUInt32LE(at + 20) + 3) & ~3);
    while (option < end && data.readUInt16LE(option) !== 0) {
      const length = data.readUInt16LE(option + 2);
      if (data.readUInt16LE(option) === 1) comments.push(data.toString('utf8', option + 4, option + 4 + length));
      option += 4 + ((length + 3) & ~3);
    }
    packets.push(comments);
  }
  return packets;
}

const packetsOf = async (path: string): Promise<SeenPacket[]> => (await readAll(openCapture(path))).packets;
const asText = (packet: SeenPacket): string => JSON.stringify(packet);

describe('an annotated copy', () => {
  it('of all committed captures has every packet of their VPN flows, and no other', async () => {
    const path = join(folder, 'all.pcapng');
    const { code, stderr } = await sluice(['replay', 'captures', '--each', '--annotate', path, '--quiet']);
    expect([code, stderr]).toEqual([0, '']);
    expect((await packetsOf(path)).length).toBe(await vpnPackets(['captures', '--each']));
  });

  it.each([
    'captures/openvpn/tcp-plain.pcap',
    'captures/ipsec/esp.pcap',
    'captures/condition/fragments-v4-reversed.pcap',
    'captures/condition/pcap-ns-big.pcap',
    'captures/condition/gzip.pcap.gz',
    MIXED,
  ])('of %s has the packets byte for byte, with comments where the events have evidence', async (capture) => {
    const path = join(folder, 'one.pcapng');
    const args = ['replay', capture, '--decisions', '-', '--annotate', path, '--quiet', '--force'];
    const { code, stdout, stderr } = await sluice(args);
    expect([code, stderr]).toEqual([0, '']);
    const copied = await packetsOf(path);
    expect(copied.length).toBe(await vpnPackets([capture]));
    const originals = (await packetsOf(join(ROOT, capture))).map(asText);
    // Where each copied packet is in the original.
    const places = copied.map((packet) => originals.indexOf(asText(packet)) + 1);
    expect(places.filter((place) => place === 0)).toEqual([]);
    const comments = new Map(commentsOf(path).map((list, index) => [places[index]!, list]));
    const decisions = jsonLines(stdout) as unknown as Decision[];
    expect(decisions.length).toBeGreaterThan(0);
    const abouts = new Map(Object.values(CHECKS).map(({ name, about }) => [name, about]));
    const wanted = new Map<number, Set<string>>();
    for (const { pcap_cnt, flow_id, vpn } of decisions) {
      for (const { packet, check, offset, seen } of vpn.evidence) {
        const list = comments.get(packet)!;
        const text = `: ${abouts.get(check)!} (offset ${offset}: ${seen}`;
        const found = list.filter((one) => one.includes(text) && one.endsWith(`flow_id ${flow_id}`));
        expect([packet, text, found.length]).toEqual([packet, text, 1]);
        wanted.set(packet, (wanted.get(packet) ?? new Set()).add(text));
      }
      const isDecision = (one: string): boolean => one.startsWith('decision: ') && one.endsWith(flow_id);
      expect(comments.get(pcap_cnt)!.some(isDecision)).toBe(true);
      wanted.set(pcap_cnt, wanted.get(pcap_cnt) ?? new Set());
    }
    const commented = [...comments].filter(([, list]) => list.length > 0).map(([packet]) => packet);
    expect(commented.sort((a, b) => a - b)).toEqual([...wanted.keys()].sort((a, b) => a - b));
  });

  it('is the same for any number of workers', async () => {
    const [one, two] = [join(folder, 'one-thread.pcapng'), join(folder, 'two-threads.pcapng')];
    const captures = ['captures/wireguard', 'captures/openvpn', 'captures/negative', '--each', '--quiet'];
    await sluice(['replay', ...captures, '--annotate', one, '--workers', '1']);
    await sluice(['replay', ...captures, '--annotate', two, '--workers', '3']);
    expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
    expect(readFileSync(one).length).toBeGreaterThan(100_000);
  });

  it('goes to standard output too, and is a capture where no flow is a VPN', async () => {
    const path = join(folder, 'out.pcapng');
    const { code, stdout } = await sluice(['replay', 'captures/negative/quic.pcap', '--annotate', '-', '--quiet']);
    writeFileSync(path, stdout, 'latin1');
    expect([code, await packetsOf(path)]).toEqual([0, []]);
  });

  it('of a capture that ends early has what could be read, and the exit code says so', async () => {
    const whole = readFileSync(join(ROOT, 'captures/wireguard/rekey.pcap'));
    const [cut, path] = [join(folder, 'cut.pcap'), join(folder, 'cut.pcapng')];
    writeFileSync(cut, whole.subarray(0, whole.length - 5));
    const { code } = await sluice(['replay', cut, '--annotate', path, '--quiet']);
    expect([code, (await packetsOf(path)).length]).toEqual([4, await vpnPackets([cut])]);
  });

  it('of a capture that has fewer packets the second time says so, as do exit code and record', async () => {
    const whole = readFileSync(join(ROOT, 'captures/ipsec/ikev2-burst.pcap'));
    const [changing, shorter, pipe, path] = ['changing.pcap', 'shorter.pcap', 'decisions', 'changed.pcapng'].map(
      (name) => join(folder, name),
    ) as [string, string, string, string];
    writeFileSync(changing, whole);
    writeFileSync(shorter, whole.subarray(0, 24));
    execFileSync('mkfifo', [pipe]);
    const captures = [changing, 'captures/openvpn'];
    const end = ended(start(['replay', ...captures, '--annotate', path, '--decisions', pipe, '--quiet']));
    // The decisions do not fit into the pipe: the second reading begins after this reader has seen the first of them.
    for await (const piece of createReadStream(pipe))
      if ((piece as Uint8Array).length > 0 && existsSync(shorter)) renameSync(shorter, changing);
    const { code, stderr } = await end;
    expect(stderr).toMatch(/the captures had \d+ packets when they were first read, and \d+ the second time/);
    const { complete, incomplete } = JSON.parse(readFileSync(`${path}.run.json`, 'utf8')) as {
      complete: boolean;
      incomplete: { fault: string }[];
    };
    expect([code, complete, incomplete.map(({ fault }) => fault)]).toEqual([4, false, ['changed-captures']]);
  });
});

describe('a signal while the captures are read the second time', () => {
  const generated = join(folder, 'generated.pcap');
  execFileSync(process.execPath, [
    join(ROOT, 'bench/generate/main.mjs'), '--kind', 'all-vpn', '--packets', '150000', generated]); // prettier-ignore

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the copy as a whole pcapng file, with all else complete', async (signal, expected) => {
    const copy = join(folder, `${signal}.pcapng`);
    const decisions = join(folder, `${signal}.jsonl`);
    // The copy is written into a pipe, so that the signal comes while it is far from its end.
    execFileSync('mkfifo', [copy]);
    const child = start(['replay', generated, '--annotate', copy, '--decisions', decisions, '--json', '--force']);
    const end = ended(child);
    const pieces: Buffer[] = [];
    for await (const piece of createReadStream(copy)) {
      if (pieces.length === 0) child.kill(signal);
      pieces.push(piece as Buffer);
    }
    const { code, stdout, stderr } = await end;
    expect(code).toBe(expected);

    const path = join(folder, `${signal}-read.pcapng`);
    writeFileSync(path, Buffer.concat(pieces));
    const packets = await packetsOf(path);
    expect(packets.length).toBeGreaterThan(1000);
    expect(packets.length).toBeLessThan(150_000);
    const whole = await packetsOf(generated);
    expect(packets.map(asText)).toEqual(whole.slice(0, packets.length).map(asText));

    const cut = `interrupted; the file has the first ${packets.length} packets of the VPN flows`;
    expect(stderr).toBe(`sluice: --annotate ${copy}: ${cut}\n`);
    const summary = JSON.parse(stdout) as { readonly provenance: object };
    expect(summary).toMatchObject({ packets: { read: 150_000 }, interrupted: null, incomplete: [] });
    const incomplete = [{ file: copy, fault: 'interrupted-copy', message: cut }];
    expect(summary.provenance).toMatchObject({ complete: false, interrupted: null, incomplete });
    const { stdout: again } = await sluice(['replay', generated, '--decisions', '-', '--quiet']);
    expect(readFileSync(decisions, 'utf8')).toBe(again);
  });
});

describe('--annotate is refused, with nothing written', () => {
  const capture = 'captures/wireguard/two-messages.pcap';

  it.each<[string, string[], string]>([
    ['for a name of another format', ['--annotate', 'F.pcap'], 'give a name that ends in .pcapng'],
    [
      'with hidden addresses',
      ['--annotate', 'F.pcapng', '--addresses', 'truncated'],
      'captures of packets hold addresses',
    ],
    ['in a folder that does not exist', ['--annotate', 'none/F.pcapng'], 'its folder does not exist'],
  ])('%s', async (_, args, sentence) => {
    const path = join(ROOT, capture);
    const { code, stderr } = await sluice(['replay', path, ...args], { cwd: folder });
    expect([code, existsSync(join(folder, 'F.pcapng'))]).toEqual([2, false]);
    expect(stderr).toContain(sentence);
  });

  it('for a pipe, which cannot be read twice', async () => {
    const path = join(folder, 'pipe.pcapng');
    const { code, stderr } = await sluice(['replay', '-', '--annotate', path], {
      input: readFileSync(join(ROOT, capture)),
    });
    expect([code, existsSync(path)]).toEqual([2, false]);
    expect(stderr).toContain('--annotate with -: the capture is read twice, which a pipe is not');
  });

  it('for a file that exists, and for the capture itself', async () => {
    const path = join(folder, 'there.pcapng');
    writeFileSync(path, 'mine');
    const there = await sluice(['replay', capture, '--annotate', path]);
    expect([there.code, readFileSync(path, 'utf8')]).toEqual([2, 'mine']);
    expect(there.stderr).toContain('the file exists; --force overwrites');
    const itself = await sluice(['replay', MIXED, '--annotate', MIXED, '--force']);
    expect(itself.code).toBe(2);
    expect(itself.stderr).toContain('this file is read too');
  });
});

describe.skipIf(!installed('tshark'))('tshark', () => {
  it('reads the comments, the packets and the interfaces of a copy', async () => {
    const path = join(folder, 'tshark.pcapng');
    await sluice(['replay', MIXED, '--annotate', path, '--quiet']);
    const fields = ['-T', 'fields', '-e', 'frame.number', '-e', 'frame.comment'];
    const run = (tool: string, args: readonly string[]): string =>
      execFileSync(tool, args, { encoding: 'utf8', stdio: 'pipe' });
    const rows = run('tshark', ['-r', path, '-Y', 'frame.comment', ...fields])
      .trimEnd()
      .split('\n');
    const own = commentsOf(path).flatMap((list, index) => (list.length === 0 ? [] : [`${index + 1}\t${list.join()}`]));
    expect(rows).toEqual(own);
    expect(rows.length).toBeGreaterThan(0);
    const links = new Set((await packetsOf(path)).map(({ linkType }) => linkType));
    expect(links.size).toBeGreaterThan(1);
    expect(run('capinfos', [path])).toContain(`Number of interfaces in file: ${links.size}`);
  });
});
