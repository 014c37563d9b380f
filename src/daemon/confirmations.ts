/**
 * The confirmations of an operator: a pair of policy and registry by its hash, or a group of dates under a
 * pair. Each confirmation is for exactly what was evaluated: dates after the group's last one are not confirmed by it.
 */
import type { DateGroup } from '../policy/boundaries.ts';

export class Confirmations {
  private readonly keys: Set<string>;

  constructor(keys: readonly string[] = []) {
    this.keys = new Set(keys);
  }

  /** As plain data, for the state file. */
  get list(): readonly string[] {
    return [...this.keys];
  }

  addRules(sha256: string): void {
    this.keys.add(sha256);
  }

  hasRules(sha256: string): boolean {
    return this.keys.has(sha256);
  }

  addDates(sha256: string, { firstUs, lastUs }: DateGroup): void {
    this.keys.add(`${sha256} ${firstUs} ${lastUs}`);
  }

  /**
   * The last date up to which all dates from `timeUs` on are confirmed together; -Infinity if `timeUs` is not
   * confirmed.
   */
  confirmedUntil(sha256: string, timeUs: number): number {
    let untilUs = -Infinity;
    for (const key of this.keys) {
      const [hash, first, last = first] = key.split(' ');
      if (hash !== sha256 || first === undefined || Number(first) > timeUs || Number(last) < timeUs) continue;
      untilUs = Math.max(untilUs, Number(last));
    }
    return untilUs;
  }

  /** Removes the confirmations of all pairs except these. */
  keepOnly(...hashes: readonly string[]): void {
    for (const key of this.keys) if (!hashes.includes(key.split(' ', 1)[0]!)) this.keys.delete(key);
  }
}
