/**
 * A spoofed flood of ten minutes of packet time against a daemon: one-way initiations from addresses without clients,
 * among real clients. Memory is flat after the second minute, limits hold throughout, and decisions for real clients
 * are the same as in a run without the flood.
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { eventsIn, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { isShort, writeResult } from './proof-result.ts';

const MINUTES = 10;
const REAL_PER_SECOND = 25;
const SPOOFED_PER_SECOND = isShort ? 300 : 10_000;
const MAX_FLOWS = isShort ? 50_000 : 300_000;
const SEED = 2_654_435_761;
const SECOND = 1e6;
const START_US = Date.parse('2024-11-10T13:00:00Z') * 1000;
const RECORD_HEADER = 16;
const SOURCE = RECORD_HEADER + 14 + 12;
/**
 * Resident memory varies by some per cent with garbage collection, so three minutes are averaged: the last ones are
 * compared with the first ones after the second minute. No minute exceeds the second one by more than a tenth.
 */
const GROWTH = 1.05;
const PEAK = 1.1;
const TOGETHER = 3;
const YOUNG_MB = isShort ? 64 : 0;

/** Clients from this second on are in 10.0.64.0/18, which has no earlier clients. */
const WRONG_FROM_SECOND = 656;
const WRONG = '{ name: wrong, when: { source: 10.0.64.0/18 }, action: block }';
const ROLLOUT = '{ name: unregistered, when: { stage: confirmed, registered: none }, action: block, rollout: 10% }';
const policyText = (...rules: readonly string[]): string => `
name: enforcing
mode: enforce
rules:
  - { name: suspected, when: { stage: suspected }, action: block }
${rules.map((rule) => `  - ${rule}`).join('\n')}
safety:
  limits:
    - { window: 60s, stage: confirmed, clients: 500, share: 20%, floor: 40 }
    - { window: 1h, stage: confirmed, clients: 4000 }
    - { window: 24h, stage: any, clients: 5000 }
    - { window: 60s, stage: suspected, clients: 200, then: ignore-suspected }
`;

interface Minute {
  readonly memoryMb: number;
  readonly suspectedSeen: number;
  readonly confirmedSeen: number;
  readonly confirmedHit: number;
}

interface Trip {
  readonly then: string;
  readonly cause: string;
  readonly limit: string;
  readonly clients_affected: number;
  readonly clients_seen: number;
  readonly clients_allowed: number;
  readonly rule: string;
}

interface Run {
  readonly minutes: readonly Minute[];
  /** Decisions for real clients, without packet numbers. */
  readonly decisions: readonly string[];
  readonly spoofed: number;
  /** After the ten minutes the policy blocks every new client: those hit within a minute, and the trip. */
  readonly wrong: Trip;
}

const folder = temporaryFolder();
const handshake = new Conversation('wireguard/handshake-only.pcap');
const initiation = firstRecord();

function firstRecord(): Buffer {
  const records = handshake.records(0, START_US);
  return records.subarray(0, RECORD_HEADER + records.readUInt32LE(8));
}

/** The packets of one second, in order of time; spoofed addresses are in the upper half of IPv4 and never repeat. */
function secondOf(second: number, spoofed: number): Buffer {
  const startUs = START_US + second * SECOND;
  const pieces: Buffer[] = [];
  const perReal = Math.floor(spoofed / REAL_PER_SECOND);
  for (let real = 0; real < REAL_PER_SECOND; real++) {
    const realUs = startUs + Math.floor((real * SECOND) / REAL_PER_SECOND);
    pieces.push(handshake.records(second * REAL_PER_SECOND + real, realUs));
    const flood = Buffer.alloc(perReal * initiation.length);
    for (let i = 0; i < perReal; i++) {
      const at = i * initiation.length;
      const timeUs = realUs + 20_000 + Math.floor((i * 15_000) / perReal);
      const number = (second * REAL_PER_SECOND + real) * perReal + i;
      initiation.copy(flood, at);
      flood.writeUInt32LE(Math.floor(timeUs / SECOND), at);
      flood.writeUInt32LE(timeUs % SECOND, at + 4);
      flood.writeUInt32BE((0x80000000 | (Math.imul(number, SEED) >>> 1)) >>> 0, at + SOURCE);
    }
    pieces.push(flood);
  }
  return Buffer.concat(pieces);
}

/**
 * Lines of decisions for 10.0.0.0/8, and of the breaker, from chunks of output with arbitrary ends. Numbers of packets
 * and lines, and the ids derived from them, are removed from decisions.
 */
class RealDecisions {
  readonly lines: string[] = [];
  readonly breakerLines: string[] = [];
  private rest = '';

  take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    this.breakerLines.push(...lines.filter((line) => line.includes('"event_type":"breaker"')));
    for (const line of lines)
      if (line.includes('"src_ip":"10.') && line.includes('"decision"'))
        this.lines.push(line.replaceAll(/"(pcap_cnt|packet|flow_id|tunnel_id)":("\w+"|\d+),|,"seq":\d+/g, ''));
  }
}

class Flooded {
  readonly daemon: RunningDaemon;
  readonly decisions = new RealDecisions();
  private readonly policy: string;
  private readonly spoofed: number;
  private packets = 0;

  constructor(name: string, spoofed: number) {
    this.spoofed = spoofed;
    this.policy = join(folder.path, `${name}.yaml`);
    const registry = join(folder.path, `${name}.csv`);
    writeFileSync(this.policy, policyText(ROLLOUT));
    writeFileSync(registry, 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n');
    const rules = ['--policy', this.policy, '--registry', registry];
    const flags = ['--decisions', '-', '--on-full', 'wait', '--max-flows', String(MAX_FLOWS), '--stats-every', '1h'];
    this.daemon = new RunningDaemon(['-', ...rules, ...flags], {
      onOutput: (text) => {
        this.decisions.take(text);
      },
    });
  }

  async run(): Promise<Run> {
    const { daemon } = this;
    await daemon.started(60_000);
    daemon.child.stdin!.write(handshake.header);
    const minutes: Minute[] = [];
    for (let minute = 0; minute < MINUTES; minute++) {
      await this.feed(minute * 60, (minute + 1) * 60);
      minutes.push(await this.look());
    }
    // Each client is suspected first, then confirmed.
    const count = 2 * REAL_PER_SECOND * MINUTES * 60;
    await until('all decisions are out', () => this.decisions.lines.length >= count, 300_000);
    const decisions = [...this.decisions.lines];
    await this.feed(MINUTES * 60, WRONG_FROM_SECOND);
    // The guard tries the rules on the flows so far, so only later flows show the error.
    writeFileSync(this.policy, policyText(WRONG, ROLLOUT));
    expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
    await this.feed(WRONG_FROM_SECOND, WRONG_FROM_SECOND + 50);
    expect(await daemon.metric('sluice_breaker_tripped', 'then="observe"')).toBe(1);
    await daemon.kill();
    const trips = eventsIn(this.decisions.breakerLines.join('\n')) as unknown as { breaker: Trip }[];
    const [wrong] = trips.map(({ breaker }) => breaker).filter(({ then }) => then === 'observe');
    const spoofed = Math.floor(this.spoofed / REAL_PER_SECOND) * REAL_PER_SECOND * MINUTES * 60;
    return { minutes, decisions, spoofed, wrong: wrong! };
  }

  private async feed(from: number, to: number): Promise<void> {
    const { stdin } = this.daemon.child;
    for (let second = from; second < to; second++) {
      const bytes = secondOf(second, this.spoofed);
      this.packets += REAL_PER_SECOND * (handshake.packets.length + Math.floor(this.spoofed / REAL_PER_SECOND));
      if (!stdin!.write(bytes)) await once(stdin!, 'drain');
    }
    const isRead = async (): Promise<boolean> => (await this.daemon.metric('sluice_packets_total')) === this.packets;
    await until('the packets are read', isRead, 300_000);
  }

  private async look(): Promise<Minute> {
    const { daemon } = this;
    const status = readFileSync(`/proc/${daemon.child.pid!}/status`, 'utf8');
    const seen = (stage: string): Promise<number> =>
      daemon.metric('sluice_clients_seen', `stage="${stage}"`, 'window="60s"');
    return {
      memoryMb: Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024),
      suspectedSeen: await seen('suspected'),
      confirmedSeen: await seen('confirmed'),
      confirmedHit: await daemon.metric('sluice_clients_affected', 'stage="confirmed"', 'window="60s"'),
    };
  }
}

describe('a spoofed flood of ten minutes', () => {
  const began = performance.now();
  let quiet: Run;
  let flooded: Run;
  let isRun = false;

  beforeAll(async () => {
    mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
    quiet = await new Flooded('quiet', 0).run();
    flooded = await new Flooded('flooded', SPOOFED_PER_SECOND).run();
    isRun = true;
  }, 3_600_000);

  afterAll(() => {
    folder.remove();
    if (!isRun) return;
    const { minutes, spoofed, wrong } = flooded;
    const { cause, limit, clients_affected, clients_seen, clients_allowed } = wrong;
    writeResult('flood', SEED, (performance.now() - began) / 1000, {
      spoofed_per_second: SPOOFED_PER_SECOND,
      spoofed,
      real_clients: REAL_PER_SECOND * MINUTES * 60,
      real_decisions: flooded.decisions.length,
      real_decisions_that_differ: differing(),
      minutes,
      wrong_policy_after_it: { cause, limit, clients_affected, clients_seen, clients_allowed },
    });
  });

  function differing(): number {
    const before = new Set(quiet.decisions);
    return (
      flooded.decisions.filter((line) => !before.has(line)).length +
      Math.abs(quiet.decisions.length - flooded.decisions.length)
    );
  }

  // A short form is over in seconds, while the heap of a young process still grows.
  it('memory is flat after the second minute', () => {
    const memory = flooded.minutes.map(({ memoryMb }) => memoryMb);
    const mean = (minutes: readonly number[]): number => minutes.reduce((sum, one) => sum + one, 0) / minutes.length;
    const [first, last] = [mean(memory.slice(2, 2 + TOGETHER)), mean(memory.slice(-TOGETHER))];
    expect(last, memory.join(', ')).toBeLessThanOrEqual(first * GROWTH + YOUNG_MB);
    expect(Math.max(...memory.slice(2)), memory.join(', ')).toBeLessThanOrEqual(memory[1]! * PEAK + YOUNG_MB);
  });

  it('limits hold throughout: clients are counted, and confirmed ones exactly', () => {
    for (const [minute, { suspectedSeen, confirmedSeen, confirmedHit }] of flooded.minutes.entries()) {
      // A lower bound in 95 of 100 deployments, for windows that reach back 59 to 60 s.
      expect(suspectedSeen).toBeGreaterThan(60 * SPOOFED_PER_SECOND * 0.85);
      expect(suspectedSeen).toBeLessThan(60 * SPOOFED_PER_SECOND * 1.1);
      expect([confirmedSeen, confirmedHit]).toEqual([
        quiet.minutes[minute]!.confirmedSeen,
        quiet.minutes[minute]!.confirmedHit,
      ]);
    }
  });

  it('decisions for real clients are unchanged', () => {
    expect(quiet.decisions).toHaveLength(2 * REAL_PER_SECOND * MINUTES * 60);
    expect(differing()).toBe(0);
  });

  it('a policy that goes wrong after it trips at its limit', () => {
    const { clients_affected: affected, clients_allowed: allowed, clients_seen: seen } = flooded.wrong;
    expect(flooded.wrong).toMatchObject({ cause: 'share', limit: '60s confirmed', rule: 'wrong' });
    expect(affected).toBe(allowed + 1);
    expect(allowed).toBe(Math.floor(seen * 0.2));
    expect(seen).toBeLessThanOrEqual(REAL_PER_SECOND * 60);
  });
});
