/** The structures of dataplane/assembly/flow against those of dataplane/flow, fed the same random calls. */
import { describe, expect, it } from 'vitest';
import { Eviction } from '../../src/dataplane/flow/eviction.ts';
import { DETAIL_WORDS, FlowDetail, FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import { FlowTable, NO_FLOW } from '../../src/dataplane/flow/flow-table.ts';
import { Fragments } from '../../src/dataplane/flow/fragments.ts';
import { IdleWheel } from '../../src/dataplane/flow/idle-wheel.ts';
import { PacketClock } from '../../src/dataplane/flow/packet-clock.ts';
import { RecordChain } from '../../src/dataplane/flow/record-chain.ts';
import { SplitHalves } from '../../src/dataplane/flow/split-halves.ts';
import { TcpPrefixBuffer, WINDOW } from '../../src/dataplane/flow/tcp-prefix-buffer.ts';
import { protectsRouters } from '../../src/dataplane/router-protection.ts';
import { PacketView } from '../../src/dataplane/wire/packet-view.ts';
import { Transport } from '../../src/dataplane/host/packet-codes.ts';
import { fragmentView, ipv4End, setTuple, type Tuple, viewOf } from '../flow/views.ts';
import { SeededRandom } from '../kit/random.mjs';
import { type Compiled, compiled } from './compiled.ts';
import { differences, writeFragmentHeader, writeView } from './view-layout.ts';

type Name =
  | 'activeCount'
  | 'addToList'
  | 'base'
  | 'beginHalf'
  | 'brokenGuard'
  | 'bucket'
  | 'bytesAt'
  | 'chainBytes'
  | 'checkChain'
  | 'checkPrefixes'
  | 'checkTable'
  | 'checkWheel'
  | 'clearList'
  | 'clearTable'
  | 'clearWheel'
  | 'clockWasSet'
  | 'count'
  | 'detailsAt'
  | 'dueCount'
  | 'dueNumber'
  | 'dueSlot'
  | 'expectRecord'
  | 'find'
  | 'findHashed'
  | 'findIdle'
  | 'findUnwrapped'
  | 'firstFragment'
  | 'forgetRecord'
  | 'giveUp'
  | 'hasBase'
  | 'hashOf'
  | 'headerAt'
  | 'held'
  | 'hit'
  | 'hold'
  | 'idleSlot'
  | 'inOrder'
  | 'insert'
  | 'isHalf'
  | 'isKnown'
  | 'lastSlot'
  | 'laterFragment'
  | 'leave'
  | 'listNumber'
  | 'listSlot'
  | 'makeList'
  | 'makeTable'
  | 'miss'
  | 'next'
  | 'nextRecord'
  | 'nextUs'
  | 'overlapCount'
  | 'partitionOf'
  | 'prefetch'
  | 'prefixBytes'
  | 'prefixCount'
  | 'protectsRouters'
  | 'push'
  | 'refusedCount'
  | 'releaseChain'
  | 'releasePrefix'
  | 'remove'
  | 'rowAt'
  | 'schedule'
  | 'segmentCount'
  | 'setBase'
  | 'sortList'
  | 'step'
  | 'takeChain'
  | 'takeOrphans'
  | 'takePrefix'
  | 'upperAt'
  | 'viewAt'
  | 'waitingCount';
type Flow = Compiled<Name>;

const SEED = 20261130;
const BUILDS = [
  ['release', 1],
  ['debug', 0.03],
] as const;

/** Cheaper than `expect`, for what is compared a million times. */
function same(seen: number, expected: number, what: string): void {
  if (seen !== expected) throw new Error(`${what}: ${seen}, not ${expected}`);
}

function bytesOf({ memory }: Flow): DataView {
  return new DataView(memory.buffer);
}

/** Few distinct values, so that tuples share all but one field. */
function randomTuple(random: SeededRandom, spread: number): Tuple {
  const values = [0, 1, -1, 0x7fffffff, -0x80000000];
  const word = (): number => (random.chance(0.8) ? random.pick(values) : random.below(spread));
  const end = (): Tuple['source'] =>
    random.chance(0.5)
      ? ipv4End(word(), random.below(spread) & 0xffff)
      : [word(), word(), word(), word(), random.below(3) === 0 ? 65535 : random.below(spread) & 0xffff];
  return { source: end(), destination: end(), transport: random.pick([6, 17, 50, 51]), domain: word() };
}

/** Puts a view of the oracle into the i-th view of linear memory. */
function put(flow: Flow, i: number, view: PacketView, timeUs = 0, wireLength = 0): void {
  writeView(bytesOf(flow), flow.exports.viewAt(i), view, { timeUs, payloadAt: 0, wireLength });
}

function sameRow(flow: Flow, table: FlowTable, slot: number, what: string): void {
  const bytes = bytesOf(flow);
  const [row, details] = [flow.exports.rowAt(slot), flow.exports.detailsAt(slot)];
  for (let word = 0; word < ROW_WORDS; word++)
    if (word !== 7)
      same(bytes.getInt32(row + 4 * word, true), table.words[slot * ROW_WORDS + word]!, `${what}: word ${word}`);
  for (let word = 0; word < DETAIL_WORDS; word++)
    same(
      bytes.getInt32(details + 4 * word, true),
      table.details[slot * DETAIL_WORDS + word]!,
      `${what}: detail ${word}`,
    );
}

function setDouble(flow: Flow, table: FlowTable, slot: number, what: 'touched' | 'firstPacket', value: number): void {
  if (what === 'touched') {
    table.numbers[(slot * ROW_WORDS + FlowWord.TOUCHED) >> 1] = value;
    bytesOf(flow).setFloat64(flow.exports.rowAt(slot) + FlowWord.TOUCHED * 4, value, true);
  } else {
    table.detailNumbers[(slot * DETAIL_WORDS + FlowDetail.FIRST_PACKET) >> 1] = value;
    bytesOf(flow).setFloat64(flow.exports.detailsAt(slot) + FlowDetail.FIRST_PACKET * 4, value, true);
  }
}

describe.each(BUILDS)('the %s build, call by call', (build, share) => {
  const times = (count: number): number => Math.ceil(count * share);

  it.each([
    ['few values, many returns', 1, 4, 300],
    ['many values, so that the index widens', 2, 1 << 16, 60_000],
    ['a small table, always full', 3, 64, 40],
  ])('has the oracle’s flow table: %s', async (_, seed, spread, capacity) => {
    const flow = await compiled<Name>('flow', build);
    const { exports } = flow;
    const random = new SeededRandom(SEED + seed);
    const hashSeed = random.word() >>> 1;
    const table = new FlowTable(capacity, hashSeed);
    exports.makeTable(capacity, hashSeed);
    const view = new PacketView();
    let kept: Tuple[] = [];
    const steps = times(150_000);
    for (let step = 0; step < steps; step++) {
      const what = `step ${step}`;
      const known = kept.length > 0 && random.chance(0.4);
      setTuple(view, known ? random.pick(kept) : randomTuple(random, spread), random.chance(0.5));
      view.encapsulation = random.word();
      view.vlans = random.word();
      put(flow, 0, view);
      const slot = table.find(view);
      same(exports.find(0), slot, what);
      view.prefetchedSlot = 0;
      const found = differences(bytesOf(flow), exports.viewAt(0), view);
      if (found.length > 0) throw new Error(`${what}: ${found.join(', ')}`);
      if (slot === NO_FLOW && table.activeCount < table.capacity) {
        const added = table.insert(view);
        same(exports.insert(0), added, what);
        sameRow(flow, table, added, what);
        same(exports.hashOf(added), table.hashOf(added), what);
        same(exports.partitionOf(added), table.partitionOf(added), what);
        kept.push(tupleOf(view));
      } else if (slot !== NO_FLOW && (table.activeCount === table.capacity || random.chance(0.3))) {
        const [direction, packets] = [random.below(2), random.below(4)];
        const bytes = random.chance(0.2) ? 3 * 2 ** 32 + random.below(2 ** 32) : random.below(2 ** 32);
        table.count(slot, direction, packets, bytes);
        exports.count(slot, direction, packets, bytes);
        sameRow(flow, table, slot, what);
        table.remove(slot);
        exports.remove(slot);
      } else if (slot !== NO_FLOW) {
        same(exports.findUnwrapped(slot, 0), table.findUnwrapped(slot, view), what);
      }
      same(exports.activeCount(), table.activeCount, what);
      if (step % 1000 === 0) same(exports.checkTable(), 0, `${what}: broken invariant`);
      if (step % 50_000 === 49_999) {
        table.clear();
        exports.clearTable();
      }
      if (kept.length > 2 * capacity) kept = kept.slice(capacity);
    }
    same(exports.checkTable(), 0, 'broken invariant');
    expect(exports.lastSlot()).toBe(table.lastSlot);
    for (let slot = 1; slot <= table.lastSlot; slot++) sameRow(flow, table, slot, `slot ${slot}`);
  });

  it('looks flows up ahead as the oracle does, and finds those that ended since no more', async () => {
    const flow = await compiled<Name>('flow', build);
    const { exports } = flow;
    const random = new SeededRandom(SEED);
    const table = new FlowTable(200, 7);
    exports.makeTable(200, 7);
    const views = Array.from({ length: 64 }, () => new PacketView());
    for (let group = 0; group < times(600); group++) {
      const count = random.between(1, 64);
      for (let i = 0; i < count; i++) {
        setTuple(views[i]!, randomTuple(random, 3), random.chance(0.5));
        views[i]!.payloadCaptured = random.below(2);
        put(flow, i, views[i]!);
        table.find(views[i]!);
        exports.find(i);
      }
      table.prefetch(views, count);
      exports.prefetch(count);
      for (let i = 0; i < count; i++) {
        const what = `group ${group}, packet ${i}`;
        same(bytesOf(flow).getInt32(exports.viewAt(i) + 44, true), views[i]!.prefetchedSlot, what);
        const slot = table.findHashed(views[i]!);
        same(exports.findHashed(i), slot, what);
        if (slot === NO_FLOW && table.activeCount < table.capacity)
          same(exports.insert(i), table.insert(views[i]!), what);
        else if (slot !== NO_FLOW && random.chance(0.3)) {
          table.remove(slot);
          exports.remove(slot);
        }
      }
    }
    same(exports.checkTable(), 0, 'broken invariant');
  });

  it.each([
    ['few flows', 11, 60],
    ['many, most of which leave early', 12, 9000],
  ])('has the oracle’s wheel and eviction: %s', async (_, seed, capacity) => {
    const flow = await compiled<Name>('flow', build);
    const { exports } = flow;
    const random = new SeededRandom(SEED + seed);
    const table = new FlowTable(capacity, 5);
    exports.makeTable(capacity, 5);
    const wheel = new IdleWheel(table);
    const eviction = new Eviction(table, table.spareRows);
    const view = new PacketView();
    let now = 0;
    let packet = 0;
    const leave = (slot: number): void => {
      table.remove(slot);
      exports.remove(slot);
    };
    const schedule = (slot: number, atUs: number): void => {
      wheel.atUs = atUs;
      wheel.schedule(slot);
      exports.schedule(slot, atUs);
    };
    const steps = times(60_000);
    for (let step = 0; step < steps; step++) {
      const what = `step ${step}`;
      packet++;
      now += random.chance(0.001)
        ? random.below(2 ** 33)
        : random.chance(0.0002)
          ? 2 ** 55
          : random.below(capacity < 100 ? 3e6 : 2e5) / 8;
      while (wheel.next(now)) {
        same(exports.next(now), 1, what);
        same(exports.bucket(), wheel.bucket, what);
        same(exports.dueCount(), wheel.due.count, what);
        for (let i = 0; i < wheel.due.count; i++) {
          const slot = wheel.due.slots[i]!;
          same(exports.dueSlot(i), slot, what);
          same(exports.dueNumber(i), wheel.due.firstPackets[i]!, what);
          if (random.chance(0.5)) schedule(slot, now + random.below(4e9));
          else leave(slot);
        }
      }
      same(exports.next(now), 0, what);
      same(exports.nextUs(), wheel.nextUs, what);
      setTuple(view, {
        source: ipv4End(random.word(), packet & 0xffff),
        destination: ipv4End(5, 6),
        transport: 17,
        domain: 0,
      });
      put(flow, 0, view);
      if (table.find(view) === NO_FLOW && table.activeCount < table.largestSlot) {
        exports.find(0);
        const slot = table.insert(view);
        same(exports.insert(0), slot, what);
        setDouble(flow, table, slot, 'firstPacket', packet);
        setDouble(flow, table, slot, 'touched', now);
        schedule(slot, now + random.pick([1e7, 12e7, 36e8, 5e9]));
      }
      const slot = random.between(1, table.lastSlot);
      if (table.isActive(slot) && random.chance(0.7)) setDouble(flow, table, slot, 'touched', now);
      if (step % table.spareRows === 0) {
        const wanted = random.below(table.spareRows + 1);
        eviction.find(wanted);
        same(exports.findIdle(wanted), eviction.count, what);
        const isDone = random.chance(0.8);
        for (let i = 0; i < eviction.count; i++) {
          same(exports.idleSlot(i), eviction.slots[i]!, `${what}, ${i}`);
          if (!isDone) continue;
          wheel.leave();
          exports.leave();
          leave(eviction.slots[i]!);
        }
      }
      if (step % (capacity < 100 ? 500 : 5000) === 0) {
        wheel.checkInvariants();
        same(exports.checkWheel(), 0, `${what}: broken invariant`);
      }
    }
    same(exports.checkWheel(), 0, 'broken invariant');
    if (build === 'release') expect(exports.brokenGuard()).toBe(-1);
  });

  it('sorts slots by their numbers, and keeps the order of equal ones', async () => {
    const { exports } = await compiled<Name>('flow', build);
    const random = new SeededRandom(SEED);
    exports.makeList(5000);
    for (let run = 0; run < times(100); run++) {
      const count = random.below(run % 10 === 0 ? 5000 : 50);
      const scale = random.pick([3, 1000, 2 ** 40]);
      const rows = Array.from({ length: count }, (_, slot) => ({
        slot,
        number: random.chance(0.5) ? random.below(scale) : random.below(scale) / 7,
      }));
      exports.clearList();
      for (const { slot, number } of rows) exports.addToList(slot, number);
      exports.sortList();
      rows.sort((a, b) => a.number - b.number);
      rows.forEach(({ slot, number }, i) => {
        same(exports.listSlot(i), slot, `run ${run}, ${i}`);
        same(exports.listNumber(i), number, `run ${run}, ${i}`);
      });
    }
  });

  it('has the oracle’s clock', async () => {
    const { exports } = await compiled<Name>('flow', build);
    const random = new SeededRandom(SEED);
    const clock = new PacketClock();
    let timeUs = 1.7e15;
    for (let step = 0; step < times(50_000); step++) {
      timeUs += random.chance(0.01) ? (random.share() - 0.5) * 2 ** random.below(60) : random.between(-1e6, 1e7) / 16;
      if (random.chance(0.001)) {
        clock.wasSet(timeUs / 3);
        exports.clockWasSet(timeUs / 3);
      }
      clock.timeUs = timeUs;
      clock.step();
      same(exports.step(timeUs), clock.now, `step ${step}`);
    }
  });

  it('notices the oracle’s split halves', async () => {
    const flow = await compiled<Name>('flow', build);
    const { exports } = flow;
    const random = new SeededRandom(SEED);
    const table = new FlowTable(4000, 3);
    exports.makeTable(4000, 3);
    const halves = new SplitHalves(table);
    const view = new PacketView();
    let found = 0;
    const steps = times(40_000);
    for (let step = 0; step < steps; step++) {
      const ends = random.chance(0.5) ? ipv4End(random.below(30), 1) : ([1, 2, 3, random.below(30), 1] as const);
      const domain = step < steps / 20 ? 0 : random.pick([0, 0, 5, -9]);
      setTuple(
        view,
        { source: ends, destination: ipv4End(7, random.below(20)), transport: 17, domain },
        random.chance(0.5),
      );
      put(flow, 0, view);
      let slot = table.find(view);
      same(exports.find(0), slot, `step ${step}`);
      if (slot === NO_FLOW) {
        slot = table.insert(view);
        exports.insert(0);
        halves.begin(slot, view);
        exports.beginHalf(slot, 0);
      }
      table.count(slot, view.direction, 1, 60);
      exports.count(slot, view.direction, 1, 60);
      const looked = random.between(1, table.lastSlot);
      if (!table.isActive(looked)) continue;
      const isHalf = halves.isHalf(looked);
      same(exports.isHalf(looked), isHalf ? 1 : 0, `step ${step}`);
      if (isHalf) found++;
      if (random.chance(0.5)) {
        table.remove(looked);
        exports.remove(looked);
      }
    }
    expect(found).toBeGreaterThan(steps / 200);
  });

  it('ties fragments as the oracle does', async () => {
    const flow = await compiled<Name>('flow', build);
    const { exports } = flow;
    const random = new SeededRandom(SEED);
    const fragments = new Fragments();
    let timeUs = 1.7e15;
    for (let step = 0; step < times(60_000); step++) {
      const what = `step ${step}`;
      timeUs += random.chance(0.001) ? random.between(-2e8, 2e8) : random.below(1e5);
      const offset = random.chance(0.4) ? 0 : random.below(8) * 8;
      const view = fragmentView(random.below(40), random.below(200), offset, random.below(40), true);
      view.isWide = random.chance(0.3);
      view.fragmentDomain = random.below(2);
      view.fragmentProtocol = random.pick([17, 50]);
      const wireLength = random.below(1500);
      fragments.timeUs = timeUs;
      put(flow, 0, view, timeUs, wireLength);
      writeFragmentHeader(bytesOf(flow), exports.headerAt(), view);
      if (offset === 0) {
        fragments.first(view);
        exports.firstFragment(0);
      } else {
        same(exports.laterFragment(0), fragments.later(view, wireLength) ? 1 : 0, what);
      }
      const found = differences(bytesOf(flow), exports.viewAt(0), view);
      if (found.length > 0) throw new Error(`${what}: ${found.join(', ')}`);
      same(exports.waitingCount(), fragments.waitingCount, what);
      same(exports.overlapCount(), fragments.overlapCount, what);
      if (step % 100 === 0) same(exports.takeOrphans(), fragments.takeOrphans(), what);
    }
    fragments.giveUp();
    exports.giveUp();
    expect(exports.takeOrphans()).toBe(fragments.takeOrphans());
    expect(fragments.overlapCount).toBeGreaterThan(0);
  });

  it('puts TCP prefixes in order as the oracle does', async () => {
    const flow = await compiled<Name>('flow', build);
    const { exports } = flow;
    const random = new SeededRandom(SEED);
    const streams = new TcpPrefixBuffer();
    const data = new DataView(random.bytes(3000).buffer);
    const at = exports.bytesAt();
    new Uint8Array(flow.memory.buffer, at, 3000).set(new Uint8Array(data.buffer));
    const held: { place: number; isOrderly: boolean }[] = [];
    for (let step = 0; step < times(60_000); step++) {
      const what = `step ${step}`;
      if (held.length < 300 && random.chance(0.3)) {
        const partition = random.chance(0.7) ? 3 : random.below(64);
        const place = streams.take(partition);
        same(exports.takePrefix(partition), place, what);
        same(exports.refusedCount(), streams.refusedCount, what);
        if (place !== 0) held.push({ place, isOrderly: random.chance(0.5) });
      }
      if (held.length === 0) continue;
      const chosen = random.below(held.length);
      const { place, isOrderly } = held[chosen]!;
      const direction = random.below(2);
      if (!streams.hasBase(place, direction)) {
        const sequence = random.word();
        streams.setBase(place, direction, sequence);
        exports.setBase(place, direction, sequence);
      }
      same(exports.base(place, direction), streams.base(place, direction), what);
      const ahead = isOrderly
        ? streams.inOrder(place, direction)
        : random.chance(0.02)
          ? random.word()
          : random.between(-200, 4400);
      const sequence = (streams.base(place, direction) + ahead) | 0;
      const from = random.below(1500);
      const length = random.below(1500);
      same(
        exports.push(place, direction, sequence, at + from, length),
        streams.push(place, direction, sequence, data, from, length),
        what,
      );
      same(exports.segmentCount(place), streams.segmentCount(place), what);
      if (random.chance(0.2)) {
        const count = streams.inOrder(place, direction);
        const seen = new Uint8Array(flow.memory.buffer, exports.prefixBytes(place, direction), WINDOW);
        const expected = new Uint8Array(streams.bytes(place).buffer, streams.offset(place, direction), WINDOW);
        same(Buffer.compare(seen.subarray(0, count), expected.subarray(0, count)), 0, `${what}: bytes`);
      }
      if (!random.chance(0.05)) continue;
      streams.release(place);
      exports.releasePrefix(place);
      held.splice(chosen, 1);
      same(exports.prefixCount(), streams.count, what);
    }
    same(exports.checkPrefixes(), 0, 'broken invariant');
    expect(streams.refusedCount).toBeGreaterThan(0);
  });

  it('follows records as the oracle does', async () => {
    const flow = await compiled<Name>('flow', build);
    const { exports } = flow;
    const random = new SeededRandom(SEED);
    const chain = new RecordChain();
    const data = new DataView(random.bytes(400).buffer);
    const at = exports.bytesAt();
    new Uint8Array(flow.memory.buffer, at, 400).set(new Uint8Array(data.buffer));
    const places: number[] = [];
    for (let step = 0; step < times(40_000); step++) {
      const what = `step ${step}`;
      if (places.length < 400 && random.chance(0.3)) {
        const partition = random.chance(0.8) ? 9 : random.below(64);
        const place = chain.take(partition);
        same(exports.takeChain(partition), place, what);
        if (place !== 0) places.push(place);
      }
      if (places.length === 0) continue;
      const place = random.pick(places);
      const direction = random.below(2);
      const length = random.below(100);
      const sequence = random.word();
      switch (random.below(7)) {
        case 0:
          chain.expect(place, direction, sequence);
          exports.expectRecord(place, direction, sequence);
          break;
        case 1:
          chain.forget(place, direction);
          exports.forgetRecord(place, direction);
          break;
        case 2:
          same(exports.miss(place), chain.miss(place), what);
          break;
        case 3:
          chain.hit(place);
          exports.hit(place);
          break;
        case 4:
          if (!random.chance(0.1)) break;
          chain.release(place);
          exports.releaseChain(place);
          places.splice(places.indexOf(place), 1);
          break;
        default:
          same(
            exports.hold(place, direction, at + length, length),
            chain.hold(place, direction, data, length, length),
            what,
          );
      }
      same(exports.isKnown(place, direction), chain.isKnown(place, direction) ? 1 : 0, what);
      same(exports.nextRecord(place, direction) | 0, chain.next(place, direction), what);
      const held = chain.held(place, direction);
      same(exports.held(place, direction), held, what);
      const seen = new Uint8Array(flow.memory.buffer, exports.chainBytes(place, direction), held);
      const expected = new Uint8Array(chain.bytes(place).buffer, chain.offset(place, direction), held);
      same(Buffer.compare(seen, expected), 0, `${what}: bytes`);
    }
    same(exports.checkChain(), 0, 'broken invariant');
  });

  it('takes the oracle’s packets for those of routers', async () => {
    const flow = await compiled<Name>('flow', build);
    const random = new SeededRandom(SEED);
    const words = [0xe0000012, 0xe0000112, 0xff020000, 0xff050000, 0xfe800000, 0xfebf0001, 0xfec00000, 1].map(
      (word) => word | 0,
    );
    let count = 0;
    for (let step = 0; step < times(20_000); step++) {
      const end = (): Tuple['source'] =>
        random.chance(0.5) ? ipv4End(random.pick(words), 0) : [random.pick(words), 0, 0, random.pick(words), 0];
      const view = viewOf({
        source: end(),
        destination: end(),
        transport: random.pick(Object.values(Transport)),
        domain: 0,
      });
      new FlowTable(1, 1).find(view);
      put(flow, 0, view);
      const expected = protectsRouters(view);
      same(flow.exports.protectsRouters(0), expected ? 1 : 0, `step ${step}`);
      if (expected) count++;
    }
    expect(count).toBeGreaterThan(0);
  });
});

/** The tuple of a view, as `setTuple` takes it. */
function tupleOf(view: PacketView): Tuple {
  return {
    source: [view.source0, view.source1, view.source2, view.source3, view.sourcePort],
    destination: [view.destination0, view.destination1, view.destination2, view.destination3, view.destinationPort],
    transport: view.transport,
    domain: view.domain,
  };
}
