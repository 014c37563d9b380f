/**
 * The rehearsal of 10 November 2024. On that day enforcement cut off everyone for a day, registered or not. Here seven
 * forms of that failure are replayed with real handshakes of many clients, each without the breaker and with it.
 */
import type { Rules } from '../../src/decision/rules.ts';
import { Conversation } from './many-clients.ts';
import { type Day, live, REGISTRY_HEADER, rulesOf } from './rehearsed-day.ts';

export interface Rehearsed {
  /** Clients of the capture, with or without a VPN. */
  readonly clients: number;
  /** Clients that may be hit before the trip. */
  readonly allowed: number;
  readonly without: Day;
  readonly day: Day;
}

/** Clients that a limit allows, unless a form has another number. */
export const ALLOWED = 50;
export const START_US = Date.parse('2024-11-10T13:00:00Z') * 1000;
const MINUTE_US = 60_000_000;
const STEP_US = 10_000;
/** Packets of a conversation. */
const PACKETS = 24;

export const BANK = `${REGISTRY_HEADER}198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-2021-00017\n`;
export const SAFE_RULES = `
  - { name: registered, when: { registered: either }, action: allow }
  - { name: suspected-slow, when: { stage: suspected }, action: throttle, rate: 8kbit/s, burst: 1600B }
  - { name: unregistered, when: { registered: none }, action: block }
`;
export const ONE_WINDOW = `safety: { window: 60s, max_clients_affected: ${ALLOWED}, max_share_affected: 100%, then: observe }`;
const CUT = '\n  - { name: unregistered, when: { stage: confirmed }, action: block }';

/** WireGuard, OpenVPN, IPsec, and traffic without VPN. */
export const MIXED = [
  'wireguard/handshake.pcap',
  'openvpn/tcp-plain.pcap',
  'ipsec/ikev2-psk.pcap',
  'negative/dns-udp.pcap',
];
const HANDSHAKES = ['wireguard/handshake-only.pcap'];

export function policy(rules: string, safety: string, comment = ''): string {
  return `${comment}\nname: enforcing\nmode: enforce\nrules:${rules}\n${safety}\n`;
}

/** Conversations of clients in turn, `stepUs` apart; each client talks once from each of the start times on. */
export function captureOf(names: readonly string[], clients: number, stepUs: number, startsUs = [START_US]): Buffer {
  const conversations = names.map((name) => new Conversation(name, PACKETS));
  const records = startsUs.flatMap((startUs) =>
    Array.from({ length: clients }, (_, client) =>
      conversations[client % names.length]!.records(client, startUs + client * stepUs),
    ),
  );
  return Buffer.concat([conversations[0]!.header, ...records]);
}

/** Every eighth of the first clients, in runs of 32, is registered. */
export const SOME_CLIENTS =
  REGISTRY_HEADER + Array.from({ length: 32 }, (_, i) => `10.0.${i}.0/27,Holder ${i},it,,,,OW-${i}\n`).join('');

async function bothWays(rules: Rules, capture: Buffer, clients: number, allowed = ALLOWED): Promise<Rehearsed> {
  const without = await live(rules, capture, { withBreaker: false });
  return { clients, allowed, without, day: await live(rules, capture) };
}

/** Conversations so close that a window of 60 s contains all of them, half a minute before and after an instant. */
function aroundInstant(clients: number, instantUs: number): Buffer {
  const stepUs = Math.floor((MINUTE_US / 2 - 2_000_000) / clients);
  return captureOf(MIXED, clients, stepUs, [instantUs - MINUTE_US / 2, instantUs + 1_000_000]);
}

export const FORMS = {
  'a rule that hits everyone': (clients) =>
    bothWays(
      rulesOf(policy('\n  - { name: everyone, action: block }', ONE_WINDOW), SOME_CLIENTS),
      captureOf(MIXED, clients, STEP_US),
      clients,
    ),

  'a registry that lost its rows': (clients) =>
    bothWays(rulesOf(policy(SAFE_RULES, ONE_WINDOW), REGISTRY_HEADER), captureOf(MIXED, clients, STEP_US), clients),

  /** 400 clients a minute. */
  'an outage in slow steps': async (clients) => {
    const capture = captureOf(HANDSHAKES, clients, MINUTE_US / 400);
    const oneWindow = 'safety: { window: 60s, max_clients_affected: 500, max_share_affected: 100%, then: observe }';
    const limits = `safety:
  limits:
    - { window: 60s, stage: confirmed, clients: 500 }
    - { window: 1h, stage: confirmed, clients: 2000 }
    - { window: 24h, stage: any, clients: 5000 }`;
    // A single window of a minute is what an earlier breaker had: it never trips here.
    const without = await live(rulesOf(policy(CUT, oneWindow), REGISTRY_HEADER), capture);
    const day = await live(rulesOf(policy(CUT, limits), REGISTRY_HEADER), capture);
    return { clients, allowed: 2000, without, day };
  },

  /** One of 26 clients has a VPN. */
  'only VPN clients among many others': (clients) => {
    const vpn = new Conversation('wireguard/handshake-only.pcap');
    const other = new Conversation('negative/dns-udp.pcap', 2);
    const stepUs = Math.floor((MINUTE_US - 1_000_000) / clients);
    const records = Array.from({ length: clients }, (_, client) =>
      (client % 26 === 0 ? vpn : other).records(client, START_US + client * stepUs),
    );
    const share = `safety: { window: 60s, max_clients_affected: ${clients}, max_share_affected: 5%, then: observe }`;
    const rules = rulesOf(policy(CUT, share), REGISTRY_HEADER);
    const allowed = Math.max(10, Math.floor((clients / 26) * 0.05));
    return bothWays(rules, Buffer.concat([vpn.header, ...records]), clients, allowed);
  },

  /** The second reload contains the error; the first one only changes a comment. */
  'after a reload that changes a comment': async (clients) => {
    const some = '\n  - { name: unregistered, when: { stage: confirmed }, rollout: 2%, action: block }';
    const share = `safety: { window: 1h, max_clients_affected: ${clients}, max_share_affected: 5%, then: observe }`;
    const capture = captureOf(HANDSHAKES, clients, STEP_US);
    const packets = clients * new Conversation(HANDSHAKES[0]!).packets.length;
    const start = rulesOf(policy(some, share), REGISTRY_HEADER);
    const reloads = [
      { beforePacket: packets * 0.3, rules: rulesOf(policy(some, share, '# a comment'), REGISTRY_HEADER) },
      { beforePacket: packets * 0.5, rules: rulesOf(policy(CUT, share, '# a wrong rule'), REGISTRY_HEADER) },
    ];
    const without = await live(start, capture, { reloads, withBreaker: false });
    return { clients, allowed: clients * 0.05, without, day: await live(start, capture, { reloads }) };
  },

  /** All are in force to the end of that day, UTC. */
  'registrations that all expire at midnight': (clients) => {
    const registry = `${REGISTRY_HEADER}10.0.0.0/8,Every Holder,it,,2024-01-01,2024-11-10,OW-1\n`;
    const capture = aroundInstant(clients, Date.parse('2024-11-11T00:00:00Z') * 1000);
    return bothWays(rulesOf(policy(SAFE_RULES, ONE_WINDOW), registry), capture, clients);
  },

  /** Evenings begin at 18:00 in Karachi, which is 13:00 UTC. */
  "a schedule's boundary": (clients) => {
    const evening = `
  - { name: registered, when: { registered: either }, action: allow }
  - name: evening
    when: { schedule: { days: [sun], from: "18:00", to: "20:00", zone: Asia/Karachi } }
    action: block`;
    const capture = aroundInstant(clients, START_US);
    return bothWays(rulesOf(policy(evening, ONE_WINDOW), SOME_CLIENTS), capture, clients);
  },
} as const satisfies Readonly<Record<string, (clients: number) => Promise<Rehearsed>>>;

/** One line of figures. */
export function figuresOf({ clients, allowed, without, day }: Rehearsed): Readonly<Record<string, unknown>> {
  const [first] = day.trips;
  return {
    clients,
    hit_without_breaker: without.hit.size,
    registered_hits_done_without_breaker: without.registeredHits.in_force!.done,
    hit_before_trip: day.hit.size,
    allowed,
    registered_hits_done: day.registeredHits.in_force!.done,
    registered_hits_prevented: day.registeredHits.in_force!.prevented,
    tripped_on: first === undefined ? null : (first.trip.limit ?? first.trip.cause),
  };
}
