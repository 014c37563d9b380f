/** The fields of the events of flows: decisions, ends of flows, and what a comparison of rules changes. */
import * as z from 'zod/mini';
import { PROTOCOL_NAMES } from '../../../core/protocol.ts';
import { FLOW_END_NAMES } from '../../../dataplane/host/flow-end.ts';
import { CHECKS } from '../../../dataplane/host/checks.ts';
import { STAGE_NAMES, VARIANT_NAMES } from '../../../dataplane/host/finding.ts';
import { ENCAPSULATION_NAMES } from '../../../dataplane/host/packet-codes.ts';
import { ACTION_NAMES } from '../../../policy/action.ts';
import { REASON_NAMES } from '../../../policy/decide.ts';
import { MODE_NAMES } from '../../../policy/mode.ts';
import { SECTOR_NAMES } from '../../../registry/sector.ts';
import { PROTO_NAMES } from '../flow-names.ts';
import { amount, count, list, name, patterned, port, text, time, vlanId } from './field.ts';
import { context, origin } from './last-fields.ts';

export const FLOW_ID = '^[0-9a-f]{16}$';
export const COMMUNITY_ID = '^1:[A-Za-z0-9+/]{27}=$';

export const action = (description: string): z.ZodMiniString => name(ACTION_NAMES, description);

const evidence = z.strictObject({
  packet: count('Number of the packet, as in pcap_cnt'),
  check: name(
    Object.values(CHECKS).map((check) => check.name),
    'What was compared',
  ),
  offset: count("Bytes from the start of the UDP payload, of the TCP direction's stream, or of the ESP or AH header"),
  expected: text('The value, or the bounds, that the check accepts'),
  seen: text('The value in the packet'),
});

export const registration = z
  .strictObject({
    prefix: z.optional(text('The registered prefix; absent with hidden addresses')),
    holder: z.optional(text('Its holder; absent with hidden addresses')),
    sector: name(SECTOR_NAMES.slice(1), "The holder's sector"),
    reference: text('Reference of the registration; a pseudonym with hidden addresses'),
  })
  .check(z.describe('A registration in force'));

export const registrations = z.strictObject({
  source: z.nullable(registration),
  destination: z.nullable(registration),
});

/** The fields that identify the flow of an event. */
export const tuple = {
  flow_id: patterned(FLOW_ID, 'The flow, the same in every run'),
  tunnel_id: z.optional(
    patterned(FLOW_ID, 'flow_id of the first flow of the tunnel; absent for a flow outside any tunnel'),
  ),
  vlan: z.optional(list(vlanId(), 'VLAN ids from the outermost on; absent if there are none')),
  encapsulation: z.optional(
    list(name(ENCAPSULATION_NAMES.slice(1), ''), 'Encapsulations from the outermost on; absent if there are none'),
  ),
  src_ip: text('The initiator'),
  src_port: z.optional(port('Absent where the transport has no ports')),
  dest_ip: text('The responder'),
  dest_port: z.optional(port('Absent where the transport has no ports')),
  proto: name(Object.values(PROTO_NAMES), 'The transport'),
  community_id: patterned(COMMUNITY_ID, 'Community ID, version 1, seed 0'),
};

export const vpn = {
  protocol: name(PROTOCOL_NAMES.slice(1), 'Protocol of the finding'),
  variant: name(
    Object.values(VARIANT_NAMES).filter((variant) => variant !== 'none'),
    'Its variant',
  ),
  stage: name(STAGE_NAMES.slice(1), 'Certainty of the finding'),
};

const decision = z.strictObject({
  action: action('What is done to the flow'),
  previous: z.nullable(action('The action before; null at the first decision')),
  rule: z.nullable(text('The rule that decided; null if none matched')),
  reason: name(REASON_NAMES, 'Why the rule matched'),
  mode: name(MODE_NAMES, 'Whether the action is carried out in the simulation'),
});

function flowEventOf<Type extends string>(
  type: Type,
  timestamp: string,
  packet: string,
): z.ZodMiniObject<
  {
    timestamp: z.ZodMiniString;
    event_type: z.ZodMiniLiteral<Type>;
    pcap_filename: z.ZodMiniString;
    pcap_cnt: z.ZodMiniNumber;
  } & typeof tuple,
  z.core.$strict
> {
  return z.strictObject({
    timestamp: time(timestamp),
    event_type: z.literal(type),
    pcap_filename: text('The capture, or the source of packets'),
    pcap_cnt: count(packet),
    ...tuple,
  });
}

const flowCounts = z.strictObject({
  pkts_toserver: count('Packets from the initiator'),
  pkts_toclient: count('Packets to the initiator'),
  bytes_toserver: count('Their bytes'),
  bytes_toclient: count('Their bytes'),
  start: time('First packet'),
  end: time('Last packet'),
  duration: amount('Seconds from start to end, to the microsecond'),
  reason: name(FLOW_END_NAMES, 'Why the flow ended; shutdown at the end of the capture'),
});

/** What one set of rules decided for a flow. */
const side = z
  .strictObject({
    policy: text('Name of the policy'),
    action: action('The strongest action that was decided'),
    last_action: action('The last action that was decided'),
    rule: z.nullable(text('The rule of the strongest decision; null if none matched')),
    reason: name(REASON_NAMES, 'Why that rule matched'),
    registration: registrations,
    pkts_delayed: count('Packets of the flow that were delayed'),
    bytes_delayed: count('Their bytes'),
    pkts_dropped: count('Packets of the flow that were dropped'),
    bytes_dropped: count('Their bytes'),
  })
  .check(z.describe('What one set of rules decided for the flow'));

const FIRST_PACKET = "Number of the flow's first packet, counted from 1";

export const decisionEvent = z.extend(
  flowEventOf('decision', 'Time of the packet at which the flow was decided', 'Number of that packet, counted from 1'),
  {
    vpn: z.strictObject({ ...vpn, evidence: list(evidence, 'What was found, and where') }),
    registration: registrations,
    decision,
    ...context,
    ...origin,
  },
);

export const flowEvent = z.extend(flowEventOf('flow', "Time of the flow's last packet", FIRST_PACKET), {
  flow: flowCounts,
  vpn: z.optional(z.strictObject(vpn)),
  decision: z.optional(decision),
  ...origin,
});

export const changeEvent = z.extend(flowEventOf('change', "Time of the flow's last packet", FIRST_PACKET), {
  flow: flowCounts,
  vpn: z.optional(z.strictObject(vpn)),
  before: side,
  after: side,
  ...origin,
});
