/**
 * Fingerprints per packet: all datagrams of 1,000 flows of one kind, in the order of a capture, shown to the set as the engine
 * does until it retires the flow. Counted per datagram shown. Each pass begins with a new set.
 */
import { FingerprintId } from '../../dist/dataplane/fingerprint/claims.js';
import { FingerprintSet, RETIRED } from '../../dist/dataplane/fingerprint/fingerprint-set.js';
import { Framing } from '../../dist/dataplane/host/framing.js';
import { Payload } from '../../dist/dataplane/fingerprint/payload.js';
import { FlowTable, NO_FLOW } from '../../dist/dataplane/flow/flow-table.js';
import { decode } from '../../dist/dataplane/wire/decode.js';
import { PacketView } from '../../dist/dataplane/wire/packet-view.js';
import { Transport } from '../../dist/dataplane/host/packet-codes.js';
import { measureParts } from '../part.mjs';
import { packetsOf } from '../workload.mjs';

const FLOWS = 1000;
const KINDS = {
  'background datagrams (DNS, QUIC, media, random)': [
    '--kind',
    'realistic',
    '--vpn-share',
    '0',
    '--packets',
    String(FLOWS * 15),
  ],
  'VPN datagrams, eight per flow': ['--kind', 'all-vpn', '--packets', String(FLOWS * 8)],
  'datagrams that stay undecided': ['--kind', 'undecided', '--packets', String(FLOWS * 100)],
};

const tasks = [];
for (const [name, args] of Object.entries(KINDS)) {
  const packets = await packetsOf(...args, '--flows', String(FLOWS), '--wrapped-share', '0');
  const datagrams = datagramsOf(packets);
  const shownCount = showAll(packets, datagrams);
  tasks.push([
    `${name}: ${datagrams.count} of them, ${shownCount} shown`,
    shownCount,
    () => showAll(packets, datagrams),
  ]);
}
await measureParts('Fingerprints, per datagram shown to them', tasks);

/** Place, flow and direction of every datagram with a payload. */
function datagramsOf(packets) {
  const view = new PacketView();
  const table = new FlowTable(FLOWS * 2);
  const columns = { row: [], slot: [], direction: [], at: [], length: [], framing: [] };
  for (let row = 0; row < packets.count; row++) {
    view.begin(packets.data, packets.at[row], packets.capturedLength[row], packets.wireLength[row]);
    if (decode(view, 1) !== 0 || view.transport === Transport.TCP || view.payloadLength === 0) continue;
    let slot = table.find(view);
    if (slot === NO_FLOW) slot = table.insert(view);
    columns.row.push(row);
    columns.slot.push(slot);
    columns.direction.push(table.direction);
    columns.at.push(view.payloadAt);
    columns.length.push(view.payloadLength);
    columns.framing.push(view.transport === Transport.UDP ? Framing.DATAGRAM : Framing.ESP);
  }
  const arrays = Object.fromEntries(Object.entries(columns).map(([name, list]) => [name, Int32Array.from(list)]));
  return { ...arrays, count: columns.row.length };
}

/** Shows them all to a new set; answers how many it wanted to see. */
function showAll(packets, datagrams) {
  const set = new FingerprintSet();
  const handles = new Int32Array(FLOWS * 2 + 1);
  const findings = new Int32Array(FLOWS * 2 + 1);
  const evidence = new Int32Array(FLOWS * 2 + 1);
  const payload = new Payload();
  payload.data = packets.data;
  let shown = 0;
  let held = 0;
  for (let i = 0; i < datagrams.count; i++) {
    const slot = datagrams.slot[i];
    if (handles[slot] === RETIRED) continue;
    shown++;
    payload.at = datagrams.at[i];
    payload.captured = payload.length = datagrams.length[i];
    payload.framing = datagrams.framing[i];
    payload.direction = datagrams.direction[i];
    payload.timeUs = packets.timeUs[datagrams.row[i]];
    payload.packet = i + 1;
    handles[slot] = set.observe(payload, handles[slot], findings[slot], evidence[slot]);
    findings[slot] = set.finding;
    evidence[slot] = set.evidence;
    if (set.holder !== FingerprintId.NONE) held++;
  }
  return held > shown ? -1 : shown;
}
