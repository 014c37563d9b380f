/**
 * Small numbers in the order in which they were added, each at most once. A number can be taken out from any place. A
 * doubly linked list in two columns, because a Set walks over numbers that were deleted from its front.
 *
 * Number n is row n + 1; row 0 is both ends of the list.
 */
import { invariant } from '../core/invariant.ts';
import type { Snapshot } from '../core/snapshot.ts';

const ABSENT = -1;
const INITIAL_CAPACITY = 64;

export class IdleList {
  size = 0;
  private next = new Int32Array(INITIAL_CAPACITY).fill(ABSENT);
  private previous = new Int32Array(INITIAL_CAPACITY).fill(ABSENT);

  constructor() {
    this.next[0] = 0;
    this.previous[0] = 0;
  }

  /** The number added longest ago, or -1. */
  get first(): number {
    return this.next[0]! - 1;
  }

  /** Adds a number that is not in the list, at its end. */
  add(number: number): void {
    const row = number + 1;
    while (row >= this.next.length) this.grow();
    const last = this.previous[0]!;
    this.next[last] = row;
    this.previous[row] = last;
    this.next[row] = 0;
    this.previous[0] = row;
    this.size++;
  }

  /** Takes a number out, if it is in the list. */
  delete(number: number): void {
    const row = number + 1;
    if (row >= this.next.length || this.next[row] === ABSENT) return;
    const next = this.next[row]!;
    const previous = this.previous[row]!;
    this.next[previous] = next;
    this.previous[next] = previous;
    this.next[row] = ABSENT;
    this.size--;
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.size = walk.number(this.size);
    this.next = walk.column(this.next);
    this.previous = walk.column(this.previous);
  }

  /** Throws if an invariant is broken. */
  checkInvariants(): void {
    let size = 0;
    let row = 0;
    do {
      const next = this.next[row]!;
      invariant(this.previous[next] === row, 'neighbours name each other');
      row = next;
      invariant(size++ <= this.size, 'the list comes back to its ends');
    } while (row !== 0);
    invariant(size - 1 === this.size, 'size is the length of the list');
  }

  private grow(): void {
    const next = new Int32Array(this.next.length * 2).fill(ABSENT);
    const previous = new Int32Array(this.next.length * 2).fill(ABSENT);
    next.set(this.next);
    previous.set(this.previous);
    this.next = next;
    this.previous = previous;
  }
}
