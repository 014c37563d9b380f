/**
 * How far another tool and Sluice agree on the flows of captures. Neither of them is the truth, so there is nothing
 * right or missed: flows are called wireguard, openvpn, ipsec or other by each, and agreement is measured on those that
 * both saw. Flows that only one of them saw (a tunnel that the other looks into, a packet that the other does not
 * decode) are counted apart, except for a tool that does not list what it does not recognise: flows that it does not
 * list are "other" for it.
 *
 * Cohen's kappa (J. Cohen, "A Coefficient of Agreement for Nominal Scales", 1960) is the agreement beyond that which
 * two tools would have by chance, if each called as many flows by each name as it did.
 */
import { Protocol, PROTOCOL_NAMES } from '../../core/protocol.ts';
import { STAGE_NAMES } from '../../dataplane/host/finding.ts';
import type { Found, FoundFlows } from '../found-flows.ts';
import { bootstrapInterval, type Interval } from '../interval/bootstrap.ts';
import { COUNT, MIN_SESSIONS, proportion, type Proportion, TOTAL } from '../interval/proportion.ts';
import { SessionSums } from '../interval/session-sums.ts';
import { leavesOutUnknown, type Tool, type ToolFlows, type ToolOpinion } from '../labels/tool-flows.ts';

/** What a tool may call a flow, by protocol code. */
export const CALLED = PROTOCOL_NAMES.map((name, code) => (code === Protocol.NONE ? 'other' : name));

/** A flow that the tools call differently, or a VPN that only one of them saw. */
export interface Difference {
  readonly kind: 'differs' | 'only-tool' | 'only-sluice';
  readonly file: string;
  readonly flow: string;
  /** The tool's own word. */
  readonly tool: string;
  readonly sluice: string;
}

/** The flows that one or both call by a protocol's name. */
export interface ProtocolAgreement {
  readonly name: string;
  readonly both: number;
  readonly onlyTool: number;
  readonly onlySluice: number;
}

export interface Agreement {
  readonly tool: Tool;
  readonly captures: number;
  /** Replayed files without a log. */
  readonly unlabelled: readonly string[];
  /** Flows that both call the same, of those that both saw. */
  readonly agreed: Proportion;
  /** Null where it is not defined: one of them calls all flows the same, and so does the other. */
  readonly kappa: number | null;
  readonly kappaInterval: Interval | null;
  readonly protocols: readonly ProtocolAgreement[];
  /** matrix[tool][sluice] by protocol code, of flows that both saw; 0 is "other". */
  readonly matrix: readonly (readonly number[])[];
  /** Flows that one of them saw, by what it calls them. */
  readonly onlyTool: readonly number[];
  readonly onlySluice: readonly number[];
  /** Rows of the logs that are not compared. */
  readonly untracked: number;
  readonly unreadable: number;
  /** Flows whose rows name several VPN protocols. */
  readonly contradictory: number;
  /** Flows without a row that are "other" for a tool that does not list what it does not recognise. */
  readonly unlisted: number;
  readonly differences: readonly Difference[];
}

const CODES = CALLED.length;
const NOT_SEEN = 'not seen';
const UNLISTED: ToolOpinion = { protocol: Protocol.NONE, word: 'not listed' };
const NOTHING: ReadonlyMap<Protocol, Found> = new Map();

/** Compares a tool's logs with the findings of a replay; both by the capture's name. */
export function compareWithTool(
  tool: Tool,
  logs: ReadonlyMap<string, ToolFlows>,
  found: ReadonlyMap<string, FoundFlows>,
): Agreement {
  const tally = new Tally();
  for (const [file, log] of logs) {
    const flows = found.get(file);
    if (flows !== undefined) tally.addCapture(file, log, flows);
  }
  return tally.agreement(
    tool,
    [...found.keys()].filter((file) => !logs.has(file)),
  );
}

class Tally {
  private captures = 0;
  /** matrix[tool][sluice] of each capture, row after row. */
  private readonly sums = new SessionSums(CODES * CODES);
  private readonly onlyTool = new Array<number>(CODES).fill(0);
  private readonly onlySluice = new Array<number>(CODES).fill(0);
  private untracked = 0;
  private unreadable = 0;
  private contradictory = 0;
  private unlisted = 0;
  private readonly differences: Difference[] = [];

  addCapture(file: string, log: ToolFlows, found: FoundFlows): void {
    this.captures++;
    this.untracked += log.untracked;
    this.unreadable += log.unreadable;
    this.contradictory += log.contradictory;
    for (const [flow, opinion] of log.byFlow) {
      if (found.has(flow)) this.addBoth(file, flow, opinion, found.byFlow.get(flow) ?? NOTHING);
      else this.addOnlyTool(file, flow, opinion);
    }
    for (const flow of found.seen) {
      if (log.byFlow.has(flow)) continue;
      if (leavesOutUnknown(log.tool)) this.addUnlisted(file, flow, found.byFlow.get(flow));
      else this.addOnlySluice(file, flow, found.byFlow.get(flow));
    }
  }

  agreement(tool: Tool, unlabelled: readonly string[]): Agreement {
    const matrix = CALLED.map((_, row) => CALLED.map((_, column) => this.sums.sum(row * CODES + column)));
    const kappa = kappaOf(Float64Array.from(matrix.flat()));
    const rows = this.sums.rows();
    return {
      tool,
      captures: this.captures,
      unlabelled,
      agreed: proportion(
        this.sums.derive(2, (row, column) => (column === COUNT ? agreedIn(row) : column === TOTAL ? totalOf(row) : 0)),
      ),
      kappa: Number.isNaN(kappa) ? null : kappa,
      kappaInterval: rows.length < MIN_SESSIONS ? null : bootstrapInterval(rows, kappaOf),
      protocols: CALLED.slice(1).map((name, i) => protocolAgreement(name, i + 1, matrix)),
      matrix,
      onlyTool: this.onlyTool,
      onlySluice: this.onlySluice,
      untracked: this.untracked,
      unreadable: this.unreadable,
      contradictory: this.contradictory,
      unlisted: this.unlisted,
      differences: this.differences,
    };
  }

  private addBoth(
    file: string,
    flow: string,
    { protocol, word }: ToolOpinion,
    found: ReadonlyMap<Protocol, Found>,
  ): void {
    const own = calledBySluice(found, protocol);
    this.sums.add(file, protocol * CODES + own, 1);
    if (own !== protocol) this.differences.push({ kind: 'differs', file, flow, tool: word, sluice: textOf(found) });
  }

  private addUnlisted(file: string, flow: string, found: ReadonlyMap<Protocol, Found> = NOTHING): void {
    this.unlisted++;
    this.addBoth(file, flow, UNLISTED, found);
  }

  private addOnlyTool(file: string, flow: string, { protocol, word }: ToolOpinion): void {
    this.onlyTool[protocol]!++;
    if (protocol !== Protocol.NONE)
      this.differences.push({ kind: 'only-tool', file, flow, tool: word, sluice: NOT_SEEN });
  }

  private addOnlySluice(file: string, flow: string, found: ReadonlyMap<Protocol, Found> = NOTHING): void {
    const own = calledBySluice(found, Protocol.NONE);
    this.onlySluice[own]!++;
    if (own !== Protocol.NONE)
      this.differences.push({ kind: 'only-sluice', file, flow, tool: NOT_SEEN, sluice: textOf(found) });
  }
}

/** The one protocol of a flow: the tool's where it is found too, else the one of the highest stage. */
function calledBySluice(found: ReadonlyMap<Protocol, Found>, tools: Protocol): Protocol {
  if (found.has(tools)) return tools;
  let [best, highest]: [Protocol, number] = [Protocol.NONE, 0];
  for (const [protocol, { stage }] of found) if (stage > highest) [best, highest] = [protocol, stage];
  return best;
}

function textOf(found: ReadonlyMap<Protocol, Found>): string {
  if (found.size === 0) return CALLED[Protocol.NONE]!;
  return [...found].map(([protocol, { stage }]) => `${PROTOCOL_NAMES[protocol]}, ${STAGE_NAMES[stage]}`).join(' and ');
}

function agreedIn(matrix: Float64Array): number {
  return CALLED.reduce((sum, _, code) => sum + matrix[code * CODES + code]!, 0);
}

function totalOf(matrix: Float64Array): number {
  return matrix.reduce((sum, count) => sum + count, 0);
}

/** NaN where chance alone would agree on all flows, or there are none. */
function kappaOf(matrix: Float64Array): number {
  const total = totalOf(matrix);
  let byChance = 0;
  for (let code = 0; code < CODES; code++) {
    let [row, column] = [0, 0];
    for (let other = 0; other < CODES; other++) {
      row += matrix[code * CODES + other]!;
      column += matrix[other * CODES + code]!;
    }
    byChance += (row / total) * (column / total);
  }
  return byChance === 1 ? Number.NaN : (agreedIn(matrix) / total - byChance) / (1 - byChance);
}

function protocolAgreement(name: string, code: number, matrix: readonly (readonly number[])[]): ProtocolAgreement {
  const both = matrix[code]![code]!;
  const byTool = matrix[code]!.reduce((sum, count) => sum + count, 0);
  const bySluice = matrix.reduce((sum, row) => sum + row[code]!, 0);
  return { name, both, onlyTool: byTool - both, onlySluice: bySluice - both };
}
