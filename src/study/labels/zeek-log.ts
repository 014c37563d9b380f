/**
 * Zeek's conn.log, in its own form (tab-separated, with #fields) and as JSON lines (LogAscii::use_json). Fields that
 * are read: id.orig_h, id.orig_p, id.resp_h, id.resp_p, proto, service, and ip_proto where a log has it (Zeek 7.1 and
 * later). Log::default_scope_sep may put another character than a dot between `id` and the rest.
 *
 * Zeek itself has no analyzer for WireGuard, OpenVPN or IPsec. Its packages write these names of services:
 * spicy_wireguard, spicy_tailscale (WireGuard with messages of its own between), spicy_openvpn_udp, spicy_openvpn_tcp
 * and these with _hmac_… and _2 after them, spicy_ipsec_udp, spicy_ipsec_tcp and spicy_ipsec_ike_udp. Names with a
 * minus before them are services that Zeek took back (track_removed_services_in_connection). Native ESP and AH are
 * known by their IP protocol number alone.
 */
import type { IssueList } from '../../core/issue.ts';
import { Protocol } from '../../core/protocol.ts';
import type { LineReader } from './label-text.ts';
import { keyOfTuple, ToolFlows, trackedTransport, type TupleText } from './tool-flows.ts';

const SERVICES: readonly (readonly [RegExp, Protocol])[] = [
  [/^(?:spicy_)?(?:wireguard|tailscale)/i, Protocol.WIREGUARD],
  [/^(?:spicy_)?openvpn/i, Protocol.OPENVPN],
  [/^(?:spicy_)?(?:ipsec|ike|isakmp)/i, Protocol.IPSEC],
];

const PARTS: readonly (keyof TupleText)[] = ['src', 'sport', 'dst', 'dport'];
/** Names of the parts of a tuple, without `id` and what is between. */
const FIELD_OF_PART: Readonly<Record<keyof TupleText, string>> = {
  src: 'orig_h',
  sport: 'orig_p',
  dst: 'resp_h',
  dport: 'resp_p',
};

/** The name of a field, with the separator that this log has. */
function fieldName(part: keyof TupleText | 'proto', scope: string): string {
  return part === 'proto' ? part : `id${scope}${FIELD_OF_PART[part]}`;
}

/** True for an object of JSON that is a line of a log with connections. */
export function isZeekObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && scopeOf(Object.keys(value)) !== null;
}

/** What is between `id` and the rest in the names of fields; null where there is no such field. */
function scopeOf(names: readonly string[]): string | null {
  const name = names.find((one) => /^id.{0,3}orig_h$/.test(one));
  return name === undefined ? null : name.slice('id'.length, -FIELD_OF_PART.src.length);
}

/** A connection as texts; `ipProto` is empty where the log does not have it. */
interface Connection extends TupleText {
  readonly proto: string;
  readonly service: string;
  readonly ipProto: string;
}

type Wrong = keyof TupleText | 'proto';

/** Adds a connection. Returns the part that is wrong, or null. */
function addConnection(flows: ToolFlows, connection: Connection): Wrong | null {
  const { proto, service, ipProto } = connection;
  if (proto === '') return 'proto';
  const transport = proto === 'tcp' || proto === 'udp' ? proto : trackedTransport(ipProto);
  if (transport === undefined) {
    flows.untracked++;
    return null;
  }
  const isNative = transport === 'esp' || transport === 'ah';
  const tuple = keyOfTuple(transport, isNative ? { ...connection, sport: '0', dport: '0' } : connection);
  if ('wrong' in tuple) return tuple.wrong;
  flows.add(tuple.key, isNative ? Protocol.IPSEC : protocolOf(service), isNative ? transport : service || '-');
  return null;
}

/** The first service that is a VPN. */
function protocolOf(services: string): Protocol {
  for (const service of services.split(',')) {
    const found = SERVICES.find(([pattern]) => pattern.test(service));
    if (found !== undefined) return found[1];
  }
  return Protocol.NONE;
}

/** The tab-separated form. Headers may come again, where logs were joined. */
export class ZeekTsvReader implements LineReader {
  readonly flows = new ToolFlows('Zeek');
  private readonly issues: IssueList;
  private separator = '\t';
  private unset = '-';
  private empty = '(empty)';
  private width = 0;
  /** Places of the tuple's parts, proto, service and ip_proto; -1 where the log does not have it. */
  private columns: number[] = [];

  constructor(issues: IssueList) {
    this.issues = issues;
  }

  line(text: string, number: number, isWhole: boolean): void {
    if (text.startsWith('#')) {
      this.header(text, number);
      return;
    }
    if (this.columns.length === 0) {
      if (this.issues.errorCount === 0)
        this.issues.error(number, 1, 'a row before the line #fields, which says what its columns are');
      return;
    }
    const cells = text.split(this.separator);
    if (cells.length !== this.width) {
      if (isWhole) this.issues.error(number, text.length + 1, `${cells.length} of ${this.width} columns of #fields`);
      else this.issues.warning(number, text.length + 1, 'the log ends within this line, which is left out');
      return;
    }
    const [src, sport, dst, dport, proto, service, ipProto] = this.columns.map((column) =>
      this.cell(cells, column),
    ) as [string, string, string, string, string, string, string];
    const wrong = addConnection(this.flows, { src, sport, dst, dport, proto, service, ipProto });
    if (wrong === null) return;
    const column = this.columns[wrong === 'proto' ? PARTS.length : PARTS.indexOf(wrong)]!;
    const before = cells.slice(0, column).reduce((length, cell) => length + cell.length + 1, 0);
    this.issues.error(number, before + 1, `${fieldName(wrong, '.')} is "${cells[column]!}"`);
  }

  private cell(cells: readonly string[], column: number): string {
    const cell = column < 0 ? '' : cells[column]!;
    // A value that has the separator, or is the text for an unset field, has it as \x and two digits.
    return cell === this.unset || cell === this.empty ? '' : unescaped(cell);
  }

  private header(text: string, number: number): void {
    if (text.startsWith('#separator ')) {
      this.separator = unescaped(text.slice('#separator '.length));
      return;
    }
    const [name, ...values] = text.split(this.separator);
    if (name === '#unset_field') this.unset = values[0] ?? '-';
    else if (name === '#empty_field') this.empty = values[0] ?? '';
    else if (name === '#path' && values[0] !== 'conn') this.issues.error(number, 1, otherLog(values[0] ?? ''));
    else if (name === '#fields') this.fields(values, number);
  }

  private fields(names: readonly string[], number: number): void {
    const scope = scopeOf(names) ?? '.';
    const wanted = [...PARTS.map((part) => fieldName(part, scope)), 'proto', 'service'];
    const missing = wanted.filter((name) => !names.includes(name));
    if (missing.length > 0) {
      this.issues.error(number, 1, `the log does not have ${missing.join(', ')}, which conn.log has`);
      return;
    }
    this.width = names.length;
    this.columns = [...wanted, 'ip_proto'].map((name) => names.indexOf(name));
  }
}

function otherLog(path: string): string {
  return `this is the log "${path}" of Zeek; conn.log has the flows`;
}

/** Text with the bytes that Zeek writes as `\x09`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** JSON lines. Fields that are not set are missing. */
export class ZeekJsonReader implements LineReader {
  readonly flows = new ToolFlows('Zeek');
  private readonly issues: IssueList;

  constructor(issues: IssueList) {
    this.issues = issues;
  }

  line(text: string, number: number, isWhole: boolean): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      if (isWhole) this.issues.error(number, 1, 'not JSON; this log has one object in each line');
      else this.issues.warning(number, 1, 'the log ends within this line, which is left out');
      return;
    }
    const scope = typeof value === 'object' && value !== null ? scopeOf(Object.keys(value)) : null;
    if (scope === null) {
      this.issues.error(number, 1, 'no connection of Zeek: id.orig_h is missing');
      return;
    }
    const object = value as Readonly<Record<string, unknown>>;
    // Logs of one stream say what they are (package json-streaming-logs).
    if (typeof object._path === 'string' && object._path !== 'conn') {
      this.issues.error(number, 1, otherLog(object._path));
      return;
    }
    const textOf = (name: string): string => {
      const field = object[name];
      return typeof field === 'string' || typeof field === 'number' ? String(field) : '';
    };
    const [src, sport, dst, dport] = PARTS.map((part) => textOf(fieldName(part, scope))) as [
      string,
      string,
      string,
      string,
    ];
    const connection = {
      src,
      sport,
      dst,
      dport,
      proto: textOf('proto'),
      service: textOf('service'),
      ipProto: textOf('ip_proto'),
    };
    const wrong = addConnection(this.flows, connection);
    if (wrong === null) return;
    const name = fieldName(wrong, scope);
    const found = connection[wrong];
    this.issues.error(
      number,
      Math.max(0, text.indexOf(`"${name}"`)) + 1,
      found === '' ? `${name} is missing` : `${name} is "${found}"`,
    );
  }
}
