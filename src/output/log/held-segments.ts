/**
 * Closed segments of a log that a restart still needs: it compares the lines that it makes again with those after the
 * position of its checkpoint, of which there are two. They stay beyond the number of segments that are kept, but not
 * without bound: where checkpoints fail for long, a disk must not fill for them.
 */

/** Segments that stay beyond those kept: as many again, and at least these. */
const LEAST_HELD = 10;
/** The last checkpoint, and the one before it. */
const CHECKPOINTS = 2;

export class HeldSegments {
  /** Segments that were needed, and could be removed all the same. */
  overtakenCount = 0;
  /** Inodes by the names of closed segments, the oldest first. */
  private readonly segments = new Map<string, number>();
  /** Inodes in which the positions of checkpoints are, the last one at the end. */
  private positions: number[] = [];
  private readonly most: number;

  /** `kept`: segments that are kept in any case. */
  constructor(kept: number) {
    this.most = kept + Math.max(kept, LEAST_HELD);
  }

  /** A segment was closed. Earlier ones come before. */
  closed(name: string, inode: number): void {
    this.segments.set(name, inode);
  }

  /** A checkpoint with a position in this file is on disk. True if it needs fewer segments than those before. */
  checkpoint(inode: number): boolean {
    const before = this.positions;
    this.positions = [...before, inode].slice(-CHECKPOINTS);
    return before.some((position) => !this.positions.includes(position));
  }

  /** Whether a restart needs the segment. One that may go is forgotten. */
  needs(name: string): boolean {
    const names = [...this.segments.keys()];
    const place = names.indexOf(name);
    const first = names.findIndex((segment) => this.positions.includes(this.segments.get(segment)!));
    const isNeeded = first >= 0 && place >= first;
    if (isNeeded && names.length - place <= this.most) return true;
    if (isNeeded) this.overtakenCount++;
    this.segments.delete(name);
    return false;
  }
}
