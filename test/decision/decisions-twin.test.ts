/** Decisions against their obvious twin: random sessions, some of which roam, under rules that are swapped meanwhile. */
import { describe, expect, it } from 'vitest';
import type { FlowEnd } from '../../src/dataplane/host/flow-end.ts';
import type { Detection } from '../../src/dataplane/host/detection.ts';
import { FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import type { FlowRows } from '../../src/dataplane/host/flow-rows.ts';
import type { Outcome } from '../../src/dataplane/host/outcome.ts';
import { DecisionController } from '../../src/decision/decision-controller.ts';
import type { DecisionPort } from '../../src/decision/decision-controller.ts';
import type { Decisions } from '../../src/decision/decisions.ts';
import { type FlowIdentity, FlowRecord } from '../../src/decision/flow-record.ts';
import { HitAdmission } from '../../src/decision/hit-admission.ts';
import { PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { STAGE_NAMES } from '../../src/dataplane/host/finding.ts';
import { ACTION_NAMES } from '../../src/policy/action.ts';
import { Session } from '../../src/pipeline/session.ts';
import { SECOND } from '../engine/wireguard-session.ts';
import { SeededRandom } from '../kit/random.mjs';
import { PlainDecisions, type PlainAdmission } from './plain-decisions.ts';
import { each, LASTS_US, randomPackets, randomRules, START } from './random-sessions.ts';

/** Packets between two changes of the rules, about. */
const RULES_LAST = 60;

/** An admission that answers by its arguments, and by the packet at which it refuses. */
class Scripted extends HitAdmission implements PlainAdmission {
  refused = 0;
  readonly touched: string[] = [];
  override refuses(stage: number): boolean {
    return this.refused === stage;
  }
  override admit(client: FlowIdentity | string, timeUs: number, stage: number, rule: string, isHarm: boolean): boolean {
    const text = typeof client === 'string' ? client : [...client.source].join();
    let sum = stage * 7 + (isHarm ? 3 : 0) + Math.floor(timeUs / (20 * SECOND));
    for (const letter of text + rule) sum += letter.charCodeAt(0);
    return sum % 3 !== 0;
  }
}

/** Until when the packets of each flow change nothing. The tracker is not told, so that it reports every packet. */
class QuietTimes {
  readonly untilUs: number[] = [];

  constructor(table: FlowRows) {
    table.setQuietUntil = (slot, timeUs) => {
      this.untilUs[slot] = timeUs;
    };
  }
}

/** Passes everything on to the decisions and to the twin, and compares the outcomes. */
class Both implements DecisionPort {
  readonly wantsAllFlowEnds = false;
  readonly outcomes: Outcome[] = [];
  /** Flows that ended, with the twin's last decision in words. */
  readonly ends: string[] = [];
  decisions!: Decisions;
  twin!: PlainDecisions;
  /** Packet times, from and until, between which no packet changes anything as long as the rules stay. */
  quiet: readonly [number, number] = [0, 0];
  /** Packets that the compiled tracker would not report. */
  quietPackets = 0;
  private readonly table: FlowRows;
  private readonly quietTimes: QuietTimes;
  private readonly controller: DecisionController;

  constructor(table: FlowRows, controller: DecisionController) {
    this.table = table;
    this.quietTimes = new QuietTimes(table);
    this.controller = controller;
  }

  read(slot: number) {
    const { decisionTable, tunnels } = this.controller;
    const record = new FlowRecord();
    record.read(this.table, decisionTable, slot, null);
    const tunnel = tunnels.of(slot);
    const { firstSlot, nextSlot } = tunnels.columns;
    const others: number[] = [];
    if (tunnel !== 0)
      for (let other = firstSlot[tunnel]!; other !== 0; other = nextSlot[other]!)
        if (other !== slot) others.push(other);
    return { record, tunnel, others };
  }

  onDetection(slot: number, detection: Detection): void {
    const { decisionTable, tunnels } = this.controller;
    const before = decisionTable.findingOf(slot);
    this.controller.onDetection(slot, detection);
    if (decisionTable.findingOf(slot) === before) return;
    for (const found of [slot, ...tunnels.raisedSlots]) this.twin.decide(found, detection.timeUs, detection.packet);
  }

  wantsFlowEnd(slot: number): boolean {
    return this.controller.wantsFlowEnd(slot);
  }

  ended(slot: number, reason: FlowEnd): void {
    const { record, tunnel, others } = this.read(slot);
    this.ends.push(`${[...record.source].join()} ${JSON.stringify(this.twin.end(slot))} ${reason}`);
    if (others.length === 0) this.twin.tunnelEnded(tunnel);
    this.controller.ended(slot, reason);
  }

  /** The tracker reports every packet. */
  noChangeUntil(timeUs: number): number {
    return timeUs;
  }

  quietUntil(slot: number): number {
    return this.controller.quietUntil(slot);
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    const timeUs = this.table.numbers[(slot * ROW_WORDS + FlowWord.LAST_TIME) >> 1]!;
    const [from, until] = this.quiet;
    const isQuiet = timeUs < (this.quietTimes.untilUs[slot] ?? -Infinity);
    if (isQuiet) this.quietPackets++;
    const mayChange = !isQuiet && (timeUs < from || timeUs >= until);
    const events = this.twin.events.length;
    const outcome = this.controller.packet(slot, wireLength, packet);
    const expected = this.twin.packet(slot, timeUs, packet);
    if (outcome !== expected) expect({ packet, outcome }).toEqual({ packet, outcome: expected });
    // Trackers leave these calls out.
    if (!mayChange)
      expect({ packet, events: this.twin.events.length, outcome }).toEqual({ packet, events, outcome: 0 });
    this.outcomes.push(outcome);
    return outcome;
  }

  get delayUs(): number {
    return this.controller.delayUs;
  }
}

const shownOf = (registration: { prefix: string; holder: string; sector: string; reference: string } | null) =>
  registration === null
    ? null
    : [registration.prefix, registration.holder, registration.sector, registration.reference].join();

/** Packets of each run that the compiled tracker would have left out. Rules with a minimum of packets leave none out. */
const quietPacketCounts: number[] = [];

/** Runs random packets under random rules; returns what came of them, of the decisions and of the twin. */
async function run(seed: number, withAdmission: boolean, untilUs: number) {
  const random = new SeededRandom(seed);
  const tracker = new AssemblyTracker(1000);
  const { table } = tracker;
  const controller = new DecisionController(table, tracker.evidence);
  const both = new Both(table, controller);
  let rules = randomRules(random);
  const admission = withAdmission ? new Scripted(rules.policy.safety, [1, 2, 3, 4], () => undefined) : null;
  const events: string[] = [];
  const ends: string[] = [];
  const decisions = controller.begin(
    rules,
    {
      decided: (flow, { action, previous, rule, reason, mode, source, destination }, timeUs, packet) => {
        const words = {
          action,
          rule,
          reason,
          stage: STAGE_NAMES[controllerInput().stage],
          protocol: PROTOCOL_NAMES[controllerInput().protocol],
          source: shownOf(source),
          destination: shownOf(destination),
          previous,
          mode,
          client: [...flow.source].join(),
          timeUs,
          packet,
        };
        events.push(JSON.stringify(words));
      },
      ended: (flow, decision, reason) => {
        let words: object | null = null;
        if (decision !== null) {
          expect(decision.previous).toBeNull();
          const { action, rule, reason: why, source, destination } = decision;
          words = { action, rule, reason: why, source: shownOf(source), destination: shownOf(destination) };
        }
        ends.push(`${[...flow.source].join()} ${JSON.stringify(words)} ${reason}`);
      },
    },
    admission,
  );
  const controllerInput = (): Decisions['input'] => decisions.input;
  decisions.rulesUntilUs = untilUs;
  both.decisions = decisions;
  both.twin = new PlainDecisions(rules, (slot) => both.read(slot), admission, untilUs);
  both.quiet = [START, decisions.noChangeUntil(START)];
  const session = new Session(tracker);
  session.beginWith(both);
  let reloads = 0;
  await each(randomPackets(random), (batch) => {
    session.process(batch);
    decisions.checkInvariants();
    if (admission !== null && random.below(40) === 0) admission.refused = random.below(3);
    if (admission !== null && random.below(100) === 0) admission.generation++;
    if (random.below(RULES_LAST) !== 0) return;
    reloads++;
    // Sometimes the same file again, as after a reload that changes a comment.
    if (random.below(3) !== 0) rules = randomRules(random);
    else rules = { ...rules };
    const { lastTimeUs, packets } = session.counters;
    const count = decisions.replaceRules(rules, lastTimeUs, packets);
    expect(count).toBe(both.twin.replaceRules(rules, lastTimeUs, packets));
    both.quiet = [lastTimeUs, decisions.noChangeUntil(lastTimeUs)];
  });
  await session.finish();
  expect(ends).toEqual(both.ends);
  expect(ends.length).toBeGreaterThan(20);
  return {
    decisions,
    events,
    twin: both.twin,
    outcomes: both.outcomes,
    reloads,
    admission,
    quietPackets: both.quietPackets,
  };
}

describe.each([
  ['without an admission', false, Infinity],
  ['with an admission', true, Infinity],
  ['of live traffic whose clock is ahead', false, START + LASTS_US / 4],
])('decisions %s', (_, withAdmission, untilUs) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('are those of the twin, seed %i', async (seed) => {
    const { decisions, events, twin, outcomes, reloads, admission, quietPackets } = await run(
      seed,
      withAdmission,
      untilUs,
    );
    expect(reloads).toBeGreaterThan(1);
    expect(events.length).toBeGreaterThan(60);
    quietPacketCounts.push(quietPackets);
    expect(events).toEqual(twin.events);
    expect(new Set(outcomes).size).toBe(2);
    const counts = decisions.counts.hits.toCounts();
    for (const [kind, ofKind] of Object.entries(counts))
      for (const [outcome, count] of Object.entries(ofKind))
        expect([kind, outcome, count]).toEqual([kind, outcome, twin.hits.get(`${kind} ${outcome}`) ?? 0]);
    const rows = decisions.counts.tally.rows().filter(({ count }) => count > 0);
    expect(
      new Map(rows.map((row) => [`${row.rule} ${row.action} ${row.protocol} ${row.registered}`, row.count])),
    ).toEqual(twin.tally);
    expect([decisions.counts.delays.sumUs, decisions.counts.delays.counts.reduce((a, b) => a + b)]).toEqual([
      twin.delaySumUs,
      twin.delayCount,
    ]);
    expect(decisions.counts.made.reduce((a, b) => a + b)).toBe(events.length);
    for (const [action, name] of ACTION_NAMES.entries())
      expect(decisions.counts.made[action]).toBe(
        events.filter((event) => event.startsWith(`{"action":"${name}"`)).length,
      );
    PROTOCOL_NAMES.forEach((protocol, p) => {
      STAGE_NAMES.forEach((stage, s) => {
        expect(decisions.counts.findings[p * STAGE_NAMES.length + s]).toBe(
          twin.findings.get(`${protocol} ${stage}`) ?? 0,
        );
        ACTION_NAMES.forEach((action, a) => {
          expect(decisions.counts.flows.get(p, s, a)).toBe(twin.ended.get(`${protocol} ${stage} ${action}`) ?? 0);
        });
      });
    });
    expect(admission?.tripCount ?? 0).toBe(0);
  });
});

it('some of these packets are left out by the compiled tracker, and none of them changed anything', () => {
  expect(quietPacketCounts.filter((count) => count > 20).length).toBeGreaterThan(3);
});
