/** Tests by cases and against random flows whether a rule can hit a registered user. */
import { describe, expect, it } from 'vitest';
import { Action } from '../../src/policy/action.ts';
import { decidingRule } from '../../src/policy/decide.ts';
import { DecisionInput } from '../../src/policy/decision-input.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { SeededRandom } from '../kit/random.mjs';
import { reachWords } from '../../src/policy/reach-words.ts';

const parse = (rules: readonly string[]) => {
  const text = `name: x\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
  const { policy, issues } = parsePolicy(new TextEncoder().encode(text), 'p.yaml');
  return { policy, issues, reaches: policy?.reaches ?? [] };
};

/** The result for the last rule. */
function reachOf(...rules: string[]): string {
  const { reaches, issues } = parse(rules);
  expect(issues.errorCount).toBe(0);
  const { hits, reasons } = reaches.at(-1)!;
  return `${hits ? 'yes' : 'no'}: ${reachWords(reasons)}`;
}

const NO_CONDITION = 'it has no condition on registration, and no rule before it allows all registered users';
const BLOCK = '{ name: hit, action: block }';
const NIGHT = 'schedule: { from: "22:00", to: "06:00", zone: UTC }';
const allow = (when: string, more = ''): string => `{ name: ok, action: allow, when: { ${when} }${more} }`;
const block = (when: string): string => `{ name: hit, action: block, when: { ${when} } }`;

describe('whether a rule can hit a registered user', () => {
  it.each<[string, string[], string]>([
    ['a condition registered: none', [block('registered: none')], 'no: its condition is registered: none'],
    ['no condition', [BLOCK], `yes: ${NO_CONDITION}`],
    ['a condition on one end', [block('registered: source')], 'yes: its condition is registered: source'],
    [
      'a hit on purpose',
      ['{ name: hit, action: block, hits_registered: true, when: { registered: source } }'],
      'yes: its condition is registered: source; this is intended: hits_registered is true',
    ],
    ['a condition on a sector', [block('sector: bank')], 'yes: it has a condition on the sector of a registered end'],
    ['an earlier rule that allows them', [allow('registered: either'), BLOCK], 'no: ok before it allows them'],
    ['an earlier rule that allows one end', [allow('registered: source'), BLOCK], `yes: ${NO_CONDITION}`],
    [
      'an earlier rule that allows the end of its condition',
      [allow('registered: source'), block('registered: source')],
      'no: ok before it allows them',
    ],
    ['an earlier rule that allows both ends', [allow('registered: both'), block('registered: both')], 'no: ok before'],
    [
      'an earlier rule that matches everything',
      ['{ name: all, action: throttle, rate: 1Mbit/s }', BLOCK],
      'no: it is never reached, since all',
    ],
    [
      'an earlier rule that allows one protocol',
      [allow('registered: either, protocol: wireguard'), BLOCK],
      `yes: ${NO_CONDITION}; ok before it allows them by protocol only`,
    ],
    [
      'an earlier rule that allows its protocol and another',
      [allow('registered: either, protocol: [wireguard, ipsec]'), block('protocol: wireguard')],
      'no: ok',
    ],
    ['an earlier rule for some clients', [allow('registered: either', ', rollout: 50%'), BLOCK], 'by rollout only'],
    [
      'an earlier rule that begins before it',
      [allow('registered: either, from: 2024-11-01T00:00:00Z'), block('from: 2024-11-02T00:00:00Z')],
      'no: ok before it allows them',
    ],
    [
      'an earlier rule that begins after it',
      [allow('registered: either, from: 2024-11-03T00:00:00Z'), block('from: 2024-11-02T00:00:00Z')],
      'by from only',
    ],
    [
      'an earlier rule that ends before it',
      [allow('registered: either, until: 2024-11-01T00:00:00Z'), block('until: 2024-11-02T00:00:00Z')],
      'by until only',
    ],
    [
      'prefixes within those of an earlier rule',
      [
        allow('registered: either, source: [10.0.0.0/8, "2001:db8::/32"]'),
        block('source: [10.1.0.0/16, "2001:db8:1::/48"]'),
      ],
      'no: ok before it allows them',
    ],
    [
      'a prefix around that of an earlier rule',
      [allow('registered: either, source: 10.0.0.0/8'), block('source: 10.0.0.0/7')],
      'by source only',
    ],
    [
      'ports within those of an earlier rule',
      [allow('registered: either, source_port: 1000-2000'), block('source_port: [1000, 1500-2000]')],
      'no: ok before it allows them',
    ],
    [
      'a larger minimum of packets',
      [allow('registered: either, min_packets: 10'), block('min_packets: 20')],
      'no: ok before it allows them',
    ],
    [
      'a smaller minimum of packets',
      [allow('registered: either, min_packets: 30'), block('min_packets: 20')],
      'by min_packets only',
    ],
  ])('is analysed: %s', (_name, rules, expected) => {
    expect(reachOf(...rules)).toContain(expected);
  });

  it.each<[string, string[], string]>([
    [
      'begins with it',
      [allow('registered: either, from: 2024-11-02T00:00:00Z'), block('from: 2024-11-02T00:00:00Z')],
      '',
    ],
    [
      'ends with it',
      [allow('registered: either, until: 2024-11-02T00:00:00Z'), block('until: 2024-11-02T00:00:00Z')],
      '',
    ],
    [
      'ends after it',
      [allow('registered: either, until: 2024-11-03T00:00:00Z'), block('until: 2024-11-02T00:00:00Z')],
      '',
    ],
    ['has its minimum of packets', [allow('registered: either, min_packets: 20'), block('min_packets: 20')], ''],
    ['has a smaller minimum of bytes', [allow('registered: either, min_bytes: 10'), block('min_bytes: 20')], ''],
    [
      'has a larger minimum of bytes',
      [allow('registered: either, min_bytes: 30'), block('min_bytes: 20')],
      'min_bytes',
    ],
    ['has its schedule', [allow(`registered: either, ${NIGHT}`), block(NIGHT)], ''],
    ['has another schedule', [allow(`registered: either, ${NIGHT}`), block(NIGHT.replace('22', '23'))], 'schedule'],
    [
      'has another protocol',
      [allow('registered: either, protocol: openvpn'), block('protocol: wireguard')],
      'protocol',
    ],
    ['has its prefix', [allow('registered: either, source: 10.0.0.0/8'), block('source: 10.0.0.0/8')], ''],
    ['has another prefix', [allow('registered: either, source: 10.0.0.0/8'), block('source: 11.0.0.0/8')], 'source'],
    [
      'has an end of the other family',
      [allow('registered: either, source: "::/0"'), block('source: 10.0.0.0/8')],
      'source',
    ],
    [
      'has a prefix around its own',
      [allow('registered: either, destination: "2001:db8::/32"'), block('destination: "2001:db8:0:ff::/64"')],
      '',
    ],
    [
      'has a prefix that differs in its last word',
      [allow('registered: either, destination: "2001:db8::/126"'), block('destination: "2001:db8::4/126"')],
      'destination',
    ],
    ['has its ports', [allow('registered: either, source_port: 9-20'), block('source_port: 9-20')], ''],
    [
      'begins at a later port',
      [allow('registered: either, source_port: 10-20'), block('source_port: 9-20')],
      'source_port',
    ],
    [
      'ends at an earlier port',
      [allow('registered: either, source_port: 9-19'), block('source_port: 9-20')],
      'source_port',
    ],
    [
      'has other ports at the responder',
      [allow('registered: either, destination_port: 10-20'), block('destination_port: 21')],
      'destination_port',
    ],
    [
      'has a port of its ports',
      [allow('registered: either, destination_port: 9-20'), block('destination_port: 12')],
      '',
    ],
    [
      'has two conditions more',
      [allow('registered: either, protocol: ipsec, stage: confirmed'), BLOCK],
      'protocol, stage',
    ],
    ['has a rollout of all', [allow('registered: either', ', rollout: 100%'), BLOCK], ''],
  ])('is analysed where an earlier rule %s', (_name, rules, keys) => {
    const reason = reachOf(...rules);
    if (keys === '') expect(reason).toBe('no: ok before it allows them');
    else expect(reason).toBe(`yes: ${NO_CONDITION}; ok before it allows them by ${keys} only`);
  });

  it('is denied where two earlier rules allow one end each', () => {
    const [one, other] = ['source', 'destination'].map(
      (end) => `{ name: ${end}, action: allow, when: { registered: ${end} } }`,
    );
    expect(reachOf(one!, other!, BLOCK)).toBe('no: source and destination before it allow them');
  });

  it('is not denied by an earlier rule that blocks, or that allows none of them', () => {
    const blocked = '{ name: before, action: block, when: { registered: either, protocol: ipsec } }';
    expect(reachOf(blocked, BLOCK)).toBe(`yes: ${NO_CONDITION}`);
    expect(reachOf(allow('registered: none, protocol: ipsec'), BLOCK)).toBe(`yes: ${NO_CONDITION}`);
  });

  it('is said of rules that throttle or block, in order', () => {
    const { reaches } = parse([allow('registered: source'), BLOCK, '{ name: slow, action: throttle, rate: 1kbit/s }']);
    expect(reaches.map(({ name, action }) => [name, action])).toEqual([
      ['hit', 'block'],
      ['slow', 'throttle'],
    ]);
  });

  it('is never denied for a rule that hits one of many random flows', () => {
    const random = new SeededRandom(12);
    const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
    const conditions = (): string => {
      const parts = [
        pick([
          '',
          '',
          'registered: none',
          'registered: source',
          'registered: destination',
          'registered: either',
          'registered: both',
        ]),
        pick(['', '', '', 'protocol: wireguard', 'protocol: [wireguard, openvpn]']),
        pick(['', '', '', 'stage: confirmed']),
        pick(['', '', '', 'source: 10.0.0.0/8', 'source: 10.0.0.0/9']),
        pick(['', '', '', 'destination_port: 1-100', 'destination_port: 50-60']),
        pick(['', '', '', 'min_packets: 5', 'min_packets: 9']),
        pick(['', '', '', 'sector: bank', 'sector: [bank, it]']),
        pick(['', '', '', 'from: 1970-01-01T00:00:10Z', 'until: 1970-01-01T00:00:20Z']),
      ];
      return parts.filter((part) => part !== '').join(', ');
    };
    const input = new DecisionInput();
    let noes = 0;
    for (let policyNumber = 0; policyNumber < 400; policyNumber++) {
      const rules = Array.from({ length: 1 + random.below(4) }, (_, at) => {
        const rollout = random.below(6) === 0 ? ', rollout: 50%' : '';
        return `{ name: r${at}, action: ${pick(['allow', 'allow', 'block'])}, when: { ${conditions()} }${rollout} }`;
      });
      const { policy, reaches } = parse(rules);
      const safe = new Set(reaches.filter(({ hits }) => !hits).map(({ name }) => name));
      noes += safe.size;
      for (let flow = 0; flow < 200; flow++) {
        input.protocol = 1 + random.below(3);
        input.stage = 1 + random.below(2);
        input.transport = 17;
        input.source.set([0, 0, 0xffff, pick([0x0a000001, 0x0a800001, 0x0b000001])]);
        input.destination.set([0, 0, 0xffff, random.word()]);
        input.destinationPort = pick([55, 99, 200]);
        input.packets = pick([4, 7, 12]);
        input.timeUs = pick([5e6, 15e6, 25e6]);
        const state = 1 + random.below(3);
        input.sourceRegistration = (state & 1) !== 0 ? 0 : -1;
        input.destinationRegistration = (state & 2) !== 0 ? 0 : -1;
        input.sourceSector = (state & 1) !== 0 ? 1 + random.below(3) : 0;
        input.destinationSector = (state & 2) !== 0 ? 1 + random.below(3) : 0;
        const rule = decidingRule(policy!, input);
        if (rule < 0 || policy!.rules[rule]!.action === Action.ALLOW) continue;
        expect(safe.has(policy!.rules[rule]!.name), rules.join('\n')).toBe(false);
      }
    }
    expect(noes).toBeGreaterThan(40);
  });
});
