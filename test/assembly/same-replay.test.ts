/** Replays by the compiled dataplane and by its oracle: decisions, flows, outcomes and counters are equal. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FlowTable } from '../../src/dataplane/flow/flow-table.ts';
import { LocalTracker } from '../../src/dataplane/local-tracker.ts';
import { replayFiles, type ReplayShape } from '../engine/replayed.ts';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';

const captures = (await committedCaptures()).map((capture) => join(ROOT, capture));

async function compare(paths: readonly string[], shape: ReplayShape): Promise<void> {
  const makeTracker = (flowCapacity: number): LocalTracker => new LocalTracker(new FlowTable(flowCapacity));
  const oracle = await replayFiles(paths, { ...shape, makeTracker });
  const compiled = await replayFiles(paths, shape);
  expect(compiled.lines).toEqual(oracle.lines);
  expect(compiled.flows).toEqual(oracle.flows);
  expect(compiled.outcomes).toEqual(oracle.outcomes);
  expect(compiled.counters).toEqual(oracle.counters);
  expect(compiled.throttles).toEqual(oracle.throttles);
  expect(compiled.incomplete).toEqual(oracle.incomplete);
  expect(oracle.lines.length).toBeGreaterThan(0);
}

describe('the compiled dataplane', () => {
  it('decides the committed captures as its oracle does, each by itself', async () => {
    await compare(captures, { each: true });
  });

  it('decides them as one capture, in mode enforce', async () => {
    await compare(captures, { mode: 'enforce' });
  });

  it('decides them with few flows at a time, so that flows are evicted', async () => {
    await compare(captures, { mode: 'enforce', flowCapacity: 40 });
  });
});
