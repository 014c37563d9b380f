/** The committed captures as payloads, and what a replay finds in them with its evidence. */
import { resolve } from 'node:path';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import type { FlowRecord } from '../../src/decision/flow-record.ts';
import { Session } from '../../src/pipeline/session.ts';
import type { EvidenceEntry } from '../../src/dataplane/host/evidence-rows.ts';
import { FingerprintSet } from '../../src/dataplane/fingerprint/fingerprint-set.ts';
import { type Finding, NO_FINDING } from '../../src/dataplane/host/finding.ts';
import { FlowTable } from '../../src/dataplane/flow/flow-table.ts';
import { LocalTracker } from '../../src/dataplane/local-tracker.ts';
import { decode } from '../../src/dataplane/wire/decode.ts';
import { PacketView } from '../../src/dataplane/wire/packet-view.ts';
import { FoundFlows } from '../../src/study/found-flows.ts';
import { requireRules } from '../../src/rules/load-rules.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../../src/rules/example-rules.ts';
import { evidenceOf } from './evidence-of.ts';

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
  /** Blocks that the fingerprints hold after all flows have ended. */
  readonly blocksLeft: number;
  readonly rowsLeft: number;
}

const table = new FlowTable(20_000);

/** Which packets a capture keeps: all, or those towards the higher or the lower end of their flow. */
export type Kept = 'all' | 'up' | 'down';

/** Runs one capture. Each packet is cut to `snapLength` bytes, and to none unless it is `kept`. */
export async function runCapture(path: string, snapLength = Infinity, kept: Kept = 'all'): Promise<CaptureRun> {
  const fingerprints = new FingerprintSet();
  const session = new Session(new LocalTracker(table, undefined, fingerprints));
  const found = new FoundFlows();
  const evidence: FoundEvidence[] = [];
  session.begin(rules, {
    sink: {
      decided: (flow) => {
        found.add(flow);
      },
      ended: (flow) => {
        found.add(flow);
        if (flow.finding === NO_FINDING) return;
        evidence.push({ transport: flow.transport, finding: flow.finding, entries: evidenceOf(flow) });
      },
    },
  });
  await forEachBatch(path, (batch) => {
    for (let row = 0; row < batch.count; row++) {
      const length = isKept(batch, row, kept) ? snapLength : 0;
      batch.capturedLength[row] = Math.min(batch.capturedLength[row]!, length);
    }
    session.process(batch);
  });
  await session.finish();
  return { found, evidence, blocksLeft: fingerprints.blockCount, rowsLeft: fingerprints.evidenceLog.count };
}

/** Runs a capture from a packet on, numbered from 1, and shows each decision with the number of its packet in the whole capture. */
export async function runSlice(
  path: string,
  from: number,
  decided: (flow: FlowRecord, packet: number) => void,
): Promise<void> {
  const fingerprints = new FingerprintSet();
  const session = new Session(new LocalTracker(table, undefined, fingerprints));
  session.begin(rules, {
    sink: {
      decided: (flow, _decision, _timeUs, packet) => {
        decided(flow, packet);
      },
      ended: () => undefined,
    },
  });
  let packets = 0;
  await forEachBatch(path, (batch) => {
    // A packet of which nothing was captured reaches no flow.
    for (let row = 0; row < batch.count && packets + row + 1 < from; row++) batch.capturedLength[row] = 0;
    packets += batch.count;
    session.process(batch);
  });
  await session.finish();
}

const view = new PacketView();

function isKept(batch: PacketBatch, row: number, kept: Kept): boolean {
  if (kept === 'all') return true;
  view.begin(batch.data, batch.at[row]!, batch.capturedLength[row]!, batch.wireLength[row]!);
  decode(view, batch.linkType[row]!);
  const { source0, source1, source2, source3, sourcePort } = view;
  const { destination0, destination1, destination2, destination3, destinationPort } = view;
  const source = [source0, source1, source2, source3, sourcePort].join();
  const isUp = source < [destination0, destination1, destination2, destination3, destinationPort].join();
  return isUp === (kept === 'up');
}

const batch = new PacketBatch();

export async function forEachBatch(path: string, each: (batch: PacketBatch) => void): Promise<void> {
  const capture = openCapture(path);
  try {
    while (await capture.read(batch)) each(batch);
    if (capture.end.fault !== CaptureFault.NONE) throw new Error(`${path}: ${capture.end.message}`);
  } finally {
    await capture.close();
  }
}
