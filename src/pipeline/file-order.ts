/**
 * Detects whether the files of one capture follow each other in packet time. Unrelated captures that are read as one
 * capture share flows with equal addresses and ports, and packet time goes back from one file to the next, so the
 * result is wrong for both.
 */

/** A file that begins before the end of a file that was read earlier. */
export interface FileBack {
  readonly file: string;
  readonly before: string;
  readonly backUs: number;
}

export interface FilesBack {
  /** Number of files that begin too early. */
  readonly count: number;
  /** The first such file, and the one with the largest step back; null if there is none. */
  readonly first: FileBack | null;
  readonly largest: FileBack | null;
}

/** Files of one capturing program overlap by less: packets of several queues are written out of order. */
const OVERLAP_LIMIT_US = 100_000;

export class FileOrder implements FilesBack {
  /** Files that begin too early. */
  count = 0;
  /** The first such file, and the one with the largest step back. */
  first: FileBack | null = null;
  largest: FileBack | null = null;
  /** First time of the current file. */
  private firstTimeUs = Infinity;
  /** The latest time of all files so far, and its file. */
  private latestTimeUs = -Infinity;
  private latestFile = '';
  private file = '';

  /** A file begins with a packet of this time. */
  begin(file: string, timeUs: number): void {
    const backUs = this.latestTimeUs - timeUs;
    // Short unrelated captures, for example generated ones, may have nearly the same times.
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

  /** Packets of the current file were read up to one of this time. */
  reach(timeUs: number): void {
    if (timeUs <= this.latestTimeUs) return;
    this.latestTimeUs = timeUs;
    this.latestFile = this.file;
  }
}
