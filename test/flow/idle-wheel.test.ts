/** The timing wheel against a sorted list: who is due when. */
import { describe, expect, it } from 'vitest';
import { FlowTable } from '../../src/dataplane/flow/flow-table.ts';
import { IdleWheel, LONGEST_DELAY_SECONDS } from '../../src/dataplane/flow/idle-wheel.ts';
import { SeededRandom } from '../kit/random.mjs';
import { addFlow } from './views.ts';

function scheduleAt(wheel: IdleWheel, slot: number, atUs: number): void {
  wheel.atUs = atUs;
  wheel.schedule(slot);
}

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
function dueOf(wheel: IdleWheel, table: FlowTable, nowUs: number): number[] {
  if (!wheel.next(nowUs)) return [];
  const { slots, count } = wheel.due;
  return [...slots.subarray(0, count)].sort((a, b) => table.firstPacket(a) - table.firstPacket(b));
}

describe('against a sorted list', () => {
  it.each([
    ['small steps', 1, 3 * SECOND, 20 * SECOND],
    ['steps of minutes, delays up to the limit', 2, 300 * SECOND, LONGEST_DELAY_SECONDS * SECOND],
    ['steps below a second', 3, 40_000, 10 * SECOND],
    ['steps that skip the whole delay', 4, 4000 * SECOND, 2000 * SECOND],
    ['a clock that hardly moves, so that most flows leave before their time', 5, 2, 100 * SECOND],
  ])('%s', (_, seed, longestStep, longestDelay) => {
    const random = new SeededRandom(seed);
    const table = new FlowTable(300);
    const wheel = new IdleWheel(table);
    const twin = new ListTwin();
    const order = (slot: number): number => table.firstPacket(slot);
    const alive: number[] = [];
    const leave = (): void => {
      const [slot] = alive.splice(random.below(alive.length), 1);
      wheel.leave();
      twin.remove(slot!);
      table.remove(slot!);
    };
    const schedule = (slot: number): void => {
      const at = now + random.below(longestDelay + 1);
      scheduleAt(wheel, slot, at);
      twin.schedule(slot, at);
    };
    let now = 0;
    let packet = 0;
    for (let step = 0; step < 6000; step++) {
      for (let n = random.below(6); n > 0; n--) {
        if (table.activeCount === table.capacity || (alive.length > 0 && random.chance(0.4))) leave();
        packet++;
        // Not in the order of slots, and two flows of a slot never with the same.
        const slot = addFlow(table, packet, 0, packet ^ 1023);
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
      expect(now).toBeLessThan(wheel.nextUs);
      if (step % 100 === 0) wheel.checkInvariants();
    }
    expect(packet).toBeGreaterThan(10_000);
  });
});

it('misses a flow without an entry', () => {
  const table = new FlowTable(10);
  const wheel = new IdleWheel(table);
  scheduleAt(wheel, addFlow(table, 1, 0, 1), SECOND);
  wheel.checkInvariants();
  addFlow(table, 2, 0, 2);
  expect(() => {
    wheel.checkInvariants();
  }).toThrow('a flow has one entry that holds');
});

describe('a gap', () => {
  it.each([1, 2, 3.5, 10, 1000, 2_000_000])('of %d wheels brings every flow once, the earliest first', (wheels) => {
    const table = new FlowTable(3000);
    const wheel = new IdleWheel(table);
    wheel.next(500 * SECOND);
    const random = new SeededRandom(5);
    const expected: { slot: number; second: number; first: number }[] = [];
    for (let n = 1; n <= 3000; n++) {
      const slot = addFlow(table, n, 0);
      const second = 501 + random.below(LONGEST_DELAY_SECONDS);
      scheduleAt(wheel, slot, second * SECOND);
      expected.push({ slot, second, first: n });
    }
    expected.sort((a, b) => a.second - b.second || a.first - b.first);
    const now = (500 + Math.floor(wheels * 4096)) * SECOND;
    const seen: number[] = [];
    for (let due = dueOf(wheel, table, now); due.length > 0; due = dueOf(wheel, table, now)) seen.push(...due);
    const due = expected.filter(({ second }) => second * SECOND <= now);
    expect(seen).toEqual(due.map(({ slot }) => slot));
  });

  it('of any length costs no more than two wheels of buckets', () => {
    const wheel = new IdleWheel(new FlowTable(1));
    const started = performance.now();
    expect(wheel.next(Number.MAX_SAFE_INTEGER)).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('a delay', () => {
  it('that is over already comes up in the next second', () => {
    const table = new FlowTable(1);
    const wheel = new IdleWheel(table);
    wheel.next(100 * SECOND);
    const slot = addFlow(table, 1, 0);
    scheduleAt(wheel, slot, 5);
    expect(dueOf(wheel, table, 100.9 * SECOND)).toEqual([]);
    expect(dueOf(wheel, table, 101 * SECOND)).toEqual([slot]);
    expect(dueOf(wheel, table, 9999 * SECOND)).toEqual([]);
  });

  it('longer than the wheel is looked at when the wheel has turned', () => {
    const table = new FlowTable(1);
    const wheel = new IdleWheel(table);
    const slot = addFlow(table, 1, 0);
    scheduleAt(wheel, slot, 1e15);
    expect(dueOf(wheel, table, (LONGEST_DELAY_SECONDS - 1) * SECOND)).toEqual([]);
    expect(dueOf(wheel, table, LONGEST_DELAY_SECONDS * SECOND)).toEqual([slot]);
  });
});
