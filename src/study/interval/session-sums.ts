/** Numbers that are summed by session, in one row for each. */
export class SessionSums {
  private readonly bySession = new Map<string, Float64Array>();
  private readonly width: number;

  /** `width` numbers in a row. */
  constructor(width: number) {
    this.width = width;
  }

  /** Adds to one number of a session. */
  add(session: string, column: number, amount: number): void {
    this.row(session)[column]! += amount;
  }

  /** Adds all rows of another one of the same width. */
  addAll(other: SessionSums): void {
    for (const [session, numbers] of other.bySession) {
      const row = this.row(session);
      for (let column = 0; column < this.width; column++) row[column]! += numbers[column]!;
    }
  }

  /** Rows in which each number is computed from a row of this one. */
  derive(width: number, compute: (row: Float64Array, column: number) => number): SessionSums {
    const derived = new SessionSums(width);
    for (const [session, row] of this.bySession) {
      derived.bySession.set(
        session,
        Float64Array.from({ length: width }, (_, column) => compute(row, column)),
      );
    }
    return derived;
  }

  /** One number over all sessions. */
  sum(column: number): number {
    let sum = 0;
    for (const row of this.bySession.values()) sum += row[column]!;
    return sum;
  }

  /** The rows by the names of their sessions, so that the order in which captures are read is of no account. */
  rows(): Float64Array[] {
    return [...this.bySession].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  private row(session: string): Float64Array {
    let row = this.bySession.get(session);
    if (row === undefined) this.bySession.set(session, (row = new Float64Array(this.width)));
    return row;
  }
}
