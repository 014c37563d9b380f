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
    const row = firstRowBeyond(part, collector.advance(timeUs[0]!));
    part.count = row;
    await process(part);
    collector.reach(timeUs[row - 1]!);
    if (row === count) return;
    part = await rest(part, row, count, memory);
  }
}

/**
 * The row with which another minute begins; the count of rows if the last one is in the same minute as the first.
 * Packets that are out of order within a batch are not looked for.
 */
function firstRowBeyond({ count, timeUs }: PacketBatch, endUs: number): number {
  const first = timeUs[0]!;
  const isBeyond = (time: number): boolean => time >= endUs || time < first - STEP_BACK_US;
  if (!isBeyond(timeUs[count - 1]!)) return count;
  let row = 1;
  while (row < count && !isBeyond(timeUs[row]!)) row++;
  return row;
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
