/** Runs labelled captures once for the tests, each by itself, and keeps what was found and how the packets were counted. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { requireRules } from '../../src/rules/load-rules.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import { type Incomplete, Replay } from '../../src/pipeline/replay.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../../src/rules/example-rules.ts';
import { FoundFlows } from '../../src/study/found-flows.ts';
import type { CaptureLabels } from '../../src/study/labels/capture-labels.ts';
import { parseJsonLabels } from '../../src/study/labels/json-labels.ts';

export interface LabelledReplay {
  /** By the path below the folder. */
  readonly found: ReadonlyMap<string, FoundFlows>;
  readonly incomplete: readonly Incomplete[];
  /** Captures whose packets are not those of flows and those not decoded. */
  readonly miscounted: readonly string[];
  readonly packets: number;
  readonly seconds: number;
}

export async function replayFolder(folder: string): Promise<LabelledReplay> {
  const { paths, problems } = await listCaptures([folder]);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('; '));
  const found = new Map<string, FoundFlows>();
  const miscounted: string[] = [];
  let current = new FoundFlows();
  let file = '';
  const begun = performance.now();
  // The replay's counters are those of all captures that have ended.
  let difference = 0;
  const checkCounts = (): void => {
    const { packets, flowPackets, notDecodedPackets } = replay.counters;
    const before = difference;
    difference = packets - flowPackets - notDecodedPackets;
    if (difference !== before) miscounted.push(file);
  };
  const replay: Replay = new Replay(
    {
      rules: {
        ...(await requireRules({ policy: DEFAULT_POLICY, registry: DEFAULT_REGISTRY })),
        mode: 'observe',
      },
      each: true,
      tracker: new AssemblyTracker(100_000),
      packetSink: null,
      onFile: (path) => {
        checkCounts();
        file = relative(folder, path);
        current = new FoundFlows();
        found.set(file, current);
      },
      onBatch: () => Promise.resolve(true),
      onRemark: () => undefined,
    },
    () => ({
      decided: (flow) => {
        current.add(flow);
      },
      ended: (flow) => {
        current.addEnded(flow);
      },
    }),
  );
  await replay.replay(paths);
  checkCounts();
  const seconds = (performance.now() - begun) / 1000;
  return { found, incomplete: replay.incomplete, miscounted, packets: replay.counters.packets, seconds };
}

export function readLabels(path: string): readonly CaptureLabels[] {
  const { labels, issues } = parseJsonLabels(readFileSync(path, 'utf8'), path);
  if (labels === undefined) throw new Error(issues.kept.map(({ message }) => message).join('\n'));
  return labels.captures;
}
