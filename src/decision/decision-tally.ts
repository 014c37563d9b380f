/**
 * Decisions counted by rule, action, protocol and which ends are registered. Rules are counted by name, so the counts
 * go on when the policy is reloaded. Every row that a rule in use can have is there from the start, at 0.
 */
import { Protocol, PROTOCOL_NAMES } from '../core/protocol.ts';
import { Action, ACTION_NAMES } from '../policy/action.ts';
import { NO_RULE } from '../policy/decide.ts';
import type { Snapshot } from '../core/snapshot.ts';

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

const PROTOCOLS = PROTOCOL_NAMES.length;
const CELLS = ACTION_NAMES.length * PROTOCOLS * REGISTERED_NAMES.length;

/** What is counted for rules of one name. */
interface RuleCounts {
  readonly cells: Float64Array;
  /** Actions that a rule of this name has or had: bit i for action i. */
  actions: number;
}

export class DecisionTally {
  private readonly byRule = new Map<string | null, RuleCounts>();
  /** The same by the number of a rule and one: the first is that of no rule. */
  private cells: Float64Array[] = [];

  /** From now on rules are numbers of these. */
  useRules(rules: readonly { readonly name: string; readonly action: Action }[]): void {
    this.cells = [this.cellsOf(null, Action.ALLOW), ...rules.map(({ name, action }) => this.cellsOf(name, action))];
  }

  /** Copies its state, or puts a copy back: rules that were counted before have their rows too. */
  snapshot(walk: Snapshot): void {
    const rows = walk.data(
      Array.from(this.byRule, ([rule, { cells, actions }]) => ({ rule, actions, cells: [...cells] })),
    );
    if (!walk.isRestoring) return;
    for (const { rule, actions, cells } of rows) {
      const counts = this.byRule.get(rule) ?? { cells: new Float64Array(CELLS), actions: 0 };
      this.byRule.set(rule, counts);
      counts.cells.set(cells);
      counts.actions |= actions;
    }
  }

  bump(rule: number, action: number, protocol: number, registered: number): void {
    this.cells[rule - NO_RULE]![(action * PROTOCOLS + protocol) * REGISTERED_NAMES.length + registered]!++;
  }

  private cellsOf(rule: string | null, action: Action): Float64Array {
    let counts = this.byRule.get(rule);
    if (counts === undefined) {
      counts = { cells: new Float64Array(CELLS), actions: 0 };
      this.byRule.set(rule, counts);
    }
    counts.actions |= 1 << action;
    return counts.cells;
  }

  /** Decisions of a rule, null for none, and those of them for flows with a registered end. */
  countOf(rule: string | null): { readonly decisions: number; readonly registered: number } {
    const cells = this.byRule.get(rule)?.cells ?? [];
    let [decisions, registered] = [0, 0];
    for (const [cell, count] of cells.entries()) {
      decisions += count;
      if (cell % REGISTERED_NAMES.length !== 0) registered += count;
    }
    return { decisions, registered };
  }

  /** A row for every action that a rule has or had, every protocol and every choice of registered ends. */
  rows(): DecisionTallyRow[] {
    const rows: DecisionTallyRow[] = [];
    for (const [rule, { cells, actions }] of this.byRule) {
      for (const [cell, count] of cells.entries()) {
        const registered = REGISTERED_NAMES[cell % REGISTERED_NAMES.length]!;
        const rest = Math.floor(cell / REGISTERED_NAMES.length);
        const protocol = rest % PROTOCOLS;
        const action = Math.floor(rest / PROTOCOLS);
        if (protocol === Protocol.NONE || ((actions >> action) & 1) === 0) continue;
        rows.push({ rule, action: ACTION_NAMES[action]!, protocol: PROTOCOL_NAMES[protocol]!, registered, count });
      }
    }
    return rows;
  }
}
