/** Events of random decisions, as the event log has them, and random queries of them. */
import { NONE } from '../../src/history/recent/decision-query.ts';
import type { DecisionEvent } from '../../src/output/event/event-fields.ts';
import type { SeededRandom } from '../kit/random.mjs';

const ACTIONS = ['allow', 'throttle', 'block'];
const RULES = ['registered', 'unregistered', 'suspected-slow', null];
const SECTORS = ['bank', 'hospital', 'university'];
export const START_S = 1_700_000_000;

function address(random: SeededRandom): string {
  if (random.below(4) === 0)
    return `2001:db8:${(1 + random.below(3)).toString(16)}::${(1 + random.below(5)).toString(16)}`;
  return `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${random.below(256)}`;
}

function registration(random: SeededRandom): DecisionEvent['registration']['source'] {
  if (random.below(3) > 0) return null;
  const number = random.below(40);
  return {
    prefix: `192.0.2.${number}/32`,
    holder: `Ünion "Bank" ${number}`,
    sector: random.pick(SECTORS),
    reference: `OW-${number}`,
  };
}

function id(random: SeededRandom, count: number): string {
  return (random.below(count) + 1).toString(16).padStart(16, '0');
}

export function randomEvent(random: SeededRandom, packet: number): DecisionEvent {
  const isEsp = random.below(8) === 0;
  const protocol = isEsp ? 'ipsec' : random.pick(['wireguard', 'openvpn', 'ipsec'] as const);
  const micros = String(random.below(1_000_000)).padStart(6, '0');
  const second = new Date((START_S + random.below(1000)) * 1000).toISOString().slice(0, 19);
  return {
    timestamp: `${second}.${micros}Z`,
    event_type: 'decision',
    pcap_filename: 'random.pcap',
    pcap_cnt: packet,
    flow_id: id(random, 200),
    ...(random.below(2) === 0 ? {} : { tunnel_id: id(random, 50) }),
    src_ip: address(random),
    ...(isEsp ? {} : { src_port: 1 + random.below(65_535) }),
    dest_ip: address(random),
    ...(isEsp ? {} : { dest_port: random.pick([500, 1194, 51_820]) }),
    proto: isEsp ? 'ESP' : 'UDP',
    community_id: `1:${String(random.below(30)).padStart(27, 'A')}=`,
    vpn: {
      protocol,
      variant: random.pick(['standard', 'plain', 'ikev2']),
      stage: random.pick(['suspected', 'confirmed']),
      evidence: [],
    },
    registration: { source: registration(random), destination: registration(random) },
    decision: {
      action: random.pick(ACTIONS),
      previous: random.pick([...ACTIONS, null]),
      rule: random.pick(RULES),
      reason: random.pick(['no-rule', 'registered-source', 'rule-matched', 'not-registered']),
      mode: random.pick(['observe', 'enforce']),
    },
    policy: { name: 'random', sha256: '0'.repeat(64) },
    registry: { sha256: '1'.repeat(64) },
  };
}

/** Filters as a query has them, all texts. */
export function randomFilters(random: SeededRandom): Record<string, string> {
  const several = (values: readonly string[]): string =>
    [...new Set(Array.from({ length: 1 + random.below(2) }, () => random.pick(values)))].join(',');
  const all: Readonly<Record<string, () => string>> = {
    protocol: () => several(['wireguard', 'openvpn', 'ipsec']),
    variant: () => several(['standard', 'plain', 'ikev2', 'esp']),
    stage: () => several(['suspected', 'confirmed']),
    action: () => several(ACTIONS),
    previous: () => several([...ACTIONS, NONE]),
    reason: () => several(['no-rule', 'registered-source', 'rule-matched']),
    registered: () => several(['none', 'source', 'destination', 'both', 'other']),
    mode: () => several(['observe', 'enforce']),
    held: () => several(['yes', 'no']),
    rule: () => several(['registered', 'unregistered', NONE, 'no such rule']),
    sector: () => several([...SECTORS, 'mine']),
    prefix: () =>
      random.pick([
        '192.0.2.0/24',
        '192.0.2.128/25',
        '0.0.0.0/0',
        '::/0',
        '2001:db8:1::/48',
        '2001:db8::/47',
        address(random),
      ]),
    port: () => random.pick(['500', '1194', '51820', '7']),
    tunnel_id: () => id(random, 50),
    flow_id: () => id(random, 200),
    community_id: () => `1:${String(random.below(30)).padStart(27, 'A')}=`,
    from: () => String(START_S + random.below(1000) + random.below(2) / 2),
    to: () => String(START_S + random.below(1000)),
    q: () => random.pick(['bank', 'ÜNION', 'ow-1', '192.0.2.3', 'nothing']),
  };
  const names = Object.keys(all).filter(() => random.below(8) === 0);
  return Object.fromEntries(names.map((name) => [name, all[name]!()]));
}
