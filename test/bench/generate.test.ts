/** The traffic generator: what it writes is the same every time, well-formed by other tools' account, and what its labels say. */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const GENERATOR = join(import.meta.dirname, '../../bench/generate/main.mjs');
const SLUICE = join(import.meta.dirname, '../../dist/bin/sluice.js');
const run = promisify(execFile);

interface Made {
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
}

interface Label {
  readonly proto: string;
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  readonly label: string;
  readonly variant: string;
  readonly stage: string;
}

interface FlowEvent {
  readonly proto: string;
  readonly src_ip: string;
  readonly src_port?: number;
  readonly dest_ip: string;
  readonly dest_port?: number;
  readonly vpn?: { readonly protocol: string; readonly variant: string; readonly stage: string };
}

interface Summary {
  readonly packets: { readonly read: number; readonly in_flows: number; readonly not_decoded: Record<string, number> };
  readonly flows: { readonly total: number };
}

const REALISTIC = ['--kind', 'realistic', '--packets', '60000', '--flows', '4000'];
const KINDS: readonly (readonly string[])[] = [
  REALISTIC,
  [...REALISTIC, '--seed', '2', '--vpn-share', '0.5', '--wrapped-share', '0.9', '--ipv6-share', '0.5'],
  ['--kind', 'all-vpn', '--packets', '40000'],
  ['--kind', 'undecided', '--packets', '20000'],
  ['--kind', 'new-flows', '--packets', '20000'],
  ['--kind', 'active', '--packets', '20000', '--flows', '1000', '--order', 'round-robin'],
  ['--kind', 'active', '--packets', '20000', '--flows', '1000', '--order', 'random'],
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-generate-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function generate(flags: readonly string[], name: string): Promise<{ path: string; labels: string; made: Made }> {
  const path = join(folder, name);
  const labels = `${path}.labels.json`;
  const { stdout } = await run(process.execPath, [GENERATOR, ...flags, '--labels', labels, path]);
  return { path, labels, made: JSON.parse(stdout) as Made };
}

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function whyMissing(tool: string): string {
  return spawnSync(tool, ['--version']).status === 0 ? '' : `${tool} is not installed`;
}

describe('the same arguments give the same bytes', () => {
  it.each(KINDS)('%s %s', async (...flags) => {
    const first = await generate(flags, 'first.pcap');
    const second = await generate(flags, 'second.pcap');
    expect(digest(second.path)).toBe(digest(first.path));
    expect(second.made.flows).toBe(first.made.flows);
  });

  it('another seed gives others', async () => {
    const first = await generate(REALISTIC, 'first.pcap');
    const other = await generate([...REALISTIC, '--seed', '9'], 'other.pcap');
    expect(digest(other.path)).not.toBe(digest(first.path));
  });
});

describe('Sluice finds the VPN flows that were made, and no others', () => {
  it.each(KINDS)('%s %s', async (...flags) => {
    const { path, labels, made } = await generate(flags, 'found.pcap');
    const events = join(folder, 'flows.jsonl');
    const { stdout } = await run(process.execPath, [SLUICE, 'replay', path, '--json', '--flows', events, '--force']);
    const summary = JSON.parse(stdout) as Summary;
    const notDecoded = Object.values(summary.packets.not_decoded).reduce((sum, count) => sum + count, 0);
    expect(summary.packets.read).toBe(made.packets);
    expect(summary.packets.in_flows + notDecoded).toBe(made.packets);
    expect(Object.keys(summary.packets.not_decoded).filter((reason) => !reason.startsWith('icmp'))).toEqual([]);
    expect(summary.flows.total).toBe(made.flows);
    expect(foundFlows(events)).toEqual(labelledFlows(labels));
  });
});

function foundFlows(path: string): string[] {
  const found: string[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    const { proto, src_ip, src_port, dest_ip, dest_port, vpn } = JSON.parse(line) as FlowEvent;
    if (vpn === undefined) continue;
    const ends = `${src_ip} ${src_port ?? 0} ${dest_ip} ${dest_port ?? 0}`;
    found.push(`${proto.toLowerCase()} ${ends} ${vpn.protocol} ${vpn.variant} ${vpn.stage}`);
  }
  return found.sort();
}

function labelledFlows(path: string): string[] {
  const [capture] = JSON.parse(readFileSync(path, 'utf8')) as { positives: Label[] }[];
  return capture!.positives
    .map((flow) => {
      const ends = `${flow.src} ${flow.sport} ${flow.dst} ${flow.dport}`;
      return `${flow.proto} ${ends} ${flow.label} ${flow.variant} ${flow.stage}`;
    })
    .sort();
}

describe('other tools agree', () => {
  it('capinfos counts the packets and finds their times in order', async (context) => {
    const missing = whyMissing('capinfos');
    if (missing !== '') context.skip(missing);
    const { path, made } = await generate(REALISTIC, 'counted.pcap');
    const { stdout } = await run('capinfos', ['-M', '-c', '-o', '-s', path]);
    expect(/Number of packets:\s+(\d+)/.exec(stdout)?.[1]).toBe(`${made.packets}`);
    expect(/File size:\s+(\d+)/.exec(stdout)?.[1]).toBe(`${made.bytes}`);
    expect(stdout).toMatch(/Strict time order:\s+True/);
  });

  it('tshark finds every layer as it should be, up to the transport and through the VPN handshakes', async (context) => {
    const missing = whyMissing('tshark');
    if (missing !== '') context.skip(missing);
    const flags = ['--packets', '8000', '--flows', '800', '--vpn-share', '0.6', '--wrapped-share', '0.6'];
    const { path } = await generate(flags, 'dissected.pcap');
    // What lies in QUIC packets, TLS records and media is random bytes, so their dissectors stay out.
    const off = ['quic', 'tls', 'http', 'rtcp'].flatMap((protocol) => ['--disable-protocol', protocol]);
    const wrong = '_ws.malformed || ip.checksum.status == 0 || ip.bogus_ip_length || _ws.expert.severity == error';
    const checks = ['-o', 'ip.check_checksum:TRUE'];
    const { stdout } = await run('tshark', ['-r', path, ...checks, ...off, '-Y', wrong]);
    expect(stdout).toBe('');
    const vpn = await run('tshark', ['-r', path, '-q', '-z', 'io,phs']);
    for (const name of [
      'vlan',
      'mpls',
      'pppoes',
      'gre',
      'vxlan',
      'gtp',
      'ipv6',
      'wg',
      'openvpn',
      'isakmp',
      'esp',
      'dns',
    ]) {
      expect(vpn.stdout).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });
});

describe('the command', () => {
  it('explains itself', async () => {
    const { stdout } = await run(process.execPath, [GENERATOR, '--help']);
    for (const flag of ['--kind', '--packets', '--flows', '--seed', '--labels']) expect(stdout).toContain(flag);
  });

  it.each([[[]], [['--kind', 'none', 'x.pcap']], [['--packets', '-1', 'x.pcap']], [['--unknown', 'x.pcap']]])(
    'refuses %j',
    (flags: string[]) => {
      const { status, stderr } = spawnSync(process.execPath, [GENERATOR, ...flags], { encoding: 'utf8', cwd: folder });
      expect(status).toBe(2);
      expect(stderr).toContain('--help');
    },
  );
});
