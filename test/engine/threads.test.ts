/** Flows that are tracked in other threads: reported as one thread reports them, and no thread ends unnoticed. */
import { afterAll, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { type Capture, captureOf, openCapture } from '../../src/capture/format/open-capture.ts';
import { ExitCode } from '../../src/core/exit-code.ts';
import { Counters } from '../../src/dataplane/host/counters.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import type { Tracker } from '../../src/dataplane/host/tracker.ts';
import { DataplaneThreads } from '../../src/pipeline/workers/dataplane-threads.ts';
import { ThreadedTracker } from '../../src/pipeline/workers/threaded-tracker.ts';
import { committedFrames, damagedCapture } from '../assembly/damaged-captures.ts';
import { InputRandom } from '../fuzz/random.mjs';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { MemoryFile } from '../kit/read-all.ts';
import { replayFiles, type ReplayShape } from './replayed.ts';
import { TrackerRecord } from './tracker-record.ts';

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const INPUTS = 60;

const running: DataplaneThreads[] = [];
afterAll(async () => {
  for (const threads of running) await threads.stop();
});

function threaded(threads: number, flowCapacity: number, hasDomain = true): ThreadedTracker {
  const started = new DataplaneThreads({ threads, flowCapacity, hasDomain });
  running.push(started);
  return new ThreadedTracker(started);
}

const captures = (await committedCaptures()).map((capture) => join(ROOT, capture));

describe.each([2, 3])('with %i threads', (threads) => {
  it.each<[string, ReplayShape]>([
    ['each by itself', { each: true }],
    ['as one capture, in mode enforce', { mode: 'enforce' }],
    ['with few flows at a time, so that flows are evicted', { mode: 'enforce', flowCapacity: 40 }],
  ])('the committed captures are decided as with one: %s', async (_, shape) => {
    const one = await replayFiles(captures, shape);
    const several = await replayFiles(captures, {
      ...shape,
      makeTracker: (capacity) => threaded(threads, capacity),
    });
    expect(several.lines).toEqual(one.lines);
    expect(several.flows).toEqual(one.flows);
    expect(several.outcomes).toEqual(one.outcomes);
    expect(several.counters).toEqual(one.counters);
    expect(several.throttles).toEqual(one.throttles);
    expect(several.incomplete).toEqual(one.incomplete);
    expect(one.lines.length).toBeGreaterThan(0);
  });
});

/** Takes a capture through a tracker, with a clock that is set in between. */
async function recorded(tracker: Tracker, capture: Capture, record: TrackerRecord): Promise<[string[], Counters]> {
  const counters = new Counters();
  tracker.begin(record, counters);
  let packets = 0;
  for (let batches = 1; ; batches++) {
    const batch = await tracker.nextBatch();
    if (!(await capture.read(batch))) break;
    // The end of the batch decides nothing: a batch may end anywhere.
    if (batches % 3 === 0) tracker.clockWasSet(5e6);
    tracker.track(batch, packets);
    packets += batch.count;
  }
  await tracker.settle();
  await capture.close();
  await tracker.finish();
  expect(record.packets).toBe(packets);
  return [record.lines, counters];
}

it(
  'damaged captures are reported as with one thread, event by event',
  async () => {
    const seeds = await committedFrames();
    // Few flows, so that most are evicted; and as many as there are.
    for (const [capacity, hasDomain] of [
      [8, true],
      [300, false],
    ] as const) {
      const identity = hasDomain ? 'vlan' : 'none';
      const one = new AssemblyTracker(capacity, identity);
      const several = [2, 3].map((threads) => threaded(threads, capacity, hasDomain));
      const end = Date.now() + SECONDS * 500;
      let events = 0;
      let index = 1;
      for (; SECONDS > 0 ? Date.now() < end : index <= INPUTS; index++) {
        const random = new InputRandom(SEED, index);
        const input = damagedCapture(seeds, random);
        const wantsAll = random.chance(0.5);
        const quietUs = random.chance(0.5) ? 2e6 : 0;
        const run = (tracker: Tracker): Promise<[string[], Counters]> => {
          const record = new TrackerRecord(tracker, wantsAll, quietUs);
          return recorded(tracker, captureOf('input', new MemoryFile(input), { memory: tracker.records }), record);
        };
        const expected = await run(one);
        for (const tracker of several) {
          expect(await run(tracker), `seed ${SEED}, input ${index}`).toEqual(expected);
          tracker.checkInvariants();
        }
        events += expected[0].length;
      }
      if (SECONDS > 0) console.info(`seed ${SEED}: ${index - 1} inputs, ${events} events, no difference`);
      expect(events).toBeGreaterThan(index);
    }
  },
  SECONDS * 1000 + 120_000,
);

describe('a thread that ends', () => {
  it('ends the run with an error that counts the packets without a decision', async () => {
    const tracker = threaded(2, 100);
    const capture = openCapture(join(ROOT, 'captures/wireguard/handshake-only.pcap'), { memory: tracker.records });
    tracker.begin(new TrackerRecord(tracker, true), new Counters());
    const batch = await tracker.nextBatch();
    expect(await capture.read(batch)).toBe(true);
    // No memory is there: the tracking thread, which decodes the first batch of a capture, fails.
    batch.at.fill(0xffff_fff0);
    tracker.track(batch, 0);
    await expect(tracker.settle()).rejects.toMatchObject({
      exitCode: ExitCode.FAILED,
      message: expect.stringContaining(`given ${batch.count} packets, of which 0 were decided`) as string,
    });
    await capture.close();
  });
});
