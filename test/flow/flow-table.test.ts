/** The flow table against a Map, fed the same random packets. */
import { describe, expect, it } from 'vitest';
import { FlowDetail, FlowFlag, FlowWord } from '../../src/dataplane/host/flow-row.ts';
import { SeededRandom } from '../kit/random.mjs';
import { BUILDS, CompiledFlow } from './compiled-flow.ts';
import { LinearTable, NO_FLOW } from './linear-table.ts';
import { ipv4End, setTuple, type Tuple, View, viewOf } from './views.ts';

const checked = await CompiledFlow.make('debug');

/** What the table must answer, with texts for keys. */
class MapTwin {
  readonly slots = new Map<string, number>();

  static key(tuple: Tuple): string {
    const ends = [tuple.source.join(), tuple.destination.join()].sort();
    return [...ends, tuple.transport, tuple.domain].join('|');
  }
}

/** Few distinct values, so that tuples share all but one field. */
function randomTuple(random: SeededRandom, spread: number): Tuple {
  const values = [0, 1, -1, 0x7fffffff, -0x80000000];
  const word = (): number => (random.chance(0.8) ? values[random.below(values.length)]! : random.below(spread));
  const end = (): Tuple['source'] =>
    random.chance(0.5)
      ? ipv4End(word(), random.below(spread) & 0xffff)
      : [word(), word(), word(), word(), random.below(3) === 0 ? 65535 : random.below(spread) & 0xffff];
  return { source: end(), destination: end(), transport: [6, 17, 50, 51][random.below(4)]!, domain: word() };
}

function direction(tuple: Tuple): number {
  const [a, b] = [tuple.source, tuple.destination];
  for (const word of [3, 2, 1, 0, 4] as const) {
    if (a[word] !== b[word]) return a[word] > b[word] ? 1 : 0;
  }
  return 0;
}

/** Cheaper than `expect`, for what is checked a million times. */
function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function rowOf(table: LinearTable, slot: number): number[] {
  return [...table.row(slot), ...table.details(slot)];
}

describe.each(BUILDS)('the %s build against a Map', (build, share) => {
  it.each([
    ['few values, many returns', 1, 4, 300],
    ['many values', 2, 1 << 16, 60_000],
    ['a small table, always full', 3, 64, 40],
  ])('%s', async (_, seed, spread, capacity) => {
    const random = new SeededRandom(seed);
    const table = new LinearTable(await CompiledFlow.make(build), capacity);
    const twin = new MapTwin();
    const view = new View();
    const taken = new Set<number>();
    const kept: Tuple[] = [];
    for (let step = 0; step < 60_000 * share; step++) {
      const known = kept.length > 0 && random.chance(0.4);
      const tuple = known ? kept[random.below(kept.length)]! : randomTuple(random, spread);
      const key = MapTwin.key(tuple);
      const reversed = random.chance(0.5);
      const found = table.find(setTuple(view, tuple, reversed));
      check(found === (twin.slots.get(key) ?? NO_FLOW), `step ${step}: found ${found}`);
      const packet = reversed ? { ...tuple, source: tuple.destination, destination: tuple.source } : tuple;
      check(table.direction === direction(packet), `step ${step}: direction`);
      if (found === NO_FLOW && table.activeCount < table.capacity) {
        const slot = table.insert();
        check(!taken.has(slot), `step ${step}: slot ${slot} given twice`);
        taken.add(slot);
        const startedHigh = (table.row(slot)[FlowWord.TRANSPORT]! & FlowFlag.STARTED_HIGH) !== 0;
        check(startedHigh === (table.direction === 1), `step ${step}: who started`);
        twin.slots.set(key, slot);
        kept.push(tuple);
      } else if (found !== NO_FLOW && (table.activeCount === table.capacity || random.chance(0.3))) {
        table.remove(found);
        check(!table.isActive(found), `step ${step}: active after its end`);
        twin.slots.delete(key);
        taken.delete(found);
      }
      check(table.activeCount === twin.slots.size, `step ${step}: count`);
      if (step % 1000 === 0) table.checkInvariants();
      if (kept.length > 2 * capacity) kept.splice(0, capacity);
    }
    table.checkInvariants();
    expect(table.activeSlots()).toEqual([...twin.slots.values()].sort((a, b) => a - b));
  });
});

describe('growth', () => {
  const COUNT = 70_000;
  const tuple = (n: number): Tuple => ({
    source: ipv4End(n, n & 0xffff),
    destination: [n, 2, 3, 4, 5],
    transport: 17,
    domain: n % 3,
  });

  it('keeps every flow while the index widens, three times over', async () => {
    const table = new LinearTable(await CompiledFlow.make('release'), COUNT);
    const view = new View();
    const slots: number[] = [];
    for (let n = 0; n < COUNT; n++) {
      check(table.find(setTuple(view, tuple(n))) === NO_FLOW, `flow ${n} before it came`);
      slots.push(table.insert());
    }
    expect(table.activeCount).toBe(table.capacity);
    for (let n = 0; n < COUNT; n++) {
      check(table.find(setTuple(view, tuple(n), n % 2 === 0)) === slots[n], `flow ${n}`);
    }
    for (let n = 0; n < COUNT; n += 2) table.remove(slots[n]!);
    for (let n = 0; n < COUNT; n++) {
      const expected = n % 2 === 0 ? NO_FLOW : slots[n];
      check(table.find(setTuple(view, tuple(n))) === expected, `flow ${n} after every other ended`);
    }
    expect(table.lastSlot).toBe(COUNT);
    table.checkInvariants();
  });

  it('leaves nothing of a flow that the table loses track of unseen', () => {
    const table = new LinearTable(checked, 10);
    const slot = added(table, tuple(1));
    table.checkInvariants();
    table.row(slot)[FlowWord.PORTS]! ^= 1;
    expect(() => {
      table.checkInvariants();
      // A slot is between its own place and the next empty entry (dataplane/assembly/flow/invariant).
    }).toThrow('invariant 4 ');
  });

  it('uses the slots of ended flows before new ones, with nothing left in them but the key', () => {
    const table = new LinearTable(checked, 10);
    const view = viewOf(tuple(1));
    table.find(view);
    const slot = table.insert();
    const fresh = rowOf(table, slot);
    // Word 7 is free.
    table.row(slot).fill(-1, FlowWord.HANDLE, FlowWord.OWN_FINDING + 1);
    table.row(slot).fill(-1, FlowWord.PACKETS);
    table.details(slot).fill(-1);
    table.remove(slot);
    table.find(view);
    expect(table.insert()).toBe(slot);
    expect(rowOf(table, slot)).toEqual(fresh);
    expect(table.lastSlot).toBe(1);
  });
});

function added(table: LinearTable, tuple: Tuple): number {
  const view = viewOf(tuple);
  check(table.find(view) === NO_FLOW, 'is there already');
  return table.insert();
}

describe('a key', () => {
  const tuple: Tuple = { source: ipv4End(9, 1000), destination: ipv4End(5, 2000), transport: 17, domain: 7 };
  const others: readonly [string, Tuple][] = [
    ['transport', { ...tuple, transport: 6 }],
    ['domain', { ...tuple, domain: 8 }],
    ['source port', { ...tuple, source: ipv4End(9, 1001) }],
    ['ports exchanged', { ...tuple, source: ipv4End(9, 2000), destination: ipv4End(5, 1000) }],
    ['an IPv6 address with the same last word', { ...tuple, source: [0, 0, 0, 9, 1000] }],
  ];

  it.each(others)('with another %s is another flow', (_, other) => {
    const table = new LinearTable(checked, 4);
    const slot = added(table, tuple);
    expect(table.find(viewOf(other))).toBe(NO_FLOW);
    expect(table.find(viewOf(tuple, true))).toBe(slot);
  });

  it('with equal ends has one direction', () => {
    const same: Tuple = { source: ipv4End(9, 500), destination: ipv4End(9, 500), transport: 17, domain: 0 };
    const table = new LinearTable(checked, 4);
    const slot = added(table, same);
    expect([table.find(viewOf(same, true)), table.direction]).toEqual([slot, 0]);
  });
});

it('counts bytes beyond 32 bits, and each direction by itself', () => {
  const random = new SeededRandom(6);
  const table = new LinearTable(checked, 4);
  const slot = added(table, { source: ipv4End(9, 1), destination: ipv4End(5, 2), transport: 17, domain: 0 });
  const packets = [0, 0];
  const bytes = [0, 0];
  for (let step = 0; step < 500; step++) {
    const direction = random.below(2);
    const more = random.chance(0.2) ? 3 * 2 ** 32 + random.below(2 ** 32) : random.below(2 ** 32);
    checked.exports.count(slot, direction, 2, more);
    packets[direction]! += 2;
    bytes[direction]! += more;
  }
  const row = table.row(slot);
  const carried = table.details(slot).subarray(FlowDetail.BYTES_CARRIED);
  expect([...row.subarray(FlowWord.PACKETS, FlowWord.PACKETS + 2)]).toEqual(packets);
  expect([0, 1].map((direction) => carried[direction]! * 2 ** 32 + (row[FlowWord.BYTES + direction]! >>> 0))).toEqual(
    bytes,
  );
});
