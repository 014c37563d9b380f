/** Keys of tunnels against their obvious twin: texts in a map, and a list of them for each tunnel. */
import { describe, expect, it } from 'vitest';
import { KEY_WORDS, KEYS_LIMIT, TunnelKeys } from '../../src/decision/tunnel-keys.ts';
import { SeededRandom } from '../kit/random.mjs';

const TUNNELS = 60;
const KEYS = 400;

class TwinKeys {
  private readonly holders = new Map<string, number>();
  private readonly lists = new Map<number, string[]>();

  holder(key: string): number {
    return this.holders.get(key) ?? 0;
  }

  give(key: string, tunnel: number): void {
    const holder = this.holder(key);
    if (holder === tunnel) return;
    if (holder !== 0)
      this.lists.set(
        holder,
        this.listOf(holder).filter((other) => other !== key),
      );
    this.holders.set(key, tunnel);
    const list = [...this.listOf(tunnel), key];
    if (list.length > KEYS_LIMIT) this.holders.delete(list.shift()!);
    this.lists.set(tunnel, list);
  }

  forget(tunnel: number): void {
    for (const key of this.listOf(tunnel)) this.holders.delete(key);
    this.lists.delete(tunnel);
  }

  private listOf(tunnel: number): string[] {
    return this.lists.get(tunnel) ?? [];
  }
}

const LIVE = new Set(Array.from({ length: TUNNELS }, (_, i) => 1 + i));

describe('keys of tunnels', () => {
  it.each([1, 2, 3])('are held as in the twin, seed %i', (seed) => {
    const random = new SeededRandom(seed);
    const all = Array.from({ length: KEYS }, (_, i) =>
      // Most differ in one word only, the first or the last among them.
      Int32Array.from({ length: KEY_WORDS }, (_, word) => (word === i % KEY_WORDS ? random.word() : 7)),
    );
    const keys = new TunnelKeys(TUNNELS);
    const twin = new TwinKeys();
    const ask = (key: Int32Array): string => {
      keys.key.set(key);
      return key.join();
    };
    for (let step = 0; step < 20_000; step++) {
      const text = ask(all[random.below(KEYS)]!);
      const tunnel = 1 + random.below(TUNNELS);
      expect(keys.tunnel).toBe(twin.holder(text));
      if (random.chance(0.05)) {
        keys.forget(tunnel);
        twin.forget(tunnel);
      } else {
        keys.give(tunnel);
        twin.give(text, tunnel);
      }
      if (step % 100 === 0) keys.checkInvariants(LIVE);
    }
    keys.checkInvariants(LIVE);
    for (const key of all) expect([ask(key), keys.tunnel]).toEqual([key.join(), twin.holder(key.join())]);
  });

  it('have room for as many as all tunnels may hold', () => {
    const keys = new TunnelKeys(TUNNELS);
    for (let i = 0; i < TUNNELS * 30; i++) {
      keys.key[3] = i;
      keys.give(1 + (i % TUNNELS));
    }
    for (let i = 0; i < TUNNELS * 30; i++) {
      keys.key[3] = i;
      expect(keys.tunnel).toBe(i < TUNNELS * (30 - KEYS_LIMIT) ? 0 : 1 + (i % TUNNELS));
    }
  });
});
