/**
 * Which file a packet came from, where several files are one capture with packets numbered through.
 */
export class FileOfPacket {
  /** The file being read. */
  current = '';
  private names: string[] = [];
  /** Packets before each file. */
  private before: number[] = [];

  /** A file begins, with that many packets of its capture before it; 0 begins a new capture. */
  begin(file: string, packetsBefore: number): void {
    if (packetsBefore === 0) {
      this.names = [];
      this.before = [];
    }
    this.current = file;
    this.names.push(file);
    this.before.push(packetsBefore);
  }

  /** Name of the file that holds packet `number`, counted from 1 through all files of the capture. */
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
