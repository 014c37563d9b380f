/** One row of labels as CSV (csv-labels): checks its fields, and gives the flow and its label. */
import { Protocol } from '../../core/protocol.ts';
import { nearestWord } from '../../registry/file/word-advice.ts';
import { FINDING_STAGES, type FlowLabel, orList, protocolOf, stageOf, VPN_NAMES } from './capture-labels.ts';
import { canonicalAddress, keyOfTuple, portOf, trackedTransport } from './tool-flows.ts';

export const REQUIRED_COLUMNS = ['file', 'src', 'src_port', 'dst', 'dst_port', 'proto', 'label'] as const;
export const OPTIONAL_COLUMNS = ['category', 'session', 'stage', 'variant'] as const;
export type LabelColumn = (typeof REQUIRED_COLUMNS)[number] | (typeof OPTIONAL_COLUMNS)[number];

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
const NO_CATEGORY = 'no category';

type Report = (name: LabelColumn, message: string, isError: boolean) => void;
type Accept = (file: string, session: string | undefined, key: string | null, label: FlowLabel | null) => void;

export class CsvLabelRow {
  private readonly fields: readonly string[];
  private readonly columns: ReadonlyMap<LabelColumn, number>;
  private readonly report: Report;

  constructor(fields: readonly string[], columns: ReadonlyMap<LabelColumn, number>, report: Report) {
    this.fields = fields;
    this.columns = columns;
    this.report = report;
  }

  read(accept: Accept): void {
    const file = this.field('file');
    if (file === '') this.error('file', 'the name of a capture is missing');
    const protocol = this.protocol();
    const session = this.field('session') || undefined;
    if (['src', 'src_port', 'dst', 'dst_port', 'proto'].every((name) => this.field(name as LabelColumn) === '')) {
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

  private field(name: LabelColumn): string {
    const at = this.columns.get(name);
    return at === undefined ? '' : this.fields[at]!.trim();
  }

  private error(name: LabelColumn, message: string): null {
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
