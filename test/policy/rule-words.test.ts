/** Rules in words: every key of a rule is said, with its values, and rules that differ have other words. */
import fc from 'fast-check';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import type { Rule } from '../../src/policy/policy.ts';
import { ruleWords } from '../../src/policy/rule-words.ts';
import { wordedRule } from '../../src/policy/worded-rule.ts';
import { DAY_NAMES } from '../../src/policy/schedule.ts';
import { SECTOR_NAMES } from '../../src/registry/sector.ts';

function ruleOf(shape: object): Rule {
  const { policy, issues } = parsePolicy(new TextEncoder().encode(stringify({ name: 'x', rules: [shape] })), 'p.yaml');
  expect(issues.kept.filter(({ severity }) => severity === 'error')).toEqual([]);
  return policy!.rules[0]!;
}

const said = (shape: object, hidesPrefixes = false): string => {
  const { flows, action } = ruleWords(wordedRule(ruleOf({ name: 'a', action: 'block', ...shape }), hidesPrefixes));
  return `${flows}: ${action}`;
};

const listOf = <T>(...values: T[]): fc.Arbitrary<T[]> => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 });
const time = fc.constantFrom('2024-11-30T23:59:59+05:00', '2031-01-01T00:00:00Z', '2031-01-01T00:00:00.000001Z');
const minute = fc.constantFrom('00:00', '08:30', '20:00', '23:59');
const prefixes = listOf('192.0.2.0/24', '198.51.100.7', '::/0', '2001:db8::/32', '0.0.0.0/0');
const ports = listOf<number | string>(1, 1194, '1000-2000', '65535-65535');

const when = fc.record(
  {
    protocol: listOf('wireguard', 'openvpn', 'ipsec'),
    stage: listOf('suspected', 'confirmed'),
    variant: listOf('tls-crypt', 'tls-auth'),
    transport: listOf('udp', 'tcp', 'esp', 'ah'),
    registered: fc.constantFrom('source', 'destination', 'either', 'both', 'none'),
    sector: listOf(...SECTOR_NAMES.slice(1)),
    source: prefixes,
    destination: prefixes,
    source_port: ports,
    destination_port: ports,
    schedule: fc.record(
      {
        days: listOf(...DAY_NAMES),
        from: minute,
        to: fc.constantFrom('00:00', '06:00', '20:00', '24:00'),
        zone: fc.constantFrom('Asia/Karachi', 'UTC', 'America/St_Johns'),
      },
      { requiredKeys: ['from', 'to', 'zone'] },
    ),
    from: time,
    until: fc.constantFrom('2031-01-01T00:00:01Z', '2199-12-31T23:59:59.5-11:30'),
    min_packets: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    min_bytes: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  },
  { requiredKeys: [] },
);
const rollout = fc.option(fc.constantFrom('0%', '0.5%', '10%', '100%', '33.333333%'), { nil: undefined });

/** The values of a condition as texts, days by the first letters of their names. */
function valuesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(valuesIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(valuesIn);
  return [String(value)];
}

const REGISTERED_WORDS = {
  source: 'source is registered',
  destination: 'destination is registered',
  either: 'a registered end',
  both: 'ends are both registered',
  none: 'ends are both unregistered',
};

describe('a rule in words', () => {
  it('names every condition and every value of it', () => {
    fc.assert(
      fc.property(when, rollout, (conditions, share) => {
        const shape = { when: conditions, ...(share !== undefined && { rollout: share }) };
        const words = said(shape);
        const flat = words.replaceAll(',', '').toLowerCase();
        for (const [key, value] of Object.entries(conditions)) {
          if (key === 'registered') expect(words).toContain(REGISTERED_WORDS[value as keyof typeof REGISTERED_WORDS]);
          else for (const one of valuesIn(value)) expect(flat).toContain(one.toLowerCase());
        }
        if (share !== undefined) expect(words).toContain(`for ${share.replace('%', ' %')} of clients`);
        const phrases = Object.keys(conditions).length + (share === undefined ? 0 : 1);
        expect(phrases === 0).toBe(words.startsWith('All VPN flows:'));
      }),
      { numRuns: 300, seed: 15 },
    );
  });

  it('differs where conditions differ', () => {
    fc.assert(
      fc.property(when, when, (one, other) => {
        const canonical = (value: object): string => JSON.stringify(value, inOneOrder);
        if (canonical(one) !== canonical(other)) expect(said({ when: one })).not.toBe(said({ when: other }));
      }),
      { numRuns: 300, seed: 16 },
    );
  });

  it.each<[string, object, string]>([
    ['no condition', {}, 'All VPN flows: blocked'],
    [
      'several conditions',
      {
        when: {
          stage: 'confirmed',
          registered: 'none',
          schedule: { days: ['sat'], from: '08:00', to: '20:00', zone: 'Asia/Karachi' },
        },
        rollout: '10%',
      },
      'Flows that are confirmed, whose ends are both unregistered, on Saturdays from 08:00 to 20:00 in Asia/Karachi, ' +
        'for 10 % of clients: blocked',
    ],
    [
      'a schedule past midnight on all days',
      { when: { schedule: { from: '22:00', to: '06:00', zone: 'UTC' } } },
      'Flows every day from 22:00 to 06:00 of the next day in UTC: blocked',
    ],
    [
      'a schedule of a whole day',
      { when: { schedule: { days: 'mon', from: '00:00', to: '24:00', zone: 'UTC' } } },
      'Flows on Mondays from 00:00 to 24:00 in UTC: blocked',
    ],
    ['one packet', { when: { min_packets: 1 } }, 'Flows with at least 1 packet: blocked'],
    [
      'ports and a range',
      { when: { destination_port: [443, '1000-2000'] } },
      'Flows with destination port 443 or 1000-2000: blocked',
    ],
    [
      'three values',
      { when: { protocol: ['wireguard', 'openvpn', 'ipsec'] } },
      'Flows of protocol wireguard, openvpn or ipsec: blocked',
    ],
    [
      'a throttle with all its keys',
      { action: 'throttle', rate: '1.5Mbit/s', burst: '32kB', per: 'registration' },
      'All VPN flows: throttled to 1.5Mbit/s with a burst of 32kB, shared by all flows of a registration',
    ],
    [
      'a throttle with the usual burst',
      { action: 'throttle', rate: '256kbit/s' },
      'All VPN flows: throttled to 256kbit/s with a burst of 8,000 bytes, for each flow',
    ],
    ['a rollout to no client', { rollout: '0%' }, 'All VPN flows, for 0 % of clients: blocked'],
  ])('is right for %s', (_title, shape, words) => {
    expect(said(shape)).toBe(words);
  });

  it('counts prefixes where addresses are hidden, and shows none', () => {
    const conditions = { source: ['192.0.2.0/24'], destination: ['198.51.100.0/24', '2001:db8::/32'] };
    expect(said({ when: conditions }, true)).toBe('Flows from 1 named prefix, to 2 named prefixes: blocked');
  });
});

/** Keys in one order, and lists of days as one set. */
function inOneOrder(key: string, value: unknown): unknown {
  if (key === 'days') return [...(value as string[])].sort();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
