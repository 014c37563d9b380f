/**
 * Labels as CSV with a header: one row for each flow.
 *
 *   # origin: field
 *   file,src,src_port,dst,dst_port,proto,label,category,session
 *   a.pcap,192.0.2.1,4000,198.51.100.7,51820,udp,wireguard,handshake,client-1
 *   quiet.pcap,,,,,,none,,
 *
 * The columns from category on may be missing, and so may `stage` and `variant`; other columns are left out with a
 * remark. Label is wireguard, openvpn, ipsec, or any other word for a flow that is none of them. A capture is labelled
 * where it has a row: its flows without one are no VPN, and a row without a flow says only that. Lines that begin with # are comments.
 */
import type { IssueList } from '../../core/issue.ts';
import { Protocol } from '../../core/protocol.ts';
import { fieldColumn, RecordParser } from '../../registry/file/csv-record.ts';
import { nearestWord } from '../../registry/file/word-advice.ts';
import {
  type CaptureLabels,
  FINDING_STAGES,
  type FlowLabel,
  type LabelSet,
  type Origin,
  ORIGINS,
  orList,
  protocolOf,
  stageOf,
  VPN_NAMES,
} from './capture-labels.ts';
import type { LineReader } from './label-text.ts';
import { canonicalAddress, keyOfTuple, portOf, trackedTransport } from './tool-flows.ts';

const REQUIRED = ['file', 'src', 'src_port', 'dst', 'dst_port', 'proto', 'label'] as const;
const OPTIONAL = ['category', 'session', 'stage', 'variant'] as const;
type Column = (typeof REQUIRED)[number] | (typeof OPTIONAL)[number];

/** Names that people write for the protocols: each is refused with the name that is meant. */
const ALIASES: Readonly<Record<string, string>> = {
  wg: 'wireguard',
  ovpn: 'openvpn',
  ike: 'ipsec',
  ikev1: 'ipsec',
  ikev2: 'ipsec',
  isakmp: 'ipsec',
  esp: 'ipsec',
  ah: 'ipsec',
};
const ORIGIN = /^#\s*origin\s*:\s*(.*?)\s*$/i;
const SEPARATORS = [',', ';', '\t'] as const;
const NO_CATEGORY = 'no category';

/** True for a header of such a file. */
export function isCsvLabelHeader(line: string): boolean {
  return separatorOf(line) !== undefined;
}

function separatorOf(header: string): string | undefined {
  const names = (separator: string): string[] => header.split(separator).map(plainName);
  return SEPARATORS.find((separator) => names(separator).includes('label') && names(separator).includes('src'));
}

function plainName(name: string): string {
  return name
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .toLowerCase();
}

interface Row {
  readonly line: number;
  readonly label: FlowLabel | null;
}

/** The rows of one capture, by flow key. */
class CaptureRows {
  readonly byFlow = new Map<string, Row>();
  readonly sessions = new Set<string | undefined>();
}

export class CsvLabelsReader implements LineReader {
  private readonly issues: IssueList;
  private origin: Origin | null = null;
  private separator = ',';
  private parser: RecordParser | null = null;
  private names: readonly string[] = [];
  private readonly columns = new Map<Column, number>();
  private readonly captures = new Map<string, CaptureRows>();

  constructor(issues: IssueList) {
    this.issues = issues;
  }

  line(text: string, number: number): void {
    if (text.startsWith('#')) this.comment(text, number);
    else if (this.names.length === 0) this.header(text, number);
    else if (this.parser !== null) this.row(this.parser, text, number);
  }

  labels(): LabelSet {
    const captures = [...this.captures].map(([file, { byFlow, sessions }]): CaptureLabels => {
      const flows = [...byFlow.values()].map(({ label }) => label).filter((label) => label !== null);
      const session = sessions.size === 1 ? [...sessions][0] : undefined;
      return { file, flowCount: undefined, condition: undefined, session, flows };
    });
    return { origin: this.origin, captures };
  }

  private comment(text: string, number: number): void {
    const word = ORIGIN.exec(text)?.[1];
    if (word === undefined) return;
    const origin = ORIGINS.find((one) => one === word.toLowerCase());
    if (origin !== undefined) this.origin = origin;
    else this.issues.error(number, text.indexOf(word) + 1, `origin must be ${orList(ORIGINS)}`);
  }

  private header(text: string, number: number): void {
    this.separator = separatorOf(text)!;
    this.names = text.split(this.separator).map(plainName);
    const missing = REQUIRED.filter((name) => !this.names.includes(name));
    if (missing.length > 0) this.issues.error(number, 1, `the header does not have ${missing.join(', ')}`);
    for (const [at, name] of this.names.entries()) {
      const column = fieldColumn(text, at, this.separator);
      const known = [...REQUIRED, ...OPTIONAL].find((one) => one === name);
      if (known === undefined) this.issues.warning(number, column, `the column "${name}" is not read`);
      else if (this.columns.has(known)) this.issues.error(number, column, `the column "${name}" appears twice`);
      else this.columns.set(known, at);
    }
    if (this.issues.ok) this.parser = new RecordParser(this.names, this.separator);
  }

  private row(parser: RecordParser, text: string, number: number): void {
    const fields = parser.parse(text);
    if (!Array.isArray(fields)) {
      const { column, message } = fields as Exclude<typeof fields, readonly string[]>;
      this.issues.error(number, column, message);
      return;
    }
    new RowReader(fields, this.columns, (name, message, isError) => {
      const column = fieldColumn(text, this.columns.get(name)!, this.separator);
      if (isError) this.issues.error(number, column, message);
      else this.issues.warning(number, column, message);
    }).read((file, session, key, label) => {
      this.add(file, session, key, { line: number, label }, text);
    });
  }

  private add(file: string, session: string | undefined, key: string | null, row: Row, text: string): void {
    let capture = this.captures.get(file);
    if (capture === undefined) this.captures.set(file, (capture = new CaptureRows()));
    capture.sessions.add(session);
    if (key === null) return;
    const before = capture.byFlow.get(key);
    if (before === undefined || (before.label === null && row.label !== null)) capture.byFlow.set(key, row);
    if (before === undefined) return;
    if (before.label?.protocol === row.label?.protocol) return;
    const column = fieldColumn(text, this.columns.get('label')!, this.separator);
    if (before.label !== null && row.label !== null) {
      this.issues.error(row.line, column, `line ${before.line} has another label for this flow`);
    } else {
      const message = `of the labels here and in line ${before.line} the VPN counts: flows of one tuple are one`;
      this.issues.warning(row.line, column, message);
    }
  }
}

type Report = (name: Column, message: string, isError: boolean) => void;
type Accept = (file: string, session: string | undefined, key: string | null, label: FlowLabel | null) => void;

/** Checks the fields of one row. */
class RowReader {
  private readonly fields: readonly string[];
  private readonly columns: ReadonlyMap<Column, number>;
  private readonly report: Report;

  constructor(fields: readonly string[], columns: ReadonlyMap<Column, number>, report: Report) {
    this.fields = fields;
    this.columns = columns;
    this.report = report;
  }

  read(accept: Accept): void {
    const file = this.field('file');
    if (file === '') this.error('file', 'the name of a capture is missing');
    const protocol = this.protocol();
    const session = this.field('session') || undefined;
    if (['src', 'src_port', 'dst', 'dst_port', 'proto'].every((name) => this.field(name as Column) === '')) {
      if (protocol !== null && protocol !== Protocol.NONE) this.error('src', 'a flow with this label has addresses');
      else if (protocol !== null && file !== '') accept(file, session, null, null);
      return;
    }
    const flow = this.flow(protocol);
    if (file === '' || flow === null || protocol === null) return;
    const stage = this.stage();
    const { key, ...tuple } = flow;
    const label = {
      ...tuple,
      protocol,
      variant: this.field('variant') || undefined,
      stage,
      category: this.field('category') || NO_CATEGORY,
      session,
      optional: false,
      accepted: [protocol],
    };
    accept(file, session, key, protocol === Protocol.NONE ? null : label);
  }

  private field(name: Column): string {
    const at = this.columns.get(name);
    return at === undefined ? '' : this.fields[at]!.trim();
  }

  private error(name: Column, message: string): null {
    this.report(name, message, true);
    return null;
  }

  /** Null where the label is none, with an error. */
  private protocol(): Protocol | null {
    const word = this.field('label').toLowerCase();
    if (VPN_NAMES.includes(word)) return protocolOf(word);
    if (word === '') return this.error('label', 'the label is missing; write none for a flow that is no VPN');
    if (word === 'vpn') return this.error('label', `"vpn" does not say which: write ${orList(VPN_NAMES)}`);
    const nearest = nearestWord(word, VPN_NAMES, ALIASES);
    if (nearest !== null) return this.error('label', `"${this.field('label')}" is no label (meant ${nearest}?)`);
    return Protocol.NONE;
  }

  private stage(): FlowLabel['stage'] {
    const word = this.field('stage').toLowerCase();
    if (word === '') return undefined;
    if (FINDING_STAGES.includes(word)) return stageOf(word);
    this.error('stage', `must be ${orList(FINDING_STAGES)}`);
    return undefined;
  }

  /** Null where the tuple is wrong, with an error, and for flows that Sluice does not track, with a remark. */
  private flow(
    protocol: Protocol | null,
  ): (Pick<FlowLabel, 'proto' | 'src' | 'sport' | 'dst' | 'dport'> & { key: string }) | null {
    const word = this.field('proto').toLowerCase();
    if (word === '') return this.error('proto', 'the transport is missing: udp, tcp, esp or ah');
    const proto = trackedTransport(word) ?? word;
    if (!['udp', 'tcp', 'esp', 'ah'].includes(proto)) {
      if (protocol !== Protocol.NONE) return this.error('proto', 'must be udp, tcp, esp or ah');
      this.report('proto', `flows of "${this.field('proto')}" are not compared`, false);
      return null;
    }
    const isNative = proto === 'esp' || proto === 'ah';
    const [src, dst] = [this.address('src'), this.address('dst')];
    const [sport, dport] = [this.port('src_port', isNative), this.port('dst_port', isNative)];
    if (src === null || sport === null || dst === null || dport === null) return null;
    const tuple = keyOfTuple(proto, { src, sport: String(sport), dst, dport: String(dport) });
    return 'key' in tuple ? { proto, src, sport, dst, dport, key: tuple.key } : null;
  }

  private address(name: 'src' | 'dst'): string | null {
    const text = this.field(name);
    return (
      canonicalAddress(text) ?? this.error(name, text === '' ? 'the address is missing' : `"${text}" is no address`)
    );
  }

  private port(name: 'src_port' | 'dst_port', isNative: boolean): number | null {
    const text = this.field(name);
    if (isNative && (text === '' || text === '0')) return 0;
    if (isNative) return this.error(name, 'ESP and AH have no ports: leave it empty');
    return portOf(text) ?? this.error(name, text === '' ? 'the port is missing' : `"${text}" is no port`);
  }
}
