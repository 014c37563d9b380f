/**
 * The rehearsal of 10 November 2024. On that day enforcement cut off everybody for a day, registered or not. Here the registry
 * has lost its rows, enforcement is on, and real handshakes of many clients of a registered bank pass by: how many are hit?
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureOf } from '../../src/capture/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { Outcome } from '../../src/enforcement/outcome.ts';
import type { DecisionSink } from '../../src/engine/decision-sink.ts';
import { Decisions } from '../../src/engine/decisions.ts';
import { Judge } from '../../src/engine/judge.ts';
import { Pipeline } from '../../src/engine/pipeline.ts';
import type { Rules } from '../../src/engine/rules.ts';
import { SafetyGuard } from '../../src/engine/safety-guard.ts';
import { Tunnels } from '../../src/engine/tunnels.ts';
import { FingerprintSet } from '../../src/fingerprint/fingerprint-set.ts';
import { FlowTable } from '../../src/flow/flow-table.ts';
import { BreakerFile } from '../../src/cli/breaker-file.ts';
import { Breaker, type Trip } from '../../src/policy/breaker.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { parseRegistry } from '../../src/registry/registry-file.ts';
import { Conversation } from './many-clients.ts';

const ALLOWED = 50;
const CLIENTS = 3000;
const START_US = Date.parse('2024-11-10T13:00:00Z') * 1000;

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const REGISTRY = `${HEADER}198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-2021-00017\n`;
const POLICY = `
name: enforcing
mode: enforce
rules:
  - { name: registered, when: { registered: either }, action: allow }
  - { name: suspected-slow, when: { stage: suspected }, action: throttle, rate: 8kbit/s, burst: 1600B }
  - { name: unregistered, when: { registered: none }, action: block }
safety: { window: 60s, max_clients_affected: ${ALLOWED}, max_share_affected: 100%, then: observe }
`;

function rulesWith(registry: string): Rules {
  const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
  const { policy } = parsePolicy(octets(POLICY), 'policy.yaml');
  const reading = parseRegistry(octets(registry), 'registry.csv');
  return { policy: policy!, registry: reading.registry!, mode: 'enforce' };
}

/** WireGuard, OpenVPN, IPsec and traffic that is no VPN, of clients in turn, all within a minute. */
function mixedCapture(): Buffer {
  const kinds = ['wireguard/handshake.pcap', 'openvpn/tcp-plain.pcap', 'ipsec/ikev2-psk.pcap', 'negative/dns-udp.pcap'];
  const conversations = kinds.map((name) => new Conversation(name, 24));
  const records = Array.from({ length: CLIENTS }, (_, client) =>
    conversations[client % kinds.length]!.records(client, START_US + client * 10_000),
  );
  return Buffer.concat([conversations[0]!.header, ...records]);
}

interface Day {
  /** Clients of whom at least one packet was dropped or delayed. */
  readonly hit: number;
  readonly trips: Trip[];
  readonly decided: number;
}

const silent: DecisionSink = { decided: () => undefined, ended: () => undefined };

async function live(rules: Rules, withBreaker: boolean): Promise<Day> {
  const table = new FlowTable(100_000);
  const fingerprints = new FingerprintSet();
  const tunnels = new Tunnels(table, fingerprints.evidenceLog);
  const trips: Trip[] = [];
  const guard = withBreaker ? new SafetyGuard(rules.policy.safety, (trip) => trips.push(trip)) : null;
  const decisions = new Decisions(table, fingerprints.evidenceLog, tunnels, rules, silent, guard);
  const hit = new Set<number>();
  const sink = {
    packet: (batch: PacketBatch, row: number, outcome: Outcome) => {
      if (outcome === Outcome.FORWARDED) return;
      const at = batch.at[row]! + 14;
      const source = batch.data.getUint32(at + 12);
      hit.add(source >>> 24 === 10 ? source : batch.data.getUint32(at + 16));
    },
  };
  const pipeline = new Pipeline(table, fingerprints, new Judge(table, tunnels, decisions), sink, guard);
  await run(pipeline);
  return { hit: hit.size, trips, decided: decisions.made.reduce((sum, count) => sum + count, 0) };
}

const DAY = mixedCapture();

async function run(pipeline: Pipeline): Promise<void> {
  let at = 0;
  const capture = captureOf('the day', {
    end: { fault: 0, message: '' },
    read: (target, start, length) => {
      const piece = DAY.subarray(at, at + length);
      target.set(piece, start);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
    close: () => Promise.resolve(),
  });
  const batch = new PacketBatch();
  while (await capture.read(batch)) pipeline.process(batch);
  pipeline.finish();
  await capture.close();
}

describe('10 November 2024, rehearsed', () => {
  it('hits nobody with the registry as it should be', async () => {
    const day = await live(rulesWith(REGISTRY), true);
    expect(day.decided).toBeGreaterThan(CLIENTS / 2);
    expect(day).toMatchObject({ hit: 0, trips: [] });
  });

  it('with a registry that lost its rows is stopped by the breaker before more are hit than allowed', async () => {
    const lost = rulesWith(HEADER);
    const without = await live(lost, false);
    const guarded = await live(lost, true);
    // Three of four clients use a VPN. Without the breaker nearly all of them are cut off.
    expect(without.hit).toBeGreaterThan(CLIENTS * 0.7);
    expect(guarded.hit).toBe(ALLOWED);
    expect(guarded.trips).toHaveLength(1);
    expect(guarded.trips[0]).toMatchObject({ cause: 'clients', affected: ALLOWED + 1 });
    expect(guarded.decided).toBe(without.decided);
    process.stdout.write(
      `10 November 2024, rehearsed with ${CLIENTS} clients: without the breaker ${without.hit} are hit, with it ${guarded.hit}\n`,
    );
  });

  it('stays stopped over a restart, until it is reset', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
    try {
      const { safety } = rulesWith(HEADER).policy;
      const before = new Breaker(safety);
      for (let client = 0; client <= ALLOWED; client++) before.admit(START_US, [0, 0, 0xffff, client]);
      expect(before.trip).not.toBeNull();
      const path = join(folder, 'breaker.json');
      new BreakerFile(path).save(before);
      const after = new Breaker(safety);
      new BreakerFile(path).load(after);
      expect(after.trip).toEqual(before.trip);
      expect(after.admit(START_US, [0, 0, 0xffff, 1])).toBe(false);
      after.reset();
      expect(after.admit(START_US, [0, 0, 0xffff, 1])).toBe(true);
      writeFileSync(path, 'garbage');
      expect(() => {
        new BreakerFile(path).load(new Breaker(safety));
      }).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
