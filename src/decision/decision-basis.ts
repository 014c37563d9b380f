/**
 * What a decision rests on: fills the policy's input from a flow's record, and looks both ends up in the registry. A
 * registered end of a tunnel covers all flows of the tunnel.
 */
import { Protocol } from '../core/protocol.ts';
import { DecisionInput } from '../policy/decision-input.ts';
import { type PairCoverage, pairOver } from '../registry/pair-coverage.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import type { Registry } from '../registry/registry.ts';
import { End } from '../registry/scope.ts';
import type { FlowRecord } from './flow-record.ts';
import { TunnelEnd } from './tunnel-columns.ts';
import type { Tunnels } from './tunnels.ts';

const FLOW_END = { [TunnelEnd.SOURCE]: End.SOURCE, [TunnelEnd.DESTINATION]: End.DESTINATION } as const;

export class DecisionBasis {
  readonly input = new DecisionInput();
  /** The registry in use; set when the rules are swapped. */
  registry: Registry;
  private readonly tunnels: Tunnels;
  private readonly keptAddress = new Int32Array(4);
  private readonly otherKeptAddress = new Int32Array(4);

  constructor(registry: Registry, tunnels: Tunnels) {
    this.registry = registry;
    this.tunnels = tunnels;
  }

  /**
   * Fills `input` for a flow at a packet time. `tunnel` is the flow's, 0 for none. True where the flow's registration
   * is news to its tunnel.
   */
  fill(record: FlowRecord, tunnel: number, timeUs: number): boolean {
    const { input } = this;
    record.fillInput(input);
    input.timeUs = timeUs;
    input.sourceRegistration = this.registrationOf(record.source, End.SOURCE, timeUs);
    input.destinationRegistration = this.registrationOf(record.destination, End.DESTINATION, timeUs);
    this.addPair(record.source, record.destination, timeUs);
    input.sourceSector = this.sectorOf(input.sourceRegistration);
    input.destinationSector = this.sectorOf(input.destinationRegistration);
    return tunnel !== 0 && this.shareRegistrations(tunnel, timeUs);
  }

  /**
   * Lets a registered end of a tunnel cover all of its flows: what the flow at hand lacks it takes from the tunnel,
   * what it brings the tunnel keeps. True where it brought something.
   */
  private shareRegistrations(tunnel: number, timeUs: number): boolean {
    const { input } = this;
    const { columns } = this.tunnels;
    let ofSource = this.keptRegistration(tunnel, TunnelEnd.SOURCE, timeUs);
    let ofDestination = this.keptRegistration(tunnel, TunnelEnd.DESTINATION, timeUs);
    const pair = this.keptPair(tunnel, timeUs);
    if (pair !== null) {
      if (ofSource === NO_REGISTRATION) ofSource = pair.source;
      if (ofDestination === NO_REGISTRATION) ofDestination = pair.destination;
    }
    let brings = false;
    if (input.sourceRegistration === NO_REGISTRATION) {
      input.sourceRegistration = ofSource;
      input.sourceSector = this.sectorOf(ofSource);
    } else if (ofSource === NO_REGISTRATION) {
      columns.keepRegistered(tunnel, TunnelEnd.SOURCE, input.source);
      brings = true;
    }
    if (input.destinationRegistration === NO_REGISTRATION) {
      input.destinationRegistration = ofDestination;
      input.destinationSector = this.sectorOf(ofDestination);
    } else if (ofDestination === NO_REGISTRATION) {
      columns.keepRegistered(tunnel, TunnelEnd.DESTINATION, input.destination);
      brings = true;
    }
    return brings && columns.flowCount[tunnel]! > 1;
  }

  /**
   * Registration of the address that the tunnel has kept for an end. It may be none by now: time has passed, or the
   * registry is another.
   */
  private keptRegistration(tunnel: number, end: TunnelEnd, timeUs: number): number {
    const { columns } = this.tunnels;
    if (!columns.readRegistered(tunnel, end, this.keptAddress)) return NO_REGISTRATION;
    const registration = this.registrationOf(this.keptAddress, FLOW_END[end], timeUs);
    if (registration === NO_REGISTRATION && !this.registry.hasPairs) columns.forgetRegistered(tunnel, end);
    return registration;
  }

  /** Sets the registrations of ends that have none to a pair that covers both. */
  private addPair(source: Int32Array, destination: Int32Array, timeUs: number): void {
    const { input } = this;
    const pair = pairOver(this.registry, source, destination, timeUs, input.protocol);
    if (pair === null) return;
    if (input.sourceRegistration === NO_REGISTRATION) input.sourceRegistration = pair.source;
    if (input.destinationRegistration === NO_REGISTRATION) input.destinationRegistration = pair.destination;
  }

  /** The pair that covers the addresses that the tunnel has kept for both ends. */
  private keptPair(tunnel: number, timeUs: number): PairCoverage | null {
    if (!this.registry.hasPairs) return null;
    const { columns } = this.tunnels;
    const { keptAddress, otherKeptAddress } = this;
    if (!columns.readRegistered(tunnel, TunnelEnd.SOURCE, keptAddress)) return null;
    if (!columns.readRegistered(tunnel, TunnelEnd.DESTINATION, otherKeptAddress)) return null;
    return pairOver(this.registry, keptAddress, otherKeptAddress, timeUs, this.input.protocol);
  }

  /** A registration in force for the flow in `input` covers an end of it. */
  get isRegistered(): boolean {
    const { sourceRegistration, destinationRegistration } = this.input;
    return sourceRegistration !== NO_REGISTRATION || destinationRegistration !== NO_REGISTRATION;
  }

  /** No registration is in force for the flow in `input`, but one for another protocol covers an end of it. */
  isRegisteredOtherwise(): boolean {
    const { source, destination, timeUs } = this.input;
    if (this.isRegistered) return false;
    if (this.isCovered(source, End.SOURCE, timeUs) || this.isCovered(destination, End.DESTINATION, timeUs)) return true;
    return pairOver(this.registry, source, destination, timeUs, Protocol.NONE) !== null;
  }

  private isCovered(address: Int32Array, end: End, timeUs: number): boolean {
    const { registry } = this;
    const any = registry.covers(address[0]!, address[1]!, address[2]!, address[3]!, timeUs, Protocol.NONE, end);
    return any !== NO_REGISTRATION;
  }

  private registrationOf(address: Int32Array, end: End, timeUs: number): number {
    const { protocol } = this.input;
    return this.registry.covers(address[0]!, address[1]!, address[2]!, address[3]!, timeUs, protocol, end);
  }

  private sectorOf(registration: number): number {
    return registration === NO_REGISTRATION ? 0 : this.registry.sectorOf(registration);
  }
}
