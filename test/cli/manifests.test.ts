/** `sluice rules`, and how other commands treat manifests. */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const ROWS = Array.from({ length: 1000 }, (_, at) => `10.${at >> 8}.${at & 255}.0/28,Holder ${at},it,,,,R-${at}\n`);
const policy = join(folder, 'policy.yaml');
const registry = join(folder, 'registry.csv');
const manifest = `${registry}.manifest.json`;
writeFileSync(policy, 'name: x\nrules:\n  - { name: rest, when: { registered: none }, action: block }\n');
writeFileSync(registry, HEADER + ROWS.join(''));
const files = ['--policy', policy, '--registry', registry];

describe('a manifest', () => {
  it('is written, signed by one and then another, and verified', async () => {
    for (const name of ['alice.key', 'bob.key']) {
      expect((await sluice(['rules', 'keygen', join(folder, name)])).code).toBe(0);
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
    expect((await sluice(['rules', 'keygen', join(folder, 'bob.key')])).code).toBe(1);
    const alice = await sluice(['rules', 'sign', ...files, '--key', join(folder, 'alice.key')]);
    expect([alice.code, alice.stderr]).toEqual([0, '']);
    const keys = ['--rules-keys', join(folder, 'alice.key.pub'), join(folder, 'bob.key.pub')];
    expect((await sluice(['rules', 'verify', ...files, ...keys, '--require-signatures', '2'])).code).toBe(3);
    expect((await sluice(['rules', 'sign', ...files, '--key', join(folder, 'bob.key')])).stdout).toContain(
      'version 1, signed by',
    );
    const verified = await sluice(['rules', 'verify', ...files, ...keys, '--require-signatures', '2']);
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    expect(verified.stdout.match(/signed by key/g)).toHaveLength(2);
    expect(JSON.parse(readFileSync(manifest, 'utf8'))).toMatchObject({ version: 1, registry: { rows: 1000 } });
    expect((await sluice(['check', ...files, ...keys, '--require-signatures', '2'])).code).toBe(0);
    expect((await sluice(['check', ...files, '--require-signatures', '3', ...keys])).code).toBe(2);
    expect((await sluice(['check', ...files, '--rules-keys', join(folder, 'alice.key')])).code).toBe(2);
  });

  it('refuses a registry that was cut at the end of a line, with numbers, in every command', async () => {
    writeFileSync(registry, HEADER + ROWS.slice(0, 950).join(''));
    const numbers =
      /error: does not match the manifest .*: rows expected 1000, seen 950; bytes expected \d+, seen \d+; sha256 expected [0-9a-f]{64}, seen [0-9a-f]{64}$/m;
    const checked = await sluice(['check', ...files]);
    expect(checked.code).toBe(3);
    expect(checked.stdout).toMatch(numbers);
    for (const args of [
      ['lookup', '10.0.0.1', '--registry', registry],
      ['replay', 'captures/wireguard/rekey.pcap', ...files],
      ['explain', 'captures/wireguard/rekey.pcap', '--flow', '0000000000000000', ...files],
      ['rules', 'verify', ...files],
    ]) {
      const { code, stdout, stderr } = await sluice(args);
      expect([args[0], code]).toEqual([args[0], 3]);
      expect(stderr).toMatch(numbers);
      if (args[0] !== 'rules') expect(stdout).toBe('');
    }
    writeFileSync(registry, HEADER + ROWS.join(''));
    expect((await sluice(['check', ...files])).code).toBe(0);
  });

  it('ties the policy that it describes', async () => {
    const other = join(folder, 'other.yaml');
    writeFileSync(other, readFileSync(policy, 'utf8').replace('name: x', 'name: y'));
    const { code, stdout } = await sluice(['check', '--policy', other, '--registry', registry]);
    expect(code).toBe(3);
    expect(stdout).toContain(`${other}: error: does not match the manifest`);
  });

  it('of changed files is a new version without the old signatures', async () => {
    writeFileSync(registry, HEADER + ROWS.slice(0, 999).join(''));
    const unsigned = await sluice(['rules', 'sign', ...files]);
    expect(unsigned.stdout).toBe(`${manifest}: version 2, no signature\n`);
    expect(unsigned.stderr).toMatch(
      /replaces version 1, of a registry of 1000 rows and a policy, signed by \w+, \w+\n$/,
    );
    expect((await sluice(['rules', 'sign', ...files, '--manifest-version', '1'])).code).toBe(2);
    expect((await sluice(['check', ...files])).code).toBe(0);
    expect((await sluice(['check', ...files, '--rules-keys', join(folder, 'alice.key.pub')])).code).toBe(3);
  });

  it('is not signed with a key that others may read, nor for files that are not valid', async () => {
    chmodSync(join(folder, 'alice.key'), 0o640);
    const open = await sluice(['rules', 'sign', ...files, '--key', join(folder, 'alice.key')]);
    expect([open.code, open.stdout]).toEqual([2, '']);
    expect(open.stderr).toContain('mode 0640');
    const bad = join(folder, 'bad.csv');
    writeFileSync(bad, `${HEADER}999.0.0.1,x,it,,,,r\n`);
    expect((await sluice(['rules', 'sign', '--registry', bad])).code).toBe(3);
  });

  it('is required only where that is asked for', async () => {
    const plain = join(folder, 'plain.csv');
    writeFileSync(plain, HEADER + ROWS[0]!);
    expect((await sluice(['check', '--registry', plain])).code).toBe(0);
    const { code, stdout } = await sluice(['check', '--registry', plain, '--require-manifest']);
    expect(code).toBe(3);
    expect(stdout).toContain('has no manifest');
  });
});

describe('check', () => {
  it('ends with 3 on warnings where it is strict', async () => {
    const doubtful = join(folder, 'doubtful.yaml');
    writeFileSync(doubtful, 'name: x\nrules:\n  - { name: all, action: block }\n');
    expect((await sluice(['check', '--policy', doubtful])).code).toBe(0);
    const strict = await sluice(['check', '--policy', doubtful, '--strict']);
    expect(strict.code).toBe(3);
    expect(strict.stdout).toContain('valid: policy x, 1 rules');
    expect((await sluice(['check', '--policy', policy, '--strict'])).code).toBe(0);
  });

  it('ends with 3 on a date of review that has passed where it is strict', async () => {
    const overdue = join(folder, 'overdue.yaml');
    writeFileSync(overdue, 'name: x\nrules:\n  - { name: a, action: allow, review_by: 2020-01-01 }\n');
    const strict = await sluice(['check', '--policy', overdue, '--strict']);
    expect(strict.stdout).toContain('overdue.yaml:3:42: warning: review_by: 2020-01-01 has passed');
    expect(strict.code).toBe(3);
    expect((await sluice(['check', '--policy', overdue])).code).toBe(0);
  });

  it('says what dates will change: registrations by day, rules and schedules', async () => {
    const day = (ahead: number): string => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
    const dated = join(folder, 'dated.csv');
    const rows = Array.from(
      { length: 30 },
      (_, at) => `10.1.0.${at}/32,Holder ${at},it,,,${at < 20 ? day(2) : ''},R-${at}\n`,
    );
    // Two of the expiring registrations are renewed, and one begins later.
    const renewed = [0, 1].map((at) => `10.1.0.${at}/32,Holder ${at},it,,${day(3)},,N-${at}\n`);
    writeFileSync(dated, `${HEADER}${rows.join('')}${renewed.join('')}10.2.0.0/24,Later,it,,${day(5)},,L\n`);
    const grace = join(folder, 'grace.yaml');
    writeFileSync(
      grace,
      `name: x\nrules:\n  - { name: grace, when: { until: ${day(4)}T12:00:00Z }, action: allow }\n  - { name: night, when: { registered: none, schedule: { from: "22:00", to: "06:00", zone: UTC } }, action: block }\n`,
    );
    const { code, stdout } = await sluice(['check', '--policy', grace, '--registry', dated, '--ahead', '7d']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `${dated}: ahead: ${day(3)}T00:00:00.000000Z: 20 of 30 registrations in force expire, 18 of them without another that covers them; 2 begin; beyond the guard, which allows 3\n`,
    );
    expect(stdout).toContain(`${dated}: ahead: ${day(5)}T00:00:00.000000Z: 1 begin\n`);
    expect(stdout).toContain(`${grace}: ahead: ${day(4)}T12:00:00.000001Z: rule grace ends\n`);
    expect(stdout.match(/rule night begins/g)).toHaveLength(7);
    expect((await sluice(['check', '--policy', grace, '--ahead', 'never'])).code).toBe(2);
    const strict = await sluice(['check', '--registry', dated, '--ahead', '7d', '--strict']);
    expect(strict.code).toBe(3);
    const quiet = await sluice(['check', '--registry', dated, '--ahead', '1d']);
    expect(quiet.stdout).toContain('ahead: no registration expires or begins');
  });

  it('says of each rule whether it can hit a registered user, and names the pair', async () => {
    const { stdout } = await sluice(['check']);
    expect(stdout).toContain('rule suspected-slow cannot throttle registered users: registered before it allows them');
    expect(stdout).toContain('rule unregistered cannot block registered users: its condition is registered: none');
    const [, policyHash, registryHash] = /policy national-baseline.*sha256 (\w+)[^]*registrations, sha256 (\w+)/.exec(
      stdout,
    )!;
    const { createHash } = await import('node:crypto');
    const pair = createHash('sha256').update(`${policyHash!}\n${registryHash!}\n`).digest('hex');
    expect(stdout).toContain(`rules: sha256 ${pair}\n`);
  });
});
