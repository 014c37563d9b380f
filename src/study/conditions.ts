/**
 * Scores by condition: the circumstances of a capture, or the category of a flow where its capture has no condition.
 */
import type { Protocol } from '../core/protocol.ts';
import { type Score, ScoreCounts } from './score.ts';

export interface ConditionScore extends Score {
  readonly captures: number;
  /** All flows of captures with the condition; for a category of flows, the flows with that label. */
  readonly flows: number;
}

class Condition extends ScoreCounts {
  readonly files = new Set<string>();
  flows = 0;
}

export class Conditions {
  private readonly byName = new Map<string, Condition>();

  /** The condition `name`, which a capture has. */
  of(name: string, file: string): Condition {
    let condition = this.byName.get(name);
    if (condition === undefined) this.byName.set(name, (condition = new Condition()));
    condition.files.add(file);
    return condition;
  }

  /** Each condition, by name. */
  scores(protocols: readonly Protocol[]): ConditionScore[] {
    return byName([...this.byName].map(([name, condition]) => scoreOf(name, condition, protocols)));
  }

  /**
   * The same in fewer rows: conditions of one capture, all right, are one row for each folder. There is one for each
   * encapsulation.
   */
  groups(protocols: readonly Protocol[]): ConditionScore[] {
    const scores: ConditionScore[] = [];
    const byFolder = new Map<string, Condition[]>();
    for (const [name, condition] of this.byName) {
      const score = scoreOf(name, condition, protocols);
      const isRight = score.false === 0 && score.missed === 0;
      if (condition.files.size > 1 || !isRight) {
        scores.push(score);
        continue;
      }
      const folder = folderOf([...condition.files][0]!);
      byFolder.set(folder, [...(byFolder.get(folder) ?? []), condition]);
    }
    const nameOf = new Map([...this.byName].map(([name, condition]) => [condition, name]));
    for (const [folder, grouped] of byFolder) {
      const name = grouped.length === 1 ? nameOf.get(grouped[0]!)! : `${folder}: ${grouped.length} conditions`;
      scores.push(scoreOf(name, together(grouped), protocols));
    }
    return byName(scores);
  }
}

function scoreOf(name: string, condition: Condition, protocols: readonly Protocol[]): ConditionScore {
  return { ...condition.score(name, protocols), captures: condition.files.size, flows: condition.flows };
}

function together(conditions: readonly Condition[]): Condition {
  const all = new Condition();
  for (const condition of conditions) {
    all.addAll(condition);
    all.flows += condition.flows;
    for (const file of condition.files) all.files.add(file);
  }
  return all;
}

function byName(scores: ConditionScore[]): ConditionScore[] {
  return scores.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/') + 1) || './';
}
