/**
 * Truncates the addresses of an event that a log has in clear, for pages that show them truncated. What follows from
 * addresses follows from the truncated ones: the Community ID is computed again. A flow_id cannot be, because an event
 * lacks a part of what it is made of, so another id takes its place, the same for equal ones.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { formatAddress } from '../../core/ip-address.ts';
import { communityId } from '../../output/event/community-id.ts';
import type { DecisionEvent } from '../../output/event/event-fields.ts';
import { PROTO_NAMES } from '../../output/event/flow-names.ts';
import { PSEUDONYM_KEY_LENGTH, showAddresses } from '../../output/event/shown-address.ts';
import { showRegistrations } from '../../output/event/shown-registration.ts';
import { wordsOf } from './kept-decision.ts';

const FLOW_ID_DIGITS = 16;
const PROTO_CODES = new Map(Object.entries(PROTO_NAMES).map(([code, name]) => [name, Number(code)]));

type Registration = DecisionEvent['registration']['source'];

export class EventTruncation {
  /** Without it, the flow_id of an id could be found by trying addresses. */
  private readonly key = randomBytes(PSEUDONYM_KEY_LENGTH);
  private readonly show = showAddresses('truncated');
  private readonly name = showRegistrations('truncated', this.key);
  private readonly words = new Int32Array(4);

  /** The event itself if it has nothing to hide. */
  truncated(event: DecisionEvent): DecisionEvent {
    const source = this.shown(event.src_ip);
    const destination = this.shown(event.dest_ip);
    const { registration, tunnel_id: tunnel, src_port: sourcePort, dest_port: destinationPort } = event;
    const isHidden = isHiddenIn(registration.source) && isHiddenIn(registration.destination);
    if (isHidden && source.isSame && destination.isSame) return event;
    const hasPorts = sourcePort !== undefined && destinationPort !== undefined;
    const ports = hasPorts ? { source: sourcePort, destination: destinationPort } : null;
    return {
      ...event,
      flow_id: this.idFor(event.flow_id),
      ...(tunnel !== undefined && { tunnel_id: this.idFor(tunnel) }),
      src_ip: source.text,
      dest_ip: destination.text,
      community_id: communityId(PROTO_CODES.get(event.proto) ?? 0, source.words, destination.words, ports),
      registration: {
        source: this.registration(registration.source),
        destination: this.registration(registration.destination),
      },
    };
  }

  private shown(ip: string): { text: string; words: readonly number[]; isSame: boolean } {
    const before = wordsOf(ip);
    this.show(before, this.words);
    const words = Array.from(this.words);
    const [a, b, c, d] = words as [number, number, number, number];
    return { text: formatAddress(a, b, c, d), words, isSame: words.every((word, index) => word === before[index]) };
  }

  private registration(one: Registration): Registration {
    if (one === null || isHiddenIn(one)) return one;
    const { prefix = '', holder = '', sector, reference } = one;
    return this.name({ prefix, holder, sector, reference });
  }

  private idFor(id: string): string {
    return createHmac('sha256', this.key).update(id).digest('hex').slice(0, FLOW_ID_DIGITS);
  }
}

/** As events show registrations with hidden addresses. */
function isHiddenIn(one: Registration): boolean {
  return one === null || (one.prefix === undefined && one.holder === undefined);
}
