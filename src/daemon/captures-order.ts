/** The order of captures in time: by the first packet of each. */
import { PacketBatch } from '../capture/packet-batch.ts';
import { openCapture } from '../capture/format/open-capture.ts';
import { STANDARD_INPUT } from '../capture/input/open-input.ts';

/** Captures that are open at a time. */
const LOOKS_AT_A_TIME = 8;
/** There were no captures of these protocols before. */
const EARLIEST_US = Date.UTC(1996, 0) * 1000;
const MS_PER_DAY = 86_400_000;
const MICROS_PER_MILLISECOND = 1000;

/**
 * The paths by the times of their first packets. Captures of one time keep their order; those without a packet, and
 * standard input, which can be read only once, come last. Times that cannot be right come first, so that the last
 * packet is the newest of the others: it is the time of what is shown.
 */
export async function byFirstPacket(paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length < 2) return paths;
  const dated: { readonly path: string; readonly timeUs: number }[] = [];
  for (let at = 0; at < paths.length; at += LOOKS_AT_A_TIME) {
    const some = paths.slice(at, at + LOOKS_AT_A_TIME);
    dated.push(...(await Promise.all(some.map(async (path) => ({ path, timeUs: await firstTime(path) })))));
  }
  const latestUs = (Date.now() + MS_PER_DAY) * MICROS_PER_MILLISECOND;
  const canBeRight = (timeUs: number): boolean => timeUs === Infinity || (timeUs >= EARLIEST_US && timeUs <= latestUs);
  const ordered = dated.sort((a, b) => (a.timeUs === b.timeUs ? 0 : a.timeUs - b.timeUs));
  const [right, wrong] = [true, false].map((is) => ordered.filter(({ timeUs }) => canBeRight(timeUs) === is));
  return [...wrong!, ...right!].map(({ path }) => path);
}

/** µs since 1970; Infinity where there is no packet. */
async function firstTime(path: string): Promise<number> {
  if (path === STANDARD_INPUT) return Infinity;
  const capture = openCapture(path);
  const batch = new PacketBatch(1);
  try {
    return (await capture.read(batch)) && batch.count > 0 ? batch.timeUs[0]! : Infinity;
  } finally {
    await capture.close();
  }
}
