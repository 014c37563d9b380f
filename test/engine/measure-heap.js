// Runs the packets of captures round and round through a session and prints how much heap a packet cost:
// node --expose-gc --min-semi-space-size=256 --max-semi-space-size=256 measure-heap.js <captures…>
import { PacketBatch } from './capture/packet-batch.js';
import { openCapture } from './capture/format/open-capture.js';
import { Session } from './pipeline/session.js';
import { FingerprintSet } from './dataplane/fingerprint/fingerprint-set.js';
import { FlowTable } from './dataplane/flow/flow-table.js';
import { LocalTracker } from './dataplane/local-tracker.js';

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
};

/** The captures' packets as batches in memory. */
async function load(paths) {
  const batches = [];
  for (const path of paths) {
    const source = openCapture(path);
    let batch = new PacketBatch();
    while (await source.read(batch)) {
      // The reader's block is used again for the next batch.
      const bytes = new Uint8Array(batch.data.buffer, batch.data.byteOffset, batch.data.byteLength).slice();
      batch.data = new DataView(bytes.buffer);
      batches.push(batch);
      batch = new PacketBatch();
    }
    await source.close();
  }
  return batches;
}

/** Ethernet, IPv4 without options, UDP: the source port is written again, so that every round brings new flows. */
function renumber(batch, round) {
  for (let row = 0; row < batch.count; row++) {
    const at = batch.at[row];
    if (batch.linkType[row] !== 1 || batch.capturedLength[row] < 42) continue;
    const { data } = batch;
    if (data.getUint16(at + 12) !== 0x0800 || data.getUint8(at + 14) !== 0x45 || data.getUint8(at + 23) !== 17)
      continue;
    if (data.getUint16(at + 36) === 53) data.setUint16(at + 34, 1024 + ((round * 61 + row) % 60_000));
  }
}

/** In an array, as a number of this size in a variable of the module would be a new object at each step. */
const clock = Float64Array.of(1_700_000_000_000_000);

function run(session, batches, packets) {
  const until = session.counters.packets + packets;
  for (let round = 0; session.counters.packets < until; round++) {
    for (const batch of batches) {
      renumber(batch, round);
      for (let row = 0; row < batch.count; row++) {
        clock[0] += STEP_US;
        batch.timeUs[row] = clock[0];
      }
      session.process(batch);
    }
  }
}

const batches = await load(process.argv.slice(2));
const table = new FlowTable(CAPACITY);
const fingerprints = new FingerprintSet();
const session = new Session(new LocalTracker(table, undefined, fingerprints));
session.controller.current = decisions;
session.beginWith(session.controller);
run(session, batches, WARM_UP_PACKETS);

const { counters } = session;
const before = { packets: counters.packets, flows: counters.flowsStarted };

/** What the code allocates, every window shows; what the compiler leaves while it warms up, on a busy machine for long, only some. */
let heapPerPacket = Infinity;
for (let window = 0; window < WINDOWS; window++) {
  const packets = counters.packets;
  globalThis.gc();
  const heap = process.memoryUsage().heapUsed;
  run(session, batches, MEASURED_PACKETS / WINDOWS);
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
