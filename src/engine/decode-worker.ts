/**
 * The thread that reads and decodes captures ahead of the engine; see decode-ahead, whose other side this is.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Block, sharedBlock } from '../capture/block.ts';
import type { BlockLender } from '../capture/block-reader.ts';
import { openCapture } from '../capture/open-capture.ts';
import { BATCH_CAPACITY, PacketBatch } from '../capture/packet-batch.ts';
import { claimsOf } from '../fingerprint/fingerprint-set.ts';
import { Payload, UNASKED } from '../fingerprint/payload.ts';
import { HashKeys, hashKey } from '../flow/flow-key.ts';
import { decode } from '../wire/decode.ts';
import { DecodedPackets } from '../wire/decoded-packets.ts';
import { DecodeStatus } from '../wire/decode-status.ts';
import { Fragment, PacketView, Transport } from '../wire/packet-view.ts';
import { takeDatagram } from './datagram.ts';
import { SettledFlows } from './settled-flows.ts';
import {
  BATCH_WORDS,
  BatchState,
  BatchWord,
  Control,
  type FromWorker,
  type SharedMemory,
  type ToWorker,
} from './decode-ahead.ts';

/** How long the thread sleeps at a time, while the engine is busy, before it looks whether the capture is let go. */
const LOOK_MS = 100;

const port = parentPort!;
const shared = workerData as SharedMemory;
const control = new Int32Array(shared.control);
const batches = shared.batches.map(({ columns }) => new PacketBatch(BATCH_CAPACITY, columns));
const decoded = shared.batches.map(({ rows }) => new DecodedPackets(BATCH_CAPACITY, rows));
const blocks = shared.blocks.map((memory) => sharedBlock(memory));
const settled = new SettledFlows(shared.settled);
const view = new PacketView();
const hashKeys = new HashKeys(shared.seed);
const payload = new Payload();

const lender: BlockLender = {
  lend: () => blocks,
  waitFor(block) {
    const number = blocks.indexOf(block);
    for (let place = 0; place < batches.length; place++) {
      if (control[stateAt(place) + BatchWord.BLOCK] === number) waitUntilEmpty(place);
    }
  },
};

port.on('message', ({ open }: ToWorker) => {
  void run(open);
});

function stateAt(place: number): number {
  return Control.BATCHES + place * BATCH_WORDS;
}

function stateOf(place: number): number {
  return Atomics.load(control, stateAt(place) + BatchWord.STATE);
}

function isClosing(): boolean {
  return Atomics.load(control, Control.CLOSING) === 1;
}

function waitUntilEmpty(place: number): void {
  const at = stateAt(place) + BatchWord.STATE;
  while (stateOf(place) !== BatchState.EMPTY && !isClosing()) {
    Atomics.wait(control, at, BatchState.FULL, LOOK_MS);
  }
}

/** Fills batches in turn until the capture ends or is let go. */
async function run(path: string): Promise<void> {
  const capture = openCapture(path, { lender });
  for (let place = 0; ; place = (place + 1) % batches.length) {
    // Where the engine is behind, this thread sleeps until half of the ring is empty: to be woken costs the engine more than a batch.
    if (stateOf(place) !== BatchState.EMPTY) waitUntilEmpty((place + (batches.length >> 1)) % batches.length);
    const batch = batches[place]!;
    const found = !isClosing() && (await capture.read(batch));
    if (isClosing()) break;
    if (!found) {
      send({ end: capture.end });
      handOver(place, BatchState.END);
      break;
    }
    decodeAll(batch, decoded[place]!);
    control[stateAt(place) + BatchWord.COUNT] = batch.count;
    control[stateAt(place) + BatchWord.BLOCK] = blockOf(batch);
    handOver(place, BatchState.FULL);
  }
  await capture.close();
  while (!isClosing()) Atomics.wait(control, Control.CLOSING, 0, LOOK_MS);
  send('closed');
}

function blockOf(batch: PacketBatch): number {
  return blocks.findIndex((block: Block) => block.data === batch.data);
}

function handOver(place: number, state: number): void {
  Atomics.store(control, stateAt(place) + BatchWord.STATE, state);
  if (Atomics.exchange(control, Control.WAITING, 0) === 1) send('wake');
}

function decodeAll(batch: PacketBatch, rows: DecodedPackets): void {
  for (let row = 0; row < batch.count; row++) {
    view.begin(batch.data, batch.at[row]!, batch.capturedLength[row]!, batch.wireLength[row]!);
    const status = decode(view, batch.linkType[row]!);
    hashKey(view, hashKeys);
    rows.store(row, view, status, status === DecodeStatus.OK ? claimsOfView(batch.timeUs[row]!) : UNASKED);
  }
}

/** What the fingerprints say of the datagram in the view; UNASKED where the engine does not want to know, or where it is none. */
function claimsOfView(timeUs: number): number {
  if (view.transport !== Transport.UDP || view.payloadCaptured === 0 || view.fragment !== Fragment.NONE) return UNASKED;
  if (settled.has(view.flowHash)) return UNASKED;
  takeDatagram(view, payload);
  payload.timeUs = timeUs;
  return claimsOf(payload);
}

function send(message: FromWorker): void {
  port.postMessage(message);
}
