/**
 * A day of traffic through the daemon's engine: which clients are hit, when the breaker trips, and how registered users
 * are treated.
 */
import { captureOf } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import { Outcome } from '../../src/dataplane/host/outcome.ts';
import type { DecisionSink } from '../../src/decision/decision-sink.ts';
import { Session } from '../../src/pipeline/session.ts';
import type { HitCounts } from '../../src/decision/registered-hits.ts';
import type { Rules } from '../../src/decision/rules.ts';
import { HitAdmission } from '../../src/decision/hit-admission.ts';
import type { Capacities } from '../../src/decision/breaker/breaker.ts';
import type { Mode } from '../../src/policy/mode.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import type { Trip } from '../../src/decision/breaker/trip.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';

export const REGISTRY_HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';

export function rulesOf(policyText: string, registryText: string): Rules {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const { policy, issues } = parsePolicy(bytes(policyText), 'policy.yaml');
  const reading = parseRegistry(bytes(registryText), 'registry.csv');
  if (policy === undefined) throw new Error(issues.kept.map(({ message }) => message).join('; '));
  return { policy, registry: reading.registry!, mode: policy.mode };
}

export interface Day {
  /** Clients (10.x.y.z as a number) with at least one packet dropped or delayed. */
  readonly hit: ReadonlySet<number>;
  /** Trips, each with how many clients had been hit before. */
  readonly trips: readonly {
    readonly trip: Trip;
    readonly rule: string | null;
    readonly flows: number;
    readonly hit: number;
  }[];
  readonly decided: number;
  readonly registeredHits: HitCounts;
  readonly admission: HitAdmission | null;
  /** The mode in effect at the end. */
  readonly mode: Mode;
}

export interface DayOptions {
  readonly withBreaker?: boolean;
  /** Rules that are loaded before a packet, by its number. */
  readonly reloads?: readonly { readonly beforePacket: number; readonly rules: Rules }[];
  readonly capacities?: Capacities;
}

const silent: DecisionSink = { decided: () => undefined, ended: () => undefined };
const ETHERNET_LENGTH = 14;
const CLIENTS_NETWORK = 10;

/** Runs a capture; reloads come between two batches of at most 64 kB. */
export async function live(rules: Rules, capture: Buffer, options: DayOptions = {}): Promise<Day> {
  const hit = new Set<number>();
  const trips: { trip: Trip; rule: string | null; flows: number; hit: number }[] = [];
  const admission =
    options.withBreaker === false
      ? null
      : new HitAdmission(
          rules.policy.safety,
          [1, 2, 3, 4],
          ({ trip, rule, flows }) => trips.push({ trip, rule, flows: flows.length, hit: hit.size }),
          options.capacities,
        );
  const sink = {
    packet: (batch: PacketBatch, row: number, outcome: Outcome) => {
      if (outcome === Outcome.FORWARDED) return;
      const at = batch.at[row]! + ETHERNET_LENGTH;
      const source = batch.data.getUint32(at + 12);
      hit.add(source >>> 24 === CLIENTS_NETWORK ? source : batch.data.getUint32(at + 16));
    },
  };
  const session = new Session(new AssemblyTracker(200_000));
  const decisions = session.begin(rules, { sink: silent, admission, packetSink: sink });
  const reloads = [...(options.reloads ?? [])];
  await run(session, capture, () => {
    if (reloads.length === 0 || session.counters.packets < reloads[0]!.beforePacket) return;
    const { rules: next } = reloads.shift()!;
    admission?.breaker.useLimits(next.policy.safety);
    decisions.replaceRules(next, session.counters.lastTimeUs, session.counters.packets);
  });
  return {
    hit,
    trips,
    decided: decisions.counts.made.reduce((sum, count) => sum + count, 0),
    registeredHits: decisions.counts.hits.toCounts(),
    admission,
    mode: decisions.mode,
  };
}

async function run(session: Session, bytes: Buffer, between: () => void): Promise<void> {
  let at = 0;
  const capture = captureOf('the day', {
    end: { fault: 0, message: '' },
    read: (target, start, length) => {
      const piece = bytes.subarray(at, at + Math.min(length, 65_536));
      target.set(piece, start);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
    close: () => Promise.resolve(),
  });
  const batch = new PacketBatch();
  while (await capture.read(batch)) {
    session.process(batch);
    between();
  }
  await session.finish();
  await capture.close();
}
