/**
 * Parses the two ends of a flow: `192.0.2.10:51820-198.51.100.7:51820`, `udp/[2001:db8::1]:500-[2001:db8::2]:500`,
 * `esp/192.0.2.10-198.51.100.7`.
 */
import { PrefixParser } from '../registry/prefix.ts';
import { Transport } from '../dataplane/host/packet-codes.ts';

interface TupleEnd {
  readonly words: readonly number[];
  readonly isIpv4: boolean;
  /** Null without a port. */
  readonly port: number | null;
}

export interface Tuple {
  readonly ends: readonly [TupleEnd, TupleEnd];
  /** The possible transports. */
  readonly transports: readonly number[];
}

const TRANSPORTS: Readonly<Record<string, number>> = {
  udp: Transport.UDP,
  tcp: Transport.TCP,
  esp: Transport.ESP,
  ah: Transport.AH,
};
const WITH_PORTS: readonly number[] = [Transport.UDP, Transport.TCP];
const WITHOUT_PORTS: readonly number[] = [Transport.ESP, Transport.AH];
const LARGEST_PORT = 65_535;

export const TUPLE_FORMS =
  'write 192.0.2.10:51820-198.51.100.7:51820, [2001:db8::1]:500-[2001:db8::2]:500 or, without ports ' +
  'for ESP and AH, 192.0.2.10-198.51.100.7; udp/, tcp/, esp/ or ah/ may stand before it';

/** The tuple, or a sentence on what is wrong with the text. */
export function parseTuple(text: string): Tuple | string {
  const [, prefix, rest] = /^(?:([a-z]+)\/)?(.*)$/is.exec(text.trim())!;
  const transport = prefix === undefined ? null : TRANSPORTS[prefix.toLowerCase()];
  if (transport === undefined) return `"${prefix!}/" is no transport; ${TUPLE_FORMS}`;
  const parts = rest!.split(/\s*[-–—]\s*/);
  if (parts.length !== 2) return `two ends with "-" between them are needed; ${TUPLE_FORMS}`;
  const one = parseEnd(parts[0]!);
  if (typeof one === 'string') return one;
  const other = parseEnd(parts[1]!);
  if (typeof other === 'string') return other;
  if (one.isIpv4 !== other.isIpv4) return `one end is IPv4 and the other IPv6; ${TUPLE_FORMS}`;
  if ((one.port === null) !== (other.port === null)) return `one end has a port and the other has none; ${TUPLE_FORMS}`;
  const possible = one.port === null ? WITHOUT_PORTS : WITH_PORTS;
  if (transport !== null && !possible.includes(transport)) return portFault(prefix!, one.port === null);
  return { ends: [one, other], transports: transport === null ? possible : [transport] };
}

function portFault(prefix: string, isMissing: boolean): string {
  return `${prefix.toLowerCase()} has ${isMissing ? 'ports: write both' : 'no ports: leave them out'}; ${TUPLE_FORMS}`;
}

function parseEnd(text: string): TupleEnd | string {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(text);
  const dotted = /^([^:]*)(?::(\d+))?$/.exec(text);
  const [, address, portText] = bracketed ?? dotted ?? [undefined, text, undefined];
  const parser = new PrefixParser();
  if (!parser.parseAddress(address)) return `${text}: ${endFault(text, parser.message)}`;
  const port = portText === undefined ? null : Number(portText);
  if (port !== null && port > LARGEST_PORT) return `${text}: a port is at most ${LARGEST_PORT}`;
  const { word0, word1, word2, word3, isIpv4 } = parser;
  return { words: [word0, word1, word2, word3], isIpv4, port };
}

function endFault(text: string, message: string): string {
  const isWithPort = /^[0-9a-f:]+:\d+$/i.test(text) && !text.startsWith('[');
  return isWithPort
    ? `${message}; an IPv6 address with a port is written in brackets, as in [2001:db8::1]:500`
    : message;
}
