/** How a result came about, in --json and in the record beside each output: checked against sha256sum, stat and git. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Provenance } from '../../src/output/provenance/provenance.ts';
import { ended, ROOT, sluice, start, temporaryFolder, untilWritten, withoutProvenance } from './sluice.ts';

const folder = temporaryFolder();
const path = (name: string): string => join(folder, name);
const REKEY = 'captures/wireguard/rekey.pcap';
const TWO = 'captures/wireguard/two-messages.pcap';
const LABELS = 'captures/labels.json';

interface SideRecord extends Provenance {
  readonly outputs: { file: string; bytes?: number; sha256?: string }[];
}

const recordOf = (output: string): SideRecord => JSON.parse(readFileSync(`${output}.run.json`, 'utf8')) as SideRecord;

async function provenanceOf(...args: string[]): Promise<Provenance> {
  const { stdout } = await sluice(args);
  return (JSON.parse(stdout) as { provenance: Provenance }).provenance;
}

function sha256sum(file: string): string {
  return execFileSync('sha256sum', [file], { cwd: ROOT, encoding: 'utf8' }).slice(0, 64);
}

const content = (file: string): { bytes: number; sha256: string } => ({
  bytes: statSync(join(ROOT, file)).size,
  sha256: sha256sum(file),
});

describe('replay --json', () => {
  let provenance: Provenance;
  const args = ['replay', REKEY, TWO, '--each', '--mode', 'enforce', '--json'];
  const before = Date.now();
  beforeAll(async () => {
    provenance = await provenanceOf(...args);
  });

  it('names the program: version, commit, Node and platform', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { commit } = JSON.parse(readFileSync(join(ROOT, 'dist/build.json'), 'utf8')) as { commit: string };
    expect(provenance).toMatchObject({ version, commit, node: process.version });
    expect(provenance.platform).toBe(`${process.platform}-${process.arch}`);
    expect(commit).toMatch(/^(?:[0-9a-f]{40}(?:-dirty)?|unknown)$/);
  });

  it('has the arguments as given, the mode in force, and the time on the clock', () => {
    expect(provenance.command).toEqual(args);
    expect(provenance.mode).toBe('enforce');
    const [started, ended] = [Date.parse(provenance.started), Date.parse(provenance.ended)];
    expect(started).toBeGreaterThan(before - 1000);
    expect(ended).toBeGreaterThanOrEqual(started);
    expect(ended).toBeLessThanOrEqual(Date.now());
  });

  it('has size and SHA-256 of every capture and of the rules', () => {
    expect(provenance.inputs).toEqual([
      { kind: 'capture', file: REKEY, ...content(REKEY) },
      { kind: 'capture', file: TWO, ...content(TWO) },
    ]);
    const [policy, registry] = ['rules/policy.yaml', 'rules/registry.csv'];
    expect(provenance.rules).toEqual([
      {
        policy: { name: 'national-baseline', file: policy, ...content(policy), manifest: null },
        registry: { file: registry, ...content(registry), manifest: null },
      },
    ]);
  });

  it('is complete, with the times of the first and the last packet', () => {
    expect(provenance).toMatchObject({ complete: true, interrupted: null, incomplete: [], unread: [] });
    const [first, last] = ['2026-11-22T05:19:58.158710Z', '2026-11-22T05:22:18.522809Z'];
    expect(provenance.packet_time).toEqual({ first, last });
  });
});

describe('inputs', () => {
  it('are not hashed after --no-hash, and outputs neither', async () => {
    const output = path('unhashed.jsonl');
    const args = ['replay', TWO, '--no-hash', '--decisions', output, '--quiet'];
    expect((await sluice(args)).code).toBe(0);
    const { inputs, outputs } = recordOf(output);
    expect(inputs).toEqual([{ kind: 'capture', file: TWO, bytes: 380, sha256: null, unhashed: '--no-hash was given' }]);
    expect(outputs).toEqual([{ file: output }]);
  });

  it('that can be read only once have no hash, with the reason', async () => {
    const { stdout } = await sluice(['replay', '-', '--json'], { input: readFileSync(join(ROOT, TWO)) });
    const [input] = (JSON.parse(stdout) as { provenance: Provenance }).provenance.inputs;
    expect(input).toEqual({
      ...{ kind: 'capture', file: '-', bytes: null, sha256: null },
      unhashed: 'not a regular file: it can be read only once',
    });
  });

  it('large enough for a thread of their own have the same hash', async () => {
    const large = path('large.pcap');
    copyFileSync(join(ROOT, REKEY), large);
    const size = 40_000_000;
    truncateSync(large, size);
    const { inputs, incomplete } = await provenanceOf('replay', large, '--json');
    expect(inputs).toEqual([{ kind: 'capture', file: large, bytes: size, sha256: sha256sum(large) }]);
    expect(incomplete).toHaveLength(1);
  });

  it('that change during the run have no hash, with the reason', async () => {
    const growing = path('growing.pcap');
    copyFileSync(join(ROOT, REKEY), growing);
    const output = path('growing.jsonl');
    // Standard input holds the run open after the file was read.
    const child = start(['replay', growing, '-', '--each', '--decisions', output, '--quiet']);
    const end = ended(child);
    child.stdin!.write(readFileSync(join(ROOT, REKEY)));
    await untilWritten(output, 4);
    writeFileSync(growing, 'changed');
    child.stdin!.end();
    expect((await end).code).toBe(0);
    expect(recordOf(output).inputs[0]).toMatchObject({ sha256: null, unhashed: 'the file changed during the run' });
  });
});

describe('a run that fails', () => {
  it('leaves no record, and does not wait for hashes', async () => {
    const huge = path('huge.pcap');
    copyFileSync(join(ROOT, REKEY), huge);
    // Hashing it takes minutes.
    truncateSync(huge, 200_000_000_000);
    const since = Date.now();
    const { code } = await sluice([
      'replay',
      huge,
      '--flows',
      path('full.jsonl'),
      '--decisions',
      '/dev/full',
      '--quiet',
    ]);
    expect(code).toBe(1);
    expect(Date.now() - since).toBeLessThan(30_000);
    expect(existsSync(path('full.jsonl.run.json'))).toBe(false);
  });
});

describe('a run of which not all was read', () => {
  it('that a signal ended has the position in the record of each output', async () => {
    const [decisions, flows] = [path('signal.jsonl'), path('signal-flows.jsonl')];
    const child = start(['replay', TWO, '-', '--each', '--decisions', decisions, '--flows', flows, '--quiet']);
    const end = ended(child);
    child.stdin!.write(readFileSync(join(ROOT, REKEY)));
    await untilWritten(decisions, 4);
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    for (const output of [decisions, flows]) {
      const record = recordOf(output);
      expect(record.complete).toBe(false);
      expect(record.interrupted).toMatchObject({ signal: 'SIGINT', file: '-', file_number: 2, files: 2, packet: 73 });
      expect(record.outputs).toEqual([{ file: output, bytes: statSync(output).size, sha256: sha256sum(output) }]);
    }
  });

  it('that was killed leaves no record, and none of an earlier run', async () => {
    const output = path('killed.jsonl');
    writeFileSync(output, '');
    writeFileSync(`${output}.run.json`, '{ "complete": true }');
    const child = start(['replay', '-', '--decisions', output, '--force']);
    const end = ended(child);
    child.stdin!.write(readFileSync(join(ROOT, REKEY)));
    await untilWritten(output, 2);
    child.kill('SIGKILL');
    await end;
    expect(existsSync(`${output}.run.json`)).toBe(false);
  });

  it('because a capture is cut or an argument is missing says so', async () => {
    const cut = path('cut.pcap');
    writeFileSync(cut, readFileSync(join(ROOT, REKEY)).subarray(0, 1000));
    const { complete, incomplete, unread } = await provenanceOf('replay', cut, path('none.pcap'), '--json');
    expect(complete).toBe(false);
    expect(incomplete).toMatchObject([{ file: cut, fault: 'cut-packet' }]);
    expect(unread).toEqual([expect.stringContaining('none.pcap')]);
  });
});

describe('the record beside an output', () => {
  it('is there beside an annotated capture', async () => {
    const output = path('annotated.pcapng');
    expect((await sluice(['replay', TWO, '--annotate', output, '--quiet'])).code).toBe(0);
    expect(recordOf(output).outputs).toEqual([
      { file: output, bytes: statSync(output).size, sha256: sha256sum(output) },
    ]);
  });

  it('is there for each file, with further files of a capture, and not for a pipe or a device', async () => {
    const [kept, flows] = [path('kept.pcap'), path('flows.jsonl')];
    const captures = ['raw-101.pcap', 'gre.pcap'].map((name) => `captures/encapsulation/${name}`);
    const args = ['replay', ...captures, '--each', '--forwarded', kept, '--flows', flows];
    expect((await sluice([...args, '--decisions', '/dev/null', '--quiet'])).code).toBe(0);
    const described = (output: string): object => ({
      file: output,
      bytes: statSync(output).size,
      sha256: sha256sum(output),
    });
    expect(recordOf(kept).outputs).toEqual([kept, path('kept.ethernet.pcap')].map(described));
    expect(recordOf(flows).outputs).toEqual([described(flows)]);
    expect(existsSync('/dev/null.run.json')).toBe(false);
  });

  it('changes no event', async () => {
    const [a, b] = [path('a.jsonl'), path('b.jsonl')];
    await sluice(['replay', REKEY, '--decisions', a, '--quiet']);
    await sluice(['replay', REKEY, '--decisions', b, '--no-hash', '--workers', '2', '--json']);
    expect(readFileSync(b, 'utf8')).toBe(readFileSync(a, 'utf8'));
    expect(recordOf(b).command).not.toEqual(recordOf(a).command);
  });

  it('of compare has the rules of every side', async () => {
    const output = path('changes.jsonl');
    const other = path('other.yaml');
    writeFileSync(other, 'name: other\nmode: enforce\nrules:\n  - { name: all, action: block }\n');
    const args = ['compare', TWO, '--policy', 'rules/policy.yaml', '--policy', other, '--changes', output, '--json'];
    const { stdout } = await sluice(args);
    const { rules, mode } = recordOf(output);
    expect(rules.map(({ policy }) => policy.sha256)).toEqual([sha256sum('rules/policy.yaml'), sha256sum(other)]);
    expect(mode).toBe('enforce');
    expect((JSON.parse(stdout) as { provenance: Provenance }).provenance.rules).toEqual(rules);
  });

  it('names the manifest of a registry and its version', async () => {
    const registry = path('registry.csv');
    copyFileSync(join(ROOT, 'rules/registry.csv'), registry);
    const key = path('alice.key');
    expect((await sluice(['rules', 'keygen', key])).code).toBe(0);
    expect((await sluice(['rules', 'sign', '--registry', registry, '--key', key])).code).toBe(0);
    const { rules } = await provenanceOf('replay', TWO, '--registry', registry, '--json');
    expect(rules[0]?.registry.manifest).toEqual({ file: `${registry}.manifest.json`, version: 1 });
    expect(rules[0]?.policy.manifest).toBe(null);
  });
});

describe('the name of a record', () => {
  const refused = async (text: string, ...args: string[]): Promise<void> => {
    const { code, stderr } = await sluice(['replay', TWO, '--quiet', ...args]);
    expect(stderr).toContain(text);
    expect(code).toBe(2);
  };

  it('that is an input or another output is refused', async () => {
    const capture = path('d.jsonl.run.json');
    copyFileSync(join(ROOT, TWO), capture);
    await refused(
      'd.jsonl.run.json, the record beside it, is read too',
      capture,
      '--force',
      '--decisions',
      path('d.jsonl'),
    );
    expect(readFileSync(capture)).toEqual(readFileSync(join(ROOT, TWO)));
    const [decisions, flows] = [path('e.jsonl'), path('e.jsonl.run.json')];
    await refused('the record beside it, is written by --flows too', '--decisions', decisions, '--flows', flows);
    expect(existsSync(decisions)).toBe(false);
  });

  it('that an earlier run left is overwritten once its output is gone', async () => {
    const output = path('again.jsonl');
    const run = async (): Promise<number | null> =>
      (await sluice(['replay', TWO, '--quiet', '--decisions', output])).code;
    expect(await run()).toBe(0);
    expect(await run()).toBe(2);
    rmSync(output);
    expect(await run()).toBe(0);
  });

  it('that another program wrote is refused, and overwritten with --force', async () => {
    const output = path('gone.jsonl');
    writeFileSync(`${output}.run.json`, 'notes');
    await refused('gone.jsonl.run.json: the file exists; --force overwrites', '--decisions', output);
    expect(readFileSync(`${output}.run.json`, 'utf8')).toBe('notes');
    expect((await sluice(['replay', TWO, '--quiet', '--force', '--decisions', output])).code).toBe(0);
    expect(recordOf(output).complete).toBe(true);
  });

  it('that is a folder or a pipe is refused', async () => {
    const output = path('blocked.jsonl');
    mkdirSync(`${output}.run.json`);
    await refused('is not a regular file', '--force', '--decisions', output);
    symlinkSync('/dev/null', path('null.jsonl.run.json'));
    await refused('is not a regular file', '--force', '--decisions', path('null.jsonl'));
  });
});

describe('with hidden addresses', () => {
  it('addresses in file names and arguments are replaced, and the key is not shown', async () => {
    const capture = path('client-192.0.2.7.pcap');
    copyFileSync(join(ROOT, TWO), capture);
    const key = path('key');
    writeFileSync(key, Buffer.alloc(32, 0x5a), { mode: 0o600 });
    const output = path('of-192-0-2-7.jsonl');
    const hidden = ['--addresses', 'pseudonym', '--address-key', key];
    const { stdout } = await sluice(['replay', capture, ...hidden, '--decisions', output, '--json']);
    const record = readFileSync(`${output}.run.json`, 'utf8');
    const { provenance } = JSON.parse(stdout) as { provenance: Provenance };
    for (const text of [record, JSON.stringify(provenance)]) {
      expect(text).not.toMatch(/192.0.2.7/);
      expect(text).not.toMatch(/ZZZZ|5a5a|WlpaWlpa/);
      expect(text).toContain('client-[address].pcap');
    }
    expect(record).toContain('of-[address].jsonl');
    expect(provenance.inputs[0]?.sha256).toBe(sha256sum(capture));
  });
});

it('evaluate --json has the labels among its inputs', async () => {
  const { inputs, rules, complete } = await provenanceOf(
    'evaluate',
    'captures/wireguard',
    '--labels',
    LABELS,
    '--json',
  );
  expect(inputs.at(-1)).toEqual({ kind: 'labels', file: LABELS, ...content(LABELS) });
  expect(inputs.filter(({ kind }) => kind === 'capture').length).toBeGreaterThan(5);
  expect(rules).toHaveLength(1);
  expect(complete).toBe(true);
});

it('the rest of a JSON summary is the same in every run', async () => {
  const run = async (): Promise<string> => withoutProvenance((await sluice(['replay', REKEY, '--json'])).stdout);
  expect(await run()).toBe(await run());
});
