/** The compiled log of evidence, as the host reads it, against plain lists. */
import { describe, expect, it } from 'vitest';
import { Check, CHECKS } from '../../src/dataplane/host/checks.ts';
import { LinearEvidence } from '../../src/dataplane/host/linear-evidence.ts';
import { compiled } from '../assembly/compiled.ts';
import { SeededRandom } from '../kit/random.mjs';

type Name = 'select' | 'note' | 'has' | 'release' | 'head' | 'count' | 'rowAt';

/** Rows that a finding shows at most. */
const LIMIT = 12;

class Log {
  readonly exports;
  private readonly evidence: LinearEvidence;

  private constructor({ exports, memory }: Awaited<ReturnType<typeof compiled<Name>>>) {
    this.exports = exports;
    this.evidence = new LinearEvidence({ memory, exports: { evidenceRowAt: (row) => exports.rowAt(row) } });
  }

  static async make(): Promise<Log> {
    return new Log(await compiled<Name>('evidence-log', 'debug'));
  }

  /** Appends a row to a chain; returns its head. */
  note(head: number, packet: number, seen: number, check: Check = Check.IKE_LENGTH): number {
    this.exports.select(head);
    this.exports.note(packet, check, packet % 97, 0, seen);
    return this.exports.head();
  }

  packets(head: number): number[] {
    return this.evidence.entries(head).map(({ packet }) => packet);
  }

  entries(head: number): ReturnType<LinearEvidence['entries']> {
    return this.evidence.entries(head);
  }
}

describe('the log of evidence', () => {
  it('keeps the first rows of a chain, and no more than its limit', async () => {
    const log = await Log.make();
    log.exports.select(0);
    for (let i = 0; i < 3 * LIMIT; i++) log.exports.note(i, Check.IKE_LENGTH, i, 0, i);
    const head = log.exports.head();
    expect(log.packets(head)).toEqual(Array.from({ length: LIMIT }, (_, i) => i));
    log.exports.release(head);
    expect(log.exports.count()).toBe(0);
  });

  it('goes on with the chain that was selected', async () => {
    const log = await Log.make();
    const heads = [0, 0, 0];
    for (let i = 0; i < 9; i++) heads[i % 3] = log.note(heads[i % 3]!, i, i);
    expect(heads.map((head) => log.entries(head).map(({ seen }) => seen))).toEqual([
      ['0', '3', '6'],
      ['1', '4', '7'],
      ['2', '5', '8'],
    ]);
    for (const head of heads) log.exports.release(head);
    expect(log.exports.count()).toBe(0);
  });

  it('has of many chains what lists have of them, over more rows than a piece of its memory holds', async () => {
    const log = await Log.make();
    const random = new SeededRandom(23);
    const chains = Array.from({ length: 12_000 }, () => ({
      head: 0,
      packets: [] as number[],
      checks: new Set<Check>(),
    }));
    const checks = Object.values(Check);
    let rows = 0;
    let most = 0;
    for (let i = 1; i <= 100_000; i++) {
      const chain = random.pick(chains);
      if (random.chance(0.02)) {
        expect(log.packets(chain.head)).toEqual(chain.packets);
        log.exports.release(chain.head);
        rows -= chain.packets.length;
        Object.assign(chain, { head: 0, packets: [], checks: new Set() });
        continue;
      }
      const check = random.pick(checks);
      chain.head = log.note(chain.head, i, i, check);
      if (chain.packets.length < LIMIT) {
        chain.packets.push(i);
        chain.checks.add(check);
        rows++;
      }
      const other = random.pick(checks);
      if ((log.exports.has(other) !== 0) !== chain.checks.has(other)) throw new Error(`row ${i}: check ${other}`);
      most = Math.max(most, log.exports.count());
    }
    expect(log.exports.count()).toBe(rows);
    expect(most).toBeGreaterThan(65_536);
    for (const { head, packets } of chains) expect(log.packets(head)).toEqual(packets);
  });

  it('names its checks once each', () => {
    const names = Object.values(CHECKS).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
