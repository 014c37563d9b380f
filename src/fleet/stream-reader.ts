/**
 * Reads a stream of a fleet in order into a sink that knows how far it has come. A durable consumer delivers; it is
 * made again at the sink's position at each beginning and after any doubt, so the sink alone says where to go on: what
 * was delivered and not written comes again, and what was written does not.
 *
 * A stream may lose messages, and give their numbers to others: it was restored from an older copy, or a cluster lost
 * what it had acknowledged. Its message at the sink's position is then another one, or missing. The stream is read
 * again from its beginning, and the sink leaves out what it has.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createHash } from 'node:crypto';
import type { Consumer, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import { FleetError, type FleetLink } from './fleet-link.ts';
import { parseRowNumbers, type RowNumbers } from './row-numbers.ts';
import { HEADERS } from './subjects.ts';

/** Messages of a batch; with the largest it has 16 MB. */
const MOST_MESSAGES = 64;
/** A fetch waits so long for the first message. */
const FETCH_MS = 1000;
/** Messages that are not acknowledged come again after it: longer than a write may take. */
const ACK_WAIT_NS = 60e9;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
/** `sluice.v1.ISP.SITE.minutes` */
const SUBJECT_PARTS = 5;
/** The message at the position is compared so often, and is another one only if it is so each time. */
const CHECK_MS = 10_000;
const CHECKS = 3;
const CHECK_AGAIN_MS = 1000;

export interface StreamMessage {
  readonly sequence: number;
  readonly isp: string;
  readonly site: string;
  readonly timeMs: number;
  readonly sentMs: number | null;
  readonly version: string;
  /** The sensor's number of the last row; null where it gives none. */
  readonly lastRow: number | null;
  readonly rows: RowNumbers | null;
  readonly bytes: Uint8Array;
}

/** The last message that is written: its sequence, 0 before any, and its mark, null where that is not known. */
export interface WrittenTo {
  readonly sequence: number;
  readonly mark: string | null;
}

/** What takes the messages. `stream`: its name and its making. */
export interface StreamSink {
  position(stream: string): Promise<WrittenTo>;
  /** The stream has lost messages: its position becomes 0, and what is written is left out when it comes again. */
  rewind(stream: string): Promise<void>;
  /**
   * Writes messages that follow the one numbered `after`. `mark` says what the last one is: another one in its place
   * has another mark. Rejects if they are not known to be written.
   */
  receive(stream: string, after: number, messages: readonly StreamMessage[], mark: string): Promise<void>;
}

export interface StreamReaderOptions {
  readonly link: FleetLink;
  readonly stream: string;
  /** The durable consumer's name. */
  readonly consumer: string;
  readonly sink: StreamSink;
  readonly onProblem?: (problem: string | null) => void;
  /** Called when the stream has lost messages, with a sentence that says what is there. */
  readonly onLoss?: (found: string) => void;
}

export class StreamReader {
  /** Messages that were written, failed attempts, and messages of the stream that are not read yet. */
  messageCount = 0;
  failureCount = 0;
  pending = 0;
  /** Times that the stream had lost messages that were written. */
  lossCount = 0;
  /** Why nothing is read; null while all is well. */
  problem: string | null = null;
  private readonly options: StreamReaderOptions;
  private readonly stopped = new AbortController();
  private work: Promise<void> | null = null;

  constructor(options: StreamReaderOptions) {
    this.options = options;
  }

  start(): void {
    this.work ??= this.run();
  }

  /** Ends after the write under way. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.work;
  }

  private hasStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  private async run(): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!this.hasStopped()) {
      try {
        await this.read(() => {
          waitMs = FIRST_WAIT_MS;
        });
      } catch (error) {
        if (this.hasStopped()) return;
        this.failureCount++;
        this.note(error instanceof Error ? error.message : String(error));
        await sleep(waitMs, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    }
  }

  /** Reads from the sink's position on until something fails. */
  private async read(onSuccess: () => void): Promise<void> {
    const { link, stream, sink, onLoss } = this.options;
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const manager = await jetstreamManager(link.current());
    const { created } = await manager.streams.info(stream);
    const name = `${stream} ${created}`;
    let { sequence: position, mark } = await sink.position(name);
    const found = await this.lossAt(manager, { sequence: position, mark });
    if (found !== null) {
      await sink.rewind(name);
      this.lossCount++;
      onLoss?.(found);
      position = 0;
    }
    let checkMs = performance.now() + CHECK_MS;
    const consumer = await this.consumerFrom(manager, position + 1);
    for (let delivered = 0; !this.hasStopped();) {
      const messages = await fetchMessages(consumer);
      for (const message of messages) checkOrder(message, ++delivered, position);
      const last = messages.at(-1);
      if (last !== undefined) {
        const written = markOf(last.subject, last.headers, last.data);
        await sink.receive(name, position, messages.map(messageOf), written);
        [position, mark] = [last.seq, written];
        this.messageCount += messages.length;
        last.ack();
      }
      this.pending = last?.info.pending ?? 0;
      // A broken connection gives nothing, as an idle stream does.
      if (last === undefined) link.current();
      if (performance.now() >= checkMs) {
        checkMs = performance.now() + CHECK_MS;
        if ((await this.lossAt(manager, { sequence: position, mark })) !== null) return;
      }
      this.note(null);
      onSuccess();
    }
  }

  /** What is in place of the last message that was written; null while that is there, or has expired. */
  private async lossAt(manager: JetStreamManager, written: WrittenTo): Promise<string | null> {
    // A new leader of a cluster may know less for a moment.
    for (let check = 1; ; check++) {
      const found = await foundAt(manager, this.options.stream, written);
      if (found === null || check === CHECKS) return found;
      await sleep(CHECK_AGAIN_MS, undefined, { signal: this.stopped.signal, ref: false });
    }
  }

  private async consumerFrom(manager: JetStreamManager, sequence: number): Promise<Consumer> {
    const { stream, consumer } = this.options;
    await manager.consumers.delete(stream, consumer).catch(() => undefined);
    await manager.consumers.add(stream, {
      durable_name: consumer,
      ack_policy: 'all',
      ack_wait: ACK_WAIT_NS,
      deliver_policy: 'by_start_sequence',
      opt_start_seq: sequence,
    });
    return manager.jetstream().consumers.get(stream, consumer);
  }

  private note(problem: string | null): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.options.onProblem?.(problem);
  }
}

async function fetchMessages(consumer: Consumer): Promise<JsMsg[]> {
  const messages: JsMsg[] = [];
  for await (const message of await consumer.fetch({ max_messages: MOST_MESSAGES, expires: FETCH_MS }))
    messages.push(message);
  return messages;
}

/** A delivery that is missing, or comes again, may leave a message out: reading begins again. */
function checkOrder({ seq, info }: JsMsg, delivery: number, position: number): void {
  if (info.deliverySequence !== delivery || info.redelivered || seq <= position)
    throw new FleetError(`message ${seq} came out of order`);
}

/** Null if the stream has the message there, or none any more from that time on, or it cannot be compared. */
async function foundAt(
  manager: JetStreamManager,
  stream: string,
  { sequence, mark }: WrittenTo,
): Promise<string | null> {
  if (sequence === 0) return null;
  const { state } = await manager.streams.info(stream);
  if (sequence > state.last_seq) return `message ${sequence} was read, and the stream ends with ${state.last_seq}`;
  if (mark === null || sequence < state.first_seq) return null;
  const found = await manager.streams.getMessage(stream, { seq: sequence });
  if (found === null || markOf(found.subject, found.header, found.data) === mark) return null;
  return `message ${sequence} is another one than was read, of ${found.time.toISOString()}`;
}

function markOf(subject: string, fields: MsgHdrs | undefined, data: Uint8Array): string {
  const named = [HEADERS.id, HEADERS.sentMs, HEADERS.lastSeq].map((name) => fields?.get(name) ?? '');
  return createHash('sha256')
    .update(`${[subject, ...named].join('\n')}\n`)
    .update(data)
    .digest('base64');
}

function messageOf(message: JsMsg): StreamMessage {
  const parts = message.subject.split('.');
  if (parts.length !== SUBJECT_PARTS) throw new FleetError(`message ${message.seq} has the subject ${message.subject}`);
  const numberIn = (name: string): number | null => {
    const text = message.headers?.get(name) ?? '';
    return /^\d{1,15}$/.test(text) ? Number(text) : null;
  };
  return {
    sequence: message.seq,
    isp: parts[2]!,
    site: parts[3]!,
    timeMs: message.info.timestampNanos / 1e6,
    sentMs: numberIn(HEADERS.sentMs),
    version: (message.headers?.get(HEADERS.version) ?? '').slice(0, 64),
    lastRow: numberIn(HEADERS.lastSeq),
    rows: parseRowNumbers(message.headers?.get(HEADERS.rows) ?? ''),
    bytes: message.data,
  };
}
