/**
 * Hands the packets of a batch over in parts that lie within one minute, so that each minute has exactly the counts of
 * its packets. Only a batch that crosses the end of a minute is divided: once a minute on a live source.
 */
import type { BatchMemory } from '../../capture/batch-memory.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import type { MinuteCollector } from './minute-collector.ts';

/** A step back in time of a file's packets that may begin an earlier minute, µs. */
const STEP_BACK_US = 60e6;

/** `process` resolves when the packets of a batch, which is in `memory`, are decided. */
export async function processByMinute(
  batch: PacketBatch,
  memory: BatchMemory,
  collector: Pick<MinuteCollector, 'advance' | 'reach'>,
  process: (part: PacketBatch) => Promise<void>,
): Promise<void> {
  let part = batch;
  while (part.count > 0) {
    const { count, timeUs } = part;
    const endUs = collector.advance(timeUs[0]!);
    let lastUs = timeUs[0]!;
    let row = 1;
    for (; row < count; row++) {
      const time = timeUs[row]!;
      if (time >= endUs || time < lastUs - STEP_BACK_US) break;
      if (time > lastUs) lastUs = time;
    }
    part.count = row;
    await process(part);
    collector.reach(lastUs);
    if (row === count) return;
    part = await rest(part, row, count, memory);
  }
}

/** The rows from one on, in the batch that is to be filled next: with one thread it is the same one. */
async function rest(part: PacketBatch, row: number, count: number, memory: BatchMemory): Promise<PacketBatch> {
  const { data, at, capturedLength, wireLength, timeUs, linkType } = part;
  const next = await memory.nextBatch();
  next.reset(data);
  for (let from = row; from < count; from++)
    next.push(at[from]!, capturedLength[from]!, wireLength[from]!, timeUs[from]!, linkType[from]!);
  return next;
}
