// Reads a capture in a process of its own: prints packets, captured bytes, fault and message, resident memory, and the
// growth of the heap per packet where the garbage collector is exposed.
import { openCapture } from './capture/format/open-capture.js';
import { PacketBatch } from './capture/packet-batch.js';

const source = openCapture(process.argv[2]);
const exitAfterMs = Number(process.argv[3] ?? 0);
if (exitAfterMs > 0) setTimeout(() => process.exit(9), exitAfterMs);

const batch = new PacketBatch();
let packets = 0;
let bytes = 0;
let heapAtStart = 0;
let packetsAtStart = 0;
while (await source.read(batch)) {
  for (let i = 0; i < batch.count; i++) bytes += batch.capturedLength[i];
  packets += batch.count;
  if (heapAtStart === 0 && packets > 100_000 && globalThis.gc) {
    globalThis.gc();
    heapAtStart = process.memoryUsage().heapUsed;
    packetsAtStart = packets;
  }
}
const heapPerPacket = (process.memoryUsage().heapUsed - heapAtStart) / (packets - packetsAtStart);
const { fault, message } = source.end;
await source.close();
console.log(JSON.stringify({ packets, bytes, fault, message, rss: process.memoryUsage.rss(), heapPerPacket }));
