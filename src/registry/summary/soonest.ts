/**
 * Keeps the rows with the smallest times among many, in memory bounded by their number: a heap with the largest on top.
 */
export class Soonest {
  /** Rows that were offered. */
  count = 0;
  private readonly most: number;
  private readonly times: number[] = [];
  private readonly rows: number[] = [];

  constructor(most: number) {
    this.most = most;
  }

  offer(row: number, time: number): void {
    this.count++;
    if (this.rows.length < this.most) {
      this.rows.push(row);
      this.times.push(time);
      this.rise(this.rows.length - 1);
    } else if (this.isBefore(time, row, this.times[0]!, this.rows[0]!)) {
      this.times[0] = time;
      this.rows[0] = row;
      this.sink();
    }
  }

  /** The rows by time, and by number where times are equal. */
  inOrder(): number[] {
    return [...this.rows.keys()]
      .sort((a, b) => this.times[a]! - this.times[b]! || this.rows[a]! - this.rows[b]!)
      .map((at) => this.rows[at]!);
  }

  private rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.isLess(parent, at)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(): void {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let largest = at;
      if (left < this.rows.length && this.isLess(largest, left)) largest = left;
      if (right < this.rows.length && this.isLess(largest, right)) largest = right;
      if (largest === at) return;
      this.swap(at, largest);
      at = largest;
    }
  }

  private isLess(one: number, other: number): boolean {
    return this.isBefore(this.times[one]!, this.rows[one]!, this.times[other]!, this.rows[other]!);
  }

  private isBefore(time: number, row: number, otherTime: number, otherRow: number): boolean {
    return time < otherTime || (time === otherTime && row < otherRow);
  }

  private swap(one: number, other: number): void {
    [this.times[one], this.times[other]] = [this.times[other]!, this.times[one]!];
    [this.rows[one], this.rows[other]] = [this.rows[other]!, this.rows[one]!];
  }
}
