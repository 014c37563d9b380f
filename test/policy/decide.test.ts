import { describe, expect, it } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { parseMicros } from '../../src/core/units.ts';
import { Stage, Variant } from '../../src/dataplane/host/finding.ts';
import { ACTION_NAMES } from '../../src/policy/action.ts';
import { parsePorts } from '../../src/policy/condition.ts';
import { actionOf, decidingRule, NO_RULE, REASON_NAMES, reasonOf } from '../../src/policy/decide.ts';
import { traceRules } from '../../src/policy/rule-trace.ts';
import { DecisionInput } from '../../src/policy/decision-input.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { rolloutPosition, rolloutSeed } from '../../src/policy/rollout.ts';
import { PrefixParser } from '../../src/registry/prefix.ts';
import { Sector } from '../../src/registry/sector.ts';
import { lazy } from '../kit/lazy.ts';

function policyOf(rules: string): Policy {
  const { policy, issues } = parsePolicy(new TextEncoder().encode(`name: x\nrules:\n${rules}`), 'p.yaml');
  expect(issues.errorCount).toBe(0);
  return policy!;
}

function words(text: string): number[] {
  const parser = new PrefixParser();
  expect(parser.parseAddress(text)).toBe(true);
  return [parser.word0, parser.word1, parser.word2, parser.word3];
}

/** A confirmed WireGuard flow of 10 packets between unregistered documentation addresses. */
function flow(
  changes: Partial<Omit<DecisionInput, 'source' | 'destination'>> & { from?: string; to?: string } = {},
): DecisionInput {
  const { from = '192.0.2.7', to = '198.51.100.9', ...numbers } = changes;
  const input = new DecisionInput();
  Object.assign(input, {
    protocol: Protocol.WIREGUARD,
    stage: Stage.CONFIRMED,
    variant: Variant.WIREGUARD_STANDARD,
    transport: 17,
    sourcePort: 40_000,
    destinationPort: 51_820,
    packets: 10,
    bytes: 5000,
    timeUs: parseMicros('2024-11-10T18:00:00Z'),
    ...numbers,
  });
  input.source.set(words(from));
  input.destination.set(words(to));
  return input;
}

function decided(policy: Policy, input: DecisionInput): string {
  const rule = decidingRule(policy, input);
  const name = rule === NO_RULE ? 'none' : policy.rules[rule]!.name;
  return `${ACTION_NAMES[actionOf(policy, rule)]} ${name} ${REASON_NAMES[reasonOf(policy, rule, input)]!}`;
}

describe('a condition', () => {
  const TIME = parseMicros('2024-11-30T18:59:59Z');
  it.each<[string, DecisionInput, DecisionInput]>([
    ['protocol: [openvpn, wireguard]', flow(), flow({ protocol: Protocol.IPSEC })],
    ['stage: confirmed', flow(), flow({ stage: Stage.SUSPECTED })],
    ['variant: tailscale', flow({ variant: Variant.WIREGUARD_TAILSCALE }), flow()],
    ['transport: [esp, ah]', flow({ transport: 50 }), flow()],
    ['registered: source', flow({ sourceRegistration: 0 }), flow({ destinationRegistration: 0 })],
    ['registered: destination', flow({ destinationRegistration: 0 }), flow({ sourceRegistration: 0 })],
    ['registered: either', flow({ sourceRegistration: 3 }), flow()],
    ['registered: both', flow({ sourceRegistration: 3, destinationRegistration: 3 }), flow({ sourceRegistration: 3 })],
    ['registered: none', flow(), flow({ destinationRegistration: 3 })],
    ['sector: bank', flow({ destinationRegistration: 3, destinationSector: Sector.BANK }), flow()],
    ['source: 192.0.2.0/29', flow(), flow({ from: '192.0.2.8' })],
    ['source: [10.0.0.0/8, 2001:db8::/32]', flow({ from: '2001:db8:1::1' }), flow()],
    ['source: ::/0', flow({ from: '2001:db8::1' }), flow()],
    ['destination: 0.0.0.0/0', flow(), flow({ to: '2001:db8::1' })],
    ['source_port: 1024-65535', flow(), flow({ sourcePort: 1023 })],
    ['destination_port: [1194, 51820]', flow(), flow({ destinationPort: 443 })],
    ['destination_port: 1-65535', flow(), flow({ transport: 50, destinationPort: 0 })],
    ['min_packets: 10', flow(), flow({ packets: 9 })],
    ['min_bytes: 5000', flow(), flow({ bytes: 4999 })],
    ['from: 2024-11-30T23:59:59+05:00', flow({ timeUs: TIME }), flow({ timeUs: TIME - 1 })],
    ['until: 2024-11-30T23:59:59+05:00', flow({ timeUs: TIME }), flow({ timeUs: TIME + 1 })],
    [
      'schedule: { days: sun, from: "23:00", to: "24:00", zone: Asia/Tashkent }',
      flow(),
      flow({ timeUs: parseMicros('2024-11-10T19:00:00Z') }),
    ],
  ])('holds or fails: %s', (condition, held, failed) => {
    const policy = policyOf(`  - { name: a, action: block, when: { ${condition} } }\n`);
    expect(decidingRule(policy, held)).toBe(0);
    expect(decidingRule(policy, failed)).toBe(NO_RULE);
    const [trial] = traceRules(policy, failed);
    expect(trial!.matched).toBe(false);
    expect(trial!.failed.join()).toContain(condition.split(':')[0]);
    expect(traceRules(policy, held)).toEqual([{ name: 'a', matched: true, failed: [] }]);
  });
});

describe('a decision', () => {
  const policy = lazy(() =>
    policyOf(
      [
        '  - { name: registered, action: allow, when: { registered: either } }',
        '  - { name: slow, action: throttle, rate: 1kB/s, when: { stage: suspected } }',
        '  - { name: unregistered, action: block, when: { stage: confirmed, registered: none }, rollout: 10% }',
        '',
      ].join('\n'),
    ),
  );

  it('is that of the first rule that matches, with its reason', () => {
    expect(decided(policy(), flow({ sourceRegistration: 1 }))).toBe('allow registered registered-source');
    expect(decided(policy(), flow({ destinationRegistration: 1 }))).toBe('allow registered registered-destination');
    const both = flow({ sourceRegistration: 1, destinationRegistration: 2, stage: Stage.SUSPECTED });
    expect(decided(policy(), both)).toBe('allow registered registered-both');
    expect(decided(policy(), flow({ stage: Stage.SUSPECTED }))).toBe('throttle slow rule-matched');
  });

  it('skips a rule whose rollout leaves the client out, and the trace shows it', () => {
    const seed = rolloutSeed('unregistered');
    let hit = 0;
    for (let host = 0; host < 256; host++) {
      const input = flow({ from: `192.0.2.${host}` });
      const within = rolloutPosition(seed, input.source) < 0.1;
      if (within) hit++;
      expect(decided(policy(), input)).toBe(within ? 'block unregistered not-registered' : 'allow none no-rule');
      const trials = traceRules(policy(), input);
      expect(trials.map(({ name }) => name)).toEqual(['registered', 'slow', 'unregistered']);
      expect(trials[2]!.failed.join().includes('rollout')).toBe(!within);
    }
    expect(hit).toBeGreaterThan(10);
    expect(hit).toBeLessThan(45);
  });

  it('never hits a registered user where the first rule allows registered ends', () => {
    for (const stage of Object.values(Stage)) {
      for (const protocol of Object.values(Protocol)) {
        for (const end of ['sourceRegistration', 'destinationRegistration'] as const) {
          expect(decided(policy(), flow({ stage, protocol, [end]: 0 }))).toContain('allow registered');
        }
      }
    }
  });
});

describe('the trace of a decision', () => {
  it.each([
    ['protocol: [openvpn, ipsec]', 'protocol: openvpn or ipsec'],
    ['stage: [suspected]', 'stage: suspected'],
    ['transport: [tcp, esp]', 'transport: tcp or esp'],
    ['variant: [tls-crypt, ikev2]', 'variant: tls-crypt or ikev2'],
    ['sector: [bank, it]', 'sector: bank or it'],
    ['source: [10.0.0.0/8, 11.0.0.0/8]', 'source: 10.0.0.0/8 or 11.0.0.0/8'],
    ['destination: [10.0.0.0/8, 11.0.0.0/8]', 'destination: 10.0.0.0/8 or 11.0.0.0/8'],
    ['source_port: [1, 3-4]', 'source_port: 1 or 3-4'],
    ['destination_port: [1, 3-4]', 'destination_port: 1 or 3-4'],
    ['min_bytes: 1000000000000', 'min_bytes: 1000000000000'],
    [
      'schedule: { days: [sat, sun], from: "01:00", to: "01:01", zone: UTC }',
      'schedule: sat, sun from 01:00 to 01:01, UTC',
    ],
    ['schedule: { from: "01:00", to: "01:01", zone: UTC }', 'schedule: every day from 01:00 to 01:01, UTC'],
  ])('says what did not hold: %s', (when, expected) => {
    const policy = policyOf(`  - { name: a, action: block, when: { ${when} } }\n`);
    const input = flow({ timeUs: parseMicros('2024-11-30T12:00:00Z') });
    expect(traceRules(policy, input)).toEqual([{ name: 'a', matched: false, failed: [expected] }]);
  });

  it('names the rollout only where all else holds', () => {
    const policy = policyOf('  - { name: a, action: block, rollout: 2.5%, when: { protocol: ipsec } }\n');
    const out = Array.from({ length: 100 }, (_, host) => flow({ from: `192.0.2.${host}` })).find(
      ({ source }) => rolloutPosition(rolloutSeed('a'), source) >= 0.025,
    )!;
    expect(traceRules(policy, out)[0]!.failed).toEqual(['protocol: ipsec']);
    const all = policyOf('  - { name: a, action: block, rollout: 2.5% }\n');
    expect(traceRules(all, out)[0]!.failed).toEqual(['rollout: the client is not within the first 2.5 %']);
  });
});

it.each([
  ['1', { first: 1, last: 1 }],
  [65_535, { first: 65_535, last: 65_535 }],
  ['1-65535', { first: 1, last: 65_535 }],
  ['0', null],
  ['65536', null],
  ['1-65536', null],
  ['20-10', null],
  ['x', null],
  ['1-', null],
  ['x1', null],
])('ports %j', (text, expected) => {
  expect(parsePorts(text)).toEqual(expected);
});

it('a schedule is open on its days only', () => {
  const on = (days: string): Policy =>
    policyOf(`  - { name: a, action: block, when: { schedule: { ${days}from: "00:00", to: "24:00", zone: UTC } } }\n`);
  // A Saturday.
  const input = flow({ timeUs: parseMicros('2024-11-30T12:00:00Z') });
  expect(
    ['', 'days: [sat], ', 'days: [fri, sat], ', 'days: [sun], '].map((days) => decidingRule(on(days), input)),
  ).toEqual([0, 0, 0, NO_RULE]);
});

it('a throttle without a burst has the default one', () => {
  const policy = policyOf(
    '  - { name: a, action: throttle, rate: 8Mbit/s }\n  - { name: b, action: throttle, rate: 8Mbit/s, burst: 5kB }\n',
  );
  expect(policy.rules.map(({ throttle }) => throttle!.burst)).toEqual([250_000, 5000]);
});
