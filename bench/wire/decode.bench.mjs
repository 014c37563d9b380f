/**
 * Decoding per layer: up to 2,000 frames of each encapsulation, in one block within the cache as a replay has them, decoded one after
 * the other into one view. Workload: the realistic mix with one encapsulation picked out of it, so headers vary as in captures.
 */
import { decode } from '../../dist/dataplane/wire/decode.js';
import { ENCAPSULATION_NAMES } from '../../dist/dataplane/host/packet-codes.js';
import { PacketView } from '../../dist/dataplane/wire/packet-view.js';
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
const view = new PacketView();

function decodeRow(batch, row) {
  view.begin(batch.data, batch.at[row], batch.capturedLength[row], batch.wireLength[row]);
  return decode(view, batch.linkType[row]);
}

/** Rows by encapsulation, transport and family. */
const groups = new Map();
for (let row = 0; row < packets.count; row++) {
  if (decodeRow(packets, row) !== 0) continue;
  const family = view.source2 === 0xffff && view.source0 === 0 ? 'IPv4' : 'IPv6';
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
  .map(([name, list]) => {
    const frames = packed(packets, list);
    const run = () => {
      let sum = 0;
      for (let row = 0; row < frames.count; row++) sum += decodeRow(frames, row) + view.payloadLength + view.source3;
      return sum | 0;
    };
    return [name, frames.count, run];
  });
await measureParts('Frame to flow tuple, by encapsulation, innermost family and transport', tasks);
