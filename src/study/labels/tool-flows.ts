/**
 * What another tool says of the flows of one capture, by flow key. It is an opinion and not a label: comparing with it
 * shows how far two tools agree.
 */
import { Protocol } from '../../core/protocol.ts';
import { formatAddress } from '../../core/ip-address.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import { flowKey } from '../found-flows.ts';

export type Tool = 'Zeek' | 'nDPI';

/**
 * The tools whose logs have no row for a flow that they do not recognise. ndpiReader writes flows of an unknown
 * protocol only with -v. Without a row such a flow is one that the tool does not call a VPN; for other tools it is one
 * that they did not see.
 */
const LEAVE_OUT_UNKNOWN: ReadonlySet<Tool> = new Set(['nDPI']);

export function leavesOutUnknown(tool: Tool): boolean {
  return LEAVE_OUT_UNKNOWN.has(tool);
}

/** The protocol of a flow, NONE for any other than those of VPNs, and the tool's own word for it. */
export interface ToolOpinion {
  readonly protocol: Protocol;
  readonly word: string;
}

/** Names of transports by IP protocol number: those whose flows Sluice tracks. */
const TRACKED: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp', 50: 'esp', 51: 'ah' };

/** The name of a tracked transport by its IP protocol number, or undefined. */
export function trackedTransport(number: string): string | undefined {
  return Object.hasOwn(TRACKED, number) ? TRACKED[number] : undefined;
}

export class ToolFlows {
  readonly tool: Tool;
  readonly byFlow = new Map<string, ToolOpinion>();
  /** Rows of transports that Sluice does not track, such as ICMP. */
  untracked = 0;
  /** Rows whose addresses are in a form that is not one of an address. */
  unreadable = 0;
  /** Flows whose rows name several VPN protocols; the first counts. */
  contradictory = 0;
  private readonly opinions = new Map<string, ToolOpinion>();

  constructor(tool: Tool) {
    this.tool = tool;
  }

  /** Adds a row. Flows of one tuple are one: it is a VPN if any row says so. */
  add(key: string, protocol: Protocol, word: string): void {
    const before = this.byFlow.get(key);
    if (before !== undefined && before.protocol !== Protocol.NONE) {
      if (protocol !== Protocol.NONE && protocol !== before.protocol) this.contradictory++;
      return;
    }
    if (before === undefined || protocol !== Protocol.NONE) this.byFlow.set(key, this.opinion(protocol, word));
  }

  /** One object for equal opinions. */
  private opinion(protocol: Protocol, word: string): ToolOpinion {
    const name = `${protocol} ${word}`;
    let opinion = this.opinions.get(name);
    if (opinion === undefined) this.opinions.set(name, (opinion = { protocol, word }));
    return opinion;
  }
}

const parser = new PrefixParser();

/** An address in the form in which events show it, or null. */
export function canonicalAddress(text: string): string | null {
  if (!parser.parseAddress(text)) return null;
  return formatAddress(parser.word0, parser.word1, parser.word2, parser.word3);
}

const PORT = /^\d{1,5}$/;
const LARGEST_PORT = 65_535;

/** A port number, or null. */
export function portOf(text: string): number | null {
  const port = Number(text);
  return PORT.test(text) && port <= LARGEST_PORT ? port : null;
}

/** The texts of a flow's tuple in a row. */
export interface TupleText {
  readonly src: string;
  readonly sport: string;
  readonly dst: string;
  readonly dport: string;
}

/** The key of a tuple, or the name of the part that is wrong. */
export function keyOfTuple(
  proto: string,
  tuple: TupleText,
): { readonly key: string } | { readonly wrong: keyof TupleText } {
  const [src, dst] = [canonicalAddress(tuple.src), canonicalAddress(tuple.dst)];
  const [sport, dport] = [portOf(tuple.sport), portOf(tuple.dport)];
  if (src === null) return { wrong: 'src' };
  if (sport === null) return { wrong: 'sport' };
  if (dst === null) return { wrong: 'dst' };
  if (dport === null) return { wrong: 'dport' };
  return { key: flowKey(proto, src, sport, dst, dport) };
}
