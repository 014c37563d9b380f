/**
 * The confirmations of an operator: a pair of policy and registry by its hash, or a date under a pair. Each
 * confirmation is for exactly one of these.
 */

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

  addDate(sha256: string, timeUs: number): void {
    this.keys.add(dateKey(sha256, timeUs));
  }

  hasDate(sha256: string, timeUs: number): boolean {
    return this.keys.has(dateKey(sha256, timeUs));
  }

  /** Removes the confirmations of all pairs except these. */
  keepOnly(...hashes: readonly string[]): void {
    for (const key of this.keys) if (!hashes.includes(key.split(' ', 1)[0]!)) this.keys.delete(key);
  }
}

function dateKey(sha256: string, timeUs: number): string {
  return `${sha256} ${timeUs}`;
}
