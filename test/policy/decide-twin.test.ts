/**
 * Decisions against a slow twin that evaluates the policy as written: names and texts, rule by rule, prefixes by
 * ipaddr.js. Random policies and inputs are drawn from small sets, so that rules match.
 */
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { parseMicros } from '../../src/core/units.ts';
import { STAGE_NAMES, Variant, VARIANT_NAMES } from '../../src/dataplane/host/finding.ts';
import { ACTION_NAMES } from '../../src/policy/action.ts';
import { actionOf, decidingRule, NO_RULE } from '../../src/policy/decide.ts';
import { traceRules } from '../../src/policy/rule-trace.ts';
import { DecisionInput } from '../../src/policy/decision-input.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { rolloutPosition, rolloutSeed } from '../../src/policy/rollout.ts';
import { NO_REGISTRATION } from '../../src/registry/registration.ts';
import { SECTOR_NAMES } from '../../src/registry/sector.ts';
import { addressWords } from '../kit/address-words.ts';

const PROTOCOLS = ['wireguard', 'openvpn', 'ipsec'];
const STAGES = ['suspected', 'confirmed'];
const VARIANTS = [Variant.WIREGUARD_STANDARD, Variant.OPENVPN_PLAIN, Variant.IKE_V2, Variant.ESP];
const TRANSPORTS = { udp: 17, tcp: 6, esp: 50, ah: 51 } as const;
const SECTORS = ['bank', 'it', 'other'];
const ADDRESSES = ['192.0.2.1', '192.0.2.200', '198.51.100.7', '2001:db8::1', '2001:db8:1::1', '::1'];
const PREFIXES = ['192.0.2.0/24', '192.0.2.0/25', '0.0.0.0/0', '2001:db8::/32', '::/0', '198.51.100.7', '::/80'];
const PORTS = [0, 53, 1194, 1999, 2000, 51_820];
const TIMES = ['2024-11-29T10:00:00Z', '2024-11-30T23:59:59Z', '2024-12-01T04:59:59+05:00', '2024-12-02T08:30:00Z'];

interface PlainRule {
  readonly name: string;
  readonly when: Record<string, unknown>;
  readonly action: string;
  readonly rollout?: string;
}

/** An input in the policy's words. */
interface PlainFlow {
  readonly protocol: string;
  readonly stage: string;
  readonly variant: Variant;
  readonly transport: keyof typeof TRANSPORTS;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly packets: number;
  readonly bytes: number;
  readonly time: string;
  readonly sourceSector: string | null;
  readonly destinationSector: string | null;
}

function inPrefix(address: string, prefix: string): boolean {
  const [network, length] = prefix.includes('/') ? ipaddr.parseCIDR(prefix) : ipaddr.parseCIDR(`${prefix}/32`);
  const parsed = ipaddr.process(address);
  return parsed.kind() === network.kind() && parsed.match(network, length);
}

function inPorts(port: number, ports: number | string): boolean {
  const [first, last] = String(ports).split('-').map(Number);
  return port !== 0 && port >= first! && port <= (last ?? first!);
}

/** Every condition in the policy's words; `value` is one of the wanted values. */
const TWIN: Record<string, (flow: PlainFlow, value: never) => boolean> = {
  protocol: (flow, value) => flow.protocol === value,
  stage: (flow, value) => flow.stage === value,
  variant: (flow, value) => VARIANT_NAMES[flow.variant] === value,
  transport: (flow, value) => flow.transport === value,
  sector: (flow, value) => flow.sourceSector === value || flow.destinationSector === value,
  source: (flow, value) => inPrefix(flow.source, value),
  destination: (flow, value) => inPrefix(flow.destination, value),
  source_port: (flow, value) => inPorts(flow.sourcePort, value),
  destination_port: (flow, value) => inPorts(flow.destinationPort, value),
  min_packets: (flow, value) => flow.packets >= value,
  min_bytes: (flow, value) => flow.bytes >= value,
  from: (flow, value) => Date.parse(flow.time) >= Date.parse(value),
  until: (flow, value) => Date.parse(flow.time) <= Date.parse(value),
  registered: ({ sourceSector: source, destinationSector: destination }, value) =>
    ({
      source: source !== null,
      destination: destination !== null,
      either: source !== null || destination !== null,
      both: source !== null && destination !== null,
      none: source === null && destination === null,
    })[value],
};

function twin(rules: readonly PlainRule[], flow: PlainFlow): number {
  return rules.findIndex((rule) => {
    for (const [name, wanted] of Object.entries(rule.when)) {
      const values = (Array.isArray(wanted) ? wanted : [wanted]) as never[];
      if (!values.some((value) => TWIN[name]!(flow, value))) return false;
    }
    const share = Number((rule.rollout ?? '100%').replace('%', '')) / 100;
    return rolloutPosition(rolloutSeed(rule.name), addressWords(flow.source)) < share;
  });
}

function inputOf(flow: PlainFlow): DecisionInput {
  const input = new DecisionInput();
  const registration = (sector: string | null): number => (sector === null ? NO_REGISTRATION : 7);
  const code = (sector: string | null): number => (SECTOR_NAMES as readonly string[]).indexOf(sector ?? 'none');
  Object.assign(input, {
    ...flow,
    protocol: (PROTOCOL_NAMES as readonly string[]).indexOf(flow.protocol),
    stage: (STAGE_NAMES as readonly string[]).indexOf(flow.stage),
    transport: TRANSPORTS[flow.transport],
    source: addressWords(flow.source),
    destination: addressWords(flow.destination),
    timeUs: parseMicros(flow.time),
    sourceRegistration: registration(flow.sourceSector),
    destinationRegistration: registration(flow.destinationSector),
    sourceSector: code(flow.sourceSector),
    destinationSector: code(flow.destinationSector),
  });
  return input;
}

const oneOrSome = <T>(values: readonly T[]): fc.Arbitrary<T | T[]> =>
  fc.oneof(fc.constantFrom(...values), fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }));

const when = fc.record(
  {
    protocol: oneOrSome(PROTOCOLS),
    stage: oneOrSome(STAGES),
    variant: oneOrSome(VARIANTS.map((variant) => VARIANT_NAMES[variant])),
    transport: oneOrSome(Object.keys(TRANSPORTS)),
    registered: fc.constantFrom('source', 'destination', 'either', 'both', 'none'),
    sector: oneOrSome(SECTORS),
    source: oneOrSome(PREFIXES),
    destination: oneOrSome(PREFIXES),
    source_port: oneOrSome<number | string>([53, '1000-1999', '1-65535', 51_820]),
    destination_port: oneOrSome<number | string>([1194, '2000-65535', '53-53']),
    min_packets: fc.constantFrom(1, 5, 6),
    min_bytes: fc.constantFrom(1, 1000, 1001),
    from: fc.constantFrom(...TIMES.slice(0, 2)),
    until: fc.constantFrom(...TIMES.slice(1)),
  },
  { requiredKeys: [] },
);
/** A few conditions for each rule: a rule with all of them would never match. */
const someConditions = fc.tuple(when, fc.nat(4), fc.nat()).map(([all, count, turn]) => {
  const entries = Object.entries(all);
  return Object.fromEntries(entries.map((_, i) => entries[(i + turn) % entries.length]!).slice(0, count));
});
const rules = fc
  .array(
    fc.record({
      when: someConditions,
      action: fc.constantFrom('allow', 'block'),
      rollout: fc.option(fc.constantFrom('0%', '12.5%', '50%', '100%'), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list): PlainRule[] =>
    list.map(({ when: conditions, action, rollout }, index) => ({
      name: `rule-${index}`,
      when: conditions,
      action,
      ...(rollout === undefined ? {} : { rollout }),
    })),
  );
const flow: fc.Arbitrary<PlainFlow> = fc.record({
  protocol: fc.constantFrom(...PROTOCOLS),
  stage: fc.constantFrom(...STAGES),
  variant: fc.constantFrom(...VARIANTS),
  transport: fc.constantFrom('udp', 'tcp', 'esp', 'ah'),
  source: fc.constantFrom(...ADDRESSES),
  destination: fc.constantFrom(...ADDRESSES),
  sourcePort: fc.constantFrom(...PORTS),
  destinationPort: fc.constantFrom(...PORTS),
  packets: fc.constantFrom(1, 5, 6),
  bytes: fc.constantFrom(40, 1000, 1001),
  time: fc.constantFrom(...TIMES),
  sourceSector: fc.constantFrom(null, null, ...SECTORS),
  destinationSector: fc.constantFrom(null, null, ...SECTORS),
});

describe('a decision', () => {
  it('equals that of the twin, and agrees with the trace', () => {
    const seen = new Map<number, number>();
    fc.assert(
      fc.property(rules, fc.array(flow, { minLength: 20, maxLength: 20 }), (list, flows) => {
        // YAML includes JSON.
        const text = JSON.stringify({ name: 'random', rules: list });
        const { policy, issues } = parsePolicy(new TextEncoder().encode(text), 'p.yaml');
        expect(issues.kept.filter(({ severity }) => severity === 'error')).toEqual([]);
        for (const one of flows) {
          const input = inputOf(one);
          const expected = twin(list, one);
          const rule = decidingRule(policy!, input);
          seen.set(rule, (seen.get(rule) ?? 0) + 1);
          expect(rule).toBe(expected);
          expect(ACTION_NAMES[actionOf(policy!, rule)]).toBe(list[rule]?.action ?? 'allow');
          const trace = traceRules(policy!, input);
          expect(trace.findIndex(({ matched }) => matched)).toBe(rule);
          expect(trace).toHaveLength(rule === NO_RULE ? list.length : rule + 1);
          for (const tried of trace) expect(tried.failed.length === 0).toBe(tried.matched);
        }
      }),
      { numRuns: 500 },
    );
    for (const rule of [NO_RULE, 0, 1, 2]) expect(seen.get(rule)).toBeGreaterThan(50);
  });
});
