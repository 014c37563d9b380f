/**
 * A capture on its way through the engine, up to a stage and no further, in one thread: what each stage adds to the time of a whole
 * process, warming up included. Build first, then
 *
 *     node bench/engine/up-to-stage.mjs walked|decoded|counted|fingerprinted FILE
 *
 * walked: the file is read and its records are found. decoded: each packet down to its flow's key, which is hashed. counted: its flow is
 * found or begun, and counts it; none ends. fingerprinted: all that is known of flows by their own packets, and their ends. What
 * `sluice replay` takes beyond that is the command's start, the registry, tunnels, decisions and outputs. Prints packets and flows.
 */
import { openCapture } from '../../dist/capture/format/open-capture.js';
import { PacketBatch } from '../../dist/capture/packet-batch.js';
import { Counters } from '../../dist/dataplane/host/counters.js';
import { FlowTracker } from '../../dist/dataplane/flow-tracker.js';
import { DecodeStage } from '../../dist/dataplane/decode-stage.js';
import { FingerprintSet } from '../../dist/dataplane/fingerprint/fingerprint-set.js';
import { FlowTable, PREFETCH_COUNT, NO_FLOW } from '../../dist/dataplane/flow/flow-table.js';
import { DecodeStatus } from '../../dist/dataplane/host/decode-status.js';
import { PacketView } from '../../dist/dataplane/wire/packet-view.js';

/** As many flows as `sluice replay` follows unless it is told otherwise. */
const FLOW_LIMIT = 500_000;

const table = new FlowTable(FLOW_LIMIT);
const counters = new Counters();
const decodeStage = new DecodeStage(table.hashKeys, counters);
const listener = { heard: () => undefined, wantsFlowEnd: () => false, ended: () => undefined };
const tracker = new FlowTracker(table, new FingerprintSet(), listener, counters);
const views = Array.from({ length: PREFETCH_COUNT }, () => new PacketView());
const statuses = new Uint8Array(PREFETCH_COUNT);

/** What is done with the packets in the views, which are rows of the batch from `row` on. */
const STAGES = { walked: null, decoded: () => undefined, counted: countPackets, fingerprinted: followPackets };

const [stage, path] = process.argv.slice(2);
if (!Object.hasOwn(STAGES, stage ?? '') || path === undefined) {
  process.stderr.write(`usage: node bench/engine/up-to-stage.mjs ${Object.keys(STAGES).join('|')} FILE\n`);
  process.exit(2);
}
await run(path, STAGES[stage]);
process.stdout.write(`${counters.packets} ${counters.flowsStarted}\n`);

async function run(file, work) {
  const source = openCapture(file);
  const batch = new PacketBatch();
  while (await source.read(batch)) {
    if (work !== null) takeBatch(batch, work);
    counters.packets += batch.count;
  }
  await source.close();
}

function takeBatch(batch, work) {
  for (let row = 0; row < batch.count; row += PREFETCH_COUNT) {
    const count = Math.min(PREFETCH_COUNT, batch.count - row);
    for (let i = 0; i < count; i++) statuses[i] = decodeStage.take(batch, row + i, views[i]);
    work(batch, row, count);
  }
}

function countPackets(batch, row, count) {
  table.prefetch(views, count);
  for (let i = 0; i < count; i++) {
    if (statuses[i] !== DecodeStatus.OK) continue;
    let slot = table.findHashed(views[i]);
    if (slot === NO_FLOW) {
      slot = table.insert(views[i]);
      counters.flowsStarted++;
    }
    table.count(slot, table.direction, 1, batch.wireLength[row + i]);
  }
}

function followPackets(batch, row, count) {
  table.prefetch(views, count);
  for (let i = 0; i < count; i++) {
    tracker.packet = counters.packets + row + i + 1;
    tracker.clock.timeUs = batch.timeUs[row + i];
    tracker.begin();
    if (statuses[i] === DecodeStatus.OK) tracker.take(views[i], batch.wireLength[row + i]);
  }
}
