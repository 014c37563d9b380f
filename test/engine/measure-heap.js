// Runs the packets of captures round and round through a session and prints how much heap a packet cost:
// node --expose-gc --min-semi-space-size=256 --max-semi-space-size=256 measure-heap.js <captures…>
import { PacketBatch } from './capture/packet-batch.js';
import { openCapture } from './capture/format/open-capture.js';
import { Session } from './pipeline/session.js';
import { AssemblyTracker } from './dataplane/host/assembly-tracker.js';

const WARM_UP_PACKETS = 600_000;
const MEASURED_PACKETS = 2_000_000;
const WINDOWS = 5;
/** Packet time between two packets: the table sees some 12 expiries of idle flows while it is measured. */
const STEP_US = 1000;
const CAPACITY = 50_000;

/** Decides nothing. */
const decisions = {
  delayUs: 0,
  found() {},
  packet() {
    return 0;
  },
  ended() {},
  quietUntil: () => -Infinity,
  noChangeUntil: (timeUs) => timeUs,
};

/** The captures' packets as batches in the memory of a dataplane. */
async function load(paths, { dataplane, newBatch, data }) {
  const batches = [];
  const read = new PacketBatch();
  for (const path of paths) {
    const source = openCapture(path);
    while (await source.read(read)) {
      const batch = newBatch();
      batch.reset(data);
      batch.copyRows(read);
      for (let row = 0; row < read.count; row++) {
        const { buffer, byteOffset } = read.data;
        const bytes = new Uint8Array(buffer, byteOffset + read.at[row], read.capturedLength[row]);
        batch.at[row] = dataplane.exports.takeRegion(bytes.length);
        new Uint8Array(dataplane.memory.buffer).set(bytes, batch.at[row]);
      }
      batches.push(batch);
    }
    await source.close();
  }
  return batches;
}

/** Ethernet, IPv4 without options, UDP: the source port is written again, so that every round brings new flows. */
function renumber(batch, round, data) {
  for (let row = 0; row < batch.count; row++) {
    const at = batch.at[row];
    if (batch.linkType[row] !== 1 || batch.capturedLength[row] < 42) continue;
    if (data.getUint16(at + 12) !== 0x0800 || data.getUint8(at + 14) !== 0x45 || data.getUint8(at + 23) !== 17)
      continue;
    if (data.getUint16(at + 36) === 53) data.setUint16(at + 34, 1024 + ((round * 61 + row) % 60_000));
  }
}

/** In an array, as a number of this size in a variable of the module would be a new object at each step. */
const clock = Float64Array.of(1_700_000_000_000_000);

function run(session, batches, data, packets) {
  const until = session.counters.packets + packets;
  for (let round = 0; session.counters.packets < until; round++) {
    for (const batch of batches) {
      renumber(batch, round, data);
      for (let row = 0; row < batch.count; row++) {
        clock[0] += STEP_US;
        batch.timeUs[row] = clock[0];
      }
      session.process(batch);
    }
  }
}

const tracker = new AssemblyTracker(CAPACITY);
const { records } = tracker;
const batches = await load(process.argv.slice(2), {
  dataplane: records.dataplane,
  newBatch: () => records.newBatch(),
  data: records.data,
});
const data = new DataView(records.dataplane.memory.buffer);
const session = new Session(tracker);
session.controller.current = decisions;
session.beginWith(session.controller);
run(session, batches, data, WARM_UP_PACKETS);

const { counters } = session;
const before = { packets: counters.packets, flows: counters.flowsStarted };

/** What the code allocates, every window shows; what the compiler leaves while it warms up, on a busy machine for long, only some. */
let heapPerPacket = Infinity;
for (let window = 0; window < WINDOWS; window++) {
  const packets = counters.packets;
  globalThis.gc();
  const heap = process.memoryUsage().heapUsed;
  run(session, batches, data, MEASURED_PACKETS / WINDOWS);
  heapPerPacket = Math.min(heapPerPacket, (process.memoryUsage().heapUsed - heap) / (counters.packets - packets));
}
console.log(
  JSON.stringify({
    packets: counters.packets - before.packets,
    heapPerPacket,
    flowsStarted: counters.flowsStarted - before.flows,
    flowsEnded: counters.flowsEnded.reduce((sum, count) => sum + count, 0),
    lost: counters.packets - counters.flowPackets - counters.notDecodedPackets,
  }),
);
