/**
 * Maps packet numbers to the files of a capture that consists of several files, with packets numbered through all of
 * them. A packet's file is found by binary search.
 */
import type { Snapshot } from '../../core/snapshot.ts';

export class PacketFiles {
  /** The file being read. */
  current = '';
  private names: string[] = [];
  /** Packets before each file. */
  private before: number[] = [];
  private readonly limit: number;

  /** `limit` files are kept; packets of older files are mapped to the oldest one kept. */
  constructor(limit = Infinity) {
    this.limit = limit;
  }

  /** Begins a new capture. */
  clear(): void {
    this.names = [];
    this.before = [];
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    walk.part('files');
    this.current = walk.data(this.current);
    this.names = walk.data(this.names);
    this.before = walk.data(this.before);
  }

  /** Begins a file, with this many packets of its capture before it. */
  begin(file: string, packetsBefore: number): void {
    this.current = file;
    this.names.push(file);
    this.before.push(packetsBefore);
    if (this.names.length < this.limit * 2) return;
    this.names = this.names.slice(this.limit);
    this.before = this.before.slice(this.limit);
  }

  /** Name of the file with packet `number`, counted from 1 through all files of the capture. */
  of(number: number): string {
    return this.names[this.indexOf(number)] ?? this.current;
  }

  /** The file of a packet, and the packet's number in it. */
  at(number: number): { readonly file: string; readonly packet: number } {
    return { file: this.of(number), packet: number - (this.before[this.indexOf(number)] ?? 0) };
  }

  /** The files from one packet's to another's, in order, and the packets before them. */
  between(first: number, last: number): { readonly files: readonly string[]; readonly before: number } {
    const from = this.indexOf(first);
    return { files: this.names.slice(from, this.indexOf(last) + 1), before: this.before[from] ?? 0 };
  }

  /** A packet's position as text. Packet analysers number the packets of each file from 1. */
  placeOf(number: number): string {
    return this.names.length < 2 ? `packet ${number} of ${this.current}` : this.shortPlaceOf(number);
  }

  /** Like `placeOf`, but without the name of the file if the capture has only one. */
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
