/**
 * The clients with a VPN finding, for each group and window of a limit. No finding depends on a policy, so the breakers
 * of several policies that decide the same packets share one of these.
 */
import { ClientGroup } from '../../policy/client-groups.ts';
import type { Limit } from '../../policy/limits.ts';
import { SeenClients, type SeenState } from './seen-clients.ts';
import type { Snapshot } from '../../core/snapshot.ts';

export class SeenWindows {
  private windows: SeenClients[] = [];
  private readonly capacity: number;
  private now = -Infinity;
  /** Grows when any window begins a slice or is new. */
  moves = 0;
  /** The start of the next slice of any window; of no use once a window was added. */
  private nextSliceUs = -Infinity;
  /** Breakers that use it. */
  private users = 0;

  /** `capacity`: slots of each table, a power of two. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** A breaker uses it, for these limits. */
  join(limits: readonly Limit[]): void {
    this.users++;
    this.add(limits);
  }

  /** A breaker no longer does. */
  leave(): void {
    this.users--;
  }

  get isUsed(): boolean {
    return this.users > 0;
  }

  /** Keeps the windows of these limits only. Counts are kept, and carried over to new windows. */
  useLimits(limits: readonly Limit[]): void {
    const before = this.windows;
    this.windows = [];
    this.add(limits, before);
  }

  /** Counts for these limits too. `before`: windows whose counts new ones begin with. */
  private add(limits: readonly Limit[], before: readonly SeenClients[] = [...this.windows]): void {
    for (const { windowUs, group } of limits)
      if (this.find(windowUs, group) === undefined) this.windows.push(this.begin(before, windowUs, group));
    for (const clients of this.windows.filter((one) => !before.includes(one))) clients.movedAt = ++this.moves;
    this.nextSliceUs = -Infinity;
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.now = walk.number(this.now);
    this.nextSliceUs = walk.number(this.nextSliceUs);
    this.moves = walk.number(this.moves);
    const windows = walk.data(this.windows.map(({ group, counts: { windowUs } }) => ({ windowUs, group })));
    if (walk.isRestoring)
      this.windows = windows.map(({ windowUs, group }) => new SeenClients(windowUs, group, this.capacity));
    for (const window of this.windows) window.snapshot(walk);
  }

  /** Moves all windows to end at a time. Times never go back. */
  advance(timeUs: number): void {
    if (timeUs <= this.now) return;
    this.now = timeUs;
    if (timeUs < this.nextSliceUs) return;
    for (const clients of this.windows) if (clients.advance(timeUs)) clients.movedAt = ++this.moves;
  }

  /**
   * Records that a client has a flow with a finding of a stage, at the time of the last `advance`. `since`: `moves`
   * when the same was recorded last, 0 for never. A window that has not moved since has the client in its slice.
   */
  see(high: number, low: number, stage: number, since: number): void {
    for (const clients of this.windows)
      if (clients.movedAt > since && (clients.group === ClientGroup.ANY || clients.group === stage))
        clients.see(this.now, high, low);
  }

  /** The time before which repeating a call of `see` has no effect; Infinity without a window. */
  nextSlice(): number {
    if (this.nextSliceUs <= this.now) {
      this.nextSliceUs = Infinity;
      for (const { counts } of this.windows) this.nextSliceUs = Math.min(this.nextSliceUs, counts.nextSlice(this.now));
    }
    return this.nextSliceUs;
  }

  /** A lower bound on the clients in the window of a limit in use. */
  lower({ windowUs, group }: Limit): number {
    return this.find(windowUs, group)!.counts.lower(0);
  }

  /** Forgets all clients: another capture begins, with a clock of its own. */
  clear(limits: readonly Limit[]): void {
    this.now = -Infinity;
    this.windows = [];
    this.useLimits(limits);
  }

  exportState(): SeenState[] {
    return this.windows.map((clients) => clients.exportState());
  }

  /** Replaces the windows by exported ones as of a time. Throws TypeError for invalid ones. */
  importState(states: readonly SeenState[], timeUs: number): void {
    const nowUs = Math.max(timeUs, this.now);
    this.windows = states.map((state) => {
      const clients = new SeenClients(state.windowUs, state.group, this.capacity);
      clients.importState(state, timeUs);
      clients.advance(nowUs);
      clients.movedAt = ++this.moves;
      return clients;
    });
    this.now = nowUs;
    this.nextSliceUs = -Infinity;
  }

  private find(windowUs: number, group: ClientGroup): SeenClients | undefined {
    return this.windows.find((clients) => clients.counts.windowUs === windowUs && clients.group === group);
  }

  /**
   * The counts of a window so far. A new window starts with the counts of its group's nearest wider window, else the
   * widest. A new window for any stage whose group has no window starts with those of the single stages.
   */
  private begin(before: readonly SeenClients[], windowUs: number, group: ClientGroup): SeenClients {
    const same = before.find((clients) => clients.group === group && clients.counts.windowUs === windowUs);
    if (same !== undefined) return same;
    const clients = new SeenClients(windowUs, group, this.capacity);
    if (!Number.isFinite(this.now)) return clients;
    clients.advance(this.now);
    const known = nearest(before, windowUs, group);
    if (known !== null) clients.copyFrom(known, this.now);
    if (known !== null || group !== ClientGroup.ANY) return clients;
    for (const stage of [ClientGroup.SUSPECTED, ClientGroup.CONFIRMED]) {
      const ofStage = nearest(before, windowUs, stage);
      if (ofStage !== null) clients.copyFrom(ofStage, this.now);
    }
    return clients;
  }
}

/** The group's narrowest window that is wider than this, else its widest; null if the group has none. */
function nearest(windows: readonly SeenClients[], windowUs: number, group: ClientGroup): SeenClients | null {
  const others = windows
    .filter((clients) => clients.group === group)
    .sort((a, b) => a.counts.windowUs - b.counts.windowUs);
  return others.find(({ counts }) => counts.windowUs > windowUs) ?? others.at(-1) ?? null;
}
