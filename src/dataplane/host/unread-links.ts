/**
 * Packets whose link type is not read, by its number: what a capture is named by that could not be read.
 *
 * Memory: link types beyond 16 bits, which no registry has, share one number, so a hostile capture can make no more
 * than 65,536 entries.
 */
import { linkTypeName } from './link-type-names.ts';
import type { Snapshot } from '../../core/snapshot.ts';

export const LARGEST_LINK_TYPE = 0xffff;

/** Link types that a text lists; the rest is counted. */
const LISTED = 8;

export interface UnreadLinkType {
  readonly linkType: number;
  readonly name: string;
  readonly packets: number;
}

export class UnreadLinks {
  total = 0;
  private readonly packets = new Map<number, number>();

  /** How many link types there are. */
  get count(): number {
    return this.packets.size;
  }

  note(linkType: number, packets = 1): void {
    const number = Math.min(linkType, LARGEST_LINK_TYPE);
    this.packets.set(number, (this.packets.get(number) ?? 0) + packets);
    this.total += packets;
  }

  add(other: UnreadLinks): void {
    for (const [linkType, packets] of other.packets) this.note(linkType, packets);
  }

  packetsOf(linkType: number): number {
    return this.packets.get(linkType) ?? 0;
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.total = walk.number(this.total);
    const rows = walk.data([...this.packets]);
    if (!walk.isRestoring) return;
    this.packets.clear();
    for (const [linkType, packets] of rows) this.packets.set(linkType, packets);
  }

  /** What has come since a copy was made. */
  since(before: UnreadLinks): UnreadLinks {
    const later = new UnreadLinks();
    for (const [linkType, packets] of this.packets) {
      const added = packets - (before.packets.get(linkType) ?? 0);
      if (added > 0) later.note(linkType, added);
    }
    return later;
  }

  copy(): UnreadLinks {
    return this.since(new UnreadLinks());
  }

  /** Those with the most packets first. */
  rows(): UnreadLinkType[] {
    const rows = Array.from(this.packets, ([linkType, packets]) => ({
      linkType,
      name: linkTypeName(linkType),
      packets,
    }));
    return rows.sort((a, b) => b.packets - a.packets || a.linkType - b.linkType);
  }

  /** `220 (USB_LINUX_MMAPPED)` and so on; with `counted`, each with its packets. */
  text(counted: boolean): string {
    const rows = this.rows();
    const shown = rows.slice(0, LISTED).map(({ linkType, name, packets }) => {
      const text = `${linkType} (${name})`;
      return counted ? `${text} ${packets.toLocaleString('en-US')}` : text;
    });
    return rows.length > LISTED ? `${shown.join(', ')} and ${rows.length - LISTED} more` : shown.join(', ');
  }
}
