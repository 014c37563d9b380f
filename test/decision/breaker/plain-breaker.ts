/** The slow twin of the breaker: it keeps the times of all clients in maps, and counts all of them for every limit. */
import type { Limit, Safety } from '../../../src/policy/limits.ts';

const DAY_US = 86_400_000_000;
const SLICES = 60;

interface Hit {
  lastUs: number;
  sinceUs: number;
}

export class PlainBreaker {
  private safety: Safety;
  private now = -Infinity;
  /** By `client group`: the time at which the client was last seen, and its hits. */
  private readonly seen = new Map<string, number>();
  private hits = new Map<string, Hit>();
  stopped: 'no' | 'suspected' | 'all' = 'no';

  constructor(safety: Safety) {
    this.safety = safety;
  }

  useLimits(safety: Safety): void {
    this.safety = safety;
  }

  reset(): void {
    this.hits = new Map();
    this.stopped = 'no';
  }

  see(timeUs: number, client: number, stage: number): void {
    this.now = Math.max(this.now, timeUs);
    for (const group of [0, stage]) this.seen.set(`${client} ${group}`, this.now);
  }

  admit(timeUs: number, client: number, stage: number): boolean {
    if (this.stopped === 'all' || (this.stopped === 'suspected' && stage === 1)) return false;
    this.now = Math.max(this.now, timeUs);
    for (const limit of this.safety.limits) {
      if ((limit.group !== 0 && limit.group !== stage) || !this.isNew(client, limit.group)) continue;
      const { affected, allowed } = this.counts(limit);
      if (affected + 1 <= allowed) continue;
      this.stopped = limit.then === 'observe' ? 'all' : 'suspected';
      return false;
    }
    for (const group of [0, stage]) {
      const key = `${client} ${group}`;
      const sinceUs = this.isNew(client, group) ? this.now : this.hits.get(key)!.sinceUs;
      this.hits.set(key, { lastUs: this.now, sinceUs });
    }
    return true;
  }

  counts(limit: Limit): { affected: number; seen: number; allowed: number } {
    const ofGroup = (key: string): boolean => key.endsWith(` ${limit.group}`);
    const sliceUs = limit.windowUs / SLICES;
    const slice = (timeUs: number): number => Math.floor(timeUs / sliceUs);
    const isWithin = (timeUs: number, slices: number): boolean => slice(timeUs) > slice(this.now) - slices;
    const seen = [...this.seen].filter(([key, timeUs]) => ofGroup(key) && isWithin(timeUs, SLICES)).length;
    const affected = [...this.hits].filter(([key, hit]) => ofGroup(key) && isWithin(hit.sinceUs, SLICES + 1)).length;
    const byShare = limit.share === null ? limit.clients : Math.max(limit.floor, Math.floor(limit.share * seen + 1e-9));
    return { affected, seen, allowed: Math.min(limit.clients, byShare) };
  }

  private isNew(client: number, group: number): boolean {
    const hit = this.hits.get(`${client} ${group}`);
    const memoryUs = Math.max(DAY_US, ...this.safety.limits.map(({ windowUs }) => windowUs));
    return hit === undefined || this.now - hit.lastUs >= memoryUs;
  }
}
