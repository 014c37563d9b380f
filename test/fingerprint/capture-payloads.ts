/** The committed captures as payloads, and what a replay finds in them with its evidence. */
import { resolve } from 'node:path';
import { listCaptures } from '../../src/capture/list-captures.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import { Decisions } from '../../src/engine/decisions.ts';
import { Pipeline } from '../../src/engine/pipeline.ts';
import { Tunnels } from '../../src/engine/tunnels.ts';
import type { EvidenceEntry } from '../../src/fingerprint/evidence.ts';
import { FingerprintSet } from '../../src/fingerprint/fingerprint-set.ts';
import { type Finding, NO_FINDING } from '../../src/fingerprint/finding.ts';
import { FlowTable } from '../../src/flow/flow-table.ts';
import { FoundFlows } from '../../src/study/found-flows.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY, requirePolicy, requireRegistry } from '../../src/cli/load-rules.ts';

/** The folder of the committed captures, and those in it that are whole. */
export const captures = resolve(import.meta.dirname, '../../captures');
export const paths = (await listCaptures([captures])).paths.filter((path) => !path.includes('/regression/'));

export const rules = {
  policy: await requirePolicy(DEFAULT_POLICY),
  registry: await requireRegistry(DEFAULT_REGISTRY),
  mode: 'observe',
} as const;

export interface FoundEvidence {
  readonly transport: number;
  readonly finding: Finding;
  readonly entries: readonly EvidenceEntry[];
}

export interface CaptureRun {
  readonly found: FoundFlows;
  /** Of every flow with a finding, at its end. */
  readonly evidence: readonly FoundEvidence[];
  /** What the fingerprints still hold when all flows have ended. */
  readonly blocksLeft: number;
  readonly rowsLeft: number;
}

const table = new FlowTable(20_000);

/** Runs one capture; `snapLength` octets of each packet are there. */
export async function runCapture(path: string, snapLength = Infinity): Promise<CaptureRun> {
  const fingerprints = new FingerprintSet();
  const tunnels = new Tunnels(table, fingerprints);
  const found = new FoundFlows();
  const evidence: FoundEvidence[] = [];
  const decisions = new Decisions(table, fingerprints, tunnels, rules, {
    decided: (flow) => {
      found.note(flow);
    },
    ended: (flow) => {
      found.note(flow);
      if (flow.finding === NO_FINDING) return;
      evidence.push({ transport: flow.transport, finding: flow.finding, entries: flow.evidenceEntries() });
    },
  });
  const pipeline = new Pipeline(table, fingerprints, tunnels, decisions);
  await forEachBatch(path, (batch) => {
    for (let row = 0; row < batch.count; row++) {
      batch.capturedLength[row] = Math.min(batch.capturedLength[row]!, snapLength);
    }
    pipeline.process(batch);
  });
  pipeline.finish();
  return { found, evidence, blocksLeft: fingerprints.blockCount, rowsLeft: fingerprints.evidenceLog.count };
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
