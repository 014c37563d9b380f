/**
 * A comparison of generated traffic has the differences of two replays whose files DuckDB joins: for a rule that hits
 * everyone, and for a registry that has lost half of its rows.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compare, figures, joined } from '../cli/joined-replays.ts';
import { ROOT, sluice, temporaryFolder } from '../cli/sluice.ts';
import { isShort, writeResult } from './proof-result.ts';

const PACKETS = isShort ? 60_000 : 3_000_000;
const SEED = 14;
const BASELINE = 'rules/policy.yaml';
/** Clients of the traffic that are registered; half of them are no longer in the second registry. */
const REGISTERED = isShort ? 40 : 400;
const folder = temporaryFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A registry of single addresses. */
function registryOf(name: string, addresses: readonly string[]): string {
  const rows = addresses.map((address) => `${address},Example ${address},bank,,2020-01-01,,`);
  return file(name, ['prefix,holder,sector,protocols,valid_from,valid_until,reference', ...rows, ''].join('\n'));
}

/** Addresses of clients with a VPN, each once, in the order of their first decision. */
async function clientsOf(capture: string): Promise<string[]> {
  const { stdout } = await sluice(['replay', capture, '--decisions', '-', '--quiet', '--policy', BASELINE]);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { src_ip: string });
  return [...new Set(events.map((event) => event.src_ip))];
}

it('compares as two replays do', async () => {
  const began = performance.now();
  const capture = join(folder, 'mix.pcap');
  const args = ['bench/generate/main.mjs', '--packets', String(PACKETS), '--seed', String(SEED), capture];
  execFileSync(process.execPath, args, { cwd: ROOT });
  const registered = (await clientsOf(capture)).slice(0, REGISTERED);
  expect(registered).toHaveLength(REGISTERED);
  const all = registryOf('all.csv', registered);
  const half = registryOf('half.csv', registered.slice(0, REGISTERED / 2));
  const everyone = file('everyone.yaml', 'name: everyone\nmode: enforce\nrules:\n  - { name: all, action: block }\n');
  const cases = [
    ['a rule that hits everyone', [BASELINE, all], [everyone, all]],
    ['a registry that lost half of its rows', [BASELINE, all], [BASELINE, half]],
  ] as const;
  const results: Record<string, unknown> = {};
  for (const [name, before, after] of cases) {
    const [first, second] = [before, after].map(([policy, registry]) => ['--policy', policy, '--registry', registry]);
    const found = figures(await compare([capture], ...first!, ...second!));
    expect(found).toEqual(await joined([capture], folder, first!, second!));
    expect(found.stillRegistered! + found.deregistered!).toBeGreaterThan(REGISTERED / 10);
    results[name] = found;
  }
  writeResult('compare', SEED, (performance.now() - began) / 1000, { packets: PACKETS, differences: results });
});
