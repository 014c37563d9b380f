/** Replays in this process, with what came of them as values that tests can compare. */
import { readFileSync } from 'node:fs';
import { PacketFiles } from '../../src/output/event/packet-files.ts';
import { type Incomplete, Replay } from '../../src/pipeline/replay.ts';
import type { Counters } from '../../src/dataplane/host/counters.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import type { Tracker } from '../../src/dataplane/host/tracker.ts';
import type { RegisteredHits } from '../../src/decision/registered-hits.ts';
import type { Outcome } from '../../src/dataplane/host/outcome.ts';
import type { DecisionEvent, FlowEvent } from '../../src/output/event/event-fields.ts';
import { EventLines } from '../../src/output/event/event-line.ts';
import { showAddresses } from '../../src/output/event/shown-address.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import type { Mode } from '../../src/policy/mode.ts';
import { type ThrottleFigures, throttleFigures } from '../../src/study/throttle/throttle-figures.ts';
import { ThrottleStudy } from '../../src/study/throttle/throttle-study.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';

export interface ReplayShape {
  /** Text of a policy; the committed one where missing. */
  readonly policy?: string;
  /** Rows of a registry; the committed one where missing. */
  readonly registry?: readonly string[];
  /** True where the rows have a scope after the reference. */
  readonly hasScopes?: boolean;
  readonly mode?: Mode;
  readonly each?: boolean;
  readonly flowCapacity?: number;
  /** Makes a tracker with room for so many flows; the compiled one where missing. */
  readonly makeTracker?: (flowCapacity: number) => CheckedTracker;
}

/** A tracker whose invariants are checked after each batch. */
export interface CheckedTracker extends Tracker {
  checkInvariants(): void;
}

function compiledTracker(flowCapacity: number): CheckedTracker {
  return new AssemblyTracker(flowCapacity);
}

export interface Replayed {
  /** Decision events as lines, each with its line break. */
  readonly lines: string[];
  readonly decisions: DecisionEvent[];
  readonly flows: FlowEvent[];
  /** What became of each packet, in order. */
  readonly outcomes: { readonly outcome: Outcome; readonly delayUs: number }[];
  readonly counters: Counters;
  /** Figures of each throttle rule; without packets in mode observe. */
  readonly throttles: readonly ThrottleFigures[];
  readonly hits: RegisteredHits;
  readonly incomplete: readonly Incomplete[];
}

const ROWS_HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';

function committed(name: string): Uint8Array {
  return readFileSync(new URL(`../../rules/${name}`, import.meta.url));
}

/** Runs captures; `shownAs` gives the name of a file in events. */
export async function replayFiles(
  paths: readonly string[],
  shape: ReplayShape = {},
  shownAs: (path: string) => string = (path) => path,
): Promise<Replayed> {
  const encoder = new TextEncoder();
  const policyBytes = shape.policy === undefined ? committed('policy.yaml') : encoder.encode(shape.policy);
  const header = shape.hasScopes === true ? `${ROWS_HEADER},scope` : ROWS_HEADER;
  const rows = shape.registry === undefined ? undefined : [header, ...shape.registry, ''].join('\n');
  const { policy, issues } = parsePolicy(policyBytes, 'policy');
  const { registry } = parseRegistry(rows === undefined ? committed('registry.csv') : encoder.encode(rows), 'registry');
  if (policy === undefined || registry === null) throw new Error(issues.kept.map(({ message }) => message).join());
  const context = { policy: { name: policy.name, sha256: policy.sha256 }, registry: { sha256: registry.sha256 } };
  const events = new EventLines(showAddresses('plain'), context);
  const files = new PacketFiles();
  const result = {
    lines: [] as string[],
    decisions: [] as DecisionEvent[],
    flows: [] as FlowEvent[],
    outcomes: [] as { outcome: Outcome; delayUs: number }[],
  };
  const tracker = (shape.makeTracker ?? compiledTracker)(shape.flowCapacity ?? 20_000);
  const throttles = new ThrottleStudy(policy.rules);
  let checkDecisions: () => void = () => undefined;
  const run = new Replay(
    {
      rules: { policy, registry, mode: shape.mode ?? policy.mode },
      each: shape.each ?? false,
      tracker,
      throttles,
      packetSink: {
        packet: (_batch, _row, outcome, delayUs) => {
          result.outcomes.push({ outcome, delayUs });
        },
      },
      onFile: (file, packetsBefore) => {
        if (packetsBefore === 0) files.clear();
        files.begin(shownAs(file), packetsBefore);
      },
      onBatch: () => {
        tracker.checkInvariants();
        checkDecisions();
        throttles.checkInvariants();
        return Promise.resolve(true);
      },
      onRemark: () => undefined,
    },
    (decisions) => {
      checkDecisions = () => {
        decisions().checkInvariants();
      };
      return {
        decided: (flow, decision, timeUs, packet) => {
          const line = events.decision(files.current, flow, decision, timeUs, packet);
          result.lines.push(line);
          result.decisions.push(JSON.parse(line) as DecisionEvent);
        },
        ended: (flow, decision, reason) => {
          result.flows.push(JSON.parse(events.flow(files.of(flow.firstPacket), flow, decision, reason)) as FlowEvent);
        },
      };
    },
  );
  await run.replay(paths);
  return {
    ...result,
    counters: run.counters,
    throttles: throttles.totals.map(throttleFigures),
    hits: run.counts.hits,
    incomplete: run.incomplete,
  };
}
