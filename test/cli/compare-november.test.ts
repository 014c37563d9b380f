/** 10 November 2024, compared before it happens: the policy in use, and a draft with a rule that hits everyone. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { captureOf, MIXED, ONE_WINDOW, policy, SOME_CLIENTS } from '../kit/rehearsal-forms.ts';
import { sluice, temporaryFolder } from './sluice.ts';

const CLIENTS = 3000;
/** Without IPsec: repeated with other addresses, one session's SPIs look like one client that roams. */
const TALKS = MIXED.filter((name) => !name.startsWith('ipsec/'));
const folder = temporaryFolder();

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The /24 below 10.0.0.0/16 whose first 32 addresses are registered, if the address is one of them. */
function rowOf(address: Uint8Array): number | null {
  return address[0] === 10 && address[1] === 0 && address[2]! < 32 && address[3]! < 32 ? address[2]! : null;
}

/** Client n is 10.0.x.y; the server is that of the repeated capture. */
const servers = TALKS.map((name) => new Conversation(name).packets[0]!.frame.subarray(30, 34));
const clients = Array.from({ length: CLIENTS }, (_, client) => ({
  isVpn: !TALKS[client % TALKS.length]!.startsWith('negative/'),
  rows: [Uint8Array.of(10, 0, client >> 8, client & 255), servers[client % TALKS.length]!].map(rowOf),
}));
const withVpn = clients.filter(({ isVpn }) => isVpn);
const registered = withVpn.filter(({ rows }) => rows.some((row) => row !== null));
const registrations = new Set(registered.flatMap(({ rows }) => rows.filter((row) => row !== null)));

describe('compare with the rule of 10 November 2024', () => {
  it('says first how many registered users and clients it would cut off, and that the breaker would trip', async () => {
    const now = policy('\n  - { name: registered, when: { registered: either }, action: allow }', ONE_WINDOW);
    const faulty = policy('\n  - { name: everyone, action: block }', ONE_WINDOW);
    const args = [
      file('day.pcap', captureOf(TALKS, CLIENTS, 10_000)),
      ...['--policy', file('now.yaml', now), '--policy', file('faulty.yaml', faulty)],
      ...['--registry', file('registry.csv', SOME_CLIENTS)],
    ];
    const { stdout, stderr, code } = await sluice(['compare', ...args, '--max-registered-hits', '0']);
    const [first] = stdout.split('\n');
    expect(first).toBe(
      `Registered users newly hit: ${registered.length} clients of ${registrations.size} registrations. ` +
        `${withVpn.length.toLocaleString('en')} clients of ${withVpn.length.toLocaleString('en')} would newly be hit, and the safety breaker would trip.`,
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${registered.length} registered`)]);
  });
});
