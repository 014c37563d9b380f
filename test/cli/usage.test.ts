import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, sluice, temporaryFolder } from './sluice.ts';

const shortKey = join(temporaryFolder(), 'short.key');
writeFileSync(shortKey, 'too short', { mode: 0o600 });

describe('help', () => {
  it.each<[string, string[]]>([
    [
      'replay',
      [
        '--policy <file> .* \\(default: the example, rules/policy.yaml\\)',
        '--registry <file> .* \\(default: the example, rules/registry.csv\\)',
        '--decisions <file>',
        '--flows <file>',
        '--vpn-only',
        '--json',
        '--each',
        "--mode <mode> .*instead of the policy's mode .*observe.*enforce",
        '--forwarded <file>',
        '--dropped <file>',
        '--addresses <form> .*plain.*truncated.*pseudonym.*default: "plain"',
        '--address-key <file>',
        '--max-flows <n> .*\\(default: 500000\\)',
        '--quiet',
      ],
    ],
    ['check', ['--policy <file>', '--registry <file>']],
    [
      'capture',
      ['--socket <path>', '--snaplen <n> .*\\(default: 1920\\)', '--kernel-buffer <size> .*\\(default: 128MB'],
    ],
    [
      'lookup',
      ['--registry <file> .*\\(default: .*registry.csv\\)', '--at <time> .*instead of now', '--protocol <name>'],
    ],
    [
      'explain',
      [
        '--flow <id>',
        '--community-id <id>',
        '--tuple <ends>',
        '--packet <n>',
        '--policy <file> .*\\(default',
        '--registry <file> .*\\(default',
        '--each .*capture of its own',
      ],
    ],
  ])('of %s shows its flags with their defaults, examples and exit codes, on standard output', async (name, flags) => {
    const { code, stdout, stderr } = await sluice([name, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    // A flag's text may go on below it.
    const whole = stdout.replace(/\n {20,}(?=\S)/g, ' ');
    for (const flag of flags) expect(whole).toMatch(new RegExp(`^ +${flag}`, 'm'));
    expect(stdout).toMatch(/Examples?:\n {2}sluice /);
    expect(stdout).toMatch(/Exit codes: /);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(140);
  });

  it('shows the commands and where to begin', async () => {
    const { code, stdout } = await sluice(['--help']);
    expect(code).toBe(0);
    for (const name of ['replay', 'check', 'lookup', 'explain'])
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(stdout).toContain('sluice replay captures --each');
  });

  it.each(['replay', 'run', 'check'])(
    'of %s says what a client is where many subscribers share an address',
    async (name) => {
      const { stdout } = await sluice([name, '--help']);
      expect(stdout).toMatch(/\n\nWhat a client is/);
      const prose = stdout.replace(/\s+/g, ' ');
      expect(prose).toContain('(CGNAT) gives one public address to many subscribers.');
      expect(prose).toContain('After it, per: client makes them share one bucket');
      expect(prose).toContain('Use per: flow there, or capture before the NAT.');
      for (const word of ['per: client', 'rollout', 'safety']) expect(stdout).toMatch(new RegExp(`^ {2}${word}`, 'm'));
    },
  );

  it('says the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await sluice(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('wrong usage ends with 2, a sentence on stderr and nothing on stdout', () => {
  it.each<[string, string[], string]>([
    ['no command', [], 'Usage: sluice'],
    ['an unknown command', ['reply'], "unknown command 'reply'"],
    ['an unknown flag', ['replay', '--polizy', 'x', 'captures'], "unknown option '--polizy'"],
    ['no capture', ['replay'], "missing required argument 'capture'"],
    ['a missing file', ['replay', 'no-such.pcap'], 'no-such.pcap: no such file'],
    ['a folder without captures', ['replay', 'rules'], 'rules: no capture in this folder'],
    ['two outputs on stdout', ['replay', 'captures', '--decisions', '-', '--json'], 'both want standard output'],
    ['two outputs on stdout', ['replay', 'captures', '--decisions', '-', '--flows', '-'], 'both want standard output'],
    ['a limit of flows that are not written', ['replay', 'captures', '--vpn-only'], 'there is no --flows'],
    ['an unknown mode', ['replay', 'captures', '--mode', 'block'], 'Allowed choices are observe, enforce'],
    ['no number', ['replay', 'captures', '--max-flows', 'many'], 'whole number from 1 to 10000000'],
    ['a number out of bounds', ['replay', 'captures', '--max-flows', '0'], 'whole number from 1 to 10000000'],
    ['a missing policy', ['replay', 'captures', '--policy', 'no.yaml'], 'cannot read the policy no.yaml: no such file'],
    ['a folder as registry', ['replay', 'captures', '--registry', 'rules'], 'the registry rules: it is a folder'],
    ['no key', ['replay', 'captures', '--addresses', 'pseudonym'], 'needs --address-key FILE with 32 bytes'],
    ['a key alone', ['replay', 'captures', '--address-key', shortKey], 'add --addresses pseudonym, or truncated'],
    [
      'a log whose folder is missing',
      ['run', '-', '--decisions', '/nonexistent/events.jsonl'],
      'cannot write /nonexistent/events.jsonl: its folder does not exist',
    ],
    [
      'a short key',
      ['replay', 'captures', '--addresses', 'pseudonym', '--address-key', shortKey],
      'a pseudonym key has 32 bytes, and this has',
    ],
    ['no address', ['lookup'], "missing required argument 'what'"],
    ['a bad address', ['lookup', '10.0.0.256'], '10.0.0.256: '],
    ['a bad time', ['lookup', '10.0.0.1', '--at', 'yesterday'], '--at yesterday: a time is written like'],
    ['a bad protocol', ['lookup', '10.0.0.1', '--protocol', 'tor'], 'Allowed choices are wireguard, openvpn, ipsec'],
    [
      'no flow',
      ['explain', 'captures'],
      'name the flow by --flow ID, --community-id ID, --tuple A:P-B:P or --packet N',
    ],
    ['a missing policy to check', ['check', '--policy', 'no.yaml'], 'no.yaml: no such file'],
    ['a mistyped command', ['reply', 'captures'], '(Did you mean replay?)'],
    ['a capture as command', ['captures/wireguard/rekey.pcap'], 'mean: sluice replay captures/wireguard/rekey.pcap\n'],
    ['a folder as command', ['captures', '--each'], 'mean: sluice replay captures --each\n'],
    ['standard input as command', ['-'], "'-' is standard input, not a command; did you mean: sluice replay -\n"],
    ['a command as capture', ['replay', 'explain', 'captures'], 'mean: sluice explain captures\n'],
    ['a command behind a capture', ['replay', 'captures', 'explain'], 'mean: sluice explain captures\n'],
    [
      'a command without arguments as capture',
      ['replay', 'check', 'captures'],
      'mean: sluice check [--policy <file>] [--registry <file>]\n',
    ],
    [
      'a command as capture of another command',
      ['evaluate', 'replay', 'captures', '--labels', 'x'],
      'mean: sluice replay captures\n',
    ],
    [
      'a command that does not exist as capture',
      ['replay', 'contrast', 'captures'],
      "'contrast' is not a file or folder, and sluice has no command of that name\n",
    ],
  ])('%s', async (_what, args, sentence) => {
    const { code, stdout, stderr } = await sluice(args);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('a flag that is given twice', () => {
  it('is refused with both values where it takes one', async () => {
    const { code, stdout, stderr } = await sluice(['replay', 'captures', '--policy', 'a.yaml', '--policy=b.yaml']);
    expect(stderr).toContain('--policy is given twice, with a.yaml and with b.yaml; it takes one value');
    expect([code, stdout]).toEqual([2, '']);
  });

  it('is refused with what to do instead: --interface', async () => {
    const { code, stderr } = await sluice(['run', '--interface', 'eth0', '--interface', 'eth1', 'udp']);
    expect(stderr).toContain(
      '--interface is given twice, with eth0 and with eth1; one daemon captures on one interface',
    );
    expect(stderr).toContain('use --interface any');
    expect(code).toBe(2);
  });

  it('says the same again where it takes no value', async () => {
    const { code } = await sluice(['replay', 'captures/wireguard/rekey.pcap', '--quiet', '--quiet']);
    expect(code).toBe(0);
  });
});
