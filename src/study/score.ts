/** Right, false and missed findings by protocol and session, and what they come to. */
import { type Protocol, PROTOCOL_NAMES } from '../core/protocol.ts';
import { COUNT, proportion, type Proportion } from './interval/proportion.ts';
import { SessionSums } from './interval/session-sums.ts';

/** Right, false and missed findings of one protocol, of one condition, or of all. */
export interface Score {
  readonly name: string;
  readonly right: number;
  readonly false: number;
  readonly missed: number;
  /** right / (right + false). */
  readonly precision: Proportion;
  /** right / (right + missed). */
  readonly recall: Proportion;
  /** Sessions with one of the findings. */
  readonly sessions: number;
}

export type Outcome = 'right' | 'false' | 'missed';

const OUTCOMES: readonly Outcome[] = ['right', 'false', 'missed'];
const PROTOCOLS = PROTOCOL_NAMES.length;

export class ScoreCounts {
  private readonly sums = new SessionSums(OUTCOMES.length * PROTOCOLS);

  add(outcome: Outcome, session: string, protocol: Protocol): void {
    this.sums.add(session, columnOf(outcome, protocol), 1);
  }

  addAll(other: ScoreCounts): void {
    this.sums.addAll(other.sums);
  }

  /** The score of some protocols together. */
  score(name: string, protocols: readonly Protocol[]): Score {
    const outcomes = this.sums.derive(OUTCOMES.length, (row, outcome) =>
      protocols.reduce<number>((sum, protocol) => sum + row[columnOf(OUTCOMES[outcome]!, protocol)]!, 0),
    );
    const [right, wrong, missed] = OUTCOMES.map((_, column) => outcomes.sum(column)) as [number, number, number];
    const [RIGHT, FALSE, MISSED] = [0, 1, 2];
    const shareOfRight = (among: number): Proportion =>
      proportion(outcomes.derive(2, (row, column) => row[RIGHT]! + (column === COUNT ? 0 : row[among]!)));
    return {
      name,
      right,
      false: wrong,
      missed,
      precision: shareOfRight(FALSE),
      recall: shareOfRight(MISSED),
      sessions: outcomes.rows().filter((row) => row.some((count) => count > 0)).length,
    };
  }
}

function columnOf(outcome: Outcome, protocol: Protocol): number {
  return OUTCOMES.indexOf(outcome) * PROTOCOLS + protocol;
}
