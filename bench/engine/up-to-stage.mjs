/**
 * A capture on its way through the engine, up to a stage and no further, in one thread: what each stage adds to the time of a whole
 * process, warming up included. Build first, then
 *
 *     node bench/engine/up-to-stage.mjs walked|decoded|fingerprinted FILE
 *
 * walked: the file is read and its records are found. decoded: each packet down to its flow's key, which is hashed. fingerprinted: its
 * flow is found or begun, and counts it; all that is known of flows by their own packets, and their ends. What `sluice replay` takes
 * beyond that is the command's start, the registry, tunnels, decisions and outputs. Prints packets and flows.
 */
import { openCapture } from '../../dist/capture/format/open-capture.js';
import { RecordMemory } from '../../dist/capture/format/record-memory.js';
import { AssemblyTracker } from '../../dist/dataplane/host/assembly-tracker.js';
import { Counters } from '../../dist/dataplane/host/counters.js';
import { address, LinearDataplane } from '../../dist/dataplane/host/linear-dataplane.js';

/** As many flows as `sluice replay` follows unless it is told otherwise. */
const FLOW_LIMIT = 500_000;

const STAGES = { walked, decoded, fingerprinted };

const [stage, path] = process.argv.slice(2);
if (!Object.hasOwn(STAGES, stage ?? '') || path === undefined) {
  process.stderr.write(`usage: node bench/engine/up-to-stage.mjs ${Object.keys(STAGES).join('|')} FILE\n`);
  process.exit(2);
}
const { packets, flows } = await STAGES[stage]();
process.stdout.write(`${packets} ${flows}\n`);

async function walked() {
  const records = new RecordMemory(new LinearDataplane());
  return { packets: await readAll(records, records.newBatch(), () => undefined), flows: 0 };
}

async function decoded() {
  const dataplane = new LinearDataplane();
  const { exports } = dataplane;
  exports.start(FLOW_LIMIT, 1, 1);
  const records = new RecordMemory(dataplane);
  const batch = records.newBatch();
  const columns = records.columnsOf(batch);
  const views = address(exports.takeViews());
  return { packets: await readAll(records, batch, () => exports.decode(columns, batch.count, views)), flows: 0 };
}

async function fingerprinted() {
  const tracker = new AssemblyTracker(FLOW_LIMIT);
  const counters = new Counters();
  const nothing = () => undefined;
  tracker.begin(
    {
      wantsAllFlowEnds: false,
      onDetection: nothing,
      packet: nothing,
      ended: nothing,
      batchDone: nothing,
      wantsFlowEnd: () => false,
      noChangeUntil: () => Infinity,
    },
    counters,
  );
  const count = await readAll(tracker.records, tracker.nextBatch(), (batch, before) => tracker.track(batch, before));
  tracker.finish();
  return { packets: count, flows: counters.flowsStarted };
}

/** Reads the file into a batch in linear memory; returns how many packets it has. */
async function readAll(records, batch, take) {
  const source = openCapture(path, { memory: records });
  let count = 0;
  while (await source.read(batch)) {
    take(batch, count);
    count += batch.count;
  }
  await source.close();
  return count;
}
