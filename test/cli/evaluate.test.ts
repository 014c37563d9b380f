/** `sluice evaluate` as a process: labels as CSV beside the same as JSON, and the logs of other tools. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { installed } from '../kit/installed.ts';
import { jsonLines, ROOT, sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
const LABELS = join(ROOT, 'captures/labels.json');
const MIXED = 'captures/condition/pcap-us-little.pcap';

interface LabelledFlow {
  readonly proto: string;
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  readonly label: string;
  readonly session?: string;
}
interface Entry {
  readonly file: string;
  readonly session?: string;
  readonly positives: readonly LabelledFlow[];
}
const entries = JSON.parse(readFileSync(LABELS, 'utf8')) as readonly Entry[];

interface ProtocolCounts {
  readonly both: number;
  readonly only_tool: number;
  readonly only_sluice: number;
}
interface AgreementJson {
  readonly tool: string;
  readonly captures: number;
  readonly agreed: { readonly count: number; readonly total: number };
  readonly protocols: Readonly<Record<string, ProtocolCounts>>;
  readonly differences: readonly { readonly flow: string; readonly tool: string; readonly sluice: string }[];
}

/** A key of a tuple in either direction, made here and not by the code under test. */
function keyOf(proto: string, src: string, sport: number | string, dst: string, dport: number | string): string {
  return `${proto} ${[`${src} ${sport}`, `${dst} ${dport}`].sort().join(' ')}`;
}

describe('labels as CSV', () => {
  it('give the scores that the same labels give as JSON', async () => {
    const own = entries.filter(({ file }) => /^(wireguard|ipsec|negative)\//.test(file));
    const rows = own.flatMap(({ file, session = '', positives }) =>
      positives.length === 0
        ? [`${file},,,,,,none,${session}`]
        : positives.map((flow) =>
            [file, flow.src, flow.sport, flow.dst, flow.dport, flow.proto, flow.label, flow.session ?? session].join(),
          ),
    );
    const table = join(folder, 'labels.csv');
    writeFileSync(table, ['file,src,src_port,dst,dst_port,proto,label,session', ...rows, ''].join('\n'));
    const captures = ['captures/wireguard', 'captures/ipsec', 'captures/negative'];
    const [json, csv] = await Promise.all(
      [LABELS, table].map(async (labels) => {
        const { code, stdout, stderr } = await sluice([
          'evaluate', ...captures, '--labels', labels, '--root', 'captures', '--json']); // prettier-ignore
        expect([code, stderr]).toEqual([0, '']);
        return JSON.parse(stdout) as Record<string, { readonly sessions: number }>;
      }),
    );
    expect(csv!.captures).toBe(own.length);
    for (const figure of ['protocols', 'all', 'mistakes', 'unlabelled'])
      expect(csv![figure], figure).toEqual(json![figure]);
    expect(csv!.all!.sessions).toBeGreaterThan(60);
    // These labels do not count flows: those that were seen are counted, and some are not of TCP, UDP, ESP or AH.
    expect(csv!.false_flows).toMatchObject({ count: 0, sessions: json!.false_flows!.sessions });
  });

  it('with mistakes end with exit code 2, before a capture is read, with each at its place', async () => {
    const path = join(folder, 'wrong.csv');
    writeFileSync(path, 'file,src,src_port,dst,dst_port,proto,label\nx.pcap,192.0.2.1,1,192.0.2.2,2,udp,wirguard\n');
    const { code, stdout, stderr } = await sluice(['evaluate', MIXED, '--labels', path]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      `${path}:2:36: error: "wirguard" is no label (meant wireguard?)\nsluice: ${path} is not valid: one error\n`,
    );
  });

  it('allow a statement about a day only where they are from the field', async () => {
    const path = join(folder, 'field.csv');
    const table = `file,src,src_port,dst,dst_port,proto,label\n${basename(MIXED)},,,,,,none\n`;
    const run = async (text: string): Promise<{ stdout: string; stderr: string }> => {
      writeFileSync(path, text);
      return sluice(['evaluate', MIXED, '--labels', path, '--root', 'captures/condition', '--flows-per-day', '1000']);
    };
    const other = await run(table);
    expect(other.stderr).toMatch(/^sluice: --flows-per-day is not used: the labels do not say "origin": "field"/);
    expect(other.stdout).not.toContain('a day');
    const field = await run(`# origin: field\n${table}`);
    expect(field.stderr).toBe('');
    expect(field.stdout).toContain('Of 1,000 flows a day like these 800 would be found wrongly.');
  });
});

describe('hidden addresses', () => {
  const capture = join(folder, 'from-192.0.2.10.pcap');
  const labels = join(folder, 'wrong-label.csv');
  const key = join(folder, 'key');
  copyFileSync(join(ROOT, 'captures/wireguard/handshake.pcap'), capture);
  writeFileSync(
    labels,
    `file,src,src_port,dst,dst_port,proto,label\n${basename(capture)},192.0.2.10,51820,198.51.100.7,51820,udp,openvpn\n`,
  );
  writeFileSync(key, Buffer.alloc(32, 7), { mode: 0o600 });
  const log = join(folder, 'handshake.log');
  writeFileSync(
    log,
    '{"ts":1,"uid":"C1","id.orig_h":"192.0.2.10","id.orig_p":51820,"id.resp_h":"198.51.100.7","id.resp_p":51820,"proto":"udp"}\n',
  );
  const PSEUDONYM = ['--addresses', 'pseudonym', '--address-key', key];

  it.each([
    ['labels', labels],
    ['the log of another tool', log],
  ])('are in no output beside %s, and the figures are the same', async (_, path) => {
    const run = async (...flags: string[]): Promise<string> => {
      const { code, stdout, stderr } = await sluice(['evaluate', capture, '--labels', path, '--json', ...flags]);
      expect([code, stderr]).toEqual([0, '']);
      return stdout;
    };
    const plain = await run();
    expect(plain).toContain('192.0.2.10');
    const truncated = await run('--addresses', 'truncated');
    for (const address of ['192.0.2.10', '198.51.100.7']) expect(truncated).not.toContain(address);
    expect(truncated).toContain('udp 192.0.2.0 port 51820 and 198.51.100.0 port 51820');
    const named = new Set(['mistakes', 'differences', 'unlabelled', 'provenance']);
    const figures = (text: string): object =>
      Object.entries(JSON.parse(text) as object).filter(([figure]) => !named.has(figure));
    expect(figures(truncated)).toEqual(figures(plain));
    const text = await sluice(['evaluate', capture, '--labels', path, '--addresses', 'truncated']);
    expect(text.stdout).not.toContain('192.0.2.10');
    expect(text.stdout).toContain('from-[address].pcap: udp 192.0.2.0 port 51820');
  });

  it('have the pseudonyms of other outputs under the same key', async () => {
    const { stdout } = await sluice(['evaluate', capture, '--labels', labels, ...PSEUDONYM]);
    const events = await sluice(['replay', capture, '--decisions', '-', '--quiet', ...PSEUDONYM]);
    const [{ src_ip: source, dest_ip: destination }] = jsonLines(events.stdout) as [
      { readonly src_ip: string; readonly dest_ip: string },
    ];
    expect(source).not.toBe('192.0.2.10');
    const ends = [`${source} port 51820`, `${destination} port 51820`].sort().join(' and ');
    expect(stdout).toContain(`: udp ${ends}: labelled openvpn, no category; found wireguard`);
  });

  it('want a key for pseudonyms', async () => {
    const { code, stdout, stderr } = await sluice(['evaluate', capture, '--labels', labels, ...PSEUDONYM.slice(0, 2)]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe('sluice: --addresses pseudonym needs --address-key FILE with 32 bytes\n');
  });
});

it('a log that nDPI 4.2.0 wrote agrees in the flows that it has found itself', async () => {
  const log = 'test/study/labels/vectors/ndpi-4.2.csv';
  const { code, stdout } = await sluice(['evaluate', MIXED, '--labels', log, '--json']);
  expect(code).toBe(0);
  const result = JSON.parse(stdout) as AgreementJson;
  // By hand: it guesses OpenVPN by port 1194 for two DNS flows, and calls IKE on port 500 Skype.
  expect(result.agreed).toMatchObject({ count: 7, total: 10 });
  expect(result.differences.map(({ tool, sluice: own }) => `${tool}: ${own}`)).toEqual([
    'OpenVPN: other',
    'OpenVPN: other',
    'Skype_Teams.SkypeCall: ipsec, confirmed',
  ]);
});

const hasNdpi = installed('ndpiReader');

describe.skipIf(!hasNdpi)('the log of ndpiReader', () => {
  const logOf = (capture: string, path: string): string => {
    const { status, stderr } = spawnSync('ndpiReader', ['-q', '-i', capture, '-C', path], {
      encoding: 'utf8',
      cwd: ROOT,
    });
    expect(status, stderr).toBe(0);
    return readFileSync(path, 'utf8');
  };

  it('in a folder, for each capture, agrees with findings as a join by hand says', async () => {
    const logs = join(folder, 'logs');
    mkdirSync(logs);
    const names = entries.filter(({ file }) => file.startsWith('wireguard/')).map(({ file }) => basename(file));
    // By hand: the columns of the CSV, and the flow events of replay.
    const called = new Map<string, string>();
    for (const name of names) {
      const [head, ...rows] = logOf(`captures/wireguard/${name}`, join(logs, `${name}.csv`))
        .trimEnd()
        .split('\n');
      const at = (column: string): number => head!.slice(1).split(',').indexOf(column);
      for (const row of rows) {
        const cells = row.split(',');
        const cell = (column: string): string => cells[at(column)]!;
        if (!['6', '17'].includes(cell('protocol'))) continue;
        const proto = cell('protocol') === '6' ? 'tcp' : 'udp';
        const key = keyOf(proto, cell('src_ip'), cell('src_port'), cell('dst_ip'), cell('dst_port'));
        const word = cell('ndpi_proto').toLowerCase();
        called.set(`${name} ${key}`, ['wireguard', 'openvpn', 'ipsec'].includes(word) ? word : 'other');
      }
    }
    const { stdout: lines } = await sluice(['replay', 'captures/wireguard', '--each', '--flows', '-', '--quiet']);
    const found = new Map<string, string>();
    for (const line of lines.trimEnd().split('\n')) {
      const flow = JSON.parse(line) as Record<string, string> & { vpn: { protocol: string } | null };
      const key = keyOf(flow.proto!.toLowerCase(), flow.src_ip!, flow.src_port!, flow.dest_ip!, flow.dest_port!);
      found.set(`${basename(flow.pcap_filename!)} ${key}`, flow.vpn?.protocol ?? 'other');
    }
    // A flow without a row is one that nDPI does not recognise.
    const both = [...found].map(([key]) => [key, called.get(key) ?? 'other'] as const);
    const agreed = both.filter(([key, word]) => found.get(key) === word);

    const { code, stdout, stderr } = await sluice(['evaluate', 'captures/wireguard', '--labels', logs, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout) as AgreementJson;
    expect(result).toMatchObject({ tool: 'nDPI', captures: names.length });
    expect(result.agreed).toMatchObject({ count: agreed.length, total: both.length, sessions: names.length });
    expect(agreed.length).toBeGreaterThan(20);
    expect(result.differences).toHaveLength(both.length - agreed.length);
    const wireguard = both.filter(([key, word]) => word === 'wireguard' && found.get(key) === 'wireguard');
    expect(result.protocols.wireguard!.both).toBe(wireguard.length);
  }, 60_000);

  it('of one capture with every protocol is read, and what it calls differently is listed with its own word', async () => {
    const path = join(folder, 'mixed.txt');
    logOf(MIXED, path);
    const { code, stdout } = await sluice(['evaluate', MIXED, '--labels', path, '--json']);
    expect(code).toBe(0);
    const { agreed, protocols, differences } = JSON.parse(stdout) as AgreementJson;
    expect(agreed.total).toBe(10);
    // ESP has no ports, and each version of nDPI knows these.
    expect(protocols.wireguard).toEqual({ both: 2, only_tool: 0, only_sluice: 0 });
    expect(protocols.openvpn!.both).toBe(3);
    expect(protocols.ipsec!.both).toBeGreaterThanOrEqual(2);
    for (const { tool } of differences) expect(tool).toMatch(/^[A-Z]\w+/);
  });
});

/**
 * conn.log as Zeek would write it with its packages for VPNs: tuples from tshark, services from the labels of the lab. Zeek
 * itself is in no archive of Debian.
 */
function connLog(capture: string): string {
  const entry = entries.find(({ file }) => `captures/${file}` === capture)!;
  const fields = ['ip.src', 'ipv6.src', 'udp.srcport', 'tcp.srcport', 'ip.dst', 'ipv6.dst', 'udp.dstport', 'tcp.dstport', 'ip.proto', 'ipv6.nxt']; // prettier-ignore
  const args = ['-n', '-r', capture, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const { stdout } = spawnSync('tshark', args, { encoding: 'utf8', cwd: ROOT });
  const names = ['ts', 'uid', 'id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p', 'proto', 'service', 'ip_proto'];
  const rows = new Map<string, string>();
  for (const line of stdout.trimEnd().split('\n')) {
    const cells = line.split('\t');
    // The field that the packet has, of two beginning at `at`.
    const either = (at: number): string => cells.slice(at, at + 2).find((cell) => cell !== '') ?? '0';
    const number = either(8);
    const proto = { 6: 'tcp', 17: 'udp' }[number] ?? 'unknown_transport';
    const tuple = [either(0), either(2), either(4), either(6)] as const;
    const key = keyOf(proto, ...tuple);
    if (rows.has(key)) continue;
    const label = entry.positives.find((flow) => keyOf(flow.proto, flow.src, flow.sport, flow.dst, flow.dport) === key);
    const service = { wireguard: 'spicy_wireguard', openvpn: `spicy_openvpn_${proto}`, ipsec: 'spicy_ipsec_ike_udp' }[
      label?.label ?? ''
    ];
    rows.set(key, ['1760000000.0', 'C1', ...tuple, proto, service ?? '-', number].join('\t'));
  }
  return [
    '#separator \\x09',
    '#unset_field\t-',
    '#path\tconn',
    `#fields\t${names.join('\t')}`,
    ...rows.values(),
    '',
  ].join('\n');
}

describe.skipIf(!installed('tshark'))("Zeek's conn.log", () => {
  it('of one capture agrees in every flow, and differs in the one that was changed', async () => {
    const path = join(folder, 'conn.log.gz');
    const log = connLog(MIXED);
    writeFileSync(path, gzipSync(log));
    const whole = await sluice(['evaluate', MIXED, '--labels', path, '--json']);
    expect(JSON.parse(whole.stdout)).toMatchObject({
      tool: 'Zeek',
      agreed: { count: 10, total: 10 },
      kappa: { value: 1 },
      protocols: { wireguard: { both: 2 }, openvpn: { both: 3 }, ipsec: { both: 3 } },
    });
    writeFileSync(path, gzipSync(log.replace('spicy_openvpn_tcp', 'ssl')));
    const { stdout } = await sluice(['evaluate', MIXED, '--labels', path]);
    expect(stdout).toContain('they agree on 9 of 10 flows that both saw, 90.0 %.');
    expect(stdout).toMatch(/: tcp 192\.0\.2\.40 port 41001 and .*: Zeek: ssl; Sluice: openvpn, confirmed\n/);
  });
});

describe('a log of another tool', () => {
  const log = join(folder, 'some.log');
  writeFileSync(log, '#separator \\x09\n#fields\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\n');

  it('belongs to one capture: with several it is wrong usage', async () => {
    const { code, stdout, stderr } = await sluice(['evaluate', 'captures/wireguard', '--labels', log]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('is a log of Zeek, which belongs to one capture, and 33 are given');
  });

  it('is found in a folder by the path of its capture; a folder without one is wrong usage', async () => {
    const logs = join(folder, 'zeek');
    mkdirSync(join(logs, 'nat'), { recursive: true });
    const run = (...args: string[]): ReturnType<typeof sluice> =>
      sluice(['evaluate', 'captures/wireguard', '--labels', logs, ...args]);
    const none = await run();
    expect(none.code).toBe(2);
    expect(none.stderr).toContain(
      `that of captures/wireguard/both-initiate.pcap would be ${join(logs, 'both-initiate.pcap')}`,
    );
    writeFileSync(join(logs, 'nat/conn.log'), readFileSync(log));
    const one = await run();
    expect(one.code).toBe(0);
    expect(one.stdout).toContain('32 captures without a log of Zeek, not counted: both-initiate.pcap');
    writeFileSync(join(logs, 'nat.pcap.csv'), readFileSync(log));
    const two = await run();
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining('nat.pcap has two logs')]);
  });
});
