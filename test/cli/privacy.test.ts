/** Outputs of runs with hidden addresses show no true address, no registered prefix, no holder and no reference. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonLines, ROOT, sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
const key = join(folder, 'key');
writeFileSync(
  key,
  Uint8Array.from({ length: 32 }, (_, i) => i * 11),
  { mode: 0o600 },
);
const PSEUDONYM = ['--addresses', 'pseudonym', '--address-key', key];
const REGISTRY = readFileSync(join(ROOT, 'rules/registry.csv'), 'utf8').trim().split('\n').slice(1);

/** Prefixes, holders and references of the committed registry. */
const REGISTERED = REGISTRY.flatMap((row) => {
  const [, prefix, holder, reference] = /^([^,]+),("[^"]+"|[^,]+),.*,([^,]*)$/.exec(row)!;
  return [prefix!.replace(/\/.*/, ''), holder!.replaceAll('"', ''), reference!].filter((text) => text !== '');
});

interface Ends {
  readonly src_ip: string;
  readonly dest_ip: string;
  readonly flow_id: string;
  readonly registration: { source: object | null; destination: object | null };
}

async function run(name: string, ...flags: string[]): Promise<{ decisions: Ends[]; text: string; wrote: string }> {
  const [decisions, flows] = [join(folder, `${name}.jsonl`), join(folder, `${name}-flows.jsonl`)];
  const outputs = ['--decisions', decisions, '--flows', flows, '--json', '--mode', 'enforce'];
  const { code, stdout, stderr } = await sluice(['replay', 'captures', '--each', ...outputs, ...flags]);
  expect(code).toBe(0);
  const wrote = readFileSync(decisions, 'utf8');
  const text = [wrote, readFileSync(flows, 'utf8'), stdout, stderr].join('\n');
  return { decisions: jsonLines(wrote) as unknown as Ends[], text, wrote };
}

/** The texts that occur in another text as whole words. */
function foundIn(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => {
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
      const around = (text[at - 1] ?? ' ') + (text[at + secret.length] ?? ' ');
      if (!/[0-9a-z:]/i.test(around)) return true;
    }
    return false;
  });
}

describe('hidden addresses', async () => {
  const plain = await run('plain');
  const secrets = [...new Set([...plain.decisions.flatMap(({ src_ip, dest_ip }) => [src_ip, dest_ip]), ...REGISTERED])];

  it('are what a plain run shows, as a check of the search', () => {
    const seen = foundIn(plain.text, secrets);
    expect(seen.length).toBeGreaterThan(100);
    expect(seen).toContain('Meridian Example Bank');
  });

  it('as pseudonyms stand in no output, and nothing that names a registration', async () => {
    const { decisions, text } = await run('pseudonyms', ...PSEUDONYM);
    expect(foundIn(text, secrets)).toEqual([]);
    const registrations = decisions.flatMap(({ registration }) => [registration.source, registration.destination]);
    const shown = registrations.filter((registration) => registration !== null);
    expect(shown.length).toBeGreaterThan(10);
    for (const registration of shown) {
      expect(registration).toEqual({
        sector: expect.any(String) as string,
        reference: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      });
    }
  });

  it('truncated name registrations by numbers, and by pseudonyms under a key', async () => {
    const isOfHost = (text: string): boolean => !/^[\d.]+\.0$|::$/.test(text);
    const hosts = secrets.filter(isOfHost);
    const { text, wrote } = await run('truncated', '--addresses', 'truncated');
    expect(foundIn(text, hosts)).toEqual([]);
    expect(wrote).toMatch(/"reference":"registration-1"/);
    const keyed = await run('keyed', '--addresses', 'truncated', '--address-key', key);
    expect(foundIn(keyed.text, hosts)).toEqual([]);
    expect(keyed.wrote).toMatch(
      /"source":\{"sector":"\w+","reference":"[0-9a-f]{16}"\}|"destination":\{"sector":"\w+","reference":"[0-9a-f]{16}"\}/,
    );
  });

  it('stand in no page of explain', async () => {
    const capture = 'captures/openvpn/udp-tls-crypt.pcap';
    const { stdout } = await sluice(['replay', capture, ...PSEUDONYM, '--decisions', '-', '--quiet']);
    const [event] = jsonLines(stdout) as unknown as Ends[];
    const page = await sluice(['explain', capture, ...PSEUDONYM, '--flow', event!.flow_id]);
    expect(page.code).toBe(0);
    expect(foundIn(page.stdout + page.stderr, secrets)).toEqual([]);
  });

  it.each(['--forwarded', '--dropped'])('refuse %s, which holds packets as they are', async (flag) => {
    const { code, stderr } = await sluice(['replay', 'captures', ...PSEUDONYM, flag, join(folder, 'packets.pcap')]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('captures of packets hold addresses as they are')]);
  });

  it('refuse a key that others can read', async () => {
    const open = join(folder, 'open');
    writeFileSync(open, new Uint8Array(32));
    chmodSync(open, 0o640);
    const { code, stderr } = await sluice(['replay', 'captures', '--addresses', 'pseudonym', '--address-key', open]);
    expect(code).toBe(2);
    expect(stderr).toContain(`its mode is 0640, so others can read it: chmod 600 ${open}`);
  });
});

describe('addresses of the lab', () => {
  const ADDRESS = /\b(?:192\.0\.2|198\.51\.100|203\.0\.113|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+)\.(\d+)\b/g;

  async function outputOf(...flags: string[]): Promise<string> {
    const flows = join(folder, 'shown.jsonl');
    const args = [
      'replay',
      'captures',
      '--each',
      '--decisions',
      '-',
      '--flows',
      flows,
      '--mode',
      'enforce',
      '--force',
      ...flags,
    ];
    const { code, stdout, stderr } = await sluice(args);
    expect(code).toBe(0);
    expect(jsonLines(stdout).length).toBeGreaterThan(100);
    return stdout + stderr + readFileSync(flows, 'utf8');
  }

  it('are there in plain form', async () => {
    const text = await outputOf();
    expect([...text.matchAll(ADDRESS)].some(([, host]) => host !== '0')).toBe(true);
    expect(text).toMatch(/2001:db8:1::10/);
  });

  it('truncated show no host anywhere', async () => {
    const text = await outputOf('--addresses', 'truncated');
    const hosts = new Set([...text.matchAll(ADDRESS)].map(([, host]) => host));
    expect([...hosts]).toEqual(['0']);
    // Nothing of an IPv6 address after its 48th bit.
    const beyond = [...text.matchAll(/2001:db8:[0-9a-f:]*/g)].filter(
      ([address]) => !/^2001:db8(:[0-9a-f]+)?::$/.test(address),
    );
    expect(beyond).toEqual([]);
    expect(text).toContain('"reference":"registration-1"');
  });

  it('as pseudonyms show none at all, and the same each time', async () => {
    const text = await outputOf(...PSEUDONYM);
    expect([...text.matchAll(ADDRESS)]).toEqual([]);
    expect(text).not.toMatch(/2001:db8:/);
    expect(await outputOf(...PSEUDONYM)).toBe(text);
  });
});

describe('addresses in names of files', () => {
  const capture = readFileSync(join(ROOT, 'captures/wireguard/rekey.pcap'));
  const cut = join(folder, 'client-192.0.2.7.pcap');
  writeFileSync(cut, capture.subarray(0, capture.length - 10));
  const later = join(folder, 'client-2001:db8::7.pcap');
  writeFileSync(later, capture);
  const policy = join(folder, 'for-203.0.113.9.yaml');
  writeFileSync(policy, 'name: draft\nrules:\n  - { name: all, action: block }\n');
  const HIDDEN_NAMES = /192\.0\.2\.7\.|db8::7|203\.0\.113\.9\./;

  it.each([
    ['replay', ['--policy', policy]],
    ['compare', ['--policy', policy, '--policy', policy]],
  ])('are hidden in the results of %s that hide addresses', async (command, rules) => {
    const results = async (...flags: string[]): Promise<string> => {
      const report = join(folder, `${command}${flags.length}.html`);
      const args = [command, later, cut, ...rules, '--report', report, ...flags];
      const { code, stdout } = await sluice(args);
      const json = await sluice([...args, '--json', '--force']);
      expect([code, json.code]).toEqual([4, 4]);
      return [stdout, json.stdout, readFileSync(report, 'utf8')].join('\n');
    };
    expect(await results()).toMatch(HIDDEN_NAMES);
    const hidden = await results('--addresses', 'truncated');
    expect(hidden).not.toMatch(HIDDEN_NAMES);
    expect(hidden).toContain('client-[address].pcap');
  });
});
