/** The timing wheel against a sorted list: who is due when. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { BUILDS, CompiledFlow } from './compiled-flow.ts';
import { LinearTable } from './linear-table.ts';

/** A bucket for each second of a turn but the one at hand. */
const LONGEST_DELAY_SECONDS = 4095;

const checked = await CompiledFlow.make('debug');

const SECOND = 1_000_000;

/** Flows with the second in which they come up, by the contract of `schedule`: rounded up, not before the next second. */
class ListTwin {
  private readonly due = new Map<number, number>();
  private done = 0;

  schedule(slot: number, atUs: number): void {
    const earliest = this.done + 1;
    this.due.set(slot, Math.min(Math.max(Math.ceil(atUs / SECOND), earliest), this.done + LONGEST_DELAY_SECONDS));
  }

  remove(slot: number): void {
    this.due.delete(slot);
  }

  /** The slots of the earliest second that is due, or none. */
  next(nowUs: number, order: (slot: number) => number): number[] {
    const last = Math.floor(nowUs / SECOND);
    const second = Math.min(...this.due.values());
    if (second > last) {
      this.done = last;
      return [];
    }
    this.done = second;
    const slots = [...this.due].filter(([, at]) => at === second).map(([slot]) => slot);
    for (const slot of slots) this.due.delete(slot);
    return slots.sort((a, b) => order(a) - order(b));
  }
}

/** The flows of the next bucket that are due, in the order of first packets: the wheel itself promises none. */
function dueOf({ exports }: CompiledFlow, table: LinearTable, nowUs: number): number[] {
  if (exports.next(nowUs) === 0) return [];
  const slots = Array.from({ length: exports.dueCount() }, (_, i) => exports.dueSlot(i));
  return slots.sort((a, b) => table.firstPacket(a) - table.firstPacket(b));
}

describe.each(BUILDS)('the %s build against a sorted list', (build, share) => {
  it.each([
    ['small steps', 1, 3 * SECOND, 20 * SECOND],
    ['steps of minutes, delays up to the limit', 2, 300 * SECOND, LONGEST_DELAY_SECONDS * SECOND],
    ['steps below a second', 3, 40_000, 10 * SECOND],
    ['steps that skip the whole delay', 4, 4000 * SECOND, 2000 * SECOND],
    ['a clock that hardly moves, so that most flows leave before their time', 5, 2, 100 * SECOND],
  ])('%s', async (_, seed, longestStep, longestDelay) => {
    const random = new SeededRandom(seed);
    const wheel = await CompiledFlow.make(build);
    const table = new LinearTable(wheel, 300);
    const twin = new ListTwin();
    const order = (slot: number): number => table.firstPacket(slot);
    const alive: number[] = [];
    const leave = (): void => {
      const [slot] = alive.splice(random.below(alive.length), 1);
      wheel.exports.leave();
      twin.remove(slot!);
      table.remove(slot!);
    };
    const schedule = (slot: number): void => {
      const at = now + random.below(longestDelay + 1);
      wheel.exports.schedule(slot, at);
      twin.schedule(slot, at);
    };
    let now = 0;
    let packet = 0;
    for (let step = 0; step < 6000 * share; step++) {
      for (let n = random.below(6); n > 0; n--) {
        if (table.activeCount === table.capacity || (alive.length > 0 && random.chance(0.4))) leave();
        packet++;
        // Not in the order of slots, and two flows of a slot never with the same.
        const slot = table.add(packet, 0, packet ^ 1023);
        alive.push(slot);
        schedule(slot);
      }
      now += random.below(longestStep);
      for (;;) {
        const due = dueOf(wheel, table, now);
        expect(due).toEqual(twin.next(now, order));
        if (due.length === 0) break;
        for (const slot of due) {
          if (random.chance(0.5)) {
            schedule(slot);
          } else {
            alive.splice(alive.indexOf(slot), 1);
            table.remove(slot);
          }
        }
      }
      expect(now).toBeLessThan(wheel.exports.nextUs());
      if (step % 100 === 0) wheel.holds(wheel.exports.checkWheel());
    }
    expect(packet).toBeGreaterThan(10_000 * share);
  });
});

it('misses a flow without an entry', () => {
  const { exports } = checked;
  const table = new LinearTable(checked, 10);
  exports.schedule(table.add(1, 0, 1), SECOND);
  expect(exports.checkWheel()).toBe(0);
  table.add(2, 0, 2);
  // A flow has one entry that holds (dataplane/assembly/flow/invariant).
  expect(exports.checkWheel()).toBe(24);
});

describe('a gap', () => {
  it.each([1, 2, 3.5, 10, 1000, 2_000_000])('of %d wheels brings every flow once, the earliest first', (wheels) => {
    const table = new LinearTable(checked, 3000);
    checked.exports.next(500 * SECOND);
    const random = new SeededRandom(5);
    const expected: { slot: number; second: number; first: number }[] = [];
    for (let n = 1; n <= 3000; n++) {
      const slot = table.add(n, 0);
      const second = 501 + random.below(LONGEST_DELAY_SECONDS);
      checked.exports.schedule(slot, second * SECOND);
      expected.push({ slot, second, first: n });
    }
    expected.sort((a, b) => a.second - b.second || a.first - b.first);
    const now = (500 + Math.floor(wheels * 4096)) * SECOND;
    const seen: number[] = [];
    for (let due = dueOf(checked, table, now); due.length > 0; due = dueOf(checked, table, now)) seen.push(...due);
    const due = expected.filter(({ second }) => second * SECOND <= now);
    expect(seen).toEqual(due.map(({ slot }) => slot));
  });

  it('of any length costs no more than two wheels of buckets', () => {
    new LinearTable(checked, 1);
    const started = performance.now();
    expect(checked.exports.next(Number.MAX_SAFE_INTEGER)).toBe(0);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('a delay', () => {
  it('that is over already comes up in the next second', () => {
    const table = new LinearTable(checked, 1);
    checked.exports.next(100 * SECOND);
    const slot = table.add(1, 0);
    checked.exports.schedule(slot, 5);
    expect(dueOf(checked, table, 100.9 * SECOND)).toEqual([]);
    expect(dueOf(checked, table, 101 * SECOND)).toEqual([slot]);
    expect(dueOf(checked, table, 9999 * SECOND)).toEqual([]);
  });

  it('longer than the wheel is looked at when the wheel has turned', () => {
    const table = new LinearTable(checked, 1);
    const slot = table.add(1, 0);
    checked.exports.schedule(slot, 1e15);
    expect(dueOf(checked, table, (LONGEST_DELAY_SECONDS - 1) * SECOND)).toEqual([]);
    expect(dueOf(checked, table, LONGEST_DELAY_SECONDS * SECOND)).toEqual([slot]);
  });
});
