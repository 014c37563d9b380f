/**
 * A source of live packets: keeps a capture running (a process, or a connection to `sluice capture`), reads its pcap,
 * and adds up the counts of all runs. A run that ends or gets stuck is replaced, and the time without one is counted.
 *
 * Contract: `start` rejects if capturing cannot begin, unless the source is patient. After that, failures are counted
 * and retried until `stop`.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { NO_FAULT } from '../capture-end.ts';
import type { CaptureLink, OpenCapture } from './live-link.ts';
import { type Capture, captureOf } from '../format/open-capture.ts';
import type { PacketBatch } from '../packet-batch.ts';
import type { CaptureEnd, PacketSource } from '../packet-source.ts';
import type { RecordMemory } from '../format/record-memory.ts';
import { StreamInput } from '../input/stream-input.ts';
import { sourceProblem } from '../source-problem.ts';

/** A process may take this long to end, and to explain it, after its last packet. */
const LAST_WORDS_MS = 250;
/** A process that has not ended after this time is killed. */
const STOP_LIMIT_MS = 1500;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5000;
const COUNTS_MS = 2000;
/** A process is not asked for counts before it has captured this long: a signal without a handler would end it. */
const FIRST_COUNTS_MS = 1000;
/** IFF_UP of netdevice(7). */
const INTERFACE_UP = 1;

export interface LiveOptions {
  readonly device: string;
  /** Retries a failed start: the capturing service may start later. */
  readonly isPatient: boolean;
  /** Time without packets, while the interface counts some, after which the process is considered stuck. */
  readonly stuckMs: number;
  /** Where packets are read; null or left out: any memory will do. */
  readonly memory?: RecordMemory | null;
}

/** Receives events of the capturing process, for a log. */
export type LiveListener = (event: 'started' | 'ended' | 'stuck', detail: string) => void;

export class LiveSource implements PacketSource {
  readonly name: string;
  readonly end: CaptureEnd = NO_FAULT;
  restartCount = 0;
  gapMs = 0;
  stallCount = 0;
  /** Null while a process captures; else why not. */
  private processProblem: CodedProblem | null = sourceProblem('capture-not-started');
  private readonly openCapture: OpenCapture;
  private readonly options: LiveOptions;
  private readonly listener: LiveListener;
  private link: CaptureLink | null = null;
  private capture: Capture | null = null;
  private startedAtMs = 0;
  private endedAtMs = 0;
  /** Wait before the next start; grows while processes end sooner than the longest wait. */
  private retryMs = 0;
  /** Losses of runs that have ended. */
  private readonly droppedBefore: Record<string, number> = {};
  private timers: NodeJS.Timeout[] = [];
  private lastPacketMs = 0;
  private interfaceCountThen = 0;
  private readonly stopSignal = new AbortController();

  constructor(openCapture: OpenCapture, options: LiveOptions, listener: LiveListener) {
    this.name = options.device;
    this.openCapture = openCapture;
    this.options = options;
    this.listener = listener;
  }

  /**
   * Null while packets can come; else why not. A process survives its interface going down, and continues when it is up
   * again.
   */
  get problem(): CodedProblem | null {
    return this.processProblem ?? (this.isDown() ? sourceProblem('interface-down', this.name) : null);
  }

  /** Packets lost in all runs, by where they were lost. */
  get dropped(): Record<string, number> {
    const sums = { ...this.droppedBefore };
    for (const [by, count] of Object.entries(this.link?.counts.dropped ?? {})) sums[by] = (sums[by] ?? 0) + count;
    return sums;
  }

  /** Starts capturing; rejects with a message if that fails. */
  async start(): Promise<void> {
    this.endedAtMs = performance.now();
    if (!(await this.begin())) {
      if (!this.options.isPatient) throw new Error(this.processProblem?.problem);
      this.listener('ended', this.processProblem?.problem ?? '');
    }
    this.timers = [
      setInterval(() => {
        this.askCounts();
      }, COUNTS_MS),
      setInterval(() => {
        this.watch();
      }, this.options.stuckMs),
    ];
    for (const timer of this.timers) timer.unref();
  }

  async read(batch: PacketBatch): Promise<boolean> {
    for (;;) {
      if (this.capture !== null && (await this.capture.read(batch))) {
        this.lastPacketMs = performance.now();
        return true;
      }
      await this.noteEnd();
      if (this.isStopping()) return false;
      if (!(await this.restart())) return false;
    }
  }

  /** Asks the process to end; packets captured before are still read. */
  stop(): void {
    if (this.isStopping()) return;
    this.stopSignal.abort();
    for (const timer of this.timers) clearInterval(timer);
    const { link } = this;
    link?.finish();
    setTimeout(() => {
      link?.kill();
      // Another process may have inherited the pipe and keep it open.
      void this.capture?.close();
    }, STOP_LIMIT_MS).unref();
  }

  async close(): Promise<void> {
    this.stop();
    this.link?.kill();
    await this.capture?.close();
  }

  private isStopping(): boolean {
    return this.stopSignal.signal.aborted;
  }

  /** Starts a process and waits until it captures; false, with `problem` set, if it ends before. */
  private async begin(): Promise<boolean> {
    const link = this.openCapture();
    this.link = link;
    this.capture = captureOf(this.name, new StreamInput(link.packets), { memory: this.options.memory ?? null });
    if (!(await this.capture.start())) {
      await this.capture.close();
      this.capture = null;
      await endOf(link);
      this.link = null;
      this.processProblem = link.problem;
      return false;
    }
    this.processProblem = null;
    this.startedAtMs = performance.now();
    this.lastPacketMs = this.startedAtMs;
    this.interfaceCountThen = this.interfaceCount();
    this.listener('started', link.detail);
    return true;
  }

  /** Handles the end of a process, or invalid output: adds its counts to the totals. */
  private async noteEnd(): Promise<void> {
    const { link } = this;
    if (link === null) return;
    this.endedAtMs = performance.now();
    if (this.endedAtMs - this.startedAtMs >= LONGEST_RETRY_MS) this.retryMs = 0;
    await this.capture?.close();
    this.capture = null;
    await endOf(link);
    for (const [by, count] of Object.entries(this.dropped)) this.droppedBefore[by] = count;
    this.link = null;
    this.processProblem = link.problem;
    if (!this.isStopping()) this.listener('ended', link.problem.problem);
  }

  /** Retries until a process captures again; false after `stop`. */
  private async restart(): Promise<boolean> {
    while (!this.isStopping()) {
      const waitMs = this.retryMs;
      this.retryMs = Math.min(Math.max(FIRST_RETRY_MS, waitMs * 2), LONGEST_RETRY_MS);
      await sleep(waitMs, undefined, { signal: this.stopSignal.signal }).catch(() => undefined);
      if (this.isStopping() || !(await this.begin())) continue;
      this.restartCount++;
      this.gapMs += performance.now() - this.endedAtMs;
      // A `stop` during `begin` did not reach this process.
      if (this.isStopping()) this.link?.finish();
      return true;
    }
    return false;
  }

  private askCounts(): void {
    const isCapturing = this.processProblem === null && performance.now() - this.startedAtMs >= FIRST_COUNTS_MS;
    if (isCapturing) this.link?.askCounts();
  }

  /** The watchdog. It only acts without a filter, because a filter may exclude every packet. */
  private watch(): void {
    const { stuckMs } = this.options;
    const { link } = this;
    const count = this.interfaceCount();
    const isCounting = count > this.interfaceCountThen;
    this.interfaceCountThen = count;
    if (link === null || link.isFiltered || !isCounting) return;
    if (performance.now() - this.lastPacketMs < stuckMs) return;
    this.stallCount++;
    this.listener(
      'stuck',
      `no packet for ${stuckMs / 1000} s although ${this.name} has some; the process is restarted`,
    );
    link.kill();
  }

  /** From the interface's flags, if the system shows them. */
  private isDown(): boolean {
    try {
      return (Number(readFileSync(`/sys/class/net/${this.name}/flags`, 'utf8')) & INTERFACE_UP) === 0;
    } catch {
      return false;
    }
  }

  private interfaceCount(): number {
    try {
      return Number(readFileSync(`/sys/class/net/${this.name}/statistics/rx_packets`, 'utf8'));
    } catch {
      return 0;
    }
  }
}

/** The end of a process whose packets have ended: it may still be about to say why, so it is killed a moment later. */
async function endOf(link: CaptureLink): Promise<void> {
  await Promise.race([link.ended, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
  link.kill();
  await link.ended;
}
