/**
 * Reads a decision from a line of an event log that an earlier run of the daemon has written. The line may have been
 * changed since, so every field that pages show is checked.
 */
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { STAGE_NAMES } from '../../dataplane/host/finding.ts';
import type { DecisionEvent } from '../../output/event/event-fields.ts';
import { type EventOrigin, ORIGIN_NAMES } from '../../output/event/event-origin.ts';
import { TIME_PATTERN } from '../../output/event/schema/field.ts';
import { COMMUNITY_ID, decisionEvent, FLOW_ID } from '../../output/event/schema/flow-schema.ts';
import { ACTION_NAMES } from '../../policy/action.ts';
import { REASON_NAMES } from '../../policy/decide.ts';
import { MODE_NAMES } from '../../policy/mode.ts';
import { PrefixParser } from '../../registry/prefix.ts';

/** The beginning of an event's line, with its type. */
const EVENT = /^\{"timestamp":"[^"]{1,40}","event_type":"([a-z]{1,20})",/;
const TIME = new RegExp(TIME_PATTERN);
const FLOW = new RegExp(FLOW_ID);
const COMMUNITY = new RegExp(COMMUNITY_ID);
const parser = new PrefixParser();

/**
 * The event without origin and number, as recent decisions are kept; 'other' for an event of another type. Null for a
 * line that is damaged, or of another place than `origin`.
 */
export function readEarlierEvent(line: string, origin: EventOrigin): DecisionEvent | 'other' | null {
  const type = EVENT.exec(line)?.[1];
  if (type === undefined) return null;
  if (type !== 'decision') return line.endsWith('}') ? 'other' : null;
  const parsed = decisionEvent.safeParse(parsedJson(line));
  if (!parsed.success) return null;
  const { site, isp, link, seq, ...event } = parsed.data;
  const place = { site, isp, link };
  // A line without a number is none of a daemon's log.
  if (seq === undefined || ORIGIN_NAMES.some((name) => place[name] !== origin[name])) return null;
  return isWhole(event) ? event : null;
}

function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function isWhole(event: DecisionEvent): boolean {
  const { vpn, decision, tunnel_id: tunnel } = event;
  return (
    TIME.test(event.timestamp) &&
    !Number.isNaN(Date.parse(event.timestamp)) &&
    FLOW.test(event.flow_id) &&
    (tunnel === undefined || FLOW.test(tunnel)) &&
    COMMUNITY.test(event.community_id) &&
    parser.parseAddress(event.src_ip) &&
    parser.parseAddress(event.dest_ip) &&
    isOneOf(PROTOCOL_NAMES, vpn.protocol) &&
    isOneOf(STAGE_NAMES, vpn.stage) &&
    isOneOf(ACTION_NAMES, decision.action) &&
    (decision.previous === null || isOneOf(ACTION_NAMES, decision.previous)) &&
    isOneOf(REASON_NAMES, decision.reason) &&
    isOneOf(MODE_NAMES, decision.mode)
  );
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
