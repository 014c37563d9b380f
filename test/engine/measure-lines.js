// Writes event lines of ever new flows, two for each, and prints how much heap a line cost:
// node --expose-gc --min-semi-space-size=256 --max-semi-space-size=256 measure-lines.js
import { FlowRecord } from './decision/flow-record.js';
import { TunnelEvidence } from './decision/tunnel-evidence.js';
import { Check } from './dataplane/host/checks.js';
import { packFinding, Stage, Variant } from './dataplane/host/finding.js';
import { EventLines } from './output/event/event-line.js';
import { ByteWriter } from './output/event/byte-writer.js';
import { showAddresses } from './output/event/shown-address.js';

const WARM_UP_FLOWS = 100_000;
const MEASURED_FLOWS = 50_000;
const WINDOWS = 4;
const START_US = 1_700_000_000_000_000;
const TEXT_LIMIT = 1 << 20;

const context = { policy: { name: 'policy', sha256: 'aa' }, registry: { sha256: 'bb' } };
const decision = {
  number: 0,
  action: 'allow',
  previous: null,
  rule: 'registered',
  reason: 'registered-destination',
  mode: 'observe',
  source: null,
  destination: { prefix: '198.18.0.0/15', holder: 'Example Holder', sector: 'it', reference: 'OW-2021-00017' },
};
const lines = new EventLines(showAddresses('plain'), context);
const text = new ByteWriter(2 * TEXT_LIMIT);
const log = new TunnelEvidence();
log.select(0);
log.note(1, Check.WIREGUARD_INITIATION, 0, 0x01000000, 0x01000000);
log.note(1, Check.WIREGUARD_MAC2, 132, 0, 0);
log.noteWide(1, Check.OPENVPN_REPLAY_TIME, 13, 172_800, 1_731_261_600, 0, 1_731_261_601);
const flow = new FlowRecord();
flow.ownRows = log;
flow.tunnelRows = log;
flow.ownEvidence = log.head;
flow.transport = 17;
flow.destinationPort = 51_820;
flow.finding = packFinding(1, Stage.SUSPECTED, Variant.WIREGUARD_STANDARD, 1);
flow.source.set([0, 0, 0xffff, 0]);
flow.destination.set([0, 0, 0xffff, 0xc6120000 | 0]);
flow.tunnel = flow;

let flowCount = 0;
let lineCount = 0;

function run(flows) {
  for (let i = 0; i < flows; i++) {
    flowCount++;
    flow.source[3] = flowCount;
    flow.sourcePort = flowCount & 0xffff;
    flow.firstPacket = flowCount;
    flow.firstTimeUs = START_US + flowCount;
    for (let line = 0; line < 2; line++) {
      lines.putDecision(text, 'capture.pcap', flow, decision, flow.firstTimeUs, flowCount + line);
      lineCount++;
    }
    if (text.length > TEXT_LIMIT) text.length = 0;
  }
}

lines.putDecision(text, 'capture.pcap', flow, decision, flow.firstTimeUs, flowCount);
const { evidence } = JSON.parse(text.takeString()).vpn;

run(WARM_UP_FLOWS);
let heapPerLine = Infinity;
for (let window = 0; window < WINDOWS; window++) {
  const before = lineCount;
  globalThis.gc();
  const heap = process.memoryUsage().heapUsed;
  run(MEASURED_FLOWS);
  heapPerLine = Math.min(heapPerLine, (process.memoryUsage().heapUsed - heap) / (lineCount - before));
}
console.log(JSON.stringify({ lines: lineCount, heapPerLine, evidence }));
