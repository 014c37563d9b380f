/**
 * The state of an engine, copied between two batches and put back into an engine of its own, which goes on: decisions, ends of flows and
 * counts are those of an engine that was never interrupted. The input is all of the project's captures as one stream.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { StateReader, StateWriter, type StateCopy } from '../../src/core/snapshot.ts';
import { RunEngine } from '../../src/daemon/daemon-engine.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import { DataplaneThreads } from '../../src/pipeline/workers/dataplane-threads.ts';
import type { Tracker } from '../../src/dataplane/host/tracker.ts';
import { ThreadedTracker } from '../../src/pipeline/workers/threaded-tracker.ts';
import type { DecisionSink } from '../../src/decision/decision-sink.ts';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { SeededRandom } from '../kit/random.mjs';
import { rulesOf } from '../kit/rehearsed-day.ts';

const RULES = rulesOf(
  `name: snapshot
mode: enforce
rules:
  - { name: banks, when: { sector: bank }, action: allow }
  - { name: slow, when: { stage: suspected }, action: throttle, rate: 64kbit/s, per: client }
  - { name: registered, when: { registered: either }, action: allow }
  - { name: cut, when: { protocol: openvpn, min_packets: 8 }, action: block }
  - { name: each, when: { protocol: ipsec }, action: throttle, rate: 32kbit/s, per: flow }
safety: { limits: [{ window: 60s, clients: 30 }, { window: 1h, stage: suspected, clients: 20, then: ignore-suspected }], registered: 1000000 }
`,
  readFileSync(resolve(ROOT, 'rules/registry.csv'), 'utf8'),
);
const FLOWS = 600;

const running: DataplaneThreads[] = [];
afterAll(async () => {
  for (const threads of running) await threads.stop();
});

function threaded(threads: number, flowCapacity = FLOWS): ThreadedTracker {
  const started = new DataplaneThreads({ threads, flowCapacity, hasDomain: true });
  running.push(started);
  return new ThreadedTracker(started);
}

/** An engine whose steps go to a list. */
function engineOf(steps: string[]): { engine: RunEngine; tracker: AssemblyTracker };
function engineOf<Some extends Tracker>(steps: string[], tracker: Some): { engine: RunEngine; tracker: Some };
function engineOf(
  steps: string[],
  tracker: Tracker = new AssemblyTracker(FLOWS, undefined, 7),
): { engine: RunEngine; tracker: Tracker } {
  const sink: DecisionSink = {
    decided: (flow, decision, timeUs, packet) => {
      const { action, previous, rule, reason, mode } = decision;
      steps.push(
        JSON.stringify({
          packet,
          timeUs,
          first: flow.firstPacket,
          action,
          previous,
          rule,
          reason,
          mode,
          tunnel: flow.tunnel?.firstPacket,
        }),
      );
    },
    ended: (flow, decision, reason) => {
      const { firstPacket, lastTimeUs, finding } = flow;
      steps.push(JSON.stringify({ ended: reason, firstPacket, lastTimeUs, finding, rule: decision?.rule }));
    },
  };
  const engine = new RunEngine(RULES, tracker, sink, [1, 2, 3, 4], ({ trip }) => steps.push(JSON.stringify(trip)));
  return { engine, tracker };
}

const copyOf = (engine: RunEngine): StateCopy => {
  const writer = new StateWriter();
  engine.snapshot(writer);
  return writer.copy;
};

/** Two copies are equal, byte by byte. */
function expectSame(one: StateCopy, other: StateCopy): void {
  expect({ ...one, columns: [] }).toEqual({ ...other, columns: [] });
  expect(one.columns).toHaveLength(other.columns.length);
  for (const [place, { length, bytes }] of one.columns.entries()) {
    expect(length).toBe(other.columns[place]!.length);
    expect(Buffer.compare(bytes, other.columns[place]!.bytes)).toBe(0);
  }
}

/** Runs all captures; before each, `between` may give another engine. */
async function run(between: (engine: RunEngine) => RunEngine, first: RunEngine): Promise<RunEngine> {
  let engine = first;
  const batch = new PacketBatch();
  for (const path of await committedCaptures()) {
    const capture = openCapture(resolve(ROOT, path));
    while (await capture.read(batch)) {
      engine = between(engine);
      await engine.process(batch);
    }
    await capture.close();
  }
  await engine.finish();
  return engine;
}

/** Puts the state of an engine into another one, which has the same afterwards. */
function move(from: RunEngine, to: { engine: RunEngine; tracker: AssemblyTracker | ThreadedTracker }): void {
  const copy = copyOf(from);
  const reader = new StateReader(copy);
  to.engine.snapshot(reader);
  reader.end();
  expectSame(copyOf(to.engine), copy);
  to.tracker.checkInvariants();
  to.engine.decisions.checkInvariants();
}

describe('the state of an engine', () => {
  const whole: string[] = [];
  let uninterrupted: RunEngine;

  beforeAll(async () => {
    uninterrupted = await run((engine) => engine, engineOf(whole).engine);
  });

  it('goes on in another engine as if nothing had been', async () => {
    const random = new SeededRandom(17);
    const steps: string[] = [];
    let moves = 0;
    const end = await run((engine) => {
      if (!random.chance(0.02)) return engine;
      moves++;
      const next = engineOf(steps);
      move(engine, next);
      return next.engine;
    }, engineOf(steps).engine);
    expect(moves).toBeGreaterThan(2);
    expect(whole.length).toBeGreaterThan(1000);
    expect(uninterrupted.admission.tripCount).toBeGreaterThan(0);
    expect(steps).toEqual(whole);
    expect(end.counters).toEqual(uninterrupted.counters);
    expect(end.decisions.counts).toEqual(uninterrupted.decisions.counts);
  });

  it('goes on in other threads, of two in three and the other way round, from within any capture', async () => {
    const random = new SeededRandom(18);
    const steps: string[] = [];
    let moves = 0;
    let now = engineOf(steps, threaded(2));
    for (const path of await committedCaptures()) {
      const open = () => openCapture(resolve(ROOT, path), { memory: now.tracker.records });
      let capture = open();
      let packets = 0;
      for (
        let batch = await now.tracker.nextBatch();
        await capture.read(batch);
        batch = await now.tracker.nextBatch()
      ) {
        const isMoving = random.chance(0.02);
        if (isMoving) batch.count = random.below(batch.count + 1);
        packets += batch.count;
        await now.engine.process(batch);
        if (!isMoving) continue;
        moves++;
        const next = engineOf(steps, threaded(2 + (moves % 2)));
        await next.engine.settled();
        move(now.engine, next);
        now = next;
        await capture.close();
        capture = open();
        // The packets that were taken come again, and are passed over.
        const again = await now.tracker.nextBatch();
        for (let left = packets; left > 0;) {
          expect(await capture.read(again)).toBe(true);
          const passed = Math.min(left, again.count);
          left -= passed;
          again.dropFirst(passed);
        }
        packets += again.count;
        await now.engine.process(again);
      }
      await capture.close();
    }
    await now.engine.finish();
    expect(moves).toBeGreaterThan(3);
    expect(steps).toEqual(whole);
    expect(now.engine.counters).toEqual(uninterrupted.counters);
    expect(now.engine.decisions.counts).toEqual(uninterrupted.decisions.counts);
  });

  it('of one thread does not fit several, and the other way round', async () => {
    const one = engineOf([]);
    const several = engineOf([], threaded(2));
    await several.engine.settled();
    for (const [from, to] of [
      [one, several],
      [several, one],
    ] as const) {
      const copy = copyOf(from.engine);
      expect(() => {
        to.engine.snapshot(new StateReader(copy));
      }).toThrow(/has the part/);
    }
  });

  it('does not fit an engine of another size', () => {
    const writer = copyOf(engineOf([]).engine);
    const other = new RunEngine(RULES, new AssemblyTracker(FLOWS * 2), {}, [1, 2, 3, 4], () => undefined);
    expect(() => {
      other.snapshot(new StateReader(writer));
    }).toThrow(/other regions/);
  });
});
