/** What writes here waits while another process writes, and several of those come one after the other. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WriteGate } from '../../src/desk/work/write-gate.ts';

describe('the gate before the database', () => {
  it('lets one process write after the other, also where one fails, and then what waits', async () => {
    const gate = new WriteGate();
    const seen: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      seen.push(`${name} begins`);
      for (let turn = 0; turn < 3; turn++) await setImmediate();
      seen.push(`${name} ends`);
      if (name === 'b') throw new Error('b failed');
    };
    const working = ['a', 'b', 'c'].map((name) => gate.whileClosed(work(name)));
    const failed = expect(working[1]).rejects.toThrow('b failed');
    expect(gate.isClosed).toBe(true);
    const waiting = [1, 2].map(async (number) => {
      await gate.opened();
      seen.push(`form ${number}`);
    });
    await Promise.all([working[0], failed, working[2], ...waiting]);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends', 'form 1', 'form 2']);
    expect(gate.isClosed).toBe(false);
    await gate.opened();
  });
});
