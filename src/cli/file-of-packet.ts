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
    return this.names[this.indexOf(number)] ?? this.current;
  }

  /** The packet's place for people: analysers number the packets of each file from 1. */
  placeOf(number: number): string {
    return this.names.length < 2 ? `packet ${number} of ${this.current}` : this.shortPlaceOf(number);
  }

  /** The same where a capture of one file needs no name. */
  shortPlaceOf(number: number): string {
    if (this.names.length < 2) return `packet ${number}`;
    const index = this.indexOf(number);
    return `packet ${number} (packet ${number - this.before[index]!} of ${this.names[index]!})`;
  }

  private indexOf(number: number): number {
    let low = 0;
    let high = this.before.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.before[middle]! < number) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
