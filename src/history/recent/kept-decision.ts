/** A decision as it is kept for searching: its event as it was written, and the parts that filters compare. */
import { parseMicros } from '../../core/units.ts';
import type { DecisionEvent } from '../../output/event/event-fields.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import type { DecisionHead } from './decision-batch.ts';
import type { DecisionRow } from './decision-document.ts';
import { NONE, type REGISTERED_ENDS } from './decision-query.ts';

/** A decision from before the daemon's start, of which only the event is known, has a number below 1. */
export type KeptHead = Pick<DecisionHead, 'number' | 'generation' | 'tried'> & {
  readonly [Field in 'held' | 'otherProtocol']: DecisionHead[Field] | null;
};

export interface KeptDecision {
  readonly number: number;
  readonly generation: number;
  readonly held: 'yes' | 'no' | 'unknown';
  /** No registration is in force, but one for another protocol covers an end; null where this is not known. */
  readonly otherProtocol: boolean | null;
  readonly tried: string;
  /** The event, without a line break. */
  readonly line: string;
  readonly timeUs: number;
  readonly protocol: string;
  readonly variant: string;
  readonly stage: string;
  readonly action: string;
  readonly previous: string;
  readonly rule: string;
  readonly reason: string;
  readonly mode: string;
  readonly registered: (typeof REGISTERED_ENDS)[number];
  /** Sectors of both ends' registrations; empty for none. */
  readonly sectors: readonly [string, string];
  /** Both ends as words (core/ip-address). */
  readonly source: readonly number[];
  readonly destination: readonly number[];
  /** 0 for none. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flowId: string;
  readonly tunnelId: string;
  readonly communityId: string;
  /** Texts of the registrations in small letters. */
  readonly text: string;
}

/** Memory of a decision beside its line, an upper bound. */
export const DECISION_BYTES = 800;

/** The words of an address as events show it. */
export function wordsOf(address: string): number[] {
  const parser = new PrefixParser();
  if (!parser.parseAddress(address)) throw new Error(`no address: ${address}`);
  return [parser.word0, parser.word1, parser.word2, parser.word3];
}

/** Throws if the line is not an event. `intern`: one object for equal texts. */
export function keptDecision(head: KeptHead, line: string, intern: (text: string) => string): KeptDecision {
  const event = JSON.parse(line) as DecisionEvent;
  const { vpn, decision } = event;
  const { source, destination } = event.registration;
  return {
    number: head.number,
    generation: head.generation,
    held: head.held === null ? 'unknown' : head.held ? 'yes' : 'no',
    otherProtocol: head.otherProtocol,
    tried: intern(head.tried),
    line,
    timeUs: parseMicros(event.timestamp),
    protocol: intern(vpn.protocol),
    variant: intern(vpn.variant),
    stage: intern(vpn.stage),
    action: intern(decision.action),
    previous: intern(decision.previous ?? NONE),
    rule: intern(decision.rule ?? NONE),
    reason: intern(decision.reason),
    mode: intern(decision.mode),
    registered:
      source === null ? (destination === null ? 'none' : 'destination') : destination === null ? 'source' : 'both',
    sectors: [intern(source?.sector ?? ''), intern(destination?.sector ?? '')],
    source: wordsOf(event.src_ip),
    destination: wordsOf(event.dest_ip),
    sourcePort: event.src_port ?? 0,
    destinationPort: event.dest_port ?? 0,
    flowId: event.flow_id,
    tunnelId: event.tunnel_id ?? '',
    communityId: event.community_id,
    text: intern(
      [source, destination]
        .flatMap((one) => Object.values(one ?? {}))
        .join('\n')
        .toLowerCase(),
    ),
  };
}

export function rowOf({ number, held, otherProtocol, line }: KeptDecision): DecisionRow {
  const event = JSON.parse(line) as DecisionEvent;
  const { vpn, decision, registration } = event;
  return {
    number,
    flow_id: event.flow_id,
    tunnel_id: event.tunnel_id ?? null,
    community_id: event.community_id,
    time: event.timestamp,
    packet: event.pcap_cnt,
    file: event.pcap_filename,
    protocol: vpn.protocol,
    variant: vpn.variant,
    stage: vpn.stage,
    action: decision.action,
    previous: decision.previous,
    rule: decision.rule,
    reason: decision.reason,
    mode: decision.mode,
    held: held === 'unknown' ? null : held === 'yes',
    other_protocol: otherProtocol,
    proto: event.proto,
    source: { ip: event.src_ip, port: event.src_port ?? null, registration: registration.source },
    destination: { ip: event.dest_ip, port: event.dest_port ?? null, registration: registration.destination },
  };
}
