/**
 * Which file a packet came from, for a daemon that reads files without end: as far back as flows reach.
 */

/** Files that are remembered; the packets of older ones are taken for those of the oldest. */
const REMEMBERED_LIMIT = 65_536;

export class RecentFiles {
  /** The file being read. */
  current = '';
  private names: string[] = [];
  /** Packets before each file. */
  private before: number[] = [];

  /** A file begins, with that many packets before it. */
  begin(file: string, packetsBefore: number): void {
    this.current = file;
    this.names.push(file);
    this.before.push(packetsBefore);
    if (this.names.length < REMEMBERED_LIMIT * 2) return;
    this.names = this.names.slice(REMEMBERED_LIMIT);
    this.before = this.before.slice(REMEMBERED_LIMIT);
  }

  /** Name of the file that holds packet `number`, counted from 1. */
  of(number: number): string {
    let low = 0;
    let high = this.before.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.before[middle]! < number) low = middle;
      else high = middle - 1;
    }
    return this.names[low] ?? this.current;
  }
}
