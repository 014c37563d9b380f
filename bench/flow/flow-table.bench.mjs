/**
 * Flow lookup: hits and misses at 10,000 to 5,000,000 IPv4 flows, which is from inside the caches to far beyond them. Workload:
 * 200,000 lookups of flows in random order; a hit also adds to the row's counters, as every packet does; looked ahead for in groups,
 * as the engine does; and flows that end and begin in turn. Beside it a Map by text.
 */
import { hashKey } from '../../dist/dataplane/flow/flow-key.js';
import { FlowWord, ROW_WORDS } from '../../dist/dataplane/host/flow-row.js';
import { FlowTable, PREFETCH_COUNT } from '../../dist/dataplane/flow/flow-table.js';
import { PacketView } from '../../dist/dataplane/wire/packet-view.js';
import { Transport } from '../../dist/dataplane/host/packet-codes.js';
import { Stream } from '../generate/seeded.mjs';
import { measureParts } from '../part.mjs';

const LOOKUPS = 200_000;
const SIZES = [10_000, 100_000, 1_000_000, 5_000_000];
const LARGEST_MAP = 1_000_000;
const views = Array.from({ length: PREFETCH_COUNT }, () => {
  const view = new PacketView();
  view.source2 = view.destination2 = 0xffff;
  view.transport = Transport.UDP;
  view.destination3 = 0xc6120001 | 0;
  view.destinationPort = 443;
  return view;
});
const view = views[0];

/** Flow numbers below `count` are in the table, those above are not. */
function setFlow(number, view = views[0]) {
  view.source3 = Math.imul(number, 0x9e3779b1);
  view.sourcePort = number & 0xffff;
}

for (const size of SIZES) {
  const table = new FlowTable(size);
  const map = new Map();
  for (let number = 0; number < size; number++) {
    setFlow(number);
    table.find(view);
    table.insert(view);
    if (size <= LARGEST_MAP) map.set(nameOf(), number);
  }
  const stream = new Stream(size);
  const hits = Int32Array.from({ length: LOOKUPS }, () => stream.below(size));
  const misses = hits.map((number) => number + size);
  const { words, numbers } = table;
  const tasks = [
    [`hit, ${size} flows`, LOOKUPS, () => findAll(hits)],
    [`hit and count, ${size} flows`, LOOKUPS, () => countAll(hits)],
    [`hit and count, looked ahead for, ${size} flows`, LOOKUPS, () => countAhead(hits)],
    [`miss, ${size} flows`, LOOKUPS, () => findAll(misses)],
    [`end and begin, ${size} flows`, LOOKUPS, () => replaceAll(hits)],
  ];
  if (size <= LARGEST_MAP) tasks.push([`hit, Map by text, ${size} flows`, LOOKUPS, () => findInMap(hits)]);
  await measureParts(`Flow lookup in random order, ${size} flows`, tasks);

  function findAll(list) {
    let sum = 0;
    for (let i = 0; i < LOOKUPS; i++) {
      setFlow(list[i]);
      sum += table.find(view);
    }
    return sum | 0;
  }

  function countAll(list) {
    let sum = 0;
    for (let i = 0; i < LOOKUPS; i++) {
      setFlow(list[i]);
      sum += count(table.find(view), i);
    }
    return sum | 0;
  }

  function countAhead(list) {
    let sum = 0;
    for (let from = 0; from < LOOKUPS; from += PREFETCH_COUNT) {
      for (let i = 0; i < PREFETCH_COUNT; i++) {
        setFlow(list[from + i], views[i]);
        hashKey(views[i], table.hashKeys);
      }
      table.prefetch(views, PREFETCH_COUNT);
      for (let i = 0; i < PREFETCH_COUNT; i++) sum += count(table.findHashed(views[i]), from + i);
    }
    return sum | 0;
  }

  function count(slot, i) {
    const row = slot * ROW_WORDS;
    table.count(slot, table.direction, 1, 64);
    numbers[(row + FlowWord.LAST_TIME) >> 1] = i;
    numbers[(row + FlowWord.TOUCHED) >> 1] = i;
    return words[row + FlowWord.HANDLE] + words[row + FlowWord.TRANSPORT];
  }

  function replaceAll(list) {
    let sum = 0;
    for (let i = 0; i < LOOKUPS; i++) {
      setFlow(list[i]);
      const slot = table.find(view);
      table.remove(slot);
      sum += table.insert(view);
    }
    return sum | 0;
  }

  function findInMap(list) {
    let sum = 0;
    for (let i = 0; i < LOOKUPS; i++) {
      setFlow(list[i]);
      sum += map.get(nameOf());
    }
    return sum | 0;
  }
}

function nameOf() {
  return `${view.source3}:${view.sourcePort}-${view.destination3}:${view.destinationPort}/${view.transport}`;
}
