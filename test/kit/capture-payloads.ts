/** The committed captures as payloads, and what a replay finds in them with its evidence. */
import { resolve } from 'node:path';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import type { RecordMemory } from '../../src/capture/format/record-memory.ts';
import type { PacketBatch } from '../../src/capture/packet-batch.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import type { DecisionSink } from '../../src/decision/decision-sink.ts';
import type { FlowRecord } from '../../src/decision/flow-record.ts';
import { Session } from '../../src/pipeline/session.ts';
import type { EvidenceEntry } from '../../src/dataplane/host/evidence-rows.ts';
import { type Finding, NO_FINDING } from '../../src/dataplane/host/finding.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import type { LinearView } from '../../src/dataplane/host/linear-view.ts';
import { PacketWalk } from '../../src/dataplane/host/packet-walk.ts';
import { DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { DEFAULT_LINK_IDENTITY } from '../../src/dataplane/host/link-identity.ts';
import { FoundFlows } from '../../src/study/found-flows.ts';
import { requireRules } from '../../src/rules/load-rules.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../../src/rules/example-rules.ts';
import { evidenceOf } from './evidence-of.ts';
import { lazy } from './lazy.ts';

/** The folder of the committed captures, and those in it that are whole. */
export const captures = resolve(import.meta.dirname, '../../captures');
export const paths = (await listCaptures([captures])).paths.filter((path) => !path.includes('/regression/'));

export const rules = {
  ...(await requireRules({ policy: DEFAULT_POLICY, registry: DEFAULT_REGISTRY })),
  mode: 'observe',
} as const;

export interface FoundEvidence {
  readonly transport: number;
  readonly finding: Finding;
  readonly entries: readonly EvidenceEntry[];
}

export interface CaptureRun {
  readonly found: FoundFlows;
  /** One for each flow with a finding, made at its end. */
  readonly evidence: readonly FoundEvidence[];
}

/** A packet as it was decoded, and the captured bytes of its payload. */
export interface DecodedPacket {
  readonly view: LinearView;
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** Tracks and decides all captures, one after the other. */
const engine = lazy(() => {
  const tracker = new AssemblyTracker(20_000);
  return { tracker, session: new Session(tracker) };
});

/** Captures are read into its memory, and their packets decoded in it; it tracks nothing. */
const walk = lazy(() => new PacketWalk(1, DEFAULT_LINK_IDENTITY));

/** Which packets a capture keeps: all, or those towards the higher or the lower end of their flow. */
export type Kept = 'all' | 'up' | 'down';

/** Runs one capture. Each packet is cut to `snapLength` bytes, and to none unless it is `kept`. */
export async function runCapture(path: string, snapLength = Infinity, kept: Kept = 'all'): Promise<CaptureRun> {
  const found = new FoundFlows();
  const evidence: FoundEvidence[] = [];
  const { records, batch } = walk();
  const cut = (row: number, isKept: boolean): void => {
    batch.capturedLength[row] = isKept ? Math.min(batch.capturedLength[row]!, snapLength) : 0;
  };
  await run(
    {
      decided: (flow) => {
        found.add(flow);
      },
      ended: (flow) => {
        found.add(flow);
        if (flow.finding === NO_FINDING) return;
        evidence.push({ transport: flow.transport, finding: flow.finding, entries: evidenceOf(flow) });
      },
    },
    (process) =>
      forEachBatch(path, records, batch, () => {
        for (let row = 0; row < batch.count; row++) cut(row, kept === 'all' || isTowards(kept, row));
        process(batch);
      }),
  );
  return { found, evidence };
}

/** Runs a capture from a packet on, numbered from 1, and shows each decision with the number of its packet in the whole capture. */
export async function runSlice(
  path: string,
  from: number,
  decided: (flow: FlowRecord, packet: number) => void,
): Promise<void> {
  const { records, batch } = walk();
  const sink: DecisionSink = {
    decided: (flow, _decision, _timeUs, packet) => {
      decided(flow, packet);
    },
    ended: () => undefined,
  };
  let packets = 0;
  await run(sink, (process) =>
    forEachBatch(path, records, batch, () => {
      // A packet of which nothing was captured reaches no flow.
      for (let row = 0; row < batch.count && packets + row + 1 < from; row++) batch.capturedLength[row] = 0;
      packets += batch.count;
      process(batch);
    }),
  );
}

/** Decides one capture, whose batches `each` hands over. All that its flows held is given back afterwards. */
async function run(sink: DecisionSink, each: (process: (batch: PacketBatch) => void) => Promise<void>): Promise<void> {
  const { tracker, session } = engine();
  session.begin(rules, { sink });
  await each((batch) => {
    session.process(batch);
    tracker.checkInvariants();
  });
  await session.finish();
  tracker.checkInvariants();
}

/** Whether a packet is towards the higher or the lower end of its flow; true where it reaches none, or waits for its first fragment. */
function isTowards(end: 'up' | 'down', row: number): boolean {
  if (walk().decode(row) !== DecodeStatus.OK) return true;
  const { source, sourcePort, destination, destinationPort } = walk().view;
  const isUp = [source, sourcePort].join() < [destination, destinationPort].join();
  return isUp === (end === 'up');
}

/** Shows each packet of a capture, decoded. `status` is a DecodeStatus, or WAITS; what is shown is valid until the next packet. */
export async function forEachPacket(
  path: string,
  each: (status: number, packet: DecodedPacket) => void,
): Promise<void> {
  const { records, batch, view } = walk();
  await forEachBatch(path, records, batch, () => {
    for (let row = 0; row < batch.count; row++) {
      const status = walk().decode(row);
      each(status, { view, payload: status === DecodeStatus.OK ? walk().payload : NOTHING });
    }
  });
}

async function forEachBatch(path: string, memory: RecordMemory, batch: PacketBatch, each: () => void): Promise<void> {
  const capture = openCapture(path, { memory });
  walk().begin();
  try {
    while (await capture.read(batch)) each();
    if (capture.end.fault !== CaptureFault.NONE) throw new Error(`${path}: ${capture.end.message}`);
  } finally {
    walk().finish();
    await capture.close();
  }
}
