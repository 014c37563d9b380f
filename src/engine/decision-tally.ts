/**
 * Decisions counted by rule, action, protocol and which ends are registered. Rules are counted by name, so the counts go on
 * when the policy is reloaded.
 */
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { ACTION_NAMES } from '../policy/action.ts';
import { NO_RULE } from '../policy/decide.ts';

/** Bit 1 for the source, bit 2 for the destination. */
export const REGISTERED_NAMES = ['none', 'source', 'destination', 'both'] as const;

export interface DecisionTallyRow {
  /** Null where no rule matched. */
  readonly rule: string | null;
  readonly action: string;
  readonly protocol: string;
  readonly registered: string;
  readonly count: number;
}

const CELLS = ACTION_NAMES.length * PROTOCOL_NAMES.length * REGISTERED_NAMES.length;

export class DecisionTally {
  private readonly byRule = new Map<string | null, Float64Array>();
  /** The same by the number of a rule and one: the first is that of no rule. */
  private cells: Float64Array[] = [];

  /** From now on rules are numbers of these. */
  useRules(rules: readonly { readonly name: string }[]): void {
    this.cells = [this.cellsOf(null), ...rules.map(({ name }) => this.cellsOf(name))];
  }

  bump(rule: number, action: number, protocol: number, registered: number): void {
    this.cells[rule - NO_RULE]![(action * PROTOCOL_NAMES.length + protocol) * REGISTERED_NAMES.length + registered]!++;
  }

  private cellsOf(rule: string | null): Float64Array {
    let cells = this.byRule.get(rule);
    if (cells === undefined) {
      cells = new Float64Array(CELLS);
      this.byRule.set(rule, cells);
    }
    return cells;
  }

  /** The counts that are not zero. */
  rows(): DecisionTallyRow[] {
    const rows: DecisionTallyRow[] = [];
    for (const [rule, cells] of this.byRule) {
      for (const [cell, count] of cells.entries()) {
        if (count === 0) continue;
        const registered = REGISTERED_NAMES[cell % REGISTERED_NAMES.length]!;
        const rest = Math.floor(cell / REGISTERED_NAMES.length);
        const protocol = PROTOCOL_NAMES[rest % PROTOCOL_NAMES.length]!;
        rows.push({
          rule,
          action: ACTION_NAMES[Math.floor(rest / PROTOCOL_NAMES.length)]!,
          protocol,
          registered,
          count,
        });
      }
    }
    return rows;
  }
}
