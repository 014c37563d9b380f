/** The filters of a query as one test of a kept decision. */
import { isMappedIpv4 } from '../../core/ip-address.ts';
import { MICROS_PER_SECOND } from '../../core/units.ts';
import { PrefixParser, wordMask } from '../../registry/prefix.ts';
import { type DecisionsQuery, OTHER_PROTOCOL, TEXT_FILTERS } from './decision-query.ts';
import type { KeptDecision } from './kept-decision.ts';

type Test = (kept: KeptDecision) => boolean;

/** A decision is selected if every filter holds. The query has been checked (decisionsQuery). */
export function decisionFilter(query: DecisionsQuery): Test {
  const tests: Test[] = [];
  for (const name of TEXT_FILTERS) {
    const values = query[name]?.split(',');
    if (values !== undefined) tests.push((kept) => values.includes(kept[name]));
  }
  const { registered, sector, prefix, port, tunnel_id, flow_id, community_id, from, to, q } = query;
  if (registered !== undefined) tests.push(ofEnds(registered.split(',')));
  if (sector !== undefined) tests.push(ofSectors(sector.split(',')));
  if (prefix !== undefined) tests.push(inPrefix(prefix));
  if (port !== undefined)
    tests.push(({ sourcePort, destinationPort }) => sourcePort === port || destinationPort === port);
  if (tunnel_id !== undefined) tests.push(({ tunnelId }) => tunnelId === tunnel_id);
  if (flow_id !== undefined) tests.push(({ flowId }) => flowId === flow_id);
  if (community_id !== undefined) tests.push(({ communityId }) => communityId === community_id);
  if (from !== undefined) tests.push(({ timeUs }) => timeUs >= from * MICROS_PER_SECOND);
  if (to !== undefined) tests.push(({ timeUs }) => timeUs < to * MICROS_PER_SECOND);
  if (q !== undefined) {
    const sought = q.toLowerCase();
    tests.push(({ text }) => text.includes(sought));
  }
  return (kept) => tests.every((test) => test(kept));
}

function ofEnds(wanted: readonly string[]): Test {
  const hasOther = wanted.includes(OTHER_PROTOCOL);
  return ({ registered, otherProtocol }) => wanted.includes(registered) || (hasOther && otherProtocol === true);
}

function ofSectors(wanted: readonly string[]): Test {
  return ({ sectors: [source, destination] }) =>
    (source !== '' && wanted.includes(source)) || (destination !== '' && wanted.includes(destination));
}

/** One end is in the prefix. */
function inPrefix(text: string): Test {
  const parser = new PrefixParser();
  if (!parser.parse(text)) throw new Error(`no prefix: ${text}`);
  const words = [parser.word0, parser.word1, parser.word2, parser.word3];
  const masks = words.map((_, index) => wordMask(parser.length, index));
  const { isIpv4 } = parser;
  // An IPv6 prefix never covers an IPv4 address, which has the mapped form here.
  const isIn = (address: readonly number[]): boolean =>
    isMappedIpv4(address[0]!, address[1]!, address[2]!) === isIpv4 &&
    words.every((word, index) => ((address[index]! ^ word) & masks[index]!) === 0);
  return ({ source, destination }) => isIn(source) || isIn(destination);
}
