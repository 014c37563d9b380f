/**
 * Whether the files of one capture follow each other in packet time. Captures of different occasions that are read as one capture
 * share flows wherever their addresses and ports are equal, and the packet time goes back from one file to the next: what comes out
 * is then true of neither.
 */

import type { FileBack, FilesBack } from '../output/capture/files-back.ts';

/** Files of one capturing program overlap by less: packets of several queues are written out of order. */
const OVERLAP_LIMIT_US = 100_000;

export class FileOrder implements FilesBack {
  /** Files that begin too early. */
  count = 0;
  /** The first of them, and the one that begins earliest before the end of those read before it. */
  first: FileBack | null = null;
  largest: FileBack | null = null;
  /** The first time of the file at hand. */
  private firstTimeUs = Infinity;
  /** The latest time of all files so far, and the file that has it. */
  private latestTimeUs = -Infinity;
  private latestFile = '';
  private file = '';

  /** A file begins with a packet of this time. */
  begin(file: string, timeUs: number): void {
    const backUs = this.latestTimeUs - timeUs;
    // Short captures of different occasions may have nearly the same times, made by a program.
    const isOther = backUs > OVERLAP_LIMIT_US || (backUs > 0 && timeUs <= this.firstTimeUs);
    if (isOther) {
      const back = { file, before: this.latestFile, backUs };
      this.count++;
      this.first ??= back;
      if (this.largest === null || backUs > this.largest.backUs) this.largest = back;
    }
    this.file = file;
    this.firstTimeUs = timeUs;
  }

  /** Packets of the file at hand were read up to one of this time. */
  reach(timeUs: number): void {
    if (timeUs <= this.latestTimeUs) return;
    this.latestTimeUs = timeUs;
    this.latestFile = this.file;
  }
}
