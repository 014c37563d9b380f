/** The structures of flow/, one of each, for test/flow. */
import { protectsRouters as isOfRouters } from '../../../src/dataplane/assembly/router-protection';
import { Eviction } from '../../../src/dataplane/assembly/flow/eviction';
import { FlowTable } from '../../../src/dataplane/assembly/flow/flow-table';
import { Fragments } from '../../../src/dataplane/assembly/flow/fragments';
import { IdleWheel } from '../../../src/dataplane/assembly/flow/idle-wheel';
import { PacketClock } from '../../../src/dataplane/assembly/flow/packet-clock';
import { RecordChain } from '../../../src/dataplane/assembly/flow/record-chain';
import { SlotList } from '../../../src/dataplane/assembly/flow/slot-list';
import { SplitHalves } from '../../../src/dataplane/assembly/flow/split-halves';
import { TcpPrefixBuffer } from '../../../src/dataplane/assembly/flow/tcp-prefix-buffer';
import { takeRegion } from '../../../src/dataplane/assembly/memory';
import { FragmentHeader } from '../../../src/dataplane/assembly/wire/fragment-header';
import { PacketView, VIEW_LENGTH } from '../../../src/dataplane/assembly/wire/packet-view';
export { HEAD_LIMIT } from '../../../src/dataplane/assembly/flow/record-chain';
export { WINDOW } from '../../../src/dataplane/assembly/flow/tcp-prefix-buffer';
export { brokenGuard } from '../../../src/dataplane/assembly/memory';
export { PARTITION_COUNT } from '../../../src/dataplane/assembly/wire/partition';

const views = takeRegion(64 * VIEW_LENGTH);
const bytes = takeRegion(65_536);
const header = new FragmentHeader();
let clock = new PacketClock();
let fragments = new Fragments();
const prefixes = new TcpPrefixBuffer();
const chain = new RecordChain();
let table: FlowTable = new FlowTable(1, 1);
let wheel: IdleWheel = new IdleWheel(table);
let eviction: Eviction = new Eviction(table, 1);
let halves: SplitHalves = new SplitHalves(table);
let list: SlotList = new SlotList(1);

function view(i: i32): PacketView {
  return changetype<PacketView>(views + <usize>i * VIEW_LENGTH);
}

export function viewAt(i: i32): usize {
  return changetype<usize>(view(i));
}
export function bytesAt(): usize {
  return bytes;
}
export function headerAt(): usize {
  return changetype<usize>(header);
}

export function makeTable(capacity: i32, seed: u32): void {
  table = new FlowTable(capacity, seed);
  wheel = new IdleWheel(table);
  eviction = new Eviction(table, table.spareRows);
  halves = new SplitHalves(table);
}
export function find(i: i32): i32 {
  return table.find(view(i));
}
export function findHashed(i: i32): i32 {
  return table.findHashed(view(i));
}
export function findUnwrapped(slot: i32, i: i32): i32 {
  return table.findUnwrapped(slot, view(i));
}
export function prefetch(count: i32): void {
  table.prefetch(views, count);
}
export function insert(i: i32): i32 {
  return table.insert(view(i));
}
export function remove(slot: i32): void {
  table.remove(slot);
}
export function clearTable(): void {
  table.clear();
}
export function count(slot: i32, direction: i32, packets: u32, wireBytes: f64): void {
  table.rows.count(slot, direction, packets, <u64>wireBytes);
}
export function activeCount(): i32 {
  return table.activeCount;
}
export function lastSlot(): i32 {
  return table.rows.lastSlot;
}
export function partitionOf(slot: i32): i32 {
  return table.rows.partitionOf(slot);
}
export function hashOf(slot: i32): u32 {
  return table.rows.hashOf(slot);
}
export function rowAt(slot: i32): usize {
  return changetype<usize>(table.rows.row(slot));
}
export function detailsAt(slot: i32): usize {
  return changetype<usize>(table.rows.details(slot));
}
export function upperAt(slot: i32): usize {
  return changetype<usize>(table.rows.upper(slot));
}
export function checkTable(): i32 {
  return table.checkInvariants();
}
export function protectsRouters(i: i32): bool {
  return isOfRouters(view(i));
}

export function schedule(slot: i32, atUs: f64): void {
  wheel.schedule(slot, atUs);
}
export function leave(): void {
  wheel.leave();
}
export function next(nowUs: f64): bool {
  return wheel.next(nowUs);
}
export function nextUs(): f64 {
  return wheel.nextUs;
}
export function bucket(): f64 {
  return wheel.bucket;
}
export function dueCount(): i32 {
  return wheel.due.count;
}
export function dueSlot(i: i32): i32 {
  return wheel.due.slot(i);
}
export function dueNumber(i: i32): f64 {
  return wheel.due.number(i);
}
export function clearWheel(): void {
  wheel.clear();
}
export function checkWheel(): i32 {
  return wheel.checkInvariants();
}

export function makeEviction(limit: i32): void {
  eviction = new Eviction(table, limit);
}
export function findIdle(wanted: i32): i32 {
  eviction.find(wanted);
  return eviction.count;
}
export function idleSlot(i: i32): i32 {
  return eviction.slot(i);
}

export function beginHalf(slot: i32, i: i32): void {
  halves.begin(slot, view(i));
}
export function isHalf(slot: i32): bool {
  return halves.isHalf(slot);
}

export function makeList(limit: i32): void {
  list = new SlotList(limit);
}
export function clearList(): void {
  list.clear();
}
export function addToList(slot: i32, number: f64): void {
  list.add(slot, number);
}
export function sortList(): void {
  list.sort();
}
export function listSlot(i: i32): i32 {
  return list.slot(i);
}
export function listNumber(i: i32): f64 {
  return list.number(i);
}

export function makeClock(): void {
  clock = new PacketClock();
}
export function step(timeUs: f64): f64 {
  clock.step(timeUs);
  return clock.now;
}
export function clockWasSet(byUs: f64): void {
  clock.wasSet(byUs);
}

export function makeFragments(): void {
  fragments = new Fragments();
}
export function firstFragment(i: i32): void {
  fragments.first(view(i), header);
}
export function laterFragment(i: i32): bool {
  return fragments.later(view(i), header);
}
export function takeOrphans(): u32 {
  return fragments.takeOrphans();
}
export function waitingCount(): u32 {
  return fragments.waitingCount;
}
export function overlapCount(): f64 {
  return fragments.overlapCount;
}
export function giveUp(): void {
  fragments.giveUp();
}

export function clearPrefixes(): void {
  prefixes.clear();
}
export function takePrefix(partition: i32): i32 {
  return prefixes.take(partition);
}
export function releasePrefix(place: i32): void {
  prefixes.release(place);
}
export function prefixCount(): i32 {
  return prefixes.count;
}
export function refusedCount(): i32 {
  return prefixes.refusedCount;
}
export function setBase(place: i32, direction: i32, sequence: u32): void {
  prefixes.setBase(place, direction, sequence);
}
export function base(place: i32, direction: i32): u32 {
  return prefixes.base(place, direction);
}
export function hasBase(place: i32, direction: i32): bool {
  return prefixes.hasBase(place, direction);
}
export function push(place: i32, direction: i32, sequence: u32, at: usize, length: i32): i32 {
  return prefixes.push(place, direction, sequence, at, length);
}
export function prefixBytes(place: i32, direction: i32): usize {
  return prefixes.bytes(place, direction);
}
export function inOrder(place: i32, direction: i32): i32 {
  return prefixes.inOrder(place, direction);
}
export function segmentCount(place: i32): i32 {
  return prefixes.segmentCount(place);
}
export function cursor(place: i32, direction: i32): i32 {
  return prefixes.cursor(place, direction);
}
export function setCursor(place: i32, direction: i32, cursor: i32): void {
  prefixes.setCursor(place, direction, cursor);
}
export function phase(place: i32, direction: i32): i32 {
  return prefixes.phase(place, direction);
}
export function setPhase(place: i32, direction: i32, phase: i32): void {
  prefixes.setPhase(place, direction, phase);
}
export function checkPrefixes(): i32 {
  return prefixes.checkInvariants();
}

export function clearChain(): void {
  chain.clear();
}
export function chainCount(): i32 {
  return chain.count;
}
export function takeChain(partition: i32): i32 {
  return chain.take(partition);
}
export function releaseChain(place: i32): void {
  chain.release(place);
}
export function expectRecord(place: i32, direction: i32, sequence: u32): void {
  chain.expect(place, direction, sequence);
}
export function forgetRecord(place: i32, direction: i32): void {
  chain.forget(place, direction);
}
export function isKnown(place: i32, direction: i32): bool {
  return chain.isKnown(place, direction);
}
export function nextRecord(place: i32, direction: i32): u32 {
  return chain.next(place, direction);
}
export function held(place: i32, direction: i32): i32 {
  return chain.held(place, direction);
}
export function hold(place: i32, direction: i32, at: usize, length: i32): i32 {
  return chain.hold(place, direction, at, length);
}
export function chainBytes(place: i32, direction: i32): usize {
  return chain.bytes(place, direction);
}
export function miss(place: i32): i32 {
  return chain.miss(place);
}
export function hit(place: i32): void {
  chain.hit(place);
}
export function checkChain(): i32 {
  return chain.checkInvariants();
}
