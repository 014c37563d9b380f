/**
 * Decoding per layer: up to 2,000 frames of each encapsulation, in one block within the cache as a replay has them, decoded into
 * their views by one call. Workload: the realistic mix with one encapsulation picked out of it, so headers vary as in captures.
 */
import { RecordMemory } from '../../dist/capture/format/record-memory.js';
import { BatchCopy } from '../../dist/dataplane/host/batch-copy.js';
import { address, LinearDataplane } from '../../dist/dataplane/host/linear-dataplane.js';
import { LinearView } from '../../dist/dataplane/host/linear-view.js';
import { ENCAPSULATION_NAMES } from '../../dist/dataplane/host/packet-codes.js';
import { measureParts } from '../part.mjs';
import { packed, packetsOf } from '../workload.mjs';

const FRAMES = 2000;
const packets = await packetsOf(
  '--packets',
  '400000',
  '--flows',
  '20000',
  '--wrapped-share',
  '0.8',
  '--ipv6-share',
  '0.4',
);
/** Bytes from one view to the next, and the place of the status in it. */
const VIEW_LENGTH = 128;
const STATUS = 85;

const dataplane = new LinearDataplane();
const { exports } = dataplane;
exports.start(1000, 1, 1);
const copy = new BatchCopy(new RecordMemory(dataplane));
const viewsAt = address(exports.takeViews());

/** Copies rows into linear memory; returns the address of their columns. */
const columnsOf = (rows) => copy.columnsOf({ ...packed(packets, rows) });

/** Rows by encapsulation, transport and family. */
const groups = new Map();
for (let row = 0; row < packets.count; row++) {
  if (row % FRAMES === 0) {
    const rows = Array.from({ length: Math.min(FRAMES, packets.count - row) }, (_, i) => row + i);
    exports.decode(columnsOf(rows), rows.length, viewsAt);
  }
  const memory = new DataView(dataplane.memory.buffer);
  const at = viewsAt + (row % FRAMES) * VIEW_LENGTH;
  const view = new LinearView(memory, at);
  if (memory.getUint8(at + STATUS) !== 0) continue;
  const family = view.source[2] === 0xffff && view.source[0] === 0 ? 'IPv4' : 'IPv6';
  const transport = view.transport === 6 ? 'TCP' : view.transport === 17 ? 'UDP' : 'ESP';
  const wrapping = [];
  for (let rest = view.encapsulation; rest !== 0; rest >>>= 4) wrapping.push(ENCAPSULATION_NAMES[rest & 15]);
  if (wrapping.length > 0 && (family === 'IPv6' || transport !== 'TCP')) continue;
  const name = `${wrapping.length === 0 ? 'Ethernet' : wrapping.join(', ')}, ${family}, ${transport}`;
  if (!groups.has(name)) groups.set(name, []);
  const rows = groups.get(name);
  if (rows.length < FRAMES) rows.push(row);
}

const tasks = [...groups]
  .filter(([, rows]) => rows.length >= 500)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, rows]) => {
    // Each group has memory of its own, so that all are there when they are measured in turn.
    const columns = new BatchCopy(new RecordMemory(dataplane, { payloadLength: 4096 })).columnsOf(
      packed(packets, rows),
    );
    const run = () => {
      exports.decode(columns, rows.length, viewsAt);
      return exports.activeCount();
    };
    return [name, rows.length, run];
  });
await measureParts('Frame to flow tuple, by encapsulation, innermost family and transport', tasks);
