/**
 * What a shadow would do that an operator must see at once, as events: registered users who would newly be hit, one
 * event for each registration, and trips of its breaker. Flows beyond those are counted (study/shadow).
 */
import { FlowRecord } from '../decision/flow-record.ts';
import { DecisionWord, type DecisionTable } from '../decision/decision-table.ts';
import { ruleName, shownRegistration } from '../decision/decision-views.ts';
import type { Rules } from '../decision/rules.ts';
import type { TripReport } from '../decision/hit-admission.ts';
import { contextOf } from '../output/event/event-context.ts';
import { EventFields } from '../output/event/event-fields.ts';
import { vpnFields } from '../output/event/flow-names.ts';
import {
  type ShadowHit,
  shadowHitLine,
  type ShadowName,
  type ShadowSideFields,
  shadowTripLine,
} from '../output/event/shadow-event-line.ts';
import type { ShowAddress } from '../output/event/shown-address.ts';
import { showTrip } from '../output/event/shown-trip.ts';
import type { Log } from '../output/log/log.ts';
import { ACTION_NAMES } from '../policy/action.ts';
import type { RegisteredHit } from '../study/shadow/shadow-comparison.ts';
import type { RunEngine } from './daemon-engine.ts';
import { shadowName } from './shadow-figures.ts';
import type { ShadowAlarms, ShadowSide } from './shadow-side.ts';

/** Registrations with an event, of one shadow. */
const NAMED_REGISTRATIONS = 100;

export interface AlarmOutputs {
  readonly show: ShowAddress;
  readonly log: Log;
  /** Writes an event line. */
  readonly notice: (line: string) => void;
}

export class RunShadowAlarms implements ShadowAlarms {
  private readonly engine: RunEngine;
  private readonly outputs: AlarmOutputs;
  private readonly record = new FlowRecord();
  /** What identifies the registrations that have an event. */
  private readonly named = new Set<string>();

  constructor(engine: RunEngine, outputs: AlarmOutputs) {
    this.engine = engine;
    this.outputs = outputs;
  }

  registeredHit(hit: RegisteredHit): void {
    const { engine, outputs, record, named } = this;
    const side = engine.shadow!;
    const [active, candidate] = [engine.rules, side.beside(engine.rules)];
    const { active: activeTable, shadow: shadowTable } = side.comparison.sides;
    const [rules, table, row] = hit.isDeregistered
      ? [active, activeTable, hit.activeRow]
      : [candidate, shadowTable, hit.shadowRow];
    const source = shownRegistration(rules, table.words[row + DecisionWord.SOURCE_REGISTRATION]!);
    const destination = shownRegistration(rules, table.words[row + DecisionWord.DESTINATION_REGISTRATION]!);
    const key = JSON.stringify([source, destination]);
    if (named.has(key) || named.size === NAMED_REGISTRATIONS) return;
    if (named.size === 0) outputs.log.warn(this.name(side), 'the shadow would newly hit a registered user');
    named.add(key);
    record.read(engine.table, activeTable, hit.slot, engine.tunnels.nameOf(hit.slot));
    const fields = new EventFields(outputs.show, contextOf(active));
    const event: ShadowHit = {
      tuple: fields.tuple(record),
      vpn: vpnFields(record.finding),
      registration: { source: fields.registration(source), destination: fields.registration(destination) },
      active: sideFields(active, activeTable, hit.activeRow),
      candidate: sideFields(candidate, shadowTable, hit.shadowRow),
      deregistered: hit.isDeregistered,
    };
    outputs.notice(shadowHitLine(record.lastTimeUs, this.name(side), event));
  }

  wouldTrip(report: TripReport): void {
    const { outputs } = this;
    const side = this.engine.shadow!;
    const trip = showTrip(report, outputs.show);
    outputs.log.warn({ ...this.name(side), trip }, "the shadow's breaker would have tripped");
    outputs.notice(shadowTripLine(report.trip.timeUs, this.name(side), trip));
  }

  private name(side: ShadowSide): ShadowName {
    return shadowName(side, this.engine.rules);
  }
}

function sideFields(rules: Rules, { words }: DecisionTable, row: number): ShadowSideFields {
  const action = ACTION_NAMES[words[row + DecisionWord.ACTION]!]!;
  return { action, rule: ruleName(rules, words[row + DecisionWord.RULE]!) };
}
