/**
 * Ships an outbox to a subject of a stream, exactly once. One batch is under way at a time, and each states the
 * sequence of the subject's last message. Where to go on is read from that message alone: after a start, and whenever
 * it is not known whether a batch arrived. A batch that arrives late is then in the stream already, or refused.
 *
 * A new leader of the cluster may accept a batch before it has applied one that its predecessor accepted, so each batch
 * also has an id, its start. The stream takes an id once within its window for duplicates.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MsgHdrs } from '@nats-io/transport-node';
import { FleetError, type FleetLink } from './fleet-link.ts';
import type { Outbox, OutboxBatch, OutboxPosition } from './outbox.ts';
import { rowNumbersText } from './row-numbers.ts';
import { HEADERS, lastMessageSubject } from './subjects.ts';

/** A new line is looked for so often while there is none. */
const IDLE_MS = 200;
const DRAIN_MS = 20;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const NOT_FOUND = 404;
const NOTHING = new Uint8Array(0);

export interface ShipperOptions {
  readonly stream: string;
  /** The sensor's own subject of it. */
  readonly subject: string;
  /** The version of Sluice. */
  readonly version: string;
  readonly outbox: Outbox;
  readonly link: FleetLink;
  /** The head of the log's chain, which each batch anchors; null without a chain. */
  readonly chainHead?: () => string | null;
  /** Called with each new problem, and with null when it is over. */
  readonly onProblem?: (problem: string | null) => void;
}

/** The last message of the subject. */
interface StreamEnd {
  readonly sequence: number;
  /** Null if there is no message. */
  readonly position: OutboxPosition | null;
}

/** The stream's answer to a batch. */
interface PublishAnswer {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly description?: string };
}

export class Shipper {
  /** Lines and batches that this process knows to be in the stream, failed attempts, and lines that were lost. */
  lineCount = 0;
  batchCount = 0;
  failureCount = 0;
  lostCount = 0;
  /** Why nothing is shipped; null while all is well. */
  problem: string | null = null;
  private readonly options: ShipperOptions;
  private readonly stopped = new AbortController();
  private work: Promise<void> | null = null;
  /** How often the outbox was found empty. */
  private emptyCount = 0;

  constructor(options: ShipperOptions) {
    this.options = options;
  }

  start(): void {
    this.work ??= this.run();
  }

  /** Waits until the outbox was found empty, for at most `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    const until = performance.now() + limitMs;
    for (const { emptyCount } = this; this.emptyCount === emptyCount && performance.now() < until;)
      await sleep(DRAIN_MS, undefined, { ref: false });
  }

  /** Ends after the batch under way. What is not shipped stays in the outbox. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.work;
  }

  private async run(): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    let end: StreamEnd | null = null;
    while (!this.stopped.signal.aborted) {
      try {
        end ??= await this.streamEnd();
        if (end.position !== null) this.options.outbox.acknowledged(end.position);
        const batch = await this.options.outbox.next(end.position);
        this.note(null);
        waitMs = FIRST_WAIT_MS;
        if (batch === null) {
          this.emptyCount++;
          await this.pause(IDLE_MS);
          continue;
        }
        end = { sequence: await this.publish(batch, end), position: batch.end };
        this.lineCount += batch.lines;
        this.batchCount++;
        this.lostCount += batch.lost;
      } catch (error) {
        end = null;
        this.failureCount++;
        this.note(error instanceof Error ? error.message : String(error));
        await this.pause(waitMs);
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    }
  }

  private async streamEnd(): Promise<StreamEnd> {
    const { link, stream, subject } = this.options;
    const answer = await link.request(lastMessageSubject(stream, subject), NOTHING);
    if (answer.headers?.code === NOT_FOUND) return { sequence: 0, position: null };
    const values = answer.headers;
    const sequence = numberIn(values, HEADERS.sequence);
    if (values === undefined || sequence === null)
      throw new FleetError(`the stream does not say where to go on: ${values?.description ?? answer.string()}`);
    const segment = numberIn(values, HEADERS.segment);
    const offset = numberIn(values, HEADERS.offset);
    const lastSeq = numberIn(values, HEADERS.lastSeq);
    if (segment === null || offset === null || lastSeq === null)
      throw new FleetError(`message ${sequence} of ${subject} is not Sluice's: it has no position`);
    return { sequence, position: { segment, offset, lastSeq } };
  }

  /** The sequence that the batch got. Rejects if it was refused, or it is not known whether it arrived. */
  private async publish(batch: OutboxBatch, after: StreamEnd): Promise<number> {
    const { link, subject, version, chainHead } = this.options;
    const head = chainHead?.() ?? null;
    const { segment, offset, lastSeq } = after.position ?? { segment: 0, offset: 0, lastSeq: 0 };
    const answer = await link.request(subject, batch.bytes, {
      [HEADERS.expected]: `${after.sequence}`,
      [HEADERS.id]: `${subject}:${segment}:${offset}:${lastSeq}`,
      [HEADERS.segment]: `${batch.end.segment}`,
      [HEADERS.offset]: `${batch.end.offset}`,
      [HEADERS.lastSeq]: `${batch.end.lastSeq}`,
      [HEADERS.lines]: `${batch.lines}`,
      ...(batch.rows !== undefined && { [HEADERS.rows]: rowNumbersText(batch.rows) }),
      [HEADERS.version]: version,
      [HEADERS.sentMs]: `${Date.now()}`,
      ...(head !== null && { [HEADERS.head]: head }),
    });
    const { seq, duplicate, error } = JSON.parse(answer.string()) as PublishAnswer;
    if (error !== undefined) throw new FleetError(`the stream refused a batch: ${error.description ?? 'no reason'}`);
    if (duplicate === true) throw new FleetError('the stream has a batch from here on already');
    if (seq === undefined || seq <= after.sequence)
      throw new FleetError('the stream acknowledged a batch without its place');
    return seq;
  }

  private note(problem: string | null): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.options.onProblem?.(problem);
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
  }
}

/** Null where the header is missing or no whole number. */
function numberIn(fields: MsgHdrs | undefined, name: string): number | null {
  const text = fields?.get(name) ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
