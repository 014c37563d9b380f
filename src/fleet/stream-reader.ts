/**
 * Reads a stream of a fleet in order into a sink that knows how far it has come. A durable consumer delivers; it is
 * made again at the sink's position at each beginning and after any doubt, so the sink alone says where to go on: what
 * was delivered and not written comes again, and what was written does not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { FleetError, type FleetLink } from './fleet-link.ts';
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

export interface StreamMessage {
  readonly sequence: number;
  readonly isp: string;
  readonly site: string;
  readonly timeMs: number;
  readonly sentMs: number | null;
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** What takes the messages. `stream`: its name and its making. */
export interface StreamSink {
  /** The sequence of the last message that is written; 0 before any. */
  position(stream: string): Promise<number>;
  /** Writes messages that follow the one numbered `after`. Rejects if they are not known to be written. */
  receive(stream: string, after: number, messages: readonly StreamMessage[]): Promise<void>;
}

export interface StreamReaderOptions {
  readonly link: FleetLink;
  readonly stream: string;
  /** The durable consumer's name. */
  readonly consumer: string;
  readonly sink: StreamSink;
  readonly onProblem?: (problem: string | null) => void;
}

export class StreamReader {
  /** Messages that were written, failed attempts, and messages of the stream that are not read yet. */
  messageCount = 0;
  failureCount = 0;
  pending = 0;
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
    const { link, stream, sink } = this.options;
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const manager = await jetstreamManager(link.current());
    const { created } = await manager.streams.info(stream);
    const name = `${stream} ${created}`;
    let position = await sink.position(name);
    const consumer = await this.consumerFrom(manager, position + 1);
    for (let delivered = 0; !this.hasStopped();) {
      const messages = await fetchMessages(consumer);
      for (const message of messages) checkOrder(message, ++delivered, position);
      const last = messages.at(-1);
      if (last !== undefined) {
        await sink.receive(name, position, messages.map(messageOf));
        position = last.seq;
        this.messageCount += messages.length;
        last.ack();
      }
      this.pending = last?.info.pending ?? 0;
      // A broken connection gives nothing, as an idle stream does.
      if (last === undefined) link.current();
      this.note(null);
      onSuccess();
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

function messageOf(message: JsMsg): StreamMessage {
  const parts = message.subject.split('.');
  if (parts.length !== SUBJECT_PARTS) throw new FleetError(`message ${message.seq} has the subject ${message.subject}`);
  const sent = message.headers?.get(HEADERS.sentMs) ?? '';
  return {
    sequence: message.seq,
    isp: parts[2]!,
    site: parts[3]!,
    timeMs: message.info.timestampNanos / 1e6,
    sentMs: /^\d{1,15}$/.test(sent) ? Number(sent) : null,
    version: (message.headers?.get(HEADERS.version) ?? '').slice(0, 64),
    bytes: message.data,
  };
}
