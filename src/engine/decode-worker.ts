/**
 * The thread that reads and decodes captures ahead of the engine; see decode-ahead, whose other side this is.
 */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { type Block, sharedBlock } from '../capture/block.ts';
import type { BlockLender } from '../capture/block-reader.ts';
import { type Capture, openCapture } from '../capture/open-capture.ts';
import { BATCH_CAPACITY, PacketBatch } from '../capture/packet-batch.ts';
import { hashKey } from '../flow/flow-key.ts';
import { decode } from '../wire/decode.ts';
import { DecodedPackets } from '../wire/decoded-packets.ts';
import { PacketView } from '../wire/packet-view.ts';
import { BLOCKS, type FromWorker, type SharedBatch, type ToWorker } from './decode-ahead.ts';

const port = parentPort!;
const { seed, shared } = workerData as { readonly seed: number; readonly shared: readonly SharedBatch[] };
const batches = shared.map(({ columns }) => new PacketBatch(BATCH_CAPACITY, columns));
const decoded = shared.map(({ rows }) => new DecodedPackets(BATCH_CAPACITY, rows));
const free = batches.map((_, place) => place);
/** For each batch that the engine has, the block of its rows; -1 for none. */
const blockOf = batches.map(() => -1);
const view = new PacketView();
const blocks: Block[] = [];
let capture: Capture | null = null;
let closing = false;
/** Emits 'done' when a batch has come back. */
const returns = new EventTarget();

const lender: BlockLender = {
  lend(length) {
    while (blocks.length < BLOCKS) {
      const block = sharedBlock(length);
      send({ block: blocks.push(block) - 1, memory: block.bytes.buffer as SharedArrayBuffer });
    }
    return blocks;
  },
  async ready(block) {
    const place = blocks.indexOf(block);
    while (blockOf.includes(place) && !closing) await once(returns, 'done');
  },
};

port.on('message', (message: ToWorker) => {
  if ('done' in message) {
    free.push(message.done);
    blockOf[message.done] = -1;
    returns.dispatchEvent(new Event('done'));
  } else if ('open' in message) {
    void run(message.open);
  } else {
    closing = true;
    returns.dispatchEvent(new Event('done'));
    void capture?.close();
  }
});

/** Sends all batches of a capture, then how it ended; once it is let go, that it is. */
async function run(path: string): Promise<void> {
  const opened = openCapture(path, { lender });
  capture = opened;
  for (;;) {
    while (free.length === 0 && !closing) await once(returns, 'done');
    if (closing) break;
    const place = free.pop()!;
    const batch = batches[place]!;
    if (!(await opened.read(batch))) {
      free.push(place);
      send({ end: opened.end });
      while (!closing) await once(returns, 'done');
      break;
    }
    decodeAll(batch, decoded[place]!);
    const block = blocks.findIndex(({ data }) => data === batch.data);
    blockOf[place] = block;
    send({ batch: place, count: batch.count, block });
  }
  await opened.close();
  while (free.length < batches.length) await once(returns, 'done');
  closing = false;
  send({ closed: true });
}

function decodeAll(batch: PacketBatch, rows: DecodedPackets): void {
  for (let row = 0; row < batch.count; row++) {
    view.begin(batch.data, batch.at[row]!, batch.capturedLength[row]!, batch.wireLength[row]!);
    const status = decode(view, batch.linkType[row]!);
    hashKey(view, seed);
    rows.store(row, view, status);
  }
}

function send(message: FromWorker): void {
  port.postMessage(message);
}
