/** The figures of throttle rules in the JSON summary of `replay`, from the built command. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sluice, temporaryFolder, withoutProvenance } from './sluice.ts';

const folder = temporaryFolder();
const policy = join(folder, 'slow.yaml');
writeFileSync(
  policy,
  `name: slow
rules:
  - { name: slow, action: throttle, rate: 64kbit/s, burst: 4kB, per: client, when: { protocol: wireguard } }
  - { name: cut, action: block, when: { protocol: openvpn } }
  - { name: shared, action: throttle, rate: 1Mbit/s, per: rule, when: { protocol: ipsec } }
`,
);

interface Amount {
  readonly packets: number;
  readonly bytes: number;
}

interface Figures {
  readonly rule: string;
  readonly buckets: number;
  readonly offered: Amount & { readonly seconds: number };
  readonly delivered: Amount;
  readonly forwarded: Amount;
  readonly delayed: Amount;
  readonly dropped: Amount;
  readonly delay_us: { readonly max: number };
}

interface Summary {
  readonly packets: Amount & { readonly read: number };
  readonly outcome: { readonly packets: Readonly<Record<string, number>> };
  readonly throttles: readonly Figures[] | null;
}

async function summary(...args: string[]): Promise<{ readonly text: string; readonly summary: Summary }> {
  const { code, stdout, stderr } = await sluice([
    'replay',
    ...(args.includes('--policy') ? [] : ['--policy', policy]),
    '--json',
    ...args,
  ]);
  expect([code, stderr]).toEqual([0, '']);
  return { text: withoutProvenance(stdout), summary: JSON.parse(stdout) as Summary };
}

const CAPTURES = ['captures/wireguard', 'captures/ipsec', '--each'];
const plus = (one: Amount, other: Amount): Amount => ({
  packets: one.packets + other.packets,
  bytes: one.bytes + other.bytes,
});

describe('throttles in the JSON summary', () => {
  it('are null in mode observe, and one object for each throttle rule in mode enforce', async () => {
    expect((await summary(...CAPTURES)).summary.throttles).toBeNull();
    const { throttles, outcome } = (await summary(...CAPTURES, '--mode', 'enforce')).summary;
    expect(throttles!.map(({ rule }) => rule)).toEqual(['slow', 'shared']);
    for (const figures of throttles!) {
      const { packets, bytes } = plus(figures.forwarded, figures.delayed);
      expect(figures.delivered).toMatchObject({ packets, bytes });
      const all = plus(figures.delivered, figures.dropped);
      expect(figures.offered).toMatchObject(all);
      expect(Math.min(figures.delayed.packets, figures.dropped.packets)).toBeGreaterThan(0);
    }
    const of = (name: 'delayed' | 'dropped'): number =>
      throttles!.reduce((sum, figures) => sum + figures[name].packets, 0);
    expect([of('delayed'), of('dropped')]).toEqual([outcome.packets.delayed, outcome.packets.dropped]);
  });

  it('are the same for any number of workers', async () => {
    const captures = ['captures/wireguard/rekey.pcap', '--mode', 'enforce'];
    const one = await summary(...captures, '--workers', '1');
    expect((await summary(...captures, '--workers', '2')).text).toBe(one.text);
  });

  it('with --each count the buckets and the seconds of each capture by itself', async () => {
    const alone = (await summary('captures/wireguard/rekey.pcap', '--mode', 'enforce')).summary.throttles![0]!;
    const twice = ['captures/wireguard/rekey.pcap', 'captures/wireguard/rekey.pcap', '--each', '--mode', 'enforce'];
    const figures = (await summary(...twice)).summary.throttles![0]!;
    expect(figures.buckets).toBe(2 * alone.buckets);
    expect(figures.offered.seconds).toBeCloseTo(2 * alone.offered.seconds, 9);
    expect(figures.dropped).toEqual(plus(alone.dropped, alone.dropped));
    expect(figures.delay_us.max).toBe(alone.delay_us.max);
  });

  it('of each policy that is compared are those of a replay with that policy', async () => {
    const other = join(folder, 'slower.yaml');
    writeFileSync(other, readFileSync(policy, 'utf8').replace('64kbit/s', '16kbit/s'));
    const args = ['compare', ...CAPTURES, '--policy', policy, '--policy', other, '--json'];
    const { code, stdout } = await sluice(args);
    expect(code).toBe(0);
    const { rules } = JSON.parse(stdout) as { readonly rules: readonly { readonly throttles: unknown }[] };
    expect(rules.map(({ throttles }) => throttles)).toEqual([
      (await summary(...CAPTURES, '--mode', 'enforce')).summary.throttles,
      (await summary(...CAPTURES, '--mode', 'enforce', '--policy', other)).summary.throttles,
    ]);
    expect(rules[0]!.throttles).not.toEqual(rules[1]!.throttles);
  });

  it('have the keys that their table in the documents has', async () => {
    const page = readFileSync(new URL('../../deploy/reference/STUDIES.md', import.meta.url), 'utf8');
    const table = page.slice(page.indexOf('### Throttle figures'));
    const { throttles } = (await summary(...CAPTURES, '--mode', 'enforce')).summary;
    for (const key of Object.keys(throttles![0]!)) expect(table).toContain(`\`${key}\``);
  });
});
