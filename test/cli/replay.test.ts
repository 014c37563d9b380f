import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { committedCaptures } from '../kit/committed-captures.ts';
import { installed } from '../kit/installed.ts';
import { type SeenPacket, readAll } from '../kit/read-all.ts';
import { ended, jsonLines, ROOT, sluice, temporaryFolder, withoutProvenance } from './sluice.ts';

const folder = temporaryFolder();
const REKEY = 'captures/wireguard/rekey.pcap';

interface Summary {
  readonly captures: number;
  readonly incomplete: readonly { readonly file: string; readonly fault: string }[];
  readonly packets: { read: number; bytes: number; in_flows: number; not_decoded: Record<string, number> };
  readonly flows: {
    total: number;
    ended: Record<string, number>;
    found: { protocol: string; stage: string; flows: number; actions: Record<string, number> }[];
  };
  readonly decisions: Record<string, number>;
  readonly outcome: { packets: Record<string, number>; bytes: Record<string, number> };
  readonly mode: string;
}

/** The committed captures are unrelated recordings. */
const BACK_IN_TIME = /^sluice: warning: \d+ of \d+ files begin before the end of .* Give --each .*\n/;

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

async function summaryOf(...args: string[]): Promise<Summary> {
  const { code, stdout, stderr } = await sluice(['replay', ...args, '--json']);
  expect([code, stderr.replace(BACK_IN_TIME, '')]).toEqual([0, '']);
  return JSON.parse(withoutProvenance(stdout)) as Summary;
}

function expectIdentity({ packets, flows, outcome }: Summary): void {
  expect(packets.read).toBe(packets.in_flows + sum(packets.not_decoded));
  expect(sum(outcome.packets)).toBe(packets.read);
  expect(sum(outcome.bytes)).toBe(packets.bytes);
  expect(sum(flows.ended)).toBe(flows.total);
  for (const row of flows.found) expect(sum(row.actions)).toBe(row.flows);
}

describe('replay', () => {
  it('of the committed captures prints how many flows of each protocol at which stage got which action', async () => {
    const { code, stdout, stderr } = await sluice(['replay', 'captures', '--each']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\d+ captures, [\d,]+ packets, [\d,]+ flows, [\d,]+ of them VPN\.$/m);
    for (const protocol of ['wireguard', 'openvpn', 'ipsec']) {
      for (const stage of ['confirmed', 'suspected']) {
        expect(stdout).toMatch(new RegExp(`│ ${protocol} +│ ${stage} +│ +[\\d,]+ │ +[\\d,]+ │ +[\\d,]+ │ +[\\d,]+ │`));
      }
    }
  });

  it('as JSON satisfies the accounting identity, in either mode, each by itself or joined', async () => {
    for (const flags of [[], ['--each'], ['--mode', 'enforce'], ['--max-flows', '3']]) {
      const summary = await summaryOf('captures', ...flags);
      expectIdentity(summary);
      expect(summary.captures).toBe((await committedCaptures()).length);
    }
  });

  it('warns where files do not follow each other and are joined all the same', async () => {
    const files = ['captures/wireguard/rekey.pcap', 'captures/wireguard/handshake.pcap'];
    const joined = await sluice(['replay', ...files, '--json']);
    expect(joined.stderr).toMatch(
      /^sluice: warning: .*handshake\.pcap begins [\d.]+ .* before the end of .*rekey\.pcap\. /,
    );
    expect(JSON.parse(joined.stdout)).toMatchObject({ files_back_in_time: { count: 1, first: { file: files[1] } } });
    for (const args of [[...files, '--each'], files.toReversed(), [files[0]!]]) {
      const { stdout, stderr } = await sluice(['replay', ...args, '--json']);
      expect([stderr, JSON.parse(stdout)]).toMatchObject(['', { files_back_in_time: null, interrupted: null }]);
    }
  });

  it('gives the golden decisions, and the same bytes again', async () => {
    const args = ['replay', 'captures', '--each', '--decisions', '-', '--quiet'];
    const [first, second] = await Promise.all([sluice(args), sluice(args)]);
    expect([first.code, first.stderr]).toEqual([0, '']);
    const golden = (await committedCaptures()).map((path) =>
      readFileSync(join(ROOT, 'captures/golden', `${path.slice('captures/'.length)}.jsonl`), 'utf8'),
    );
    expect(first.stdout === second.stdout).toBe(true);
    expect(first.stdout.split('\n')).toEqual(golden.join('').split('\n'));
  });

  it('reads standard input, whole or compressed', async () => {
    const ofFile = await summaryOf(REKEY);
    for (const name of [REKEY, 'captures/condition/gzip.pcap.gz', 'captures/condition/pcapng-sections.pcapng']) {
      const { code, stdout } = await sluice(['replay', '-', '--json'], { input: readFileSync(join(ROOT, name)) });
      const summary = JSON.parse(withoutProvenance(stdout)) as Summary;
      expect(code).toBe(0);
      expectIdentity(summary);
      if (name === REKEY) expect(summary).toEqual(ofFile);
      else expect(summary.packets.read).toBeGreaterThan(0);
    }
    const event = await sluice(['replay', '-', '--decisions', '-'], { input: readFileSync(join(ROOT, REKEY)) });
    expect(jsonLines(event.stdout)[0]).toMatchObject({ pcap_filename: '-', pcap_cnt: expect.any(Number) as number });
  });

  it('puts the summary on stderr where events have standard output', async () => {
    const { stdout, stderr } = await sluice(['replay', REKEY, '--flows', '-']);
    expect(jsonLines(stdout).map(({ event_type: type }) => type)).toEqual(['flow']);
    expect(stderr).toMatch(/^1 capture, \d+ packets, 1 flow, 1 of them VPN\.$/m);
  });

  it('is silent with --quiet, and writes its files all the same', async () => {
    const [decisions, flows] = [join(folder, 'd.jsonl'), join(folder, 'f.jsonl')];
    const run = await sluice(['replay', REKEY, '--quiet', '--decisions', decisions, '--flows', flows]);
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' });
    const ids = new Set(jsonLines(readFileSync(decisions, 'utf8')).map(({ flow_id: id }) => id));
    expect(jsonLines(readFileSync(flows, 'utf8')).filter(({ vpn }) => vpn !== undefined)).toHaveLength(ids.size);
  });

  it('writes under --vpn-only the lines of VPN flows alone, for any number of workers', async () => {
    const args = ['replay', 'captures', '--each', '--quiet', '--flows', '-'];
    const all = await sluice(args);
    const wanted = all.stdout.split('\n').filter((line) => line.includes('"vpn":{'));
    expect(wanted.length).toBeGreaterThan(100);
    for (const workers of ['1', '3']) {
      const { code, stdout } = await sluice([...args, '--vpn-only', '--workers', workers]);
      expect(code).toBe(0);
      expect(stdout === `${wanted.join('\n')}\n`).toBe(true);
    }
  });

  it('works from any folder, with the rules that come with it', async () => {
    const { code, stdout } = await sluice(['replay', join(ROOT, REKEY)], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain('Policy national-baseline');
  });
});

const STRICT = `
name: strict
mode: enforce
rules:
  - { name: slow, when: { protocol: openvpn }, action: throttle, rate: 4kbit/s, burst: 2kB, per: client }
  - { name: cut, when: { stage: confirmed }, action: block }
`;

/** Content and lengths of a packet, without its time, which a delay changes. */
const identityOf = ({ content, capturedLength, wireLength }: SeenPacket): string =>
  `${content} ${capturedLength} ${wireLength}`;

async function packetsIn(path: string): Promise<SeenPacket[]> {
  return (await readAll(openCapture(path))).packets;
}

describe('simulated enforcement', () => {
  const policy = join(folder, 'strict.yaml');
  writeFileSync(policy, STRICT);

  it.each(['openvpn/udp-burst', 'wireguard/rekey', 'condition/duplicated', 'negative/quic', 'encapsulation/vxlan'])(
    'of %s writes every packet once, forwarded or dropped',
    async (name) => {
      const source = join(ROOT, 'captures', `${name}.pcap`);
      const [forwarded, dropped] = [join(folder, 'forwarded.pcap'), join(folder, 'dropped.pcap')];
      const args = ['--policy', policy, '--forwarded', forwarded, '--dropped', dropped, '--force'];
      const { outcome } = await summaryOf(source, ...args);
      const [kept, cut, all] = await Promise.all([forwarded, dropped, source].map(packetsIn));
      expect([...kept!, ...cut!].map(identityOf).sort()).toEqual(all!.map(identityOf).sort());
      expect(kept).toHaveLength(outcome.packets.forwarded! + outcome.packets.delayed!);
      expect(cut).toHaveLength(outcome.packets.dropped!);
      if (!name.startsWith('negative')) expect(cut!.length).toBeGreaterThan(0);
      const times = new Map(all!.map((packet) => [identityOf(packet), packet.timeUs]));
      const late = kept!.filter((packet) => packet.timeUs > times.get(identityOf(packet))!);
      if (name !== 'condition/duplicated') expect(late).toHaveLength(outcome.packets.delayed!);
    },
  );

  const MIXED_LINKS = 'captures/condition/pcapng-mixed-links.pcapng';

  it('writes packets of several link types to one pcapng, or to a pcap file for each', async () => {
    const all = await packetsIn(join(ROOT, MIXED_LINKS));
    const types = [...new Set(all.map(({ linkType }) => linkType))];
    expect(types.length).toBeGreaterThan(1);
    const [pcapng, pcap] = [join(folder, 'mixed.pcapng'), join(folder, 'mixed.pcap')];
    const one = await sluice(['replay', MIXED_LINKS, '--quiet', '--forwarded', pcapng]);
    expect(one).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await packetsIn(pcapng)).toEqual(all);
    const several = await sluice(['replay', MIXED_LINKS, '--quiet', '--forwarded', pcap]);
    expect([several.code, several.stdout]).toEqual([0, '']);
    expect(several.stderr).toMatch(
      /^sluice: .*mixed\.pcap only has link type .*, because a pcap file has one; packets of /,
    );
    const beside = [...several.stderr.matchAll(/(\S+mixed\.\S+\.pcap) \(\d+ packets?\)/g)].map(([, path]) => path!);
    expect(beside).toHaveLength(types.length - 1);
    const parts = await Promise.all([pcap, ...beside].map(packetsIn));
    for (const [index, part] of parts.entries())
      expect(part).toEqual(all.filter(({ linkType }) => linkType === types[index]));
    const again = await sluice(['replay', MIXED_LINKS, '--forwarded', pcap]);
    expect(again.stderr).toBe(
      `sluice: ${[pcap, ...beside.toSorted()].map((path) => `--forwarded ${path}`).join(', ')}: these files exist; --force overwrites\n`,
    );
    const forced = await sluice(['replay', MIXED_LINKS, '--quiet', '--forwarded', pcap, '--force']);
    expect([forced.code, forced.stderr]).toEqual([0, several.stderr]);
  });

  it('makes no file of a link type where that is another file of the command', async () => {
    const copy = join(folder, 'in.raw.pcap');
    writeFileSync(copy, readFileSync(join(ROOT, REKEY)));
    for (const args of [
      [copy, '--forwarded', join(folder, 'in.pcap'), '--force'],
      [REKEY, '--forwarded', join(folder, 'out.pcap'), '--dropped', join(folder, 'out.linktype-7.pcap'), '--force'],
    ]) {
      const { code, stderr } = await sluice(['replay', ...args]);
      expect(stderr).toMatch(/made beside it for packets of another link type, is (read|written by --dropped) too/);
      expect(code).toBe(2);
    }
  });

  it('writes a capture to standard output, and the summary elsewhere', async () => {
    const file = openSync(join(folder, 'stdout.pcapng'), 'w');
    const { code, stderr } = await sluice(['replay', REKEY, '--forwarded', '-'], { stdout: file });
    closeSync(file);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^1 capture, 73 packets/)]);
    expect(await packetsIn(join(folder, 'stdout.pcapng'))).toEqual(await packetsIn(join(ROOT, REKEY)));
    const piped = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" dist/bin/sluice.js replay ${REKEY} --forwarded /dev/stdout --quiet | wc -c`],
      { cwd: ROOT, encoding: 'utf8' },
    );
    expect(Number(piped.stdout)).toBe(statSync(join(folder, 'stdout.pcapng')).size);
  });

  /** Flows with different delays, among others without delay. */
  const SEVERAL_FLOWS = join(ROOT, 'captures/condition/fragments-v4.pcap');
  const slow = join(folder, 'slow.yaml');
  writeFileSync(
    slow,
    `name: slow
mode: enforce
rules:
  - { name: slower, when: { protocol: openvpn }, action: throttle, rate: 4kbit/s, burst: 2kB, per: flow }
  - { name: slow, when: { protocol: wireguard }, action: throttle, rate: 40kbit/s, burst: 2kB, per: flow }
`,
  );

  it.each(['pcap', 'pcapng'])('writes delayed packets in the order of time: %s', async (form) => {
    const forwarded = join(folder, `ordered.${form}`);
    const { outcome } = await summaryOf(SEVERAL_FLOWS, '--policy', slow, '--forwarded', forwarded);
    expect(outcome.packets.delayed).toBeGreaterThan(1);
    const times = (await packetsIn(forwarded)).map(({ timeUs }) => timeUs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times).toHaveLength(outcome.packets.forwarded! + outcome.packets.delayed!);
  });

  it.skipIf(!installed('capinfos') || !installed('tshark'))('is in strict order of time to capinfos and tshark', () => {
    for (const form of ['pcap', 'pcapng']) {
      const path = join(folder, `ordered.${form}`);
      const info = spawnSync('capinfos', ['-M', '-o', '-c', path], { encoding: 'utf8' });
      expect(info.stdout).toMatch(/Strict time order: +True/);
      const args = ['-r', path, '-T', 'fields', '-e', 'frame.time_delta'];
      const { stdout } = spawnSync('tshark', args, { encoding: 'utf8' });
      expect(stdout.trim().split('\n').length).toBeGreaterThan(10);
      expect(stdout).not.toContain('-');
    }
  });

  it('never writes over what it reads, nor two things to one file', async () => {
    const copy = join(folder, 'copy.pcap');
    const octets = readFileSync(join(ROOT, REKEY));
    writeFileSync(copy, octets);
    const attempts = [
      [copy, '--forwarded', copy, '--force'],
      [copy, '--forwarded', copy],
      [folder, '--dropped', join(folder, '.', 'copy.pcap')],
      [copy, '--policy', policy, '--decisions', policy],
      [copy, '--decisions', join(folder, 'both'), '--flows', join(folder, 'both')],
    ];
    for (const args of attempts) {
      const { code, stderr } = await sluice(['replay', ...args]);
      expect(stderr).toMatch(/this file is (read|written by --\w+) too/);
      expect(code).toBe(2);
    }
    expect(createHash('md5').update(readFileSync(copy)).digest('hex')).toBe(
      createHash('md5').update(octets).digest('hex'),
    );
    const { code } = await sluice(['replay', copy, '--quiet', '--forwarded', '/dev/null', '--dropped', '/dev/null']);
    expect(code).toBe(0);
  });

  it('never does so by another name of the file: a hard link, or a link to a file that does not exist yet', async () => {
    const copy = join(folder, 'linked.pcap');
    const content = readFileSync(join(ROOT, REKEY));
    writeFileSync(copy, content);
    const hardLink = join(folder, 'hard-link.jsonl');
    linkSync(copy, hardLink);
    const target = join(folder, 'not-there.jsonl');
    const link = join(folder, 'link-to-nothing.jsonl');
    symlinkSync('not-there.jsonl', link);
    const attempts = [
      [copy, '--decisions', hardLink, '--force'],
      [REKEY, '--decisions', target, '--flows', link],
      [REKEY, '--decisions', link, '--flows', target],
      [REKEY, '--decisions', hardLink, '--flows', copy, '--force'],
    ];
    for (const args of attempts) {
      const { code, stderr } = await sluice(['replay', ...args]);
      expect(stderr).toMatch(/this file is (read|written by --\w+) too/);
      expect(code).toBe(2);
    }
    expect(readFileSync(copy)).toEqual(content);
    expect(existsSync(target)).toBe(false);
    expect((await sluice(['replay', REKEY, '--quiet', '--decisions', link])).code).toBe(0);
    expect(readFileSync(target, 'utf8')).not.toBe('');
  });

  it('refuses a folder as an output before anything is read', async () => {
    const given = join(folder, 'a-folder.html');
    mkdirSync(given);
    for (const flag of ['--report', '--flows']) {
      const { code, stderr } = await sluice(['replay', REKEY, flag, given, '--force']);
      expect(stderr).toBe(`sluice: ${flag} ${given}: this is a folder; give the name of a file\n`);
      expect(code).toBe(2);
    }
  });
});

describe('an output file that exists', () => {
  it.each(['--decisions', '--flows', '--forwarded', '--dropped'])(
    'is refused with 2 under %s before a capture is read, and left as it is',
    async (flag) => {
      const path = join(folder, `kept${flag}`);
      writeFileSync(path, 'a file of the user');
      const args = ['replay', REKEY, '--json', flag, path];
      const refused = await sluice(args);
      expect(refused).toEqual({
        code: 2,
        stdout: '',
        stderr: `sluice: ${flag} ${path}: the file exists; --force overwrites\n`,
      });
      expect(readFileSync(path, 'utf8')).toBe('a file of the user');
      const forced = await sluice([...args, '--force']);
      expect([forced.code, forced.stderr]).toEqual([0, '']);
      expect(readFileSync(path, 'latin1')).not.toContain('a file of the user');
    },
  );

  it('is named with the others, also where a link leads to it', async () => {
    const [decisions, flows, link] = [join(folder, 'old-d'), join(folder, 'old-f'), join(folder, 'link')];
    writeFileSync(decisions, '');
    writeFileSync(flows, '');
    symlinkSync(flows, link);
    const { code, stderr } = await sluice(['replay', REKEY, '--decisions', decisions, '--flows', link]);
    expect(stderr).toBe(`sluice: --decisions ${decisions}, --flows ${link}: these files exist; --force overwrites\n`);
    expect(code).toBe(2);
  });

  it.skipIf(!existsSync('/dev/fd/1'))(
    'is none where the shell has opened it: standard output by its name',
    async () => {
      const path = join(folder, 'redirected.jsonl');
      for (const name of ['-', '/dev/stdout', '/dev/fd/1']) {
        const file = openSync(path, 'w');
        const { code, stderr } = await sluice(['replay', REKEY, '--decisions', name], { stdout: file });
        closeSync(file);
        expect(code).toBe(0);
        expect(stderr).toContain('1 capture, 73 packets, 1 flow');
        expect(jsonLines(readFileSync(path, 'utf8')).map(({ event_type: type }) => type)).toEqual(
          Array.from({ length: 2 }, () => 'decision'),
        );
      }
    },
  );

  it.skipIf(spawnSync('mkfifo', ['--version']).status !== 0)('is none where it is a pipe or a device', async () => {
    const fifo = join(folder, 'fifo');
    spawnSync('mkfifo', [fifo]);
    const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
    const read = ended(reader);
    const { code } = await sluice(['replay', REKEY, '--quiet', '--decisions', fifo, '--flows', '/dev/null']);
    expect(code).toBe(0);
    expect(jsonLines((await read).stdout)).toHaveLength(2);
  });
});
