/**
 * The CSV that `ndpiReader -C` writes. Columns are found by the header, since versions differ: 3 and 4 have commas, 5
 * has bars, and columns came and went. Those that are read have been there in all: protocol (the number), src_ip,
 * src_port, dst_ip, dst_port and ndpi_proto. Fields are not quoted; what may have a comma in it comes after these.
 *
 * ndpi_proto is MASTER.APPLICATION or one of them: WireGuard, Tailscale, OpenVPN, and IPsec (IPSec in newer versions)
 * with the application after it, where there is one. ndpiReader shortens a group of zeros in IPv6 addresses although
 * there is a `::` already (2001:db8::1::7). Two addresses have that form, so such rows are left out and counted.
 */
import type { IssueList } from '../../core/issue.ts';
import { Protocol } from '../../core/protocol.ts';
import type { LineReader } from './label-text.ts';
import { keyOfTuple, ToolFlows, trackedTransport, type TupleText } from './tool-flows.ts';

const NAMES: Readonly<Record<string, Protocol>> = {
  wireguard: Protocol.WIREGUARD,
  tailscale: Protocol.WIREGUARD,
  openvpn: Protocol.OPENVPN,
  ipsec: Protocol.IPSEC,
};
const COLUMNS = ['protocol', 'src_ip', 'src_port', 'dst_ip', 'dst_port', 'ndpi_proto'] as const;
const COLUMN_OF_PART: Readonly<Record<keyof TupleText, (typeof COLUMNS)[number]>> = {
  src: 'src_ip',
  sport: 'src_port',
  dst: 'dst_ip',
  dport: 'dst_port',
};
const TWICE_SHORTENED = /::.*::/;

/** True for the header of such a file. */
export function isNdpiHeader(line: string): boolean {
  return /^#?flow_id[,|]/.test(line) && line.includes('ndpi_proto');
}

export class NdpiCsvReader implements LineReader {
  readonly flows = new ToolFlows('nDPI');
  private readonly issues: IssueList;
  private separator = ',';
  private columns: number[] = [];

  constructor(issues: IssueList) {
    this.issues = issues;
  }

  line(text: string, number: number, isWhole: boolean): void {
    // A header comes again where files were joined.
    if (isNdpiHeader(text)) {
      this.header(text, number);
      return;
    }
    if (this.columns.length === 0) return;
    const cells = text.split(this.separator);
    if (cells.length <= Math.max(...this.columns)) {
      if (isWhole) this.issues.error(number, text.length + 1, `${cells.length} fields; ndpi_proto is missing`);
      else this.issues.warning(number, text.length + 1, 'the file ends within this line, which is left out');
      return;
    }
    const [protocol, src, sport, dst, dport, word] = this.columns.map((column) => cells[column]!) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const transport = trackedTransport(protocol);
    if (transport === undefined) {
      this.flows.untracked++;
      return;
    }
    const tuple = keyOfTuple(transport, { src, sport, dst, dport });
    if ('key' in tuple) this.flows.add(tuple.key, protocolOf(word), word);
    else if (TWICE_SHORTENED.test(src) || TWICE_SHORTENED.test(dst)) this.flows.unreadable++;
    else this.refuse(tuple.wrong, cells, number);
  }

  private header(text: string, number: number): void {
    this.separator = text.includes('|') ? '|' : ',';
    const names = text.replace(/^#/, '').split(this.separator);
    this.columns = COLUMNS.map((name) => names.indexOf(name));
    const missing = COLUMNS.filter((_, i) => this.columns[i]! < 0);
    if (missing.length === 0) return;
    this.issues.error(number, 1, `the file does not have ${missing.join(', ')}, which ndpiReader -C writes`);
    this.columns = [];
  }

  private refuse(part: keyof TupleText, cells: readonly string[], number: number): void {
    const name = COLUMN_OF_PART[part];
    const column = this.columns[COLUMNS.indexOf(name)]!;
    const before = cells.slice(0, column).reduce((length, cell) => length + cell.length + 1, 0);
    this.issues.error(number, before + 1, `${name} is "${cells[column]!}"`);
  }
}

function protocolOf(word: string): Protocol {
  for (const name of word.toLowerCase().split('.')) if (Object.hasOwn(NAMES, name)) return NAMES[name]!;
  return Protocol.NONE;
}
