/**
 * Decides recorded flows by a policy and a registry at one packet time, without side effects. All flows must be passed
 * to `recordTunnelEnds` before the first one is decided, because a registered end of a tunnel covers all flows of the
 * tunnel.
 */
import { type PairCoverage, pairOver } from '../registry/pair-coverage.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import type { Registry } from '../registry/registry.ts';
import { End } from '../registry/scope.ts';
import { Action } from './action.ts';
import { actionOf, decidingRule, NO_RULE } from './decide.ts';
import type { Mode } from './mode.ts';
import type { Policy } from './policy.ts';
import type { RecordedFlow } from './recorded-flow.ts';

/** Rules at a packet time, µs since 1970. */
export interface RulesAt {
  readonly policy: Policy;
  readonly registry: Registry;
  readonly mode: Mode;
  readonly timeUs: number;
}

const NO_PAIR: PairCoverage = { source: NO_REGISTRATION, destination: NO_REGISTRATION };

export class TrialRules {
  /**
   * Results for the last flow: its rule, its action, and whether a registration in force covers either end or its
   * tunnel.
   */
  rule = 0;
  action: Action = Action.ALLOW;
  isRegistered = false;
  /** That registration, of the source where both ends have one; NO_REGISTRATION without any. */
  registration = NO_REGISTRATION;
  /** The last flow's rule hits registered users on purpose. */
  hitsRegistered = false;
  readonly rules: RulesAt;
  /** Registrations of the ends of tunnels, by tunnel. */
  private readonly sources = new Map<number, number>();
  private readonly destinations = new Map<number, number>();

  constructor(rules: RulesAt) {
    this.rules = rules;
  }

  /** Records the registrations of the flow's ends for the other flows of its tunnel. */
  recordTunnelEnds(flow: RecordedFlow): void {
    const { input, tunnel } = flow;
    if (tunnel === 0) return;
    let source = this.covers(input.source, End.SOURCE, input.protocol);
    let destination = this.covers(input.destination, End.DESTINATION, input.protocol);
    const pair = this.pairOver(input.source, input.destination, input.protocol);
    if (source === NO_REGISTRATION) source = pair.source;
    if (destination === NO_REGISTRATION) destination = pair.destination;
    if (source !== NO_REGISTRATION) this.sources.set(tunnel, source);
    if (destination !== NO_REGISTRATION) this.destinations.set(tunnel, destination);
  }

  /** Decides the flow, and sets the registrations and the time of its input. */
  decide(flow: RecordedFlow): void {
    const { policy, registry, timeUs } = this.rules;
    const { input } = flow;
    input.timeUs = timeUs;
    const keptSource = flow.hasKeptSource ? flow.keptSource : null;
    const keptDestination = flow.hasKeptDestination ? flow.keptDestination : null;
    const own = this.pairOver(input.source, input.destination, input.protocol);
    const kept =
      keptSource === null || keptDestination === null
        ? NO_PAIR
        : this.pairOver(keptSource, keptDestination, input.protocol);
    input.sourceRegistration = firstOf(
      this.covers(input.source, End.SOURCE, input.protocol),
      own.source,
      keptSource === null ? NO_REGISTRATION : this.covers(keptSource, End.SOURCE, input.protocol),
      kept.source,
      this.sources.get(flow.tunnel),
    );
    input.destinationRegistration = firstOf(
      this.covers(input.destination, End.DESTINATION, input.protocol),
      own.destination,
      keptDestination === null ? NO_REGISTRATION : this.covers(keptDestination, End.DESTINATION, input.protocol),
      kept.destination,
      this.destinations.get(flow.tunnel),
    );
    input.sourceSector = sectorOf(registry, input.sourceRegistration);
    input.destinationSector = sectorOf(registry, input.destinationRegistration);
    this.rule = decidingRule(policy, input);
    this.action = actionOf(policy, this.rule);
    this.hitsRegistered = this.rule !== NO_RULE && policy.rules[this.rule]!.hitsRegistered;
    this.registration =
      input.sourceRegistration === NO_REGISTRATION ? input.destinationRegistration : input.sourceRegistration;
    this.isRegistered = this.registration !== NO_REGISTRATION;
  }

  private covers(address: Int32Array, end: End, protocol: number): number {
    const { registry, timeUs } = this.rules;
    return registry.covers(address[0]!, address[1]!, address[2]!, address[3]!, timeUs, protocol, end);
  }

  private pairOver(source: Int32Array, destination: Int32Array, protocol: number): PairCoverage {
    const { registry, timeUs } = this.rules;
    return pairOver(registry, source, destination, timeUs, protocol) ?? NO_PAIR;
  }
}

/**
 * The registration of an end: that of its own address; else that of the tunnel's kept address; else that of another
 * flow of the tunnel.
 */
function firstOf(...registrations: readonly (number | undefined)[]): number {
  return (
    registrations.find((registration) => registration !== undefined && registration !== NO_REGISTRATION) ??
    NO_REGISTRATION
  );
}

function sectorOf(registry: Registry, registration: number): number {
  return registration === NO_REGISTRATION ? 0 : registry.sectorOf(registration);
}
