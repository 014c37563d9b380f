/** The flows that change most: those of most bytes. */
import type { ChangeEvent } from './change-event.ts';

const LISTED = 10;

export class LargestChanges {
  /** Largest first. */
  readonly events: ChangeEvent[] = [];
  private readonly bytes: number[] = [];

  /** Takes a flow of this many bytes; `make` is called if it is among the largest so far. */
  take(bytes: number, make: () => ChangeEvent): void {
    if (this.events.length === LISTED && bytes <= this.bytes[LISTED - 1]!) return;
    const found = this.bytes.findIndex((other) => other < bytes);
    const at = found === -1 ? this.bytes.length : found;
    this.bytes.splice(at, 0, bytes);
    this.events.splice(at, 0, make());
    this.bytes.length = Math.min(this.bytes.length, LISTED);
    this.events.length = this.bytes.length;
  }
}
